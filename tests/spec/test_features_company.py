"""Own speed of resolution against the company's, as it was known at the snapshot."""

from datetime import datetime, timedelta

import pytest

from features.company import company_part, together, with_company
from features.engine import compute, plan
from tests.companies import SETTINGS, Row, connect, day, set_snapshots, shapes_of

T = day("2024-07-01")
OVER = "resolution__resolve_hours_over_company_365d"


def complaint(who: str, days_ago: float, hours: float | None) -> Row:
    opened = T - timedelta(days=days_ago)
    resolved = opened + timedelta(hours=hours) if hours is not None else None
    return {"customer_id": who, "complaint_id": f"{who}{days_ago}", "opened_at": opened, "resolved_at": resolved}


def over_company(rows: list[Row], *customers: str, at: datetime = T, parts: int = 1) -> dict[str, dict[str, float]]:
    """Features of each customer, the company being all customers, found in one part or in several."""
    tables = {"customers": [{"customer_id": who} for who in customers], "complaints": rows}
    shapes = shapes_of(tables)
    con = connect(tables, shapes)
    groups = plan(shapes, SETTINGS)
    chosen = [f"(SELECT * FROM customers WHERE hash(customer_id) % {parts} = {n})" for n in range(parts)]
    whole = together(company_part(con, groups, [at], part) for part in chosen)
    set_snapshots(con, [(who, at) for who in customers])
    return {row["customer_id"]: row for row in compute(con, with_company(groups, whole)).to_pylist()}


def test_a_customer_served_slower_than_the_company_is_above_one() -> None:
    found = over_company([complaint("ann", 20, 30), complaint("bob", 30, 10), complaint("cem", 40, 20)], "ann", "bob")
    assert found["ann"][OVER] == 30 / 20
    assert found["bob"][OVER] == 10 / 20


def test_resolutions_of_others_count_only_when_known_before_the_snapshot() -> None:
    rows = [complaint("ann", 20, 30), complaint("bob", 2, 47), complaint("cem", 1, 24), complaint("dan", 3, None)]
    found = over_company(rows, "ann", "bob", "cem", "dan")
    assert found["ann"][OVER] == 30 / ((30 + 47) / 2)
    assert found["cem"][OVER] is None
    assert found["dan"]["resolution__open_hours_over_company"] == 72 / ((30 + 47) / 2)


def test_complaints_opened_before_the_longest_window_are_no_measure() -> None:
    rows = [complaint("ann", 20, 30), complaint("bob", 365, 10), complaint("cem", 366, 500)]
    assert over_company(rows, "ann", "bob", "cem")["ann"][OVER] == 30 / 20


def test_without_any_known_resolution_there_is_nothing_to_compare_with() -> None:
    found = over_company([complaint("ann", 20, None)], "ann")
    assert found["ann"][OVER] is None


@pytest.mark.parametrize("parts", [2, 5])
def test_the_company_found_in_parts_has_the_same_bits(parts: int) -> None:
    rows = [complaint(f"c{n}", n + 0.1, n / 7) for n in range(1, 40)]
    customers = [f"c{n}" for n in range(1, 40)]
    assert over_company(rows, *customers) == over_company(rows, *customers, parts=parts)


def test_several_moments_at_once_are_each_what_was_known_then() -> None:
    tables = {"complaints": [complaint("ann", 20, 30), complaint("bob", 2, 47), complaint("cem", 300, 24)]}
    tables["customers"] = [{"customer_id": who} for who in ("ann", "bob", "cem")]
    shapes = shapes_of(tables)
    con, groups = connect(tables, shapes), plan(shapes, SETTINGS)
    moments = [T - timedelta(days=days) for days in (400, 100, 0)]
    alone = [company_part(con, groups, [moment]) for moment in moments]
    assert company_part(con, groups, moments) == {key: value for part in alone for key, value in part.items()}
    assert len({alone[n][key] for n in range(3) for key in alone[n]}) > 2


def test_computing_without_the_averages_is_refused() -> None:
    shapes = shapes_of({"complaints": [complaint("ann", 20, 30)]})
    with pytest.raises(ValueError, match="with_company"):
        compute(connect({}, shapes), plan(shapes, SETTINGS))
