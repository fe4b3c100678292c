import math

import pytest

from pipeline.diagnosis.statistics import (
    Sums,
    difference,
    kaplan_meier,
    ratio,
    ratio_change,
    relative_risk,
    wilson,
)


def sums(pairs: list[tuple[float, float]]) -> Sums:
    x, y = [p[0] for p in pairs], [p[1] for p in pairs]
    products = zip(x, y, strict=True)
    return Sums(len(x), sum(x), sum(y), sum(a * a for a in x), sum(a * b for a, b in products), sum(b * b for b in y))


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_the_published_one(successes: int, trials: int, low: float, high: float) -> None:
    found = wilson(successes, trials)
    assert found.value == successes / trials
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_a_share_of_nobody_is_unknown() -> None:
    assert wilson(0, 0).value is None
    assert difference(1, 2, 0, 0).value is None


def test_a_share_of_everybody_ends_at_one() -> None:
    assert wilson(7, 7).high == 1.0


@pytest.mark.parametrize(
    ("one", "two", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, 873-890, table II, method 10
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 20), 0.6791, 1.0)],
)
def test_the_interval_of_a_difference_is_the_published_one(
    one: tuple[int, int], two: tuple[int, int], low: float, high: float
) -> None:
    found = difference(*one, *two)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_a_ratio_and_its_interval_match_the_formula_written_out() -> None:
    pairs = [(10.0, 8.0), (20.0, 22.0), (5.0, 0.0), (15.0, 15.0)]
    value = 45 / 50
    spread = math.sqrt(sum((y - value * x) ** 2 for x, y in pairs) * 4 / 3) / 50
    found = ratio(sums(pairs))
    assert found.value == pytest.approx(value)
    assert found.high == pytest.approx(value + 1.959963984540054 * spread)


def test_a_ratio_of_one_unit_has_no_interval() -> None:
    found = ratio(sums([(10.0, 8.0)]))
    assert (found.value, found.low) == (0.8, None)


def test_a_change_of_ratios_adds_their_variances() -> None:
    now, before = sums([(1.0, 1.0), (1.0, 0.0)]), sums([(1.0, 1.0), (1.0, 1.0), (1.0, 0.0)])
    found = ratio_change(now, before)
    reaches = [r.high - r.value for r in (ratio(now), ratio(before)) if r.high is not None and r.value is not None]
    assert found.value == pytest.approx(0.5 - 2 / 3)
    assert found.high is not None and found.value is not None
    assert found.high - found.value == pytest.approx(math.hypot(*reaches))


def test_a_relative_risk_without_cases_among_the_others_is_unknown() -> None:
    assert relative_risk(3, 10, 0, 10).value is None


# The control arm of Freireich et al. 1963, 21 patients without censoring, remission in weeks: survival is the plain
# share, and Greenwood's variance is the binomial one.
WEEKS = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_survival_without_censoring_is_the_share_still_there() -> None:
    times = sorted(set(WEEKS))
    steps = kaplan_meier(times, [sum(w >= t for w in WEEKS) for t in times], [WEEKS.count(t) for t in times])
    assert [step.survival for step in steps] == pytest.approx([sum(w > t for w in WEEKS) / 21 for t in times])


def test_survival_with_censoring_is_the_textbook_curve() -> None:
    """The treated arm: 6, 6, 6, 6+, 7, 9+, 10, 10+, 11+, 13, 16, 17+, 19+, 20+, 22, 23, 25+, ... (published curve)."""
    steps = kaplan_meier([6, 7, 10, 13, 16, 22, 23], [21, 17, 15, 12, 11, 7, 6], [3, 1, 1, 1, 1, 1, 1])
    published = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert [round(step.survival, 3) for step in steps] == published


def test_the_interval_of_survival_is_greenwoods_on_the_log_log_scale() -> None:
    (step,) = kaplan_meier([1], [20], [5])
    error = math.sqrt(5 / (20 * 15)) / abs(math.log(0.75))
    assert step.low == pytest.approx(0.75 ** math.exp(1.959963984540054 * error))
    assert step.high == pytest.approx(0.75 ** math.exp(-1.959963984540054 * error))


def test_survival_that_reaches_zero_stays_a_number() -> None:
    steps = kaplan_meier([1, 2, 3], [2, 1, 0], [1, 1, 0])
    assert [step.survival for step in steps] == [0.5, 0.0]
    assert steps[-1].low == 0.0
