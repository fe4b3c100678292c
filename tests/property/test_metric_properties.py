"""Metrics for any scores and outcomes: against the definition, and whole weights as repeated rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import metrics, money_metrics

ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 10), st.integers(0, 3)), min_size=2, max_size=30).filter(
    lambda rows: len({y for y, _, w in rows if w}) == 2
)


def columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, p, w = np.array(rows, dtype=float).T
    return y, p / 10, w


@given(ROWS)
def test_auc_is_the_share_of_pairs_ranked_rightly(rows: list[tuple[int, int, int]]) -> None:
    y, p, _ = columns(rows)
    pairs = [(a > b) + 0.5 * (a == b) for a in p[y == 1] for b in p[y == 0]]
    assert metrics.auc(y, p) == pytest.approx(np.mean(pairs))


@given(ROWS)
def test_a_whole_weight_is_a_repeated_row(rows: list[tuple[int, int, int]]) -> None:
    y, p, w = columns(rows)
    times = w.astype(int)
    for metric in (metrics.auc, metrics.average_precision, metrics.brier, metrics.log_loss):
        assert metric(y, p, weights=w) == pytest.approx(metric(np.repeat(y, times), np.repeat(p, times)))
    assert metrics.lift(y, p, 0.1, w) == pytest.approx(metrics.lift(np.repeat(y, times), np.repeat(p, times), 0.1))


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[int, int, int]], random: object) -> None:
    y, p, w = columns(rows)
    order = np.array(sorted(range(len(y)), key=lambda _i: random.random()))  # type: ignore[attr-defined]
    assert metrics.auc(y, p) == pytest.approx(metrics.auc(y[order], p[order]))
    assert metrics.lift(y, p) == pytest.approx(metrics.lift(y[order], p[order]))
    if np.ptp(w) > 0:
        before = money_metrics.normalised_gini(w, p)
        assert before == pytest.approx(money_metrics.normalised_gini(w[order], p[order]))
