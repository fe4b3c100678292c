"""Which features are read off running totals, and which have to be aggregated from the joined rows."""

from dataclasses import replace

import pytest

from features.aggregates import last, mean
from features.history import History
from features.schema import SCHEMAS, shape_of
from features.spec import Feature
from features.terms import terms_of

FEATURE = Feature("x", "count(*)", "rows", "rows", "complaints")


def history(*columns: str) -> History:
    types = {column.name: column.dtype for column in SCHEMAS["complaints"].columns}
    names = ("customer_id", "complaint_id", "opened_at", *columns)
    return History({"complaints": shape_of(SCHEMAS["complaints"], {name: types[name] for name in names})})


@pytest.mark.parametrize("sql", ["count(*)", "count(amount)", "min(age_days)", mean("amount"), last("amount")])
def test_counts_exact_sums_ages_and_last_values_are_read_off_totals(sql: str) -> None:
    assert terms_of(replace(FEATURE, sql=sql)) is not None


@pytest.mark.parametrize(
    "sql",
    [
        "median(hours)",
        "sum(amount)",
        "count(*) [if] / sum(amount)",
        "max(as_of)",
        last("amount", "known_at"),
        "sum(TRY_CAST(pow(0.5, age_days) AS DECIMAL(38, 12))) [if]",
        "count(*) [if] / max(price)",
    ],
)
def test_what_depends_on_age_or_adds_inexactly_is_not(sql: str) -> None:
    assert terms_of(replace(FEATURE, sql=sql)) is None


def test_a_maximum_within_a_window_is_not_read_off_totals() -> None:
    assert terms_of(replace(FEATURE, sql="max(amount)", window_days=30)) is None


def test_a_condition_on_a_late_column_is_not_read_off_totals() -> None:
    feature = replace(FEATURE, where='"Resolved_At" IS NULL')
    assert terms_of(feature) is not None
    assert terms_of(feature, frozenset({"resolved_at"})) is None


def test_late_columns_are_not_among_the_events() -> None:
    given = history("grade", "resolved_at")
    events = given.events(f"SELECT * FROM ({given.rows('complaints')})")
    assert events is not None
    assert "resolved_at" not in events.rows
    assert events.unseen == {"resolved_at"}


@pytest.mark.parametrize(
    "rows",
    [
        "SELECT *, lag(event_at) OVER (PARTITION BY rid ORDER BY event_at) FROM ({rows})",
        "SELECT *, age_days > 3 AS hf_old FROM ({rows})",
        "SELECT *, resolved_at IS NULL AS hf_open FROM ({rows})",
        "SELECT 1 AS rid",
    ],
)
def test_rows_that_depend_on_the_snapshot_have_no_events(rows: str) -> None:
    given = history("resolved_at")
    assert given.events(rows.replace("{rows}", given.rows("complaints"))) is None


def test_rows_with_a_known_at_of_their_own_have_no_events() -> None:
    types = {"customer_id": "text", "occurred_at": "timestamp", "known_at": "timestamp", "score": "number"}
    given = History({"surveys": shape_of(SCHEMAS["surveys"], types)})  # type: ignore[arg-type]
    assert given.events(given.rows("surveys")) is None
