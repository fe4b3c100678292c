"""The random hold-out."""

import numpy as np
import pandas as pd
import pytest

from pipeline.planning.holdout import draw_holdout

IDS = pd.Series([f"c{number}" for number in range(2_000)])
BENEFIT = np.random.default_rng(0).gamma(1.0, 10.0, 2_000)


def test_the_share_is_met_overall_and_in_every_tenth_of_the_benefit() -> None:
    held = draw_holdout(IDS, BENEFIT, 0.1, "march")
    assert held.sum() == 200
    tenths = np.argsort(np.argsort(-BENEFIT)) // 200
    assert np.bincount(tenths, weights=held).tolist() == [20.0] * 10


def test_the_same_plan_id_draws_the_same_customers_and_another_one_draws_others() -> None:
    one = draw_holdout(IDS, BENEFIT, 0.2, "march")
    assert (one == draw_holdout(IDS, BENEFIT, 0.2, "march")).all()
    assert (one != draw_holdout(IDS, BENEFIT, 0.2, "april")).any()


def test_the_order_of_the_rows_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(2_000)
    held = draw_holdout(IDS, BENEFIT, 0.1, "march")
    shuffled = draw_holdout(IDS.iloc[order].reset_index(drop=True), BENEFIT[order], 0.1, "march")
    assert set(IDS[held]) == set(IDS.iloc[order].reset_index(drop=True)[shuffled])


@pytest.mark.parametrize("share", [0.15, 0.3, 0.4, 0.7, 0.9])
def test_every_customer_has_the_same_chance_whatever_the_share(share: float) -> None:
    draws = np.mean([draw_holdout(IDS[:21], BENEFIT[:21], share, f"plan {n}") for n in range(4_000)], axis=0)
    assert draws == pytest.approx(share, abs=0.03)
    assert draws.mean() == pytest.approx(share, abs=0.003)


@pytest.mark.parametrize("share", [0.07, 0.3, 0.35, 0.6, 0.95])
def test_the_number_held_out_is_the_share_rounded_up_or_down(share: float) -> None:
    counts = {int(draw_holdout(IDS[:57], BENEFIT[:57], share, f"plan {n}").sum()) for n in range(200)}
    assert counts == {int(57 * share), int(57 * share) + 1}


def test_chance_decides_anew_along_the_order() -> None:
    """With one random start for all there would be two draws of a half, and no two neighbours in either."""
    draws = {tuple(draw_holdout(IDS[:20], BENEFIT[:20], 0.5, f"plan {n}")) for n in range(200)}
    assert len(draws) > 100


def test_no_share_holds_nobody() -> None:
    assert not draw_holdout(IDS, BENEFIT, 0.0, "march").any()
    assert len(draw_holdout(IDS[:0], BENEFIT[:0], 0.1, "march")) == 0
