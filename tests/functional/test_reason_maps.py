"""Recorded reasons of public data folded into types, and what can be said about the type of the next defector."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.types import TYPES
from pipeline.config.load import load
from pipeline.evaluation import Evaluation
from pipeline.fitting import LabelledRows
from pipeline.matrix import feature_plan, labelled
from pipeline.moments import all_moments, moments
from pipeline.prepare import prepared
from pipeline.train import evaluate

CONFIGS = Path(__file__).parents[2] / "configs"
REASONS = {"telco-extended": ("telco-ibm-extended", "churn_status.csv", "Churn Reason"),
           "ravenstack": ("ravenstack", "ravenstack_churn_events.csv", "reason_code")}  # fmt: skip
MARGIN = 0.02  # by which a candidate may win by chance
CALIBRATED = 0.05  # the largest gap between the predicted and the actual share of a type


def recorded(public_data: Callable[[str], Path], name: str) -> pd.Series:
    """The reasons as they stand in the raw file."""
    folder, file, column = REASONS[name]
    return pd.read_csv(public_data(folder) / file)[column].dropna()


@pytest.mark.parametrize("name", REASONS)
def test_every_recorded_reason_has_a_type(public_data: Callable[[str], Path], name: str) -> None:
    reasons = recorded(public_data, name)
    known = load(CONFIGS / f"{name}.yaml").outcome.reasons_by_spelling
    assert set(reasons.str.strip().str.lower()) - set(known) == set()
    assert set(known) - set(reasons.str.strip().str.lower()) == set()


def test_defectors_get_the_type_of_their_reason(public_data: Callable[[str], Path]) -> None:
    rows = labelled_rows("telco-extended", public_data)
    known = load(CONFIGS / "telco-extended.yaml").outcome.reasons_by_spelling
    wanted = recorded(public_data, "telco-extended").str.strip().str.lower().map(known).value_counts()
    assert pd.Series(rows.defector_types).value_counts().to_dict() == wanted.to_dict()
    assert set(wanted.index) == set(TYPES)


def labelled_rows(name: str, public_data: Callable[[str], Path]) -> LabelledRows:
    public_data(REASONS[name][0])
    config = load(CONFIGS / f"{name}.yaml")
    with prepared(config) as data:
        plan = feature_plan(config, data, moments(config, data).train[-1])
        return LabelledRows(labelled(config, data, plan, all_moments(config, data)).rows)


def evaluation(name: str) -> Evaluation:
    config = load(CONFIGS / f"{name}.yaml")
    with prepared(config) as data:
        split = moments(config, data)
        plan = feature_plan(config, data, split.train[-1])
        return evaluate(config, split, plan, labelled(config, data, plan, all_moments(config, data)))


@pytest.mark.slow
def test_types_beat_the_prior_where_services_tell_them_and_keep_its_shares(public_data: Callable[[str], Path]) -> None:
    public_data("telco-ibm-extended")
    found = evaluation("telco-extended")
    assert found.metrics["type.log_loss"] < found.metrics["type.log_loss_prior"]
    table = found.tables["types"]
    assert np.abs(table["predicted"] - table["actual"]).max() < CALIBRATED


@pytest.mark.slow
def test_types_are_the_plain_shares_where_nothing_tells_them(public_data: Callable[[str], Path]) -> None:
    """The codes of this simulated company were drawn without regard to anything else."""
    public_data("ravenstack")
    found = evaluation("ravenstack")
    assert found.fitted.types.model.name == "shares"
    assert found.fitted.types.scores["shares"] <= min(found.fitted.types.scores.values()) + MARGIN
    assert found.metrics["type.log_loss"] == pytest.approx(found.metrics["type.log_loss_prior"])
