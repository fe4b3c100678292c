"""Retention rates by hand. Period 2024-Q2; what is bought in 2024-Q1 is the base-period purchase."""

from pathlib import Path

import pytest

from pipeline.diagnosis.result import Row
from tests.diagnosis_support import diagnosed, row

OUTCOME = {"kind": "cancel", "horizon_days": 90}


def buys(who: str, day: str, amount: float) -> dict[str, object]:
    return {"customer_id": who, "occurred_at": day, "amount": amount}


def quarter(
    folder: Path, purchases: list[dict[str, object]], defections: list[dict[str, object]], **more: object
) -> Row:
    who = sorted({str(one["customer_id"]) for one in purchases})
    tables = {
        "customers": [{"customer_id": one, "segment": "even" if int(one[1:]) % 2 == 0 else "odd"} for one in who],
        "transactions": purchases,
        "defections": defections,
    }
    found = diagnosed(folder, tables, OUTCOME, data_until="2024-07-01", **more)
    return row(found.table("retention", "by_period"), period="2024-Q2")


def test_ten_percent_who_buy_double_the_average_leave_ninety_and_eighty(tmp_path: Path) -> None:
    """DOMAIN 4. The average of all ten is 90: nine buy 80, the leaver 180, so 720 of 900 stay."""
    purchases = [buys(f"c{n}", "2024-02-01", 180 if n == 0 else 80) for n in range(10)]
    found = quarter(tmp_path, purchases, [{"customer_id": "c0", "occurred_at": "2024-05-01"}])
    assert found["crude"] == pytest.approx(0.9)
    assert found["weighted"] == pytest.approx(0.8)


def test_a_leaver_who_buys_double_what_each_other_buys_weighs_two_elevenths(tmp_path: Path) -> None:
    purchases = [buys(f"c{n}", "2024-02-01", 200 if n == 0 else 100) for n in range(10)]
    found = quarter(tmp_path, purchases, [{"customer_id": "c0", "occurred_at": "2024-05-01"}])
    assert found["weighted"] == pytest.approx(9 / 11)


def test_customer_retention_takes_new_customers_off_and_counts_who_came_back(tmp_path: Path) -> None:
    """At the start c0 to c4 are customers. c0 leaves; c1 leaves and buys again; c9 is new: (5 - 1) / 5."""
    purchases = [buys(f"c{n}", "2024-02-01", 50) for n in range(5)]
    purchases += [buys("c1", "2024-06-10", 50), buys("c9", "2024-05-05", 50)]
    left = [{"customer_id": c, "occurred_at": "2024-05-01"} for c in ("c0", "c1")]
    found = quarter(tmp_path, purchases, left)
    assert (found["customers_start"], found["defected"], found["returned"], found["new"]) == (5, 2, 1, 1)
    assert found["customers_end"] == 5
    assert found["crude"] == pytest.approx(0.6)
    assert found["customer"] == pytest.approx((5 - 1) / 5)


def test_net_revenue_retention_can_exceed_one_and_leaves_new_customers_out(tmp_path: Path) -> None:
    purchases = [buys("c1", "2024-02-01", 100), buys("c2", "2024-02-01", 100)]
    purchases += [buys("c1", "2024-05-01", 260), buys("c3", "2024-05-01", 1000)]
    found = quarter(tmp_path, purchases, [{"customer_id": "c2", "occurred_at": "2024-04-02"}])
    assert found["net_revenue"] == pytest.approx(260 / 200)


def test_returned_goods_are_taken_off_and_never_make_a_weight_negative(tmp_path: Path) -> None:
    purchases = [buys("c1", "2024-02-01", 100), buys("c2", "2024-02-01", 30), buys("c2", "2024-02-20", -50)]
    found = quarter(tmp_path, purchases, [{"customer_id": "c2", "occurred_at": "2024-05-01"}])
    assert found["crude"] == pytest.approx(0.5)
    assert found["weighted"] == pytest.approx(1.0)


def test_a_defection_the_day_before_the_period_is_none_of_the_period(tmp_path: Path) -> None:
    purchases = [buys(f"c{n}", "2024-02-01", 50) for n in range(4)]
    left = [{"customer_id": "c0", "occurred_at": "2024-03-31"}, {"customer_id": "c1", "occurred_at": "2024-04-01"}]
    found = quarter(tmp_path, purchases, left)
    assert (found["customers_start"], found["defected"]) == (3, 1)


def test_who_leaves_later_within_the_horizon_is_a_loss_of_that_later_period_only(tmp_path: Path) -> None:
    purchases = [buys(f"c{n}", "2024-01-05", 50) for n in range(4)]
    who = [{"customer_id": f"c{n}"} for n in range(4)]
    left = [{"customer_id": "c0", "occurred_at": "2024-05-10"}]
    tables = {"customers": who, "transactions": purchases, "defections": left}
    found = diagnosed(tmp_path, tables, OUTCOME, data_until="2024-07-01", diagnosis={"period": "month"})
    by_month = {one["period"]: one["defected"] for one in found.table("retention", "by_period")}
    assert by_month == {"2024-02": 0, "2024-03": 0, "2024-04": 0, "2024-05": 1, "2024-06": 0}


def test_segments_are_compared_with_the_others_of_the_segment(tmp_path: Path) -> None:
    who = [f"c{n}" for n in range(40)]
    tables = {
        "customers": [{"customer_id": c, "side": "left" if n < 20 else "right"} for n, c in enumerate(who)],
        "transactions": [buys(c, "2024-02-01", 10) for c in who],
        "defections": [{"customer_id": f"c{n}", "occurred_at": "2024-05-01"} for n in range(5)],
    }
    found = diagnosed(tmp_path, tables, OUTCOME, data_until="2024-07-01").table("retention", "by_segment")
    left = row(found, segment="side", level="left")
    assert left["crude"] == pytest.approx(0.75)
    assert left["against_others"] == pytest.approx(-0.25)
    assert left["against_others_high"] < 0


def test_lapse_counts_a_silence_once_until_the_customer_buys_again(tmp_path: Path) -> None:
    """c1 falls silent in February and is one loss, not one in every month in which it would still be at risk."""
    months = [f"2024-{m:02d}-05" for m in range(1, 8)]
    purchases = [buys("c2", day, 10) for day in months] + [buys("c1", "2024-01-05", 10)]
    tables = {"customers": [{"customer_id": c} for c in ("c1", "c2")], "transactions": purchases}
    outcome = {"kind": "lapse", "horizon_days": 30, "active_days": 200}
    found = diagnosed(tmp_path, tables, outcome, data_until="2024-07-31", diagnosis={"period": "month"})
    by_period = found.table("retention", "by_period")
    assert sum(one["defected"] for one in by_period) == 1
    assert row(by_period, period="2024-02")["defected"] == 1
    assert row(by_period, period="2024-03")["customers_start"] == 1


def test_a_break_of_cover_that_is_bridged_is_no_leaving(tmp_path: Path) -> None:
    contracts = [
        {"customer_id": "c1", "contract_id": "a", "starts_at": "2024-01-01", "ends_at": "2024-03-25"},
        {"customer_id": "c1", "contract_id": "b", "starts_at": "2024-04-10", "ends_at": "2024-12-31"},
        {"customer_id": "c2", "contract_id": "c", "starts_at": "2024-01-01", "ends_at": "2024-02-25"},
    ]
    tables = {"customers": [{"customer_id": c} for c in ("c1", "c2")], "contracts": contracts}
    outcome = {"kind": "contract_end", "grace_days": 30}
    snapshots = {"first": "2024-02-01"}
    setting = {"period": "month"}
    found = diagnosed(tmp_path, tables, outcome, data_until="2024-08-01", snapshots=snapshots, diagnosis=setting)
    by_period = found.table("retention", "by_period")
    assert {one["period"]: one["defected"] for one in by_period if one["defected"]} == {"2024-02": 1}
    assert row(by_period, period="2024-03")["customers_end"] == 1
    assert row(by_period, period="2024-03")["returned"] == 0


def test_a_day_in_the_past_sees_nothing_that_came_later(tmp_path: Path) -> None:
    from pipeline.diagnose import diagnose
    from tests.diagnosis_support import company

    purchases = [buys(f"c{n}", day, 50) for n in range(6) for day in ("2024-02-01", "2024-05-01", "2024-08-01")]
    customers = [{"customer_id": f"c{n}"} for n in range(6)]
    early = [{"customer_id": "c0", "occurred_at": "2024-05-20"}]
    late = [*early, {"customer_id": "c1", "occurred_at": "2024-07-02"}]
    whole = company(
        tmp_path / "whole", {"customers": customers, "transactions": purchases, "defections": late}, OUTCOME
    )
    known = [one for one in purchases if str(one["occurred_at"]) < "2024-07-01"]
    tables = {"customers": customers, "transactions": known, "defections": early}
    part = company(tmp_path / "part", tables, OUTCOME, data_until="2024-07-01")
    then, now = diagnose(whole, "2024-07-01"), diagnose(part, "2024-07-01")
    assert then.as_json()["sections"] == now.as_json()["sections"]
