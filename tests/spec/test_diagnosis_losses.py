"""The ledger and the moments of truth by hand. Period 2024-Q2, base period 2024-Q1, 91 days of it."""

from pathlib import Path

import pytest

from pipeline.diagnosis.result import Diagnosis
from tests.diagnosis_support import diagnosed, row

OUTCOME = {"kind": "cancel", "horizon_days": 90}
BASE_DAYS = 3 * 30.4375
MONEY = {
    "margin_share": {"value": 0.4, "source": "books", "status": "given"},
    "handling_cost": {"value": 5, "source": "books", "status": "given"},
    "replacement_cost": {"value": 60, "source": "rule of thumb", "status": "disputed"},
    "people_told": {"low": 8, "high": 10, "source": "textbook", "status": "disputed"},
    "lost_per_person_told": {"low": 0.01, "high": 0.02, "source": "guess", "status": "given"},
    "new_customer_margin": {"value": 50, "source": "books", "status": "given"},
    "defector_share": {"value": 0.1, "source": "books", "status": "given"},
}


def company(folder: Path, **more: object) -> Diagnosis:
    """Twenty customers known for long buy 91.3125 in the base period; c0 and c1 leave; c0 was called for 7."""
    who = [f"c{n}" for n in range(20)]
    tables = {
        "customers": [{"customer_id": one, "joined_at": "2022-01-01"} for one in who],
        "transactions": [{"customer_id": one, "occurred_at": "2024-02-01", "amount": BASE_DAYS} for one in who],
        "contacts": [{"customer_id": "c0", "occurred_at": "2024-04-02", "cost": 7}],
        "defections": [
            {"customer_id": "c0", "occurred_at": "2024-05-01", "type": "price"},
            {"customer_id": "c1", "occurred_at": "2024-06-01", "type": "service"},
        ],
    }
    settings = {"value_days": {"value": 200, "source": "contract", "status": "given"}, **more}
    return diagnosed(folder, tables, OUTCOME, data_until="2024-07-01", money=MONEY, diagnosis=settings)


def test_the_ledger_has_one_column_for_each_part(tmp_path: Path) -> None:
    """One a day x 200 days x 0.9 = 180 of sales a case; x 0.4 = 72 of profit."""
    total = row(company(tmp_path).table("ledger", "last"), by="all")
    assert total["cases"] == 2
    assert total["lost_sales"] == pytest.approx(2 * 180)
    assert total["lost_profit"] == pytest.approx(2 * 72)
    assert (total["handling"], total["retention_sunk"], total["replacement"]) == (10, 7, 120)


def test_direct_parts_are_added_and_sales_and_word_of_mouth_are_not(tmp_path: Path) -> None:
    """Word of mouth: 8 x 0.01 x 50 = 4 to 10 x 0.02 x 50 = 10 a case."""
    total = row(company(tmp_path).table("ledger", "last"), by="all")
    assert total["direct"] == pytest.approx(144 + 10 + 7 + 120)
    assert (total["word_of_mouth_low"], total["word_of_mouth_high"]) == (pytest.approx(8), pytest.approx(20))


def test_the_total_without_disputed_constants_leaves_out_what_rests_on_them(tmp_path: Path) -> None:
    figures = company(tmp_path).section("ledger").figures
    assert figures["disputed_parts"] == ["replacement", "word_of_mouth"]
    assert figures["last"]["direct_undisputed"] == pytest.approx(144 + 10 + 7)
    assert figures["last"]["word_of_mouth_high_undisputed"] == 0


def test_the_next_period_is_customers_at_risk_now_times_the_loss_a_customer(tmp_path: Path) -> None:
    """Eighteen are left; two of twenty left: 1.8 cases, each 72 of profit."""
    total = row(company(tmp_path).table("ledger", "next"), by="all")
    assert total["at_risk"] == 18
    assert total["cases"] == pytest.approx(1.8)
    assert total["lost_profit"] == pytest.approx(1.8 * 72)
    assert total["cases_low"] < 1.8 < total["cases_high"]
    assert total["lost_profit_low"] < 1.8 * 72 < total["lost_profit_high"]


def test_every_constant_stands_with_its_source_and_status(tmp_path: Path) -> None:
    constants = company(tmp_path).table("ledger", "constants")
    assert all(one["source"] and one["status"] for one in constants)
    replacement = row(constants, constant="replacement_cost")
    assert (replacement["value"], replacement["source"], replacement["status"]) == (60, "rule of thumb", "disputed")


def test_the_ledger_is_split_by_type(tmp_path: Path) -> None:
    by_type = {
        one["level"]: one for one in company(tmp_path, min_cases=1).table("ledger", "last") if one["by"] == "type"
    }
    assert set(by_type) == {"price", "service"}
    assert by_type["price"]["retention_sunk"] == 7


def test_few_cases_of_a_level_are_put_together(tmp_path: Path) -> None:
    by_type = [one for one in company(tmp_path).table("ledger", "last") if one["by"] == "type"]
    assert [(one["level"], one["cases"]) for one in by_type] == [("other", 2)]


def test_what_defectors_still_bring_is_measured_where_it_is_not_given(tmp_path: Path) -> None:
    """The two who left in 2024-Q1 had bought 100 each in the base period; one bought for 20 in the quarter after."""
    who = [f"c{n}" for n in range(10)]
    bought = [{"customer_id": one, "occurred_at": "2023-11-01", "amount": 100} for one in who]
    tables = {
        "customers": [{"customer_id": one, "joined_at": "2022-01-01"} for one in who],
        "transactions": [*bought, {"customer_id": "c0", "occurred_at": "2024-05-01", "amount": 20}],
        "defections": [{"customer_id": one, "occurred_at": "2024-02-01"} for one in ("c0", "c1")],
    }
    found = diagnosed(tmp_path, tables, OUTCOME, data_until="2024-07-01", snapshots={"first": "2024-01-01"})
    share = row(found.table("ledger", "constants"), constant="defector_share")
    assert share["value"] == pytest.approx(20 / 200)
    assert share["source"].startswith("measured")


def test_the_largest_cases_come_first_and_without_a_name(tmp_path: Path) -> None:
    largest = company(tmp_path, largest_cases=1).table("ledger", "largest")
    assert len(largest) == 1
    assert "customer_id" not in largest[0]


def test_a_moment_counts_within_its_days_before_leaving(tmp_path: Path) -> None:
    """Before leaving c0 complained by 10 days, c1 by 213 (and a day after it); of those who stay c2 in March."""
    who = [f"c{n}" for n in range(20)]
    opened = [("c0", "2024-04-21"), ("c1", "2023-10-01"), ("c1", "2024-05-02"), ("c2", "2024-03-31")]
    tables = {
        "customers": [{"customer_id": one, "joined_at": "2022-01-01"} for one in who],
        "transactions": [{"customer_id": one, "occurred_at": "2024-02-01", "amount": 10} for one in who],
        "complaints": [{"customer_id": c, "complaint_id": day, "opened_at": day} for c, day in opened],
        "defections": [{"customer_id": c, "occurred_at": "2024-05-01"} for c in ("c0", "c1")],
    }
    settings = {"moment_days": 92, "periods": 1}
    found = diagnosed(tmp_path, tables, OUTCOME, data_until="2024-07-01", diagnosis=settings)
    assert row(found.table("circle", "moments"), moment="complaint")["before_defection"] == 1
    moment = row(found.table("circle", "moments"), moment="first_complaint")
    assert (moment["before_defection"], moment["before_continued"]) == (1, 1)
    assert moment["lift"] == pytest.approx((1 / 2) / (1 / 18))
