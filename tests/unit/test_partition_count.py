"""Into how many partitions the customers go."""

import pytest

from pipeline.config.root import Config
from pipeline.partition_count import expected_snapshots, number_of_partitions

MONTHLY = {"every": "month", "first": "2022-01-01", "last": "2022-12-01"}


def company(**keys: object) -> Config:
    return Config.model_validate(
        {
            "folder": ".",
            "name": "shop",
            "sources": {"people": {"csv": "people.csv"}, "orders": {"csv": "orders.csv"}},
            "tables": {"customers": {"source": "people"}, "transactions": {"source": "orders"}},
            "outcome": {"kind": "lapse", "horizon_days": 90, "active_days": 180},
            **keys,
        }
    )


@pytest.mark.parametrize(("customers", "snapshots", "partitions"), [(900, 24, 1), (50_000, 1, 2), (1_000_000, 1, 10)])
def test_scoring_splits_by_customers(customers: int, snapshots: int, partitions: int) -> None:
    assert number_of_partitions(company(engine={"workers": 2}), customers, snapshots) == partitions


def test_many_snapshots_make_smaller_partitions() -> None:
    config = company(engine={"workers": 2}, snapshots=MONTHLY)
    assert expected_snapshots(config) == 12
    assert number_of_partitions(config, 100_000, expected_snapshots(config)) == 4


def test_what_the_config_says_is_done() -> None:
    assert number_of_partitions(company(engine={"partitions": 3}), 1_000_000, 24) == 3


@pytest.mark.parametrize(("every", "snapshots"), [("month", 25), ("week", 105), (10, 73)])
def test_where_the_data_set_the_snapshots_two_years_are_expected(every: object, snapshots: int) -> None:
    assert expected_snapshots(company(snapshots={"every": every})) == snapshots
