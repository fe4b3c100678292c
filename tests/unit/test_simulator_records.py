"""What holds for every simulated record."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipeline.simulator import audit, run, simulate

EVENTS = {
    "transactions": "occurred_at", "complaints": "opened_at", "contacts": "occurred_at", "surveys": "occurred_at",
    "usage": "occurred_at", "price_notices": "occurred_at", "reminders": "occurred_at", "contracts": "starts_at",
}  # fmt: skip
LATE = {
    "complaints": ("responded_at", "resolved_at", "reopened_at", "rated_at", "escalated_at"),
    "contracts": ("renewed_at", "paid_at", "ended_at"),
    "contacts": ("outcome_at",),
}
END = "TIMESTAMP '2023-01-01'"
Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("company") / "out"
    simulate(1_500, 24, 3, out)
    return out


@pytest.fixture
def ask(folder: Path) -> Ask:
    """Run SQL in which `$name` stands for the table of that name."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        for name in (*EVENTS, "customers", "defections"):
            sql = sql.replace(f"${name}", f"read_parquet('{folder}/{name}/*.parquet')")
        return duckdb.connect().execute(sql).fetchall()

    return run


@pytest.mark.parametrize(("table", "time"), EVENTS.items())
def test_nothing_happens_between_leaving_and_coming_back(table: str, time: str, ask: Ask) -> None:
    # Coming back always begins with a contract on the first of a month.
    sql = f"""
        WITH backs AS (SELECT d.customer_id, d.occurred_at AS left_at, min(c.starts_at) AS back_at FROM $defections d
            LEFT JOIN $contracts c ON c.customer_id = d.customer_id AND c.starts_at > d.occurred_at GROUP BY ALL)
        SELECT count(*) FROM ${table} e JOIN backs b USING (customer_id)
        WHERE e.{time} >= left_at AND e.{time} < coalesce(back_at, TIMESTAMP '2100-01-01')"""
    assert ask(sql) == [(0,)]


def test_some_leave_and_some_come_back(ask: Ask) -> None:
    ((left, back),) = ask(
        """SELECT count(DISTINCT d.customer_id), count(DISTINCT t.customer_id) FROM $defections d
        LEFT JOIN $transactions t ON t.customer_id = d.customer_id AND t.occurred_at > d.occurred_at"""
    )
    assert 0 < back < left / 3


@pytest.mark.parametrize(("table", "time"), EVENTS.items())
def test_nothing_happens_before_joining_or_after_the_end(table: str, time: str, ask: Ask) -> None:
    sql = f"""SELECT count(*) FROM ${table} JOIN $customers USING (customer_id)
        WHERE {time} < joined_at - INTERVAL 1 SECOND OR {time} >= {END}"""
    assert ask(sql) == [(0,)]


@pytest.mark.parametrize("table", LATE)
def test_facts_after_the_end_are_not_there_yet(table: str, ask: Ask) -> None:
    for column in LATE[table]:
        assert ask(f"SELECT count(*) FROM ${table} WHERE {column} >= {END}") == [(0,)], column
        assert ask(f"SELECT count({column}) > 0 FROM ${table}") == [(True,)], column


def test_complaints_go_through_their_stages_in_order(ask: Ask) -> None:
    sql = """SELECT count(*) FROM $complaints WHERE responded_at < opened_at OR resolved_at < responded_at
        OR reopened_at > resolved_at OR rated_at < resolved_at OR (satisfied IS NULL) != (rated_at IS NULL)"""
    assert ask(sql) == [(0,)]


def test_contracts_follow_one_another_without_overlap(ask: Ask) -> None:
    sql = """SELECT count(*) FROM (SELECT starts_at, ends_at, renewed_at,
        lead(starts_at) OVER w AS next, lead(known_at) OVER w AS next_known
        FROM $contracts WINDOW w AS (PARTITION BY customer_id ORDER BY starts_at))
        WHERE ends_at <= starts_at OR (next = ends_at AND renewed_at IS DISTINCT FROM next_known AND next_known < """
    assert ask(f"{sql} {END})") == [(0,)]


def test_the_end_as_signed_is_not_written_back(ask: Ask) -> None:
    sql = "SELECT count(*), count(*) FILTER (day(ends_at) != 1) FROM $contracts WHERE ended_at IS NOT NULL"
    ((cut, rewritten),) = ask(sql)
    assert cut > 0
    assert rewritten == 0


def test_keys_are_unique(ask: Ask) -> None:
    for table, key in (("customers", "customer_id"), ("contracts", "contract_id"), ("complaints", "complaint_id")):
        assert ask(f"SELECT count(*) = count(DISTINCT {key}) FROM ${table}") == [(True,)]


def test_attributes_fit_the_kind_of_customer(ask: Ask) -> None:
    sql = """SELECT kind, count(headcount) > 0, count(occupation) > 0 FROM $customers GROUP BY kind ORDER BY kind"""
    assert ask(sql) == [("enterprise", True, False), ("individual", False, True)]


def test_resolution_hours_have_a_heavy_tail(ask: Ask) -> None:
    sql = """SELECT median(h), avg(h), quantile_cont(h, 0.99) FROM
        (SELECT date_diff('minute', opened_at, resolved_at) / 60 AS h FROM $complaints WHERE resolved_at IS NOT NULL)"""
    ((median, mean, high),) = ask(sql)
    assert mean > 3 * median
    assert high > 30 * median


def test_the_control_arm_costs_nothing(ask: Ask) -> None:
    sql = "SELECT arm, max(cost) > 0, count(channel) > 0, count(outcome) > 0 FROM $contacts GROUP BY arm ORDER BY arm"
    assert ask(sql) == [("control", False, False, False), ("treat", True, True, True), (None, True, True, True)]


def test_complaints_are_written_in_two_languages_and_mostly_labelled(ask: Ask) -> None:
    sql = """SELECT count(DISTINCT text) / count(*), avg((cause IS NOT NULL)::INT),
        avg(regexp_matches(text, '[一-龥]')::INT) FROM $complaints"""
    ((different, labelled, chinese),) = ask(sql)
    assert different > 0.8
    assert 0.75 < labelled < 0.95
    assert 0.4 < chinese < 0.6


@pytest.fixture(scope="module")
def repurchase(tmp_path_factory: pytest.TempPathFactory) -> "pd.Series[float]":
    out = tmp_path_factory.mktemp("many") / "out"
    with pytest.MonkeyPatch.context() as patch:  # the truth is not looked at here, so one future is enough
        patch.setattr(run, "MOST_PLAYS", 1)
        run.simulate(20_000, 36, 7, out)
    return audit.repurchase_by_complaint_state(out).set_index(["size", "state"])["share"]


@pytest.mark.slow
@pytest.mark.parametrize("size", ["large", "small"])
def test_customers_stay_in_the_order_of_the_reference_by_what_became_of_their_complaint(
    size: str, repurchase: "pd.Series[float]"
) -> None:
    assert repurchase[size].index.tolist() == list(audit.STATES)
    assert repurchase[size].is_monotonic_increasing


@pytest.mark.slow
def test_customers_stay_more_often_after_a_small_problem_than_after_a_large_one(
    repurchase: "pd.Series[float]",
) -> None:
    assert (repurchase["small"] > repurchase["large"] - 0.005).all()
    assert repurchase["small"].mean() > repurchase["large"].mean() + 0.02
