"""The truth: does it agree with what happened, with itself, and with the scenario's promise?"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipeline.simulator import audit, simulate
from pipeline.simulator.arrays import stream
from pipeline.simulator.company import Company, found
from pipeline.simulator.crowd import Crowd, Moment
from pipeline.simulator.desk import settle_load
from pipeline.simulator.dynamics import effect_on_log
from pipeline.simulator.futures import HORIZONS, look_ahead
from pipeline.simulator.months import calendar
from pipeline.simulator.path import recruit, walk
from pipeline.simulator.scenario import TYPES, Scenario
from pipeline.simulator.scenarios import SCENARIOS


@pytest.fixture(scope="module", params=["telecom", "retail"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp(request.param) / "out"
    simulate(2_500, 15, 11, out, request.param)
    return out


@pytest.fixture(scope="module")
def moments(folder: Path) -> pd.DataFrame:
    return audit.outcomes(folder)


def test_the_true_probability_is_calibrated_in_every_tenth(moments: pd.DataFrame) -> None:
    # Months of one customer overlap: about six months share one outcome, hence the factor on the standard error.
    table = audit.calibration(moments)
    error = np.sqrt(table.p180 * (1 - table.p180) / table.n * 6)
    assert ((table.p180 - table.left_180).abs() < 4 * error + 0.004).all()


def test_the_oracle_is_good_but_not_omniscient(moments: pd.DataFrame) -> None:
    assert 0.80 < audit.oracle_auc(moments) < 0.92


def test_the_value_if_staying_is_the_mean_of_what_stayers_spend(moments: pd.DataFrame) -> None:
    stayed = moments[~moments.left_180]
    assert stayed.revenue_180.mean() == pytest.approx(stayed.spent_180.mean(), rel=0.05)


def test_types_sum_to_the_risk_and_risks_grow_with_the_horizon(folder: Path) -> None:
    truth = duckdb.sql(f"FROM read_parquet('{folder}/truth/customer_months/*.parquet')").df()
    for days in HORIZONS:
        assert np.allclose(truth[f"p{days}"], sum(truth[f"p{days}_{kind}"] for kind in TYPES), atol=1e-5)
    assert (truth.p30 <= truth.p90).all()
    assert (truth.p90 <= truth.p180).all()
    assert truth.p180.between(0, 1).all()


def test_monthly_rates_are_realistic(folder: Path) -> None:
    rates = duckdb.sql(
        f"""SELECT (SELECT count(*) FROM '{folder}/defections/*.parquet') / count(*),
        (SELECT count(*) FROM '{folder}/complaints/*.parquet') / count(*)
        FROM '{folder}/truth/customer_months/*.parquet'"""
    ).fetchall()[0]
    assert 0.005 < rates[0] < 0.04
    assert 0.03 < rates[1] < 0.15


def _company(scenario: Scenario, months: int = 8) -> Company:
    return settle_load(found(scenario, calendar(months, date(2021, 1, 1)), 3), 3)


def _crowd(company: Company, n: int = 400, month: int = 6) -> tuple[Moment, Crowd]:
    people = recruit(company, 0, n, stream(3, 0, 1))
    step = next(s for s in walk(company, people, stream(3, 0, 2)) if s.month == month)
    return step.now, step.crowd


def test_effects_of_actions_agree_with_futures_in_which_the_action_is_taken() -> None:
    company = _company(SCENARIOS["telecom"])
    now, crowd = _crowd(company)
    truth = look_ahead(now, crowd, 64, stream(3, 0, 4))
    for action in range(4):
        boost = crowd.state.boost + effect_on_log(company.scenario, crowd, np.full(len(crowd), action))
        acted = Crowd(crowd.traits, replace(crowd.state, boost=boost))
        difference = look_ahead(now, acted, 64, stream(3, 0, 4)).risk[-1] - truth.risk[-1]
        assert np.abs(difference - truth.effect[action]).mean() < 0.004
        assert difference.mean() == pytest.approx(truth.effect[action].mean(), abs=0.001)


def test_some_actions_drive_some_customers_away() -> None:
    effect = look_ahead(*_crowd(_company(SCENARIOS["telecom"])), 4, stream(3, 0, 4)).effect
    assert (effect.max(axis=1) > 0).sum() >= 2
    assert (effect.mean(axis=1) < 0).sum() >= 2


def test_no_uplift_where_none_is_promised() -> None:
    effect = look_ahead(*_crowd(_company(SCENARIOS["no_uplift"])), 4, stream(3, 0, 4)).effect
    assert np.abs(effect).max() < 1e-9


@pytest.mark.parametrize(("scenario", "sign"), [("telecom", 1), ("quiet", 0), ("voice", -1)])
def test_complaints_move_the_risk_as_the_scenario_says(scenario: str, sign: int) -> None:
    now, crowd = _crowd(_company(SCENARIOS[scenario]))
    grieved = Crowd(crowd.traits, replace(crowd.state, complaint=crowd.state.complaint + 1))
    change = [look_ahead(now, c, 16, stream(3, 0, 4)).by_type[-1].sum(axis=0).mean() for c in (crowd, grieved)]
    assert np.sign(np.round(change[1] - change[0], 9)) == sign


def test_more_load_means_slower_answers() -> None:
    busy = _company(SCENARIOS["telecom"], months=24).busy[:24]
    assert busy.max() > 1.2
    assert busy.min() >= 0.7


def test_a_part_month_counts_in_part() -> None:
    when = calendar(3, date(2021, 2, 1))
    assert when.share_of_months(0, 30).tolist() == pytest.approx([1, 2 / 31, 0, 0, 0, 0])
    assert when.share_of_months(0, 180)[-1] == pytest.approx(30 / 31)
