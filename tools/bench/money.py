"""How well money is predicted: CDNOW and online retail over everybody at risk, newspaper over those who stayed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from models import money_metrics
from models.anchors import PRICE
from models.arrays import FloatArray
from models.evaluate import evaluate_loss
from pipeline.backtest import among
from pipeline.config.load import load
from pipeline.fitting import LabelledRows, fit
from pipeline.matrix import feature_plan, labelled
from pipeline.prepare import prepared

CONFIGS = Path(__file__).parents[2] / "configs"
Figures = dict[str, float]


@dataclass(frozen=True)
class Protocol:
    """A shipped config with the outcome and the snapshots of the comparison, and the range its figures must reach."""

    config: str
    outcome: Mapping[str, Any]
    train: Sequence[datetime]
    test: Sequence[datetime]
    criterion: str = "deviance"
    targets: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def _months(year: int, first: int, last: int) -> list[datetime]:
    return [datetime(year, month, 1) for month in range(first, last + 1)]


EVERYBODY = {
    "cdnow": Protocol(
        "cdnow",
        {"horizon_days": 180, "active_days": 3650},
        _months(1997, 4, 7),
        [datetime(1998, 1, 1)],
        targets={"gini": (0.758, 1.0), "total_ratio": (0.9, 1.1)},
    ),
    "online-retail": Protocol(
        "online-retail",
        {"horizon_days": 90, "active_days": 3650},
        _months(2011, 3, 6),
        [datetime(2011, 9, 9)],
        targets={"gini": (0.771, 1.0), "total_ratio": (0.8, 1.2)},
    ),
}
STAYERS = {
    kind: Protocol("newspaper", {"money": kind}, _months(2008, 1, 7), _months(2009, 2, 7), criterion)
    for kind, criterion in (("accrued", "absolute"), ("paid", "deviance"))
}


def money() -> dict[str, Any]:
    """All figures, each with what it must reach: for newspaper the current price a day times the days."""
    found: dict[str, Any] = {name: _everybody(protocol) for name, protocol in EVERYBODY.items()}
    found |= {f"newspaper-{name}": _stayers(protocol) for name, protocol in STAYERS.items()}
    return found | {"met": all(each["met"] for each in found.values())}


def _everybody(protocol: Protocol) -> dict[str, Any]:
    """Expected revenue against what came in, staying or not, with a bootstrap interval by customers."""
    fitted, test = _fitted(protocol)
    predicted = fitted.predictor.predict(test.table)["expected_revenue"].to_numpy(np.float64)
    actual = np.maximum(test.revenue, 0)
    metrics = evaluate_loss(actual, predicted, predicted, predicted, test.customers, prefix="revenue")
    shown = {name: round(value, 4) for name, value in metrics.items() if "coverage" not in name}
    met = all(low <= metrics[f"revenue.{name}"] <= high for name, (low, high) in protocol.targets.items())
    summary = fitted.summary()
    scores = {name: round(float(value), 4) for name, value in summary.items() if name.startswith("revenue.candidate")}
    return {"rows": len(actual), "chosen": summary["revenue.chosen"], **shown, **scores, "met": met}


def _stayers(protocol: Protocol) -> dict[str, Any]:
    """Money of stayers, beside the current price a day times the days (where it is unknown: nothing, or the median)."""
    fitted, test = _fitted(protocol)
    stayed = test.take((test.y == 0) & np.isfinite(test.revenue))
    X = fitted.predictor.encode(stayed.table)
    price = X[:, fitted.predictor.columns.names.index(PRICE)]
    days = load(CONFIGS / f"{protocol.config}.yaml").outcome.horizon_days
    actual = np.maximum(stayed.revenue, 0)
    assert fitted.loss is not None
    figures = {
        "model": _figures(actual, fitted.loss.model.staying(X).revenue),
        "price": _figures(actual, np.nan_to_num(price) * days),
        "price_filled": _figures(actual, np.where(np.isnan(price), np.nanmedian(price), price) * days),
    }
    met = all(_better(figures["model"], figures[name]) for name in ("price", "price_filled"))
    return {"rows": len(actual), "chosen": fitted.loss.model.revenue.centre.name, **figures, "met": met}


def _better(one: Figures, other: Figures) -> bool:
    return one["mae"] < other["mae"] and all(one[name] > other[name] for name in ("spearman", "normalised_gini"))


def _figures(actual: FloatArray, predicted: FloatArray) -> Figures:
    measures = {name: getattr(money_metrics, name) for name in ("mae", "spearman", "normalised_gini", "total_ratio")}
    return {name: round(measure(actual, predicted), 4) for name, measure in measures.items()}


def _fitted(protocol: Protocol) -> tuple[Any, LabelledRows]:
    """The models fitted on the training snapshots, and the test rows."""
    config = load(CONFIGS / f"{protocol.config}.yaml")
    outcome = config.outcome.model_copy(update=dict(protocol.outcome))
    loss = config.model.loss.model_copy(update={"criterion": protocol.criterion})
    model = config.model.model_copy(update={"loss": loss})
    config = config.model_copy(update={"outcome": outcome, "model": model})
    with prepared(config) as data:
        features = feature_plan(config, data, protocol.train[-1])
        rows = LabelledRows(labelled(config, data, features, [*protocol.train, *protocol.test]).rows)
    fitted = fit(rows.take(among(rows, tuple(protocol.train))), features.entries, config)
    return fitted, rows.take(among(rows, tuple(protocol.test)))
