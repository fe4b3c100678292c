"""Columns of the user's own may have any name: none collides with a name the engine uses for itself."""

from datetime import timedelta
from typing import Any

import pytest

from features.schema import SCHEMAS, TableShape, event_schema, shape_of
from tests.companies import Row, day, matrix_of

T = day("2024-07-01")
HELPERS = ("number", "Number", "t", "c", "e", "s", "k", "p", "v", "n", "i0", "t0", "rows", "moment", "total", "time")


def company(own: str) -> dict[str, list[Row]]:
    """Two customers with purchases, complaints in words, contracts and use; every table has the own column."""

    def row(who: str, days: float, time: str = "occurred_at", **columns: Any) -> Row:
        return {"customer_id": who, time: T - timedelta(days=days), **columns, own: days}

    return {
        "customers": [{"customer_id": who, "joined_at": T - timedelta(days=400), own: 1.0} for who in ("ann", "bob")],
        "transactions": [row("ann", 20, amount=5.0), row("ann", 50, amount=7.0), row("bob", 3, amount=1.0)],
        "complaints": [
            row("ann", 30, "opened_at", complaint_id="x", text="b", resolved_at=T - timedelta(days=10)),
            row("ann", 10, "opened_at", complaint_id="y", text=None, resolved_at=None),
        ],
        "contracts": [row("bob", 100, "starts_at", contract_id="z", ends_at=T + timedelta(days=265), price=90.0)],
        "usage": [row("ann", 5, minutes=3.0)],
    }


def shape(name: str, row: Row, own: str) -> TableShape:
    schema = SCHEMAS.get(name) or event_schema(name, {"minutes": "number"})
    types = {column.name: column.dtype for column in schema.columns}
    return shape_of(schema, {column: types.get(column, "number") for column in row if column != own} | {own: "number"})


def features(own: str) -> dict[str, list[Any]]:
    tables = company(own)
    shapes = {name: shape(name, rows[0], own) for name, rows in tables.items()}
    found = matrix_of(tables, [("ann", T), ("bob", T), ("ann", T - timedelta(days=15))], shapes=shapes)
    return {name: found[name].to_pylist() for name in found.column_names}


@pytest.mark.parametrize("name", HELPERS)
def test_a_column_with_the_name_of_a_helper_changes_no_other_feature(name: str) -> None:
    plain, odd = features("hue"), features(name)
    shared = plain.keys() & odd.keys()
    assert len(shared) > 150
    assert {feature: odd[feature] for feature in shared} == {feature: plain[feature] for feature in shared}
    assert len(odd) == len(plain)
