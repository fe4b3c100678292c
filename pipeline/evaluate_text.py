"""What `holdfast evaluate` says on the terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.text import table
from pipeline.train_text import figure, figures_of

if TYPE_CHECKING:
    from pipeline.evaluate import Evaluated

PERIODS = ("rate", "mean_risk", "total_ratio", "auc", "log_loss")


def text(found: "Evaluated") -> str:
    """Figures with intervals, then period by period, then how an old model does."""
    lines = [f"holdfast evaluate: {found.config}, {found.rows:,} rows, {found.customers:,} customers"]
    lines += [f"protocol: {found.protocol}"]
    for group in ("risk", "paired", "loss", "revenue", "type"):
        lines += figures_of(found.metrics, group)
    lines += ["", *_periods(found.periods, "snapshot")]
    if found.decay is not None:
        old = found.decay.learned
        lines += ["", f"how a model of {old[0]:%Y-%m-%d} to {old[-1]:%Y-%m-%d} ages:"]
        lines += _periods(found.decay.table, "snapshot")
    return "\n".join(lines)


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
