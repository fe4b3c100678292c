"""Contracts: cover, breaks, renewals, payments, and the terms of the current one."""

import pytest

from tests.companies import Row, day, features_at

T = "2024-07-01"


def contract(number: int, starts: str, ends: str | None, **more: object) -> Row:
    ends_at = day(ends) if ends else None
    return {"customer_id": "ann", "contract_id": f"c{number}", "starts_at": day(starts), "ends_at": ends_at, **more}


def at(rows: list[Row], as_of: str = T) -> dict[str, object]:
    return features_at({"contracts": rows}, as_of)


def test_the_end_of_cover_is_the_latest_known_and_negative_once_it_is_over() -> None:
    found = at([contract(1, "2024-01-01", "2024-08-01"), contract(2, "2024-02-01", "2024-07-11")])
    assert (found["contracts__days_to_end"], found["contracts__running"]) == (31.0, 2)
    assert found["contracts__covered_now"] == 1
    over = at([contract(1, "2024-01-01", "2024-06-21")])
    assert (over["contracts__days_to_end"], over["contracts__covered_now"]) == (-10.0, 0)
    assert (over["contracts__over"], over["contracts__current_days_to_end"]) == (1, -10.0)


def test_an_open_end_has_no_days_to_the_end() -> None:
    found = at([contract(1, "2024-01-01", None)])
    assert (found["contracts__days_to_end"], found["contracts__covered_now"]) == (None, 1)
    assert found["contracts__current_length_days"] is None
    assert found["contracts__length_mean_days"] is None


@pytest.mark.parametrize(("signed", "known"), [("2024-06-30", 1), ("2024-07-01", 0), ("2024-07-02", 0)])
def test_a_next_contract_is_known_from_its_signature(signed: str, known: int) -> None:
    rows = [contract(1, "2024-01-01", "2024-07-31", known_at=None)]
    rows += [contract(2, "2024-08-01", "2024-12-31", known_at=day(signed))]
    found = at(rows)
    assert (found["contracts__next_known"], found["contracts__announced"]) == (known, known)
    assert found["contracts__days_to_end"] == (183.0 if known else 30.0)
    assert (found["contracts__count"], found["contracts__current_length_days"]) == (1, 212.0)


@pytest.mark.parametrize(("as_of", "days_to_end"), [("2024-06-01", 213.0), ("2024-06-02", -1.0)])
def test_an_early_end_counts_only_once_it_has_passed(as_of: str, days_to_end: float) -> None:
    rows = [contract(1, "2024-01-01", "2024-12-31", ended_at=day("2024-06-01"))]
    assert at(rows, as_of)["contracts__days_to_end"] == days_to_end
    assert at(rows, as_of)["contracts__cut_short"] == (as_of == "2024-06-02")


def test_breaks_are_long_pauses_in_cover() -> None:
    rows = [
        contract(1, "2023-01-01", "2023-01-31"),
        contract(2, "2023-02-01", "2023-02-28"),  # follows at once
        contract(3, "2023-03-11", "2023-03-31"),  # 10 days without cover
        contract(4, "2023-06-01", "2024-12-31"),  # 61 days
    ]
    found = at(rows)
    assert (found["contracts__count"], found["contracts__breaks"], found["contracts__pauses"]) == (4, 1, 2)
    assert (found["contracts__pause_max_days"], found["contracts__pause_last_days"]) == (61.0, 61.0)
    assert found["contracts__pause_mean_days"] == pytest.approx(71 / 3)
    assert found["contracts__unbroken_days"] == found["contracts__days_since_return"] == 396.0
    assert (found["contracts__unbroken_count"], found["contracts__tenure_days"]) == (1, 547.0)
    assert found["contracts__current_pause_before_days"] == 61.0


def test_cover_of_parallel_contracts_counts_once() -> None:
    rows = [contract(1, "2024-06-21", "2024-06-25"), contract(2, "2024-06-23", "2024-06-26")]
    assert at(rows)["contracts__covered_share"] == 0.5


def test_the_current_contract_is_the_running_one_that_lasts_longest() -> None:
    rows = [contract(1, "2024-01-01", "2024-12-31", price=366.0, plan="year")]
    rows += [contract(2, "2024-06-01", "2024-07-31", price=30.0, plan="month")]
    found = at(rows)
    assert (found["contracts__current_plan"], found["contracts__current_age_days"]) == ("year", 182.0)
    assert found["contracts__current_share_elapsed"] == pytest.approx(182 / 365)
    assert found["contracts__current_price_per_day"] == pytest.approx(366 / 365)


def test_without_a_running_contract_the_last_that_covered_is_current() -> None:
    rows = [contract(1, "2023-01-01", "2024-01-31", plan="old"), contract(2, "2024-01-01", "2024-01-15", plan="new")]
    assert at(rows)["contracts__current_plan"] == "old"
    assert at([contract(1, "2023-01-01", "2023-01-31", plan="old"), rows[1]])["contracts__current_plan"] == "new"


def test_prices_and_plans_are_compared_with_the_contract_before() -> None:
    rows = [contract(1, "2024-01-01", "2024-04-10", price=100.0, plan="s", auto_renew=True)]
    rows += [contract(2, "2024-04-11", "2024-07-20", price=300.0, plan="l", auto_renew=False)]
    found = at(rows)
    assert found["contracts__current_price_change"] == 0.5
    assert found["contracts__current_price_per_day_change"] == 0.5
    assert (found["contracts__price_increases"], found["contracts__price_sum_365d"]) == (1, 400)
    assert (found["contracts__plan_switches"], found["contracts__current_plan_changed"]) == (1, 1)
    assert (found["contracts__auto_renew_share"], found["contracts__current_auto_renew_changed"]) == (0.5, 1)
    assert found["contracts__days_since_plan_switch"] == 81.0


@pytest.mark.parametrize(
    ("paid", "unpaid", "days"), [("2024-06-20", 0, -4.0), ("2024-07-01", 1, None), (None, 1, None)]
)
def test_a_contract_is_unpaid_until_its_payment_is_known(paid: str | None, unpaid: int, days: float | None) -> None:
    found = at([contract(1, "2024-06-24", "2024-12-31", paid_at=day(paid) if paid else None)])
    assert (found["contracts__unpaid"], found["contracts__current_unpaid"]) == (unpaid, unpaid)
    assert found["contracts__current_payment_days"] == days
    assert found["contracts__unpaid_days"] == (7.0 if unpaid else None)


def test_payments_after_the_start_are_late() -> None:
    rows = [contract(1, "2023-01-01", "2023-12-31", paid_at=day("2022-12-22"))]
    rows += [contract(2, "2024-01-01", "2024-12-31", paid_at=day("2024-01-21"))]
    found = at(rows)
    assert found["contracts__payment_mean_days"] == 5.0
    assert (found["contracts__payment_max_days"], found["contracts__payment_last_days"]) == (20.0, 20.0)
    assert found["contracts__paid_late_share"] == 0.5
    assert found["contracts__days_since_payment"] == 162.0


@pytest.mark.parametrize(("renewed", "share"), [("2024-05-01", 1.0), ("2024-07-01", 0.0)])
def test_a_renewal_counts_from_its_own_time(renewed: str, share: float) -> None:
    rows = [contract(1, "2023-06-01", "2024-05-31", renewed_at=day(renewed))]
    found = at(rows)
    assert found["contracts__renewed_share"] == share
    assert found["contracts__renewal_lead_mean_days"] == (30.0 if share else None)
    assert found["contracts__current_renewed"] == int(share)


def test_own_columns_describe_the_current_contract_and_are_compared_with_the_one_before() -> None:
    paid = {"paid_at": day("2024-02-01")}
    rows = [contract(1, "2023-06-01", "2023-12-31", **{"payment type": "card", "issues": 100.0}, **paid)]
    rows += [contract(2, "2024-02-01", "2024-12-31", **{"payment type": "debit", "issues": 300.0}, **paid)]
    found = at(rows)
    assert (found["contracts__current_payment_type"], found["contracts__current_payment_type_changed"]) == ("debit", 1)
    assert (found["contracts__current_issues"], found["contracts__current_issues_change"]) == (300.0, 200.0)


def test_own_columns_declared_late_are_unknown_before_their_time() -> None:
    rows = [contract(1, "2024-06-01", "2024-12-31", **{"payment type": "card"}, paid_at=day(T))]
    assert at(rows)["contracts__current_payment_type"] is None
    assert at(rows, "2024-07-02")["contracts__current_payment_type"] == "card"


def test_a_switch_to_a_plan_that_costs_less_a_day_is_a_downgrade() -> None:
    rows = [
        contract(1, "2024-01-01", "2024-01-31", plan="gold", price=300.0),
        contract(2, "2024-02-01", "2024-03-02", plan="silver", price=150.0),
        contract(3, "2024-03-03", "2024-04-02", plan="silver", price=100.0),
        contract(4, "2024-04-03", "2024-05-03", plan="gold", price=300.0),
    ]
    found = at(rows, "2024-06-01")
    assert (found["contracts__plan_switches"], found["contracts__downgrades"]) == (2, 1)
    assert found["contracts__days_since_downgrade"] == 121.0
