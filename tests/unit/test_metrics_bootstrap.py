"""Intervals that know about customers."""

import numpy as np

from models.metrics_bootstrap import bootstrap_size, customer_weights, intervals, with_intervals


def test_the_rows_of_a_customer_come_and_go_together() -> None:
    customers = np.array([0, 0, 1, 1, 1, 2])
    for weights in customer_weights(customers, replicates=20, seed=0):
        assert weights[0] == weights[1]
        assert weights[2] == weights[3] == weights[4]
        assert weights[0] + weights[2] + weights[5] == 3


def test_repeated_rows_of_a_customer_do_not_make_the_interval_narrower() -> None:
    values = np.random.default_rng(0).normal(size=200)
    repeated = np.repeat(values, 10)

    def width(x: np.ndarray, customers: np.ndarray) -> float:
        low, high = intervals({"mean": lambda w: float(np.average(x, weights=w))}, customers)["mean"]
        return high - low

    once = width(values, np.arange(200))
    clustered = width(repeated, np.repeat(np.arange(200), 10))
    as_if_independent = width(repeated, np.arange(2000))
    assert 0.8 < clustered / once < 1.25
    assert as_if_independent < clustered / 2


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for trial in range(100):
        x = rng.normal(size=100)
        metric = {"mean": lambda w, x=x: float(np.average(x, weights=w))}
        low, high = intervals(metric, np.arange(100), replicates=200, seed=trial)["mean"]
        hits += low <= 0 <= high
    assert hits >= 87


def test_samples_without_a_value_are_left_out() -> None:
    low, high = intervals({"never": lambda _w: float("nan")}, np.arange(3), replicates=5)["never"]
    assert np.isnan(low)
    assert np.isnan(high)


def test_figures_of_all_rows_stand_with_their_ends_unless_none_are_asked_for() -> None:
    x = np.random.default_rng(0).normal(size=200)
    mean = {"mean": lambda w: float(np.average(x, weights=w))}
    found = with_intervals(mean, np.arange(200))
    assert found["mean"] == x.mean()
    assert found["mean.low"] < found["mean"] < found["mean.high"]
    assert with_intervals(mean, np.arange(200), replicates=0) == {"mean": x.mean()}


def test_many_rows_get_fewer_samples_and_few_rows_all_that_are_asked_for() -> None:
    seen: list[float] = []

    def counted(weights: np.ndarray) -> float:
        seen.append(weights.sum())
        return 0.0

    with_intervals({"one": counted}, np.arange(160_000), replicates=200)
    assert len(seen) == 1 + bootstrap_size(160_000, 200) < 200
    assert bootstrap_size(1_000, 200) == 200
    assert bootstrap_size(10_000_000, 200) >= 100
