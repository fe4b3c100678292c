"""What to be careful about: each remark follows from a figure of the evaluation and says what to do next."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from pipeline.champion import PAIRED
from pipeline.pages.document import Notes, Section, Text
from pipeline.pages.numbers import count, figure, share, times
from pipeline.reporting.material import Material, Tested
from pipeline.reporting.question import labels
from pipeline.reporting.words import named

# Where a remark begins. They steer attention only: nothing is computed from them.
TOTAL_OFF = 0.2  # predicted over actual further from 1 than that
TOO_GOOD_AUC = 0.95  # real defection is rarely that predictable; known leaks are
FEW_DEFECTORS = 100  # below it intervals are wide and tenths hold a handful
COVERAGE_SHORT = 0.02
CALIBRATION_OFF = 0.05
DRIFT = 1.5  # rate of the test over that of the training rows, or the other way round


def cautions(material: Tested) -> Section:
    """All remarks that apply to a model wherever it was tested."""
    return _section([remark for check in CHECKS for remark in check(material)])


def cautions_of_training(material: Material) -> Section:
    """These, and what is remarkable about the rows that it was made from."""
    tested = [remark for check in CHECKS for remark in check(material)]
    return _section([*tested, *(remark for check in TRAINING_CHECKS for remark in check(material))])


def _section(remarks: Sequence[str]) -> Section:
    if not remarks:
        return Section("What to be careful about", [Text("None of the report's checks found anything remarkable.")])
    return Section("What to be careful about", [Notes(remarks, warning=True)])


def _total(material: Tested) -> Iterator[str]:
    ratio = material.metric("risk.total_ratio")
    if abs(ratio - 1) > TOTAL_OFF:
        yield (
            f"The model expects {times(ratio)} the defections that happened: the ranking may be right while the level "
            "is not. Do not read risks or expected losses as amounts before the base rate is understood."
        )


def _drift(material: Material) -> Iterator[str]:
    if material.config.flat:
        return
    train, test = (_rate(material, use) for use in ("train", "test"))
    if not 1 / DRIFT <= test / train <= DRIFT:
        yield f"Of the training rows {share(train)} defected, of the test rows {share(test)}: the base rate has moved."


def _leak(material: Tested) -> Iterator[str]:
    auc = material.metric("risk.auc")
    if auc > TOO_GOOD_AUC:
        feature = str(material.evaluation.tables["drivers"]["feature"].iloc[0])
        yield (
            f"An AUC of {figure(auc)} is rare for real defection: look for a column that was written after the fact. "
            f"The model leans most on {feature} ({material.meaning(feature)})."
        )


def _few(material: Tested) -> Iterator[str]:
    defectors = material.y.sum()
    if defectors < FEW_DEFECTORS:
        yield f"Only {count(defectors)} defections among the test rows: small differences mean nothing here."


def _baselines(material: Tested) -> Iterator[str]:
    """Baselines that are as good, by a proper score or within the interval of the ranking."""
    low, loss = material.metric("risk.auc.low"), material.metric("risk.log_loss")
    for name in material.baselines:
        if material.metric(f"baseline.{name}.log_loss") <= loss:
            yield f"The {named(name)} has a log loss as low as the model's: its probabilities are at least as good."
        elif material.metric(f"baseline.{name}.auc") >= low:
            yield f"The AUC of the {named(name)} lies inside the model's interval: the gain in ranking may be chance."


def _champion(material: Tested) -> Iterator[str]:
    """A champion that is better beyond chance, by the score that the gate goes by."""
    if material.metric(f"{PAIRED}.log_loss.high") < 0:
        champion = material.evaluation.champion
        yield f"The champion {champion} has the smaller log loss on the same rows, beyond chance: keep it."


def _calibration(material: Tested) -> Iterator[str]:
    error = material.metric("risk.ece")
    if error > CALIBRATION_OFF:
        yield f"Risks are off by {share(error)} on average (calibration error): compare them, do not count with them."


def _coverage(material: Tested) -> Iterator[str]:
    model, covered = material.evaluation.predictor.loss, material.metric("loss.coverage")
    if model is not None and covered < model.revenue.coverage - COVERAGE_SHORT:
        stated = share(model.revenue.coverage)
        yield f"The money interval states {stated} and held {share(covered)}: real amounts scatter more than it says."


def _money_total(material: Tested) -> Iterator[str]:
    ratio = material.metric("loss.total_ratio")
    if abs(ratio - 1) > TOTAL_OFF:
        yield f"The money predicted for stayers is {times(ratio)} what came in."


def _types(material: Tested) -> Iterator[str]:
    loss, prior = material.metric("type.log_loss"), material.metric("type.log_loss_prior")
    if material.evaluation.predictor.types.name != "shares" and loss >= prior:
        yield "On the test rows the type model is no better than the plain shares: do not act on its types yet."


def _unlabelled(material: Material) -> Iterator[str]:
    unknown = sum(n for (_, status), n in material.found.statuses.items() if status == "unlabelled")
    if unknown:
        part = share(unknown / (unknown + material.found.rows.num_rows))
        yield f"{count(unknown)} rows at risk ({part}) have no honest label and were left out."


def _borrowed(material: Tested) -> Iterator[str]:
    """Money constants that nobody of the company has stated."""
    money = material.config.money
    names = ("customer_value", "incentive_cost", "contact_cost", "accept_alpha")
    if any(getattr(money, name).status != "given" for name in names):
        yield "Profit rests on figures of the literature: set customer_value, incentive_cost and contact_cost."


def _rate(material: Material, use: str) -> float:
    days = material.manifest.snapshots[use]
    found = [y for day, y in labels(material).items() if f"{day:%Y-%m-%d}" in days]
    return float(np.concatenate(found).mean())


CHECKS: tuple[Callable[[Tested], Iterator[str]], ...] = (
    _leak, _total, _calibration, _baselines, _champion, _few, _coverage, _money_total, _types, _borrowed,
)  # fmt: skip
TRAINING_CHECKS: tuple[Callable[[Material], Iterator[str]], ...] = (_drift, _unlabelled)
