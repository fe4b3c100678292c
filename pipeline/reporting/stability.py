"""Whether a model is as good later as at first: snapshot by snapshot, and how one that is never replaced ages."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.decay import Decay
from pipeline.pages.axes import name_axis, number_axis
from pipeline.pages.charts import Dots, Layer, Line, Rule
from pipeline.pages.document import Cell, Chart, Section, Table, Text
from pipeline.pages.numbers import between, count, figure, share
from pipeline.reporting.base_rate import base_rate
from pipeline.reporting.material import Material, Tested, column

HEAD = ("snapshot", "rows", "expected", "actual", "predicted over actual", "AUC", "log loss")
AGES = (
    "A model of the first snapshots, never replaced. Where the AUC falls with its age it ranks worse; where predicted "
    "over actual leaves 1 the base rate has moved away from what it learned."
)


def stability(material: Tested) -> Section | None:
    """Order and level at each test snapshot; None for data without time."""
    table = material.table("by_snapshot")
    if table is None:
        return None
    ratios = ("total_ratio", *(("revenue_ratio",) if "revenue_ratio" in table else ()))
    drawn = [_auc("AUC by snapshot", table), _ratios("Predicted over actual by snapshot", table, ratios)]
    return Section("Stability over time", [*drawn, _table(table)])


def stability_of_training(material: Material) -> Section | None:
    """The same, behind the rate and the level at the training and the test snapshots."""
    tested, level = stability(material), material.table("level")
    if tested is None or level is None:
        return tested
    return Section(tested.title, [base_rate(material, level), *tested.blocks])


def ageing(decay: Decay) -> Section:
    """The decay curve."""
    old, drawn = decay.learned, _auc("AUC of the old model", decay.table)
    says = f"Learned from {old[0]:%Y-%m-%d} to {old[-1]:%Y-%m-%d}. {AGES}"
    ratios = _ratios("Predicted over actual of the old model", decay.table, ("total_ratio",))
    return Section("How an old model ages", [Text(says), drawn, ratios, _table(decay.table)])


def old_model(material: Material) -> Section | None:
    """The decay curve in the training report; None where there is none."""
    table = material.table("decay")
    if table is None:
        return None
    snapshots = sorted({at for at, _ in material.found.statuses})
    return ageing(Decay(tuple(snapshots[: material.config.validation.decay_snapshots]), table))


def _auc(title: str, table: pd.DataFrame) -> Chart:
    auc, low, high = (column(table, name) for name in ("auc", "auc.low", "auc.high"))
    places, names = _places(table)
    axis = number_axis("AUC", [*auc, *low, *high], zero=False)
    marks: list[Layer] = [Line(places, auc), Dots(places, auc, low, high)]
    says = f"From {figure(auc[0])} at the first to {figure(auc[-1])} at the last; 95 % intervals by customers."
    return Chart(title, says, name_axis("snapshot", names), axis, marks, _table(table))


def _ratios(title: str, table: pd.DataFrame, shown: tuple[str, ...]) -> Chart:
    """Sums of what was predicted over sums of what happened: 1 is right."""
    places, names = _places(table)
    words = {"total_ratio": "defections", "revenue_ratio": "revenue"}
    lines = [Line(places, column(table, name), style, words[name]) for style, name in enumerate(shown)]
    values = [value for name in shown for value in column(table, name)]
    right = Rule((-0.5, 1.0), (len(names) - 0.5, 1.0))
    last = figure(column(table, "total_ratio")[-1])
    says = f"1 is right; at the last snapshot {last} times as many defections were expected as happened."
    axis = number_axis("predicted over actual", [*values, 1.0])
    return Chart(title, says, name_axis("snapshot", names), axis, [right, *lines], _table(table))


def _places(table: pd.DataFrame) -> tuple[list[float], list[str]]:
    names = [f"{day:%Y-%m-%d}" for day in table["as_of"]]
    return [float(place) for place in range(len(names))], names


def _table(table: pd.DataFrame) -> Table:
    extra = {name: words for name, words in EXTRA.items() if name in table}
    rows = [_row(row, tuple(extra)) for row in table.to_dict("records")]
    return Table((*HEAD, *extra.values()), rows)


def _row(row: Mapping[Any, Any], extra: tuple[str, ...]) -> list[Cell]:
    cells: list[Cell] = [f"{row['as_of']:%Y-%m-%d}", count(row["rows"]), share(row["mean_risk"]), share(row["rate"])]
    for name in ("total_ratio", "auc", "log_loss"):
        cells.append((figure(row[name]), between(row[f"{name}.low"], row[f"{name}.high"], figure)))
    return [*cells, *(count(row[name]) if name == "age_days" else figure(row[name]) for name in extra)]


EXTRA = {"revenue_ratio": "revenue, predicted over actual", "age_days": "age in days"}
