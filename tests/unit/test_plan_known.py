"""What the plan reads of the tables was known at the snapshot."""

from collections.abc import Iterator
from datetime import datetime

import duckdb
import pandas as pd
import pytest

from features.schema import COMPLAINTS, CONTACTS, CUSTOMERS, shape_of
from pipeline.planning.known import known_tables

AS_OF = datetime(2026, 3, 2)
SHAPES = {
    "customers": shape_of(CUSTOMERS, {"customer_id": "text", "consent": "flag"}),
    "contacts": shape_of(CONTACTS, {"customer_id": "text", "occurred_at": "timestamp", "arm": "text"}),
    "complaints": shape_of(
        COMPLAINTS,
        {"customer_id": "text", "complaint_id": "text", "opened_at": "timestamp", "resolved_at": "timestamp"},
    ),
}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    con.execute("CREATE TABLE customers AS SELECT * FROM (VALUES ('a', true), ('b', false)) t(customer_id, consent)")
    con.execute(
        "CREATE TABLE contacts AS SELECT * FROM (VALUES ('a', TIMESTAMP '2026-03-01', 'treat'), "
        "('a', TIMESTAMP '2026-03-02', 'treat')) t(customer_id, occurred_at, arm)"
    )
    con.execute(
        "CREATE TABLE complaints AS SELECT * FROM (VALUES "
        "('a', 'k1', TIMESTAMP '2026-03-01', TIMESTAMP '2026-03-05'), "
        "('b', 'k2', TIMESTAMP '2026-02-01', TIMESTAMP '2026-02-05'), "
        "('b', 'k3', TIMESTAMP '2026-03-03', NULL)) t(customer_id, complaint_id, opened_at, resolved_at)"
    )
    yield con
    con.close()


def test_a_complaint_resolved_after_the_snapshot_is_open(con: duckdb.DuckDBPyConnection) -> None:
    known = known_tables(con, SHAPES, pd.Series(["a", "b"]), AS_OF).complaints
    assert known is not None
    assert known.set_index("complaint_id")["resolved_at"].isna().to_dict() == {"k1": True, "k2": False}


def test_contacts_at_the_snapshot_are_not_known_yet(con: duckdb.DuckDBPyConnection) -> None:
    known = known_tables(con, SHAPES, pd.Series(["a", "b"]), AS_OF).contacts
    assert known is not None
    assert known["occurred_at"].tolist() == [pd.Timestamp("2026-03-01")]


def test_only_the_customers_asked_for_are_read(con: duckdb.DuckDBPyConnection) -> None:
    known = known_tables(con, SHAPES, pd.Series(["b"]), AS_OF)
    assert known.customers is not None
    assert known.customers["customer_id"].tolist() == ["b"]


def test_tables_the_user_lacks_are_none(con: duckdb.DuckDBPyConnection) -> None:
    known = known_tables(con, {"customers": SHAPES["customers"]}, pd.Series(["a"]), AS_OF)
    assert known.contacts is None
    assert known.complaints is None
