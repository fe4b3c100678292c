"""What `holdfast train` says on the terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.champion import PAIRED
from pipeline.text import table

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.train import Trained

SHOWN = ("auc", "average_precision", "log_loss", "brier", "ece", "lift_10", "total_ratio", "max_profit", "empc")


def text(trained: "Trained") -> str:
    """Figures with intervals beside the baselines, money, types, and where things went."""
    metrics = trained.evaluation.metrics
    lines = [
        f"holdfast train: {trained.config}, model version {trained.model_version}, {trained.features} features",
        _days(trained),
        f"protocol: {trained.evaluation.protocol}",
        "",
        *risk_of(metrics),
        *gains_of(metrics, trained.evaluation.champion),
        *_level(trained),
        *_periods(trained.evaluation.tables.get("backtest")),
        *figures_of(metrics, "loss"),
        *_horizons(trained.evaluation.tables.get("horizons")),
        *figures_of(metrics, "type"),
        "",
        f"run {trained.run_id}" + (f", report {trained.report}" if trained.report else ""),
    ]
    return "\n".join(lines)


def _days(trained: "Trained") -> str:
    train, test = trained.snapshots["train"], trained.snapshots["test"]
    if train == test:
        return f"{trained.rows['train']:,} rows of flat data"
    sizes = trained.rows
    return (
        f"trained on {train[0]} to {train[-1]} ({sizes['train']:,} rows), "
        f"tested on {test[0]} to {test[-1]} ({sizes['test']:,} rows, {sizes['test_customers']:,} customers)"
    )


def risk_of(metrics: Mapping[str, float]) -> list[str]:
    """The figures of the risk with their intervals, beside those of the baselines."""
    baselines = sorted({name.split(".")[1] for name in metrics if name.startswith("baseline.")})
    rows = [["risk", "model", "95 % interval", *(name.replace("_", " ") for name in baselines)]]
    for name in SHOWN:
        if f"risk.{name}" in metrics:
            others = [figure(metrics.get(f"baseline.{baseline}.{name}")) for baseline in baselines]
            rows.append([name, figure(metrics[f"risk.{name}"]), _interval(metrics, f"risk.{name}"), *others])
    return table(rows)


def gains_of(metrics: Mapping[str, float], champion: str | None) -> list[str]:
    """By how much the model is better than each baseline and than the champion on the same rows, with intervals."""
    names = [name.split(".")[1] for name in metrics if name.startswith("paired.") and name.endswith(".log_loss")]
    rows = [["gain over", "auc", "log_loss", "brier"]]
    for name in names:
        shown = name.replace("_", " ") if name != "champion" else f"the champion {champion}"
        rows.append([shown, *(_gain(metrics, f"paired.{name}.{key}") for key in rows[0][1:])])
    found = ["", *table(rows)] if names else []
    if champion is None:
        return found
    tested = metrics.get(f"{PAIRED}.rows")
    said = "no rows to test it and the champion on" if tested is None else f"on the same {tested:,.0f} rows"
    return [*found, f"champion {champion}: {said}"]


def _gain(metrics: Mapping[str, float], name: str) -> str:
    interval = _interval(metrics, name)
    return f"{metrics[name]:+.4f}" + (f" ({interval})" if interval else "")


def _level(trained: "Trained") -> list[str]:
    """What the calibration did, and on which snapshots; nothing for data without time."""
    from pipeline.reporting.base_rate import said

    table = trained.evaluation.tables.get("level")
    return [] if table is None else ["", said(table, trained.evaluation.fitted.risk.details).replace("\xa0", " ")]


def figures_of(metrics: Mapping[str, float], group: str) -> list[str]:
    """All figures of a group with their intervals; nothing where there are none."""
    names = [name for name in metrics if name.startswith(f"{group}.") and not name.endswith((".low", ".high"))]
    if not names:
        return []
    rows = [[group, "model", "95 % interval"]]
    rows += [[name.split(".", 1)[1], figure(metrics[name]), _interval(metrics, name)] for name in names]
    return ["", *table(rows)]


def _horizons(found: "pd.DataFrame | None") -> list[str]:
    """What was expected by each horizon, and what had happened."""
    if found is None:
        return []
    rows = [["defected within", "expected", "actual", "auc", "log loss"]]
    rows += [
        [f"{int(days)} days", *(figure(float(value)) for value in values)]
        for days, *values in found[["days", "expected", "actual", "auc", "log_loss"]].to_numpy()
    ]
    return ["", *table(rows)]


def _periods(found: "pd.DataFrame | None") -> list[str]:
    """The backtest: what was expected in each test period, and what happened."""
    if found is None:
        return []
    rows = [["test period", "rows", "trained on", "expected", "actual", "auc", "log loss", "logistic"]]
    names = ("train_rate", "mean_risk", "rate", "auc", "log_loss", "log_loss_logistic")
    for period in found.to_dict("records"):
        figures = [figure(float(period[name])) for name in names]
        rows.append([f"{period['first']:%Y-%m-%d} to {period['last']:%Y-%m-%d}", f"{period['rows']:,}", *figures])
    return ["", *table(rows)]


def _interval(metrics: Mapping[str, float], name: str) -> str:
    if f"{name}.low" not in metrics:
        return ""
    return f"{figure(metrics[f'{name}.low'])} to {figure(metrics[f'{name}.high'])}"


def figure(value: float | None) -> str:
    """A figure as the terminal shows it; a dash where it is not known."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "-"
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.4f}"
