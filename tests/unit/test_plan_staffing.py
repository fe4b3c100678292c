"""Which sets of actions compete for which agents' time."""

import numpy as np
import pytest

from features.errors import ConfigError
from pipeline.planning.staffing import quotas, unions

ANN, BO, CY = 0, 1, 2


def pool(*agents: int) -> frozenset[int]:
    return frozenset(agents)


def test_pools_that_share_nobody_are_not_joined() -> None:
    assert unions([pool(ANN), pool(BO)]) == [pool(ANN), pool(BO)]


def test_overlapping_pools_are_joined_step_by_step() -> None:
    found = unions([pool(ANN, BO), pool(BO, CY)])
    assert found == [pool(ANN, BO), pool(BO, CY), pool(ANN, BO, CY)]


def test_too_many_combinations_are_refused() -> None:
    with pytest.raises(ConfigError, match="overlap in too many ways"):
        unions([pool(0, n) for n in range(1, 16)])


def test_a_scarce_skill_is_left_to_the_one_who_has_it() -> None:
    shares = quotas(np.array([60.0, 60.0]), [pool(ANN, BO), pool(BO)], np.array([60.0, 60.0]))
    assert shares == pytest.approx(np.array([[60.0, 0.0], [0.0, 60.0]]))


def test_nothing_to_do_is_nobodys_share() -> None:
    assert not quotas(np.zeros(2), [pool(ANN), pool()], np.array([60.0])).any()
