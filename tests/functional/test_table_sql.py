"""SQL of the user's own in the config: it runs as written, or an error says which part of it does not."""

from pathlib import Path

import pytest

from tests.cli import Cli
from tests.functional.company import change, write

CONFIG_ERROR, DATA_ERROR = 3, 4
ORDERS = "transactions: {source: orders, columns: {customer_id: who, occurred_at: day, amount: total}}"


@pytest.fixture
def company(tmp_path: Path) -> Path:
    return write(tmp_path)


def selected(company: Path, sql: str) -> None:
    change(company, ORDERS, f'transactions: {{sql: "{sql}"}}')


def test_a_comment_may_end_the_sql_of_a_table(holdfast: Cli, company: Path) -> None:
    before = holdfast("check", company).out
    selected(company, "SELECT who AS customer_id, day AS occurred_at, total AS amount FROM orders -- every order")
    assert holdfast("check", company).out == before


def test_a_value_that_does_not_cast_names_table_and_value(holdfast: Cli, company: Path) -> None:
    change(company.parent / "orders.csv", "10.5", "abc")
    selected(company, "SELECT who AS customer_id, day AS occurred_at, CAST(total AS DOUBLE) AS amount FROM orders")
    ran = holdfast("check", company)
    said = " ".join((ran.out + ran.err).split())
    assert ran.code == DATA_ERROR
    assert "tables.transactions: the rows cannot be made. Conversion Error: CSV Error on Line: 2" in said
    assert """column "total". Could not convert string "abc" to 'DOUBLE'""" in said


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("totl > 5", '"totl" not found'),
        ("amount >", "syntax error"),
        ("customer_id::DATE > today()", "invalid date field format"),
    ],
)
@pytest.mark.parametrize("command", ["check", "diagnose"])
def test_a_wrong_condition_of_a_moment_of_truth_is_an_error_of_the_config(
    holdfast: Cli, company: Path, command: str, where: str, said: str
) -> None:
    change(company, "outcome:", f"diagnosis: {{moments: {{big: {{table: transactions, where: '{where}'}}}}}}\noutcome:")
    ran = holdfast(command, company)
    assert ran.code == CONFIG_ERROR, ran.out + ran.err
    assert f"diagnosis.moments.big.where: does not run: '{where}'" in " ".join(ran.err.split())
    assert said in ran.err


def test_a_condition_of_a_moment_of_truth_may_end_in_a_comment(holdfast: Cli, company: Path) -> None:
    moment = "{table: transactions, where: 'amount > 12 -- a large order'}"
    change(company, "outcome:", f"diagnosis: {{moments: {{big: {moment}}}}}\noutcome:")
    for command in ("check", "diagnose"):
        ran = holdfast(command, company)
        assert ran.code == 0, ran.out + ran.err
