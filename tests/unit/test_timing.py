"""When customers defect: curves that never fall back, found where they are planted, and split by type."""

from dataclasses import replace

import numpy as np
import pytest

from models.evaluate_horizons import defected_by, evaluate_horizons, horizon_table
from models.outcome_kinds import Cancel, Lapse
from models.rows import Rows
from models.timing import Timing, fit_pull, fit_timing
from tests.planted import QUICK, planted_rows

HORIZONS = (30, 60, 90)


def defectors(count: int = 3000, seed: int = 0, *, signal: bool = True) -> tuple[Rows, np.ndarray]:
    """The higher the first column, the earlier; without `signal` all days are alike."""
    rows = planted_rows(count, seed)
    rng = np.random.default_rng(seed + 1)
    late = 1 / (1 + np.exp(2 * np.nan_to_num(rows.X[:, 0]))) if signal else np.full(count, 0.5)
    return rows.target(np.ones(count)), np.minimum(rng.beta(4 * late, 4 * (1 - late)) * 90, 89.9)


@pytest.fixture(scope="module", name="timing")
def _timing() -> Timing:
    rows, waits = defectors()
    return fit_timing(rows, waits, HORIZONS, QUICK)


def test_the_curve_never_falls_and_ends_at_certainty(timing: Timing) -> None:
    X = planted_rows(500, seed=9).X
    X[0], X[1] = np.nan, [1e9, -1e9, 2, 0]
    curve = timing.by_horizon(X)
    assert curve.shape == (500, 3)
    assert (np.diff(curve, axis=1) >= 0).all()
    assert (curve[:, -1] == 1).all()
    assert (curve >= 0).all()


def test_who_leaves_early_is_told_from_who_leaves_late(timing: Timing) -> None:
    rows, waits = defectors(4000, seed=5)
    risks = timing.by_horizon(rows.X)
    found = evaluate_horizons(waits, risks, timing)
    assert found["risk_30d.auc"] > 0.8
    assert found["risk_30d.total_ratio"] == pytest.approx(1, abs=0.08)
    table = horizon_table(waits, risks, timing).set_index("days")
    assert table.loc[30, "log_loss"] < table.loc[30, "log_loss_same_curve"] - 0.1
    assert table.loc[60, "expected"] == pytest.approx(table.loc[60, "actual"], abs=0.03)


def test_without_signal_everybody_has_nearly_the_same_curve() -> None:
    rows, waits = defectors(signal=False)
    curve = fit_timing(rows, waits, HORIZONS, QUICK).by_horizon(rows.X)
    assert curve[:, 0].std() < 0.06
    assert curve[:, 0].mean() == pytest.approx((waits < 30).mean(), abs=0.02)


def test_the_chance_of_an_interval_is_that_of_those_still_there() -> None:
    """Who leaves first hangs on the first column; of those still there half leave in the second interval, by chance."""
    rows, waits = defectors(6000)
    coin = np.random.default_rng(3).random(len(waits)) < 0.5
    waits = np.where(waits < 30, waits, np.where(coin, 45.0, 75.0))
    curve = fit_timing(rows, waits, HORIZONS, QUICK).by_horizon(rows.X)
    assert curve[:, 0].std() > 0.2
    hazard = (curve[:, 1] - curve[:, 0]) / (1 - curve[:, 0])
    assert hazard.mean() == pytest.approx(0.5, abs=0.03)
    assert hazard.std() < 0.05


def test_where_all_have_left_before_an_interval_they_have_left_by_its_end_too() -> None:
    rows, _ = defectors(200)
    curve = fit_timing(rows, np.full(200, 5.0), HORIZONS, QUICK).by_horizon(rows.X)
    assert (curve[:, :2] > 0.99).all()
    assert (np.diff(curve, axis=1) >= 0).all()


def test_few_defectors_get_the_plain_shares() -> None:
    rows, waits = defectors(40)
    timing = fit_timing(rows, waits, HORIZONS, QUICK)
    assert np.ptp(timing.by_horizon(rows.X)[:, 0]) == 0
    assert timing.by_horizon(rows.X)[0, 0] == pytest.approx((waits < 30).mean(), abs=0.05)


def test_what_is_stored_loads_to_the_same_curve(timing: Timing) -> None:
    stored = replace(timing, pull=np.arange(1.0, 7).reshape(2, 3))
    loaded = Timing.load(stored.dump())
    X = planted_rows(100, seed=3).X
    np.testing.assert_array_equal(loaded.by_horizon(X), timing.by_horizon(X))
    assert loaded.pull is not None
    np.testing.assert_array_equal(loaded.pull, stored.pull)
    assert loaded.horizons == HORIZONS


def types_and_waits(count: int, *, apart: bool) -> tuple[np.ndarray, np.ndarray]:
    """Two types; `apart`: the first leaves early, the second late."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, count)
    early = np.where(codes == 0, 0.8, 0.2) if apart else np.full(count, 0.5)
    return codes, np.where(rng.random(count) < early, 10.0, 70.0)


@pytest.mark.parametrize("apart", [True, False])
def test_types_share_the_risk_of_each_horizon_and_keep_their_own_chance(timing: Timing, apart: bool) -> None:
    codes, waits = types_and_waits(2000, apart=apart)
    by_horizon, types = np.tile([0.5, 0.5, 1.0], (2000, 1)), np.tile([0.5, 0.5], (2000, 1))
    pull = fit_pull(timing, by_horizon, types, codes, waits, np.arange(2000))
    assert (pull is not None) == apart
    incidence = replace(timing, pull=pull).by_type(by_horizon[:1], types[:1])
    np.testing.assert_allclose(incidence.sum(axis=1), by_horizon[:1], atol=1e-9)
    np.testing.assert_allclose(incidence[:, :, -1], types[:1], atol=1e-6)
    assert (np.diff(incidence, axis=2) >= 0).all()
    assert incidence[0, 0, 0] == pytest.approx(0.4 if apart else 0.25, abs=0.03)


def test_a_defection_on_the_last_day_of_a_horizon_is_outside_it() -> None:
    assert defected_by(np.array([29.9, 30.0, np.nan]), (30, 60)).tolist() == [[1, 1], [0, 1], [0, 0]]


def test_horizons_need_a_dated_outcome_and_lie_within_it() -> None:
    assert Cancel(horizon_days=90, horizons_days=(30, 90)).horizons_days == (30, 90)
    with pytest.raises(ValueError, match="needs an outcome that dates the defection"):
        Lapse(horizons_days=(30,))
    for wrong in ((0,), (200,), (60, 30), (30, 30)):
        with pytest.raises(ValueError, match="must rise, from 1 up to horizon_days 180"):
            Cancel(horizons_days=wrong)
