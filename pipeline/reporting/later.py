"""The page of `holdfast evaluate`: the figures, period by period, and how an old model ages (as in the report)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.decay import Decay
from pipeline.pages.axes import name_axis, number_axis
from pipeline.pages.charts import Dots, Layer, Line, Rule
from pipeline.pages.document import Block, Cell, Chart, Fact, Page, Section, Table, Text
from pipeline.pages.numbers import between, count, figure, share, times
from pipeline.reporting.material import Material, column
from pipeline.reporting.words import LOSS, RISK, Measure

if TYPE_CHECKING:
    from pipeline.evaluate import Evaluated

HEAD = ("snapshot", "rows", "expected", "actual", "predicted over actual", "AUC", "log loss")
AGES = (
    "A model of the first snapshots, never replaced. Where the AUC falls with its age it ranks worse; where predicted "
    "over actual leaves 1 the base rate has moved away from what it learned."
)


def page(found: "Evaluated") -> Page:
    """The page as data. Money stands where it is known, the curve of ageing where there is one."""
    metrics = found.metrics
    shown = between(metrics["risk.auc.low"], metrics["risk.auc.high"], figure)
    facts = [
        Fact(figure(metrics["risk.auc"]), f"AUC (95 %: {shown})"),
        Fact(times(metrics["risk.total_ratio"]), "predicted over actual defections"),
        Fact(count(len(found.snapshots)), "later snapshots"),
        Fact(count(found.customers), "customers tested"),
    ]
    sections = [_figures(found), _periods(found.periods), *([ageing(found.decay)] if found.decay else [])]
    subtitle = f"{found.model} on {found.snapshots[0]:%Y-%m-%d} to {found.snapshots[-1]:%Y-%m-%d}"
    return Page(f"Evaluation: {found.config}", subtitle, sections, facts)


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


def _figures(found: "Evaluated") -> Section:
    blocks: list[Block] = [Text(found.protocol + ".")]
    for prefix, measures, caption in (("risk", RISK, "Risk"), ("loss", LOSS, "Money of those who stayed")):
        rows = [_measure(found.metrics, f"{prefix}.{each.key}", each) for each in measures]
        if kept := [row for row in rows if row]:
            blocks.append(Table(("measure", "model", "95 % interval"), kept, caption))
    return Section("How good it is", blocks)


def _measure(metrics: Mapping[str, float], name: str, measure: Measure) -> list[Cell]:
    """A line of the figures; empty where it was not measured."""
    if name not in metrics:
        return []
    interval = between(metrics.get(f"{name}.low"), metrics.get(f"{name}.high"), measure.shown)
    return [(measure.name, measure.says), measure.shown(metrics[name]), interval]


def _periods(table: pd.DataFrame) -> Section:
    ratios = ("total_ratio", *(("revenue_ratio",) if "revenue_ratio" in table else ()))
    drawn: list[Block] = [_auc("AUC by period", table), _ratios("Predicted over actual by period", table, ratios)]
    return Section("Period by period", [*drawn, _table(table)])


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
