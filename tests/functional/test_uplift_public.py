"""Ranking by effect on a real randomised trial: the ranking is chosen by validation, and it is the right one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.bench.hillstrom import TARGETS, by_folds, trial

pytestmark = pytest.mark.slow
OF_EFFECTS = ("t_learner", "x_learner", "dr_learner")


def chosen(found: dict[str, int], names: tuple[str, ...]) -> int:
    return sum(times for name, times in found.items() if name.partition("/")[0] in names)


@pytest.mark.parametrize(("arm", "learners"), [("Womens E-Mail", OF_EFFECTS), ("Mens E-Mail", ("response",))])
def test_the_ranking_that_validation_chooses_reaches_the_targets(
    public_data: Callable[[str], Path], arm: str, learners: tuple[str, ...]
) -> None:
    found = by_folds(trial(public_data("hillstrom"), arm))
    qini, uplift = TARGETS[arm]
    assert found["qini"] >= qini
    assert found["uplift_30"] >= uplift
    assert chosen(found["chosen"], learners) >= 3
