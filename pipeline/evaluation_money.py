"""What the test says about money of everybody at risk: totals, who is contacted first, and the results by group."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from features.errors import MissingColumnError
from models.arrays import FloatArray
from models.evaluate import Metrics, evaluate_loss
from models.group_metrics import by_group, grouped
from models.metrics_bootstrap import REPLICATES, with_intervals
from models.value_captured import expected_profit_by_customer, value_captured
from pipeline.config.root import Config
from pipeline.fitting import LabelledRows

SHOWN = ("risk", "loss_if_defect", "expected_revenue")  # columns of a prediction that are read here


def money_metrics_of(test: LabelledRows, shown: pd.DataFrame, config: Config, replicates: int = REPLICATES) -> Metrics:
    """`revenue.*`: what everybody at risk was expected to bring against what came in; `risk.empb` with the own loss.

    Flat data say what a customer brings who stays, not what came in. With `replicates` 0 there are no intervals.
    """
    found: Metrics = {}
    known = np.isfinite(test.revenue) & (not config.flat)
    predicted = shown["expected_revenue"].to_numpy(np.float64)
    if known.any() and np.isfinite(predicted).all() and np.maximum(test.revenue[known], 0).sum() > 0:
        actual, expected = np.maximum(test.revenue[known], 0), predicted[known]
        measured = evaluate_loss(
            actual, expected, expected, expected, test.customers[known],
            prefix="revenue", replicates=replicates, seed=config.validation.seed,
        )  # fmt: skip
        found |= {name: value for name, value in measured.items() if ".coverage" not in name}
    value = shown["loss_if_defect"].to_numpy(np.float64)
    if np.isfinite(value).all() and value.sum() > 0 and config.money.customer_value.value > 0:
        found |= _own_profit(test, shown["risk"].to_numpy(np.float64), value, config, replicates)
    return found


def _own_profit(test: LabelledRows, risk: FloatArray, value: FloatArray, config: Config, replicates: int) -> Metrics:
    """`risk.empb`, with an interval by customer where it is asked for; a sample repeats the rows that were drawn."""

    def profit(weights: FloatArray) -> float:
        drawn = np.repeat(np.arange(len(value)), weights.astype(np.int64))
        if not 0 < test.y[drawn].mean() < 1:
            return float("nan")
        return expected_profit_by_customer(test.y[drawn], risk[drawn], value[drawn], config.money)

    seed = config.validation.seed
    return with_intervals({"risk.empb": profit}, test.customers, replicates=replicates, seed=seed)


def money_tables(test: LabelledRows, shown: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """`captured`: money of defectors among those who come first by risk and by expected loss; none without money."""
    value, risk = shown["loss_if_defect"].to_numpy(np.float64), shown["risk"].to_numpy(np.float64)
    if not np.isfinite(value).all() or (value * test.y).sum() <= 0:
        return {}
    return {"captured": value_captured(test.y, value, {"risk": risk, "expected_loss": risk * value})}


def group_tables(test: LabelledRows, shown: pd.DataFrame, config: Config) -> dict[str, pd.DataFrame]:
    """`segments` and `protected`: the risk by the groups of each column named in the config, and totals of money."""
    wanted: Mapping[str, tuple[str, ...]] = {
        "segments": config.validation.segments,
        "protected": config.validation.protected,
    }
    found = {}
    for name, columns in wanted.items():
        parts = [_by_column(test, shown, column, config) for column in columns]
        if parts:
            found[name] = pd.concat(parts, ignore_index=True)
    return found


def refuse_unknown_groups(rows: LabelledRows, config: Config) -> None:
    """Raises MissingColumnError for a column of the config by which the test rows cannot be grouped."""
    for name in ("segments", "protected"):
        for column in getattr(config.validation, name):
            if feature_of(column) not in rows.table.column_names:
                present = [feature.removeprefix("customers__") for feature in rows.table.column_names]
                raise MissingColumnError(column, where=f"validation.{name}", present=present)


def _by_column(test: LabelledRows, shown: pd.DataFrame, column: str, config: Config) -> pd.DataFrame:
    groups = grouped(test.table.column(feature_of(column)).to_pylist())
    risk, validation = shown["risk"].to_numpy(np.float64), config.validation
    table = by_group(test.y, risk, groups, test.customers, share=validation.contacted_share, seed=validation.seed)
    money = {} if config.flat else _money_by(groups, test, shown["expected_revenue"].to_numpy(np.float64))
    return table.assign(money_ratio=[money.get(name, np.nan) for name in table["group"]]).assign(column=column)


def _money_by(groups: list[str], test: LabelledRows, expected: FloatArray) -> Mapping[str, float]:
    """Expected over actual revenue of each group; NaN where nothing came in."""
    frame = pd.DataFrame({"group": groups, "actual": np.maximum(test.revenue, 0), "expected": expected}).dropna()
    sums = frame.groupby("group")[["expected", "actual"]].sum()
    ratios = sums["expected"] / sums["actual"].where(sums["actual"] > 0)
    return {str(name): float(value) for name, value in ratios.items()}


def feature_of(column: str) -> str:
    """The feature of a column of `customers`; the name of a feature stands for itself."""
    return column if "__" in column else f"customers__{column}"
