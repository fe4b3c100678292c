"""Transactions: recency, frequency, money, gaps, returns, breadth."""

import pytest

from tests.companies import Row, day, features_at

T = "2024-07-01"


def bought(at: str, amount: float = 10.0, **more: object) -> Row:
    return {"customer_id": "ann", "occurred_at": day(at), "amount": amount, **more}


def test_purchases_are_counted_by_window_and_the_window_before() -> None:
    rows = [bought("2024-06-30"), bought("2024-06-01"), bought("2024-05-31 23:59"), bought("2024-05-01"), bought(T)]
    found = features_at({"transactions": rows}, T)
    assert found["transactions__count"] == 4
    assert found["transactions__count_30d"] == 2  # from 2024-06-01 00:00 on
    assert found["transactions__count_before_30d"] == 1  # 2024-05-02 00:00 to 2024-06-01 00:00
    assert found["transactions__days_since_last"] == 1.0
    assert found["transactions__days_since_first"] == 61.0


def test_money_is_summed_exactly_and_returns_are_deducted_but_are_no_purchases() -> None:
    rows = [bought("2024-06-01", 0.1), bought("2024-06-02", 0.2), bought("2024-06-03", 0.3), bought("2024-06-04", -0.2)]
    found = features_at({"transactions": rows}, T)
    assert found["transactions__amount"] == 0.4
    assert found["transactions__count"] == 3
    assert found["transactions__amount_mean"] == pytest.approx(0.2)
    assert found["transactions__amount_deviation"] == pytest.approx((0.02 / 3) ** 0.5)
    assert (found["transactions__amount_max"], found["transactions__amount_last"]) == (0.3, 0.3)
    assert (found["transactions__returns"], found["transactions__returned_365d"]) == (1, 0.2)
    assert found["transactions__returns_share_365d"] == pytest.approx(1 / 3)
    assert found["transactions__days_since_return"] == 27.0


def test_a_return_can_be_told_by_its_kind() -> None:
    rows = [bought("2024-06-01", 5.0, kind="purchase"), bought("2024-06-02", 5.0, kind="Return")]
    found = features_at({"transactions": rows}, T)
    assert (found["transactions__count"], found["transactions__returns"]) == (1, 1)


def test_lines_of_one_moment_are_one_purchase_for_the_rhythm() -> None:
    rows = [
        bought("2024-06-01"),
        bought("2024-06-11"),
        bought("2024-06-11"),
        bought("2024-06-15"),
        bought("2024-06-29"),
    ]
    found = features_at({"transactions": rows}, T)  # gaps of 10, 4 and 14 days
    assert (found["transactions__count"], found["transactions__moments"]) == (5, 4)
    assert found["transactions__gap_median_days"] == 10.0
    assert found["transactions__gap_mean_days"] == pytest.approx(28 / 3)
    assert found["transactions__gap_max_days"] == 14.0
    assert found["transactions__gap_last_days"] == 14.0
    assert found["transactions__gap_deviation_days"] == pytest.approx((312 / 3 - (28 / 3) ** 2) ** 0.5)


def test_a_return_does_not_break_the_gap_between_two_purchases() -> None:
    rows = [bought("2024-06-01"), bought("2024-06-06", -3.0), bought("2024-06-11")]
    assert features_at({"transactions": rows}, T)["transactions__gap_median_days"] == 10.0


def test_periods_with_a_purchase_are_counted_once() -> None:
    rows = [bought("2024-06-30"), bought("2024-06-20"), bought("2024-06-01"), bought("2024-03-01")]
    assert features_at({"transactions": rows}, T)["transactions__active_periods_365d"] == 2


def test_breadth_counts_different_products_and_categories() -> None:
    rows = [
        bought("2024-06-30", product="p1", category="toys"),
        bought("2024-06-30", product="p2", category="toys"),
        bought("2024-02-01", product="p1", category="books"),
        bought("2024-02-01", product=None, category=None),
    ]
    found = features_at({"transactions": rows}, T)
    assert (found["transactions__products"], found["transactions__products_30d"]) == (2, 2)
    assert (found["transactions__categories"], found["transactions__categories_30d"]) == (2, 1)
    assert (found["transactions__count_category_toys_365d"], found["transactions__category_last"]) == (2, "toys")


def test_of_several_purchases_at_the_same_moment_the_greatest_is_the_last() -> None:
    rows = [bought("2024-06-30", 7.0), bought("2024-06-30", 9.0), bought("2024-06-30", 8.0)]
    assert features_at({"transactions": rows}, T)["transactions__amount_last"] == 9.0
    assert features_at({"transactions": rows[::-1]}, T)["transactions__amount_last"] == 9.0


def test_a_purchase_booked_late_is_unknown_until_it_is_booked() -> None:
    rows = [bought("2024-06-01", known_at=day("2024-07-01")), bought("2024-05-01", known_at=None)]
    before, after = (features_at({"transactions": rows}, t) for t in ("2024-07-01", "2024-07-02"))
    assert (before["transactions__count"], after["transactions__count"]) == (1, 2)
    assert before["transactions__gap_median_days"] is None
    assert after["transactions__gap_median_days"] == 31.0


def test_who_bought_nothing_has_zeros_for_counts_and_nothing_for_times() -> None:
    found = features_at({"transactions": [bought("2024-06-01")]}, T, who="bob")
    assert (found["transactions__count"], found["transactions__amount_30d"]) == (0, 0)
    assert found["transactions__days_since_last"] is None


def test_own_columns_get_sums_means_and_levels() -> None:
    rows = [bought("2024-06-01", discount=1.5, store="n/w"), bought("2024-06-02", discount=None, store="n/w")]
    found = features_at({"transactions": [row | {"known_at": None} for row in rows]}, T)
    assert found["transactions__store_last"] == "n/w"
    assert found["transactions__store_count_n_w_365d"] == 2
