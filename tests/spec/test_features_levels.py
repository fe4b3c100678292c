"""Frozen category levels: found among what was known before a moment, the same whatever the order of rows."""

from features.engine import level_columns
from features.levels import freeze_levels
from tests.companies import SETTINGS, Row, connect, day, shapes_of, whole_shapes

UNTIL = day("2024-07-01")


def complaint(number: int, cause: str | None, at: str = "2024-01-01", **more: object) -> Row:
    return {"customer_id": "ann", "complaint_id": str(number), "opened_at": day(at), "cause": cause, **more}


def frozen(rows: list[Row], column: str = "cause", max_levels: int = 9, min_share: float = 0.0) -> tuple[str, ...]:
    tables = {"complaints": rows}
    shapes = shapes_of(tables)
    wanted = [("complaints", column)]
    found = freeze_levels(connect(tables, shapes), shapes, wanted, UNTIL, max_levels=max_levels, min_share=min_share)
    return found["complaints", column]


def test_the_most_frequent_levels_come_first_and_ties_go_by_their_text() -> None:
    rows = [complaint(n, cause) for n, cause in enumerate(["b", "c", "a", "c", None])]
    assert frozen(rows) == frozen(rows[::-1]) == ("c", "a", "b")
    assert frozen(rows, max_levels=2) == ("c", "a")


def test_rows_known_at_or_after_the_moment_do_not_count() -> None:
    rows = [complaint(1, "now", "2024-07-01"), complaint(2, "before", "2024-06-30")]
    rows += [complaint(3, "reported later", known_at=day("2024-07-01"))]
    assert frozen(rows) == ("before",)


def test_a_late_value_that_was_not_known_yet_does_not_count() -> None:
    rows = [
        complaint(1, "x", handled_by="eve", responded_at=UNTIL),
        complaint(2, "x", handled_by="bea", responded_at=day("2024-06-01")),
    ]
    assert frozen(rows, "handled_by") == ("bea",)


def test_a_column_of_identifiers_gets_no_levels() -> None:
    assert frozen([complaint(n, f"case {n}") for n in range(300)], min_share=0.01) == ()


def test_every_category_column_that_groups_count_is_frozen() -> None:
    wanted = level_columns(whole_shapes(), SETTINGS)
    assert {("complaints", c) for c in ("cause", "grade", "channel", "topic", "solution")} <= set(wanted)
    assert {("transactions", "category"), ("contacts", "outcome"), ("usage", "service")} <= set(wanted)
    assert len(set(wanted)) == len(wanted)
