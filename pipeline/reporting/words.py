"""Names and meanings, for people who do not know the field's abbreviations."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.outcome_kinds import Backslide, Cancel, ContractEnd, GivenColumn, Lapse, Outcome, Rhythm
from pipeline.pages.numbers import Shown, figure, money, share, times

NAMES: Mapping[str, str] = {
    "model": "model",
    "base_rate": "base rate",
    "single_rule": "single rule",
    "logistic": "logistic regression",
    "lightgbm": "LightGBM",
    "blend": "blend of logistic regression and LightGBM",
    "shares": "the plain shares",
    "mean": "the plain mean",
}
STATUSES: Mapping[str, str] = {
    "at_risk": "at risk, outcome known",
    "unlabelled": "at risk, outcome not known",
    "defected": "gone before",
    "too_new": "too new",
    "not_found": "not known yet",
}


@dataclass(frozen=True)
class Measure:
    """A metric: its name, what it says, how it is written, and which way is better."""

    key: str
    name: str
    says: str
    shown: Shown = figure


RISK = (
    Measure("auc", "AUC", "chance that a defector ranks above a stayer; higher is better"),
    Measure(
        "average_precision", "Average precision", "mean share of defectors down to each one found; higher is better"
    ),
    Measure("lift_10", "Lift in the top tenth", "defectors there against as many customers picked at random", times),
    Measure("log_loss", "Log loss", "error of the probability, hard on confident mistakes; lower is better"),
    Measure("brier", "Brier score", "mean squared error of the probability; lower is better"),
    Measure("ece", "Calibration error", "mean gap between risk and what happened, in ten groups; lower is better"),
    Measure("total_ratio", "Predicted over actual", "sum of the risks over the defections that happened; 1 is right"),
    Measure("max_profit", "Maximum profit", "a customer of the whole base, at the best cut-off", money),
    Measure("empc", "Expected maximum profit", "the same with an uncertain acceptance rate", money),
    Measure("empb", "Expected maximum profit, own values", "each customer worth what the leaving would cost", money),
)
LOSS = (
    Measure(
        "mae", "Mean absolute error", "of what a stayer brings over the horizon, in the currency of the data", money
    ),
    Measure("total_ratio", "Predicted over actual", "sum of the predictions over what came in; 1 is right"),
    Measure("coverage", "Coverage of the interval", "share of stayers whose money lies inside it", share),
    Measure("spearman", "Rank correlation", "predicted against actual order; 1 is perfect"),
    Measure("gini", "Normalised Gini", "money found going down the predicted order; 1 is perfect"),
)


def named(key: str) -> str:
    """A baseline, candidate or model as people call it."""
    return NAMES.get(key, key.replace("_", " "))


def outcome_words(outcome: Outcome) -> str:
    """What counts as defection, in a sentence."""
    match outcome:
        case Cancel():
            return "The customer says so: a defection is recorded."
        case ContractEnd():
            return f"No contract follows: cover ends and stays interrupted for more than {outcome.grace_days} days."
        case Lapse():
            return f"The customer stops buying: no purchase, after one in the {outcome.active_days} days before."
        case Rhythm():
            usual = f"the {outcome.quantile:.0%} quantile of their own gaps between purchase days"
            bounds = f"at least {outcome.floor_days}, at most {outcome.cap_days} days"
            return f"Silence longer than usual for the customer: longer than {usual} ({bounds})."
        case Backslide():
            own = f"their own spend over the {outcome.baseline_days} days before"
            return f"Partial defection: spending falls by more than {outcome.drop_share:.0%} against {own}."
        case GivenColumn():
            return f"The label is given: the column {outcome.column} says {outcome.positive}."


def window_words(outcome: Outcome) -> str:
    """When it has to happen, in a sentence."""
    if isinstance(outcome, GivenColumn):
        return f"The data hold no dates; by the config the label is about a horizon of {outcome.horizon_days} days."
    start = f"{outcome.gap_days} days after the snapshot" if outcome.gap_days else "at the snapshot"
    return f"It counts when it happens within {outcome.horizon_days} days, beginning {start}."
