"""Who gets reasons, whatever the order in which partitions come."""

from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest

from features.errors import UsageError
from models.predictor import Predictor
from pipeline.config.reasons import ReasonsConfig
from pipeline.explained import Explained, explaining
from pipeline.score_file import NO_REASONS

PARTS = ([5.0, 1.0, 9.0], [7.0, 7.0, 0.5], [8.0], [])


class Fake:
    """Gives every row a reason that names the customer."""

    def reasons(self, rows: pa.Table, top: int, language: str) -> pa.ChunkedArray:
        said = [
            [{"feature": name, "value": str(top), "effect": 1.0, "text": language}]
            for name in rows.column("customer_id").to_pylist()
        ]
        return pa.chunked_array([pa.array(said, NO_REASONS)])


def scored(limit: int | None, order: tuple[int, ...]) -> pa.Table:
    """The parts explained in this order, then put together by customer."""
    explained, tables = Explained(limit, 2, "zh"), []
    for part in order:
        worth = np.array(PARTS[part])
        ids = pa.array([f"{part}{i}" for i in range(len(worth))], pa.string())
        table = pa.table({"customer_id": ids, "risk": worth / 10, "expected_loss": worth})
        fake: Predictor = Fake()  # type: ignore[assignment]
        tables.append(table.append_column("reasons", explained.reasons(fake, table, worth)))
    return explained.only_largest(pa.concat_tables(tables).sort_by("customer_id"))


def with_reasons(table: pa.Table) -> list[str]:
    given = zip(table.column("customer_id").to_pylist(), table.column("reasons").to_pylist(), strict=True)
    found = [(customer, reasons[0]) for customer, reasons in given if reasons is not None]
    assert all(customer == reason["feature"] for customer, reason in found)
    return [customer for customer, _ in found]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_the_largest_of_all_are_explained_whatever_the_order_of_the_partitions(order: tuple[int, ...]) -> None:
    assert with_reasons(scored(3, order)) == ["02", "10", "20"]  # of two equal ones the first id
    assert with_reasons(scored(1, order)) == ["02"]
    assert len(with_reasons(scored(None, order))) == 7
    assert with_reasons(scored(0, order)) == []


def test_a_partition_explains_only_what_can_still_be_among_the_largest() -> None:
    explained, asked = Explained(2, 1, "en"), []

    class Counting(Fake):
        def reasons(self, rows: pa.Table, top: int, language: str) -> pa.ChunkedArray:
            asked.append(rows.num_rows)
            return super().reasons(rows, top, language)

    for worth in (np.array([9.0, 8.0, 1.0]), np.array([8.5, 2.0]), np.array([3.0, 4.0])):
        table = pa.table({"customer_id": pa.array(["c"] * len(worth))})
        fake: Predictor = Counting()  # type: ignore[assignment]
        explained.reasons(fake, table, worth)
    assert asked == [2, 1]


def test_without_money_the_risk_decides() -> None:
    from pipeline.explained import worth_of

    table = pa.table({"expected_loss": pa.array([np.nan, np.nan]), "risk": [0.2, 0.4]})
    assert worth_of(table).tolist() == [0.2, 0.4]


@pytest.mark.parametrize(("asked", "limit"), [("all", None), ("none", 0), ("25", 25), (None, 7)])
def test_the_option_goes_before_the_config(asked: str | None, limit: int | None) -> None:
    config = ReasonsConfig(customers=7, per_customer=4, language="zh")
    found = explaining(config, asked)
    assert (found.limit, found.per_customer, found.language) == (limit, 4, "zh")
    assert explaining(ReasonsConfig(customers="all"), None).limit is None


@pytest.mark.parametrize("asked", ["some", "-1", "3.5", ""])
def test_anything_else_is_refused_with_what_is_possible(asked: str) -> None:
    with pytest.raises(UsageError, match="all, none, or the number"):
        explaining(ReasonsConfig(), asked)
