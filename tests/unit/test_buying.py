"""BG/NBD and Gamma-Gamma: against the published example, and against customers made by their own story."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import betaincinv

from models.anchors import Purchasing
from models.arrays import FloatArray
from models.buying import Buying, Purchases, fit_buying, log_likelihood
from models.spending import Spending, fit_spending

# Fader, Hardie and Lee (2005): estimates for CDNOW in weeks
PAPER = Buying(r=0.243, alpha=4.414, a=0.793, b=2.426)
TRUE = Buying(r=0.8, alpha=30.0, a=0.8, b=2.5)
SEEN_DAYS, AHEAD_DAYS = 300.0, 120.0


def histories(*rows: tuple[float, float, float]) -> Purchases:
    repeats, last, age = np.array(rows).T
    return Purchases(repeats, last, age, np.ones(len(rows)))


def lived(customers: int, seed: int, gap: float = 0.0) -> tuple[Purchases, FloatArray]:
    """Customers who live by the model's story, and their purchases in the days after, from the end of the gap on."""
    rng = np.random.default_rng(seed)
    seen, later = [], []
    for rate, stop in zip(
        rng.gamma(TRUE.r, 1 / TRUE.alpha, customers), rng.beta(TRUE.a, TRUE.b, customers), strict=True
    ):
        times, now = [], 0.0
        while now < SEEN_DAYS + AHEAD_DAYS:
            now += rng.exponential(1 / rate)
            times.append(now)
            if rng.random() < stop:
                break
        at = np.array(times)
        known = at[at < SEEN_DAYS]
        seen.append((len(known), known[-1] if len(known) else 0.0, SEEN_DAYS))
        later.append(((at >= SEEN_DAYS + gap) & (at < SEEN_DAYS + AHEAD_DAYS)).sum())
    return histories(*seen), np.array(later, dtype=np.float64)


def test_the_example_of_the_paper_is_reproduced() -> None:
    assert PAPER.expected(histories((2, 30.43, 38.86)), 39.0)[0] == pytest.approx(1.226, abs=5e-4)


def test_the_fit_finds_the_parameters_that_made_the_customers() -> None:
    seen, _ = lived(6000, 0)
    found = fit_buying(seen)
    for name in ("r", "alpha", "a", "b"):
        assert getattr(found, name) == pytest.approx(getattr(TRUE, name), rel=0.25)
    assert (
        log_likelihood(found, seen.repeats, seen.last, seen.age).sum()
        >= log_likelihood(TRUE, seen.repeats, seen.last, seen.age).sum() - 1e-6
    )


def test_expected_purchases_and_the_chance_of_any_are_those_of_the_days_after() -> None:
    seen, later = lived(20_000, 1)
    assert TRUE.expected(seen, AHEAD_DAYS).sum() == pytest.approx(later.sum(), rel=0.03)
    assert TRUE.any_purchase(seen, AHEAD_DAYS).sum() == pytest.approx((later > 0).sum(), rel=0.03)


@pytest.mark.parametrize("gap", [30.0, 90.0])
def test_behind_a_gap_the_chance_and_the_money_of_those_who_buy_are_those_of_the_window(gap: float) -> None:
    seen, later = lived(20_000, 3, gap)
    length, bought = AHEAD_DAYS - gap, later > 0
    assert TRUE.any_purchase(seen, length, gap).sum() == pytest.approx(bought.sum(), rel=0.03)
    spends = Spending(p=1e6, q=1e6, v=1.0)  # every purchase brings one
    found = Purchasing((0, 1, 2, 3), int(gap), int(AHEAD_DAYS), TRUE, spends, 0.0)
    X = np.column_stack([seen.repeats + 1, seen.age, seen.age - seen.last, seen.repeats + 1])
    assert found.predict(X)[bought].sum() == pytest.approx(later.sum(), rel=0.03)


def averaged(model: Buying, seen: Purchases, days: float) -> FloatArray:
    """Expected purchases without the hypergeometric series: (1 - exp(-rate p days)) / p over what is known of both."""
    middles = (np.arange(20_000) + 0.5) / 20_000
    stop = betaincinv(model.a, model.b + seen.repeats[:, None], middles)
    from_now = (model.alpha + seen.age)[:, None]
    made = -np.expm1(-(model.r + seen.repeats[:, None]) * np.log1p(stop * days / from_now)) / stop
    return np.asarray(made.mean(axis=1) * model.alive(seen))


@pytest.mark.parametrize("a", [0.3, 1.0, 1.0005, 2.0, 2500.0])
def test_heavy_buyers_are_expected_to_buy_as_their_own_rhythm_says(a: float) -> None:
    model = replace(TRUE, a=a)
    seen = histories((0, 0, 90), (3, 60, 90), (500, 89, 90), (5000, 729, 730), (20_000, 1999, 2000))
    for days in (30.0, 365.0, 1500.0):
        np.testing.assert_allclose(model.expected(seen, days), averaged(model, seen, days), rtol=1e-3)


def test_the_unit_of_time_does_not_matter() -> None:
    seen, _ = lived(2000, 2)
    weeks = Purchases(seen.repeats, seen.last / 7, seen.age / 7, seen.mean)
    in_days, in_weeks = fit_buying(seen), fit_buying(weeks)
    assert in_days.alpha / 7 == pytest.approx(in_weeks.alpha, rel=1e-3)
    np.testing.assert_allclose(in_days.expected(seen, 70.0), in_weeks.expected(weeks, 10.0), rtol=1e-3)


def test_long_silence_after_many_purchases_speaks_of_leaving_and_after_one_it_does_not() -> None:
    often, silent, once = TRUE.alive(histories((20, 295, 300), (20, 100, 300), (0, 0, 300)))
    assert often > 0.8
    assert silent < 0.05
    assert once == 1.0


def test_money_of_a_purchase_is_drawn_to_the_mean_the_more_the_fewer_purchases_there_are() -> None:
    rng = np.random.default_rng(0)
    own = 40 / rng.gamma(4.0, 1 / 3.0, 5000)
    purchases = rng.integers(1, 12, 5000).astype(np.float64)
    means = rng.gamma(6.0 * purchases, own / (6.0 * purchases))
    found = fit_spending(purchases, means)
    expected = found.expected(purchases, means)
    assert expected.mean() == pytest.approx(own.mean(), rel=0.03)
    few, many = found.expected(np.array([1.0, 50.0]), np.array([400.0, 400.0]))
    assert own.mean() < few < many < 400
