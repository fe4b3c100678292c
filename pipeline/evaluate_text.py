"""What `holdfast evaluate` says on the terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.text import table
from pipeline.train_text import figure, figures_of, gains_of, risk_of

if TYPE_CHECKING:
    from pipeline.evaluate import Evaluated

PERIODS = ("rate", "mean_risk", "total_ratio", "auc", "log_loss")


def text(found: "Evaluated") -> str:
    """Figures with intervals, then period by period, then how an old model does."""
    sizes, tables = found.measured.sizes, found.measured.tables
    lines = [f"holdfast evaluate: {found.config}, {sizes['test']:,} rows, {sizes['test_customers']:,} customers"]
    lines += [f"protocol: {found.protocol}"]
    lines += ["", *risk_of(found.metrics), *gains_of(found.metrics, found.measured.champion)]
    for group in ("loss", "revenue", "type"):
        lines += figures_of(found.metrics, group)
    lines += groups_of(tables.get("segments")) + groups_of(tables.get("protected"))
    lines += ["", *_periods(found.periods, "snapshot")]
    if found.decay is not None:
        old = found.decay.learned
        lines += ["", f"how a model of {old[0]:%Y-%m-%d} to {old[-1]:%Y-%m-%d} ages:"]
        lines += _periods(found.decay.table, "snapshot")
    return "\n".join(lines)


def groups_of(groups: pd.DataFrame | None) -> list[str]:
    """A line a group of the columns of the config; nothing where it names none."""
    if groups is None:
        return []
    rows = [["group", "rows", "defected", "expected / actual", "auc", "selected", "found"]]
    for row in groups.to_dict("records"):
        shown = [_shown(row, column) for column in ("rate", "total_ratio", "auc", "selected", "found")]
        rows.append([f"{row['column']}: {row['group']}", f"{row['rows']:,}", *shown])
    return ["", *table(rows)]


def _periods(periods: pd.DataFrame, name: str) -> list[str]:
    """Predicted over actual stands for reconciliation, of defections and, where money is known, of revenue."""
    extra = [column for column in ("revenue_ratio", "age_days") if column in periods]
    words = {"rate": "actual", "mean_risk": "expected", "revenue_ratio": "revenue ratio", "age_days": "age (days)"}
    heads = [words.get(column, column.replace("_", " ")) for column in (*PERIODS, *extra)]
    rows = [[name, "rows", *heads]]
    for row in periods.to_dict("records"):
        shown = [_shown(row, column) for column in (*PERIODS, *extra)]
        rows.append([f"{row['as_of']:%Y-%m-%d}", f"{row['rows']:,}", *shown])
    return table(rows)


def _shown(row: Mapping[Any, Any], column: str) -> str:
    """AUC with its interval, because one period holds few defectors."""
    if column == "age_days":
        return f"{row[column]:,.0f}"
    if column == "auc":
        return f"{figure(row['auc'])} ({figure(row['auc.low'])} to {figure(row['auc.high'])})"
    return figure(row[column])
