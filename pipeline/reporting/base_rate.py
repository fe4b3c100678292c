"""How the base rate moved from snapshot to snapshot, and what the calibration made of it."""

from collections.abc import Mapping

import pandas as pd

from pipeline.pages.axes import name_axis, number_axis
from pipeline.pages.charts import Layer, Line
from pipeline.pages.document import Chart, Table
from pipeline.pages.numbers import count, figure, share
from pipeline.reporting.material import Material, cells, column

LINES = {"defected": "rate", "expected, as fitted": "before", "expected, as stated": "after"}


def base_rate(material: Material, table: pd.DataFrame) -> Chart:
    """The training snapshots (out of fold) and the test snapshots in one line; `table` as the evaluation's `level`."""
    names = [f"{day:%Y-%m-%d}" for day in table["as_of"]]
    places = [float(i) for i in range(len(names))]
    lines: list[Layer] = [
        Line(places, column(table, key), style, name) for style, (name, key) in enumerate(LINES.items())
    ]
    shares = [cells(table[key], share) for key in LINES.values()]
    rows = list(zip(names, table["used"], cells(table["rows"], count), *shares, strict=True))
    return Chart(
        "Base rate and level of the risk",
        said(table, material.evaluation.fitted.risk.details),
        name_axis("snapshot", names),
        number_axis("share of customers", [v for key in LINES.values() for v in column(table, key)], percent=True),
        lines,
        Table(("snapshot", "used for", "rows", *LINES), rows),
    )


def said(table: pd.DataFrame, details: Mapping[str, float | str]) -> str:
    """What the calibration did, and on which snapshots."""
    slope, moved = float(details["slope"]), float(details["intercept"])
    change = f"the log-odds are taken times {figure(slope)} and moved by {figure(moved)}"
    if (slope, moved) == (1.0, 0.0):
        change = "no change was called for beyond chance, so the risk is stated as fitted"
    last = int(details.get("calibration.snapshots", 0))
    if not last:
        return f"Too few later snapshots were complete to learn a drift from; by the training folds, {change}."
    late = table[table["used"] == "training"].tail(last)
    rate, before = ((late[key] * late["rows"]).sum() / late["rows"].sum() for key in ("rate", "before"))
    return (
        f"Level and slope come from the last {last} training snapshots, where {share(float(rate))} defected and "
        f"{share(float(before))} were expected: {change}. What the base rate does after them, nobody could know."
    )
