"""The headline figures, each beside what the baselines reach on the same rows."""

from collections.abc import Mapping

from pipeline.champion import PAIRED
from pipeline.pages.document import Block, Cell, Fact, Section, Table, Text
from pipeline.pages.numbers import count, figure, share, times
from pipeline.reporting.material import Material, Tested
from pipeline.reporting.words import RISK, named

OF_INTEREST: Mapping[str, str] = {
    "lightgbm.shape": "shape of the trees",
    "lightgbm.trees": "number of trees",
    "logistic.shape": "shape of the logistic regression",
    "blend.lightgbm_share": "weight of LightGBM in the blend",
    "calibration": "calibrated on",
    "slope": "slope of the calibration",
    "intercept": "intercept of the calibration",
}


def facts(material: Tested) -> list[Fact]:
    """What to see before reading."""
    best = max((material.metric(f"baseline.{name}.auc") for name in material.baselines), default=float("nan"))
    sizes = material.evaluation.sizes
    return [
        Fact(figure(material.metric("risk.auc")), f"AUC (95 %: {material.interval('risk.auc', figure)})"),
        Fact(figure(best), "AUC of the best baseline"),
        Fact(times(material.metric("risk.lift_10")), "defectors in the riskiest tenth"),
        Fact(times(material.metric("risk.total_ratio")), "predicted over actual defections"),
        Fact(share(float(material.y.mean())), "of the test rows defected"),
        Fact(count(sizes.get("test_customers", sizes["test"])), "customers tested"),
    ]


def figures(material: Tested) -> Section:
    """All metrics of the risk with 95 % intervals, and those of each baseline."""
    head = ["measure", "model", "95 % interval", *(named(name) for name in material.baselines)]
    rows: list[list[Cell]] = []
    for measure in RISK:
        value = material.metric(f"risk.{measure.key}")
        if value == value:  # noqa: PLR0124 - NaN: not measured
            others = [measure.shown(material.metric(f"baseline.{name}.{measure.key}")) for name in material.baselines]
            interval = material.interval(f"risk.{measure.key}", measure.shown)
            rows.append([(measure.name, measure.says), measure.shown(value), interval, *others])
    blocks: list[Block] = [Table(head, rows), *_paired(material), *_rule(material)]
    return Section("How good it is", blocks)


def _paired(material: Tested) -> list[Block]:
    """The gain over each baseline and over the champion in the same bootstrap samples."""
    shown = {"auc": "AUC", "log_loss": "log loss", "brier": "Brier score"}
    rows: list[list[Cell]] = []
    for name in [*material.baselines, "champion"]:
        gains = [(material.metric(f"paired.{name}.{key}"), f"paired.{name}.{key}") for key in shown]
        if all(value == value for value, _ in gains):  # noqa: PLR0124 - NaN: not measured
            rows.append(
                [_other(material, name), *(_gain(value, material.interval(key, figure)) for value, key in gains)]
            )
    caption = "By how much the model is better on the same rows (below 0: worse), with 95 % intervals of the difference"
    table = [Table(("against", *(f"gain in {word}" for word in shown.values())), rows, caption)] if rows else []
    return [*table, *_without_rows(material)]


def _other(material: Tested, name: str) -> Cell:
    """A baseline, or the champion with the rows on which both were tested."""
    if name != "champion":
        return named(name)
    return (f"the champion {material.evaluation.champion}", f"on {count(material.metric(f'{PAIRED}.rows'))} rows")


def _without_rows(material: Tested) -> list[Block]:
    """A champion with which the model cannot be compared is named too."""
    champion = material.evaluation.champion
    if champion is None or f"{PAIRED}.rows" in material.evaluation.metrics:
        return []
    return [Text(f"There are no rows on which both this model and the champion {champion} could be tested.")]


def _gain(value: float, interval: str) -> Cell:
    return (f"{value:+.4f}", interval)


def choice(material: Material) -> Section:
    """The candidates, compared on training rows that each was not fitted on."""
    fit = material.evaluation.fitted.risk
    rows = _scored(dict(sorted(fit.scores.items(), key=lambda pair: pair[1])), fit.chosen)
    details = [[OF_INTEREST.get(name, name), _plain(value)] for name, value in fit.details.items()]
    words = (
        "The test rows had no part in the choice: candidates were compared by log loss, out of fold, on training rows."
    )
    return Section(
        "Candidates compared",
        [
            Text(words),
            Table(("candidate", "cross-fitted log loss", ""), rows),
            Table(("setting", "value"), details, "What was found for each", folded=True),
            *_further(material),
        ],
    )


def _further(material: Material) -> list[Block]:
    """The candidates for the type and for the money, where there were any."""
    types, loss, found = material.evaluation.fitted.types, material.evaluation.fitted.loss, list[Block]()
    if types.scores:
        rows = _scored(types.scores, types.model.name)
        found.append(Table(("candidate", "cross-fitted log loss", ""), rows, "Candidates for the type"))
    if loss is not None:
        rows = _scored(loss.scores, loss.model.revenue.centre.name)
        head = ("loss function", "cross-fitted deviance", "")
        found.append(Table(head, rows, "Candidates for the money", folded=True))
    return found


def _scored(scores: Mapping[str, float], chosen: str) -> list[list[Cell]]:
    return [[named(name), figure(score), "chosen" if name == chosen else ""] for name, score in scores.items()]


def _rule(material: Tested) -> list[Block]:
    """Which column the single rule looks at."""
    predictor = material.evaluation.predictor
    rule = predictor.baselines.get("single_rule")
    if rule is None or not rule.curves:
        return []
    feature = predictor.columns.names[next(iter(rule.curves))]
    return [Text(f"The single rule looks at one feature only: {material.meaning(feature)} ({feature}).")]


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
