"""What the benchmark calls savings, by hand."""

import numpy as np
import pytest

from tools.bench.flat_sets import savings

COSTS = {"tp_cost": [10.0, 10.0, 10.0], "fp_cost": [5.0, 5.0, 50.0], "fn_cost": [100.0] * 3, "tn_cost": [0.0] * 3}


def test_nobody_contacted_saves_nothing_and_a_defector_found_saves_the_difference() -> None:
    y, rows = np.array([1.0, 0.0, 0.0]), np.arange(3)
    costs = {name: np.array(values) for name, values in COSTS.items()}
    assert savings(y, np.zeros(3), costs, rows) == 0
    assert savings(y, np.array([0.9, 0.0, 0.0]), costs, rows) == pytest.approx(0.9)
    # the same risk is worth a contact that costs 5, and none that costs 50
    assert savings(y, np.array([0.9, 0.1, 0.1]), costs, rows) == pytest.approx(0.85)
