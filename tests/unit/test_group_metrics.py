"""Groups, differences on the same rows, and money among those contacted first."""

import numpy as np
import pytest

from models.group_metrics import UNKNOWN, by_group, grouped, selection
from models.money import Figure, MoneySettings
from models.paired_metrics import paired_gains
from models.value_captured import expected_profit_by_customer, value_captured

ROWS = 2000


def test_each_group_has_its_own_selection_rate_true_positive_rate_and_calibration() -> None:
    y = np.tile([1.0, 0.0, 0.0, 0.0], 100)
    group = np.repeat(["a", "b"], 200)
    p = np.where(group == "a", 0.5, 0.25) + 1e-3 * y
    table = by_group(y, p, group.tolist(), np.arange(400), share=0.25).set_index("group")
    assert table.loc["a", ["rows", "rate", "selected", "found"]].tolist() == [200, 0.25, 0.5, 1.0]
    assert table.loc["b", ["selected", "found"]].tolist() == [0.0, 0.0]
    assert table.loc["a", "total_ratio"] == pytest.approx(2.001)
    assert table.loc["b", "total_ratio"] == pytest.approx(1.001)
    assert (table["auc"] == 1.0).all()
    assert (table["total_ratio.low"] < table["total_ratio"]).all()
    assert (table["total_ratio"] < table["total_ratio.high"]).all()


def test_nothing_is_said_about_groups_of_a_handful() -> None:
    y, p = np.tile([1.0, 0.0], 50), np.linspace(0, 1, 100)
    table = by_group(y, p, ["few"] * 10 + ["many"] * 90, np.arange(100), share=0.1)
    assert table["group"].tolist() == ["many"]
    assert by_group(y, p, [str(n) for n in range(100)], np.arange(100), share=0.1)["group"].tolist() == []


def test_numbers_are_cut_into_quarters_and_missing_values_are_a_group() -> None:
    names = grouped([*range(100), None])
    assert len(set(names)) == 5
    assert names[-1] == UNKNOWN
    assert names[0] == "0 to 24.75"
    assert grouped(["x", None, "y"]) == ["x", UNKNOWN, "y"]
    assert grouped([0, 1, 1]) == ["0", "1", "1"]


def test_ranges_stand_in_the_order_of_their_numbers_and_close_ones_are_told_apart() -> None:
    values, y = np.repeat(np.arange(400.0), 2), np.tile([1.0, 0.0], 400)
    table = by_group(y, np.linspace(0, 1, 800), grouped(values.tolist()), np.arange(800), share=0.1)
    assert table["group"].tolist() == ["0 to 99.75", "99.75 to 199.5", "199.5 to 299.2", "299.2 to 399"]
    close = grouped((1e6 + values).tolist())
    assert sorted(set(close))[0] == "1000000 to 1000099.75"
    assert len(set(close)) == 4


def test_the_riskiest_share_is_selected() -> None:
    assert selection(np.array([0.1, 0.9, 0.5, 0.7]), 0.5).tolist() == [False, True, False, True]


def test_a_small_gain_on_the_same_rows_is_seen_where_separate_intervals_overlap() -> None:
    rng = np.random.default_rng(0)
    truth = rng.beta(1, 4, ROWS)
    y = (rng.random(ROWS) < truth).astype(np.float64)
    worse = np.clip(truth * 0.7 + 0.3 * 0.2 + rng.normal(0, 0.03, ROWS), 0.01, 0.99)
    found = paired_gains(y, truth, {"other": worse}, np.arange(ROWS))
    for name in ("auc", "log_loss", "brier"):
        assert 0 < found[f"paired.other.{name}.low"] < found[f"paired.other.{name}"]
    same = paired_gains(y, truth, {"itself": truth}, np.arange(ROWS))
    assert set(same.values()) == {0.0}


def test_money_is_captured_faster_in_the_order_of_the_expected_loss() -> None:
    rng = np.random.default_rng(0)
    p = rng.beta(1, 4, ROWS)
    y, value = (rng.random(ROWS) < p).astype(np.float64), rng.lognormal(0, 1.5, ROWS)
    table = value_captured(y, value, {"risk": p, "expected": p * value})
    assert (table["expected"] > table["risk"]).all()
    assert table["risk"].is_monotonic_increasing


def test_shares_captured_are_counted_to_the_row() -> None:
    y, value = np.array([1.0, 0.0, 1.0, 1.0]), np.array([6.0, 9.0, 3.0, 1.0])
    table = value_captured(y, value, {"risk": np.array([0.9, 0.8, 0.7, 0.6])}).set_index("share")
    assert table.loc[0.5, "risk"] == pytest.approx(0.6)
    assert table.loc[0.1, "risk"] == pytest.approx(0.4 * 0.6)


def test_profit_with_values_of_their_own_grows_with_the_ranking() -> None:
    rng = np.random.default_rng(0)
    p = rng.beta(1, 4, ROWS)
    y, value = (rng.random(ROWS) < p).astype(np.float64), rng.lognormal(5, 1, ROWS)
    money = MoneySettings(contact_cost=Figure(value=20.0))
    good = expected_profit_by_customer(y, p, value, money)
    assert good > expected_profit_by_customer(y, rng.random(ROWS), value, money) >= 0
