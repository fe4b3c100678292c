"""contract_end: the first day without cover, after breaks of up to the grace, lies in [t + gap, t + gap + horizon)."""

import pytest

from features.errors import ConfigError, MissingColumnError
from models.outcome_kinds import ContractEnd
from tests.outcome_support import Company, Row, day, one

T = "2024-03-01"
OUTCOME = ContractEnd(horizon_days=30, gap_days=10, grace_days=5)
PAID = "2023-12-01"


def contract(starts: str, ends: str | None, known: str = PAID, **more: object) -> Row:
    end = day(ends) if ends else None
    row = {"customer_id": "ada", "contract_id": starts, "starts_at": day(starts), "ends_at": end, **more}
    return {**row, "known_at": day(known)}


def label(*contracts: Row, defections: list[Row] | None = None, outcome: ContractEnd = OUTCOME) -> tuple[object, ...]:
    """Status, label, and the day from which cover is missing."""
    tables = {"contracts": contracts} | ({"defections": defections} if defections is not None else {})
    (found,) = one(tables, T).labels(outcome)
    at = found["defected_at"]
    return found["status"], found["defected"], at and f"{at:%Y-%m-%d}"


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        pytest.param("2024-02-29", ("defected", None, None), id="the day before the snapshot was the last one"),
        pytest.param("2024-03-01", ("at_risk", None, None), id="the day of the snapshot is covered, lost in the gap"),
        pytest.param("2024-03-09", ("at_risk", None, None), id="last covered two days before the window: in the gap"),
        pytest.param("2024-03-10", ("at_risk", True, "2024-03-11"), id="first day without cover opens the window"),
        pytest.param("2024-04-08", ("at_risk", True, "2024-04-09"), id="first day without cover is the window's last"),
        pytest.param("2024-04-09", ("at_risk", False, None), id="first day without cover is past the window"),
        pytest.param(None, ("at_risk", False, None), id="open-ended"),
    ],
)
def test_the_end_day_is_covered_and_the_day_after_is_the_defection(ends: str | None, expected: object) -> None:
    assert label(contract("2024-01-01", ends)) == expected


@pytest.mark.parametrize(
    ("starts", "known", "status"),
    [
        pytest.param("2024-03-01", "2024-02-15", "at_risk", id="starts at the snapshot, signed before"),
        pytest.param("2024-03-01", "2024-03-01", "too_new", id="signed at the snapshot: not known yet"),
        pytest.param("2024-03-02", "2024-02-15", "too_new", id="starts after the snapshot"),
    ],
)
def test_a_contract_counts_from_its_start_when_it_was_known_before(starts: str, known: str, status: str) -> None:
    assert label(contract(starts, "2024-12-31", known))[0] == status


def test_a_break_of_the_grace_is_bridged_and_one_day_more_is_not() -> None:
    first = contract("2024-01-01", "2024-03-20")
    assert label(first, contract("2024-03-26", "2024-12-31", "2024-03-26"))[1] is False
    assert label(first, contract("2024-03-27", "2024-12-31", "2024-03-27"))[1:] == (True, "2024-03-21")


def test_a_chain_of_contracts_ends_with_the_last_and_overlaps_do_not_shorten_it() -> None:
    long, inside = contract("2024-01-01", "2024-03-25"), contract("2024-02-01", "2024-02-10")
    assert label(long, inside)[1:] == (True, "2024-03-26")
    assert label(long, inside, contract("2024-03-28", "2024-04-02"))[1:] == (True, "2024-04-03")


def test_a_contract_that_ended_before_it_started_covers_nothing() -> None:
    withdrawn = contract("2024-03-24", "2024-12-31", ended_at=day("2024-03-23"))
    assert label(contract("2024-01-01", "2024-03-20"), withdrawn)[1:] == (True, "2024-03-21")


def test_who_returns_after_a_longer_break_defected_all_the_same() -> None:
    assert label(contract("2024-01-01", "2024-03-20"), contract("2024-04-01", "2025-01-01"))[1] is True


def test_the_label_takes_the_real_end_and_the_status_the_end_as_signed_until_the_real_one_is_known() -> None:
    cut = contract("2024-01-01", "2024-12-31", ended_at=day("2024-03-15"))
    assert label(cut) == ("at_risk", True, "2024-03-16")
    cut_before = contract("2024-01-01", "2024-12-31", ended_at=day("2024-02-20"))
    assert label(cut_before) == ("defected", None, None)
    prolonged = contract("2024-01-01", "2024-02-20", ended_at=day("2024-12-31"))
    assert label(prolonged)[0] == "defected"


def test_where_all_ends_are_recorded_a_contract_without_one_still_runs() -> None:
    recorded = OUTCOME.model_copy(update={"ends_recorded": True})
    prolonged = contract("2024-01-01", "2024-02-20", ended_at=day("2024-03-20"))
    running = contract("2024-01-01", "2024-02-20", ended_at=None)
    over = contract("2024-01-01", "2024-12-31", ended_at=day("2024-02-29"))
    assert label(prolonged, outcome=recorded) == ("at_risk", True, "2024-03-21")
    assert label(running, outcome=recorded) == ("at_risk", False, None)
    assert label(over, outcome=recorded)[0] == "defected"


def test_an_end_within_a_day_covers_that_day() -> None:
    assert label(contract("2024-01-01", "2024-03-10T14:30"))[1:] == (True, "2024-03-11")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("2023-12-15", ("at_risk", False, None), id="before the contract: about another one"),
        pytest.param("2024-01-01", ("defected", None, None), id="on the day it started"),
        pytest.param("2024-02-29", ("defected", None, None), id="before the snapshot"),
        pytest.param("2024-03-10", ("at_risk", True, "2024-03-11"), id="in the window"),
        pytest.param("2024-05-01", ("at_risk", False, None), id="after the window"),
    ],
)
def test_an_open_ended_contract_ends_with_a_recorded_defection(at: str, expected: object) -> None:
    defections = [{"customer_id": "ada", "occurred_at": day(at)}]
    assert label(contract("2024-01-01", None), defections=defections) == expected


def test_an_end_that_nobody_knew_at_the_snapshot_leaves_the_customer_without_label() -> None:
    late = [{"customer_id": "ada", "occurred_at": day("2024-02-10"), "known_at": day("2024-03-05")}]
    assert label(contract("2024-01-01", None), defections=late) == ("at_risk", None, None)


def test_the_first_day_without_cover_may_be_that_of_the_snapshot() -> None:
    late = [{"customer_id": "ada", "occurred_at": day("2024-02-29"), "known_at": day("2024-03-05")}]
    found = label(contract("2024-01-01", None), defections=late, outcome=ContractEnd(grace_days=5))
    assert found == ("at_risk", True, "2024-03-01")


def test_the_nearest_recorded_reason_gives_the_type() -> None:
    rows = {"2023-06-01": "self", "2024-03-12": "price", "2024-03-22": "service", "2024-04-20": "product"}
    defections = [{"customer_id": "ada", "occurred_at": day(at), "type": kind} for at, kind in rows.items()]
    company = one({"contracts": [contract("2024-01-01", "2024-03-20")], "defections": defections}, T)
    assert company.labels(OUTCOME)[0]["type"] == "service"


def test_reasons_that_are_known_only_after_the_label_or_are_long_past_do_not_give_the_type() -> None:
    rows = {"2024-02-18": "self", "2024-04-15": "product"}
    defections = [{"customer_id": "ada", "occurred_at": day(at), "type": kind} for at, kind in rows.items()]
    company = one({"contracts": [contract("2024-01-01", "2024-03-20")], "defections": defections}, T)
    assert company.labels(OUTCOME)[0]["type"] == "unknown"


def test_who_never_had_a_contract_is_too_new() -> None:
    company = Company({"contracts": [contract("2024-01-01", None)]}, [("bob", day(T)), ("ada", day(T))])
    assert company.statuses(OUTCOME) == ["too_new", "at_risk"]


def test_the_table_and_an_end_are_needed() -> None:
    bare = {"contracts": [{"customer_id": "ada", "contract_id": "1", "starts_at": day(T)}]}
    with pytest.raises(ConfigError, match=r"needs a table .* 'contracts'"):
        one({"customers": [{"customer_id": "ada"}]}, T).statuses(OUTCOME)
    with pytest.raises(ConfigError, match="nothing says when a contract ends"):
        one(bare, T).statuses(OUTCOME)
    with pytest.raises(MissingColumnError, match="ended_at"):
        one(bare, T).statuses(ContractEnd(ends_recorded=True))


def accrued(*contracts: Row, outcome: ContractEnd | None = None) -> object:
    chosen = outcome or OUTCOME.model_copy(update={"money": "accrued"})
    (found,) = one({"contracts": contracts}, T).labels(chosen)
    return found["revenue"]


@pytest.mark.parametrize(
    ("starts", "ends", "ended", "expected"),
    [
        pytest.param("2024-01-01", "2024-04-10", None, 30.0, id="covers the window: a day's price for each day"),
        pytest.param("2024-01-01", "2024-04-10", "2024-03-21", 10.0, id="cut short: for the days that it ran"),
        pytest.param("2023-09-23", "2024-01-01", "2024-04-10", 15.0, id="ran twice as long: half the price a day"),
        pytest.param("2024-03-21", "2024-06-29", None, 20.0, id="begins in the window"),
        pytest.param("2023-10-01", "2024-01-09", None, 0.0, id="over before the window"),
    ],
)
def test_accrued_money_is_what_contracts_earn_in_the_window(
    starts: str, ends: str, ended: str | None, expected: float
) -> None:
    running = contract("2023-01-01", "2024-12-31", price=0.0, ended_at=None)
    given = contract(starts, ends, price=100.0, ended_at=ended and day(ended))
    assert accrued(running, given) == pytest.approx(expected)


@pytest.mark.parametrize(("ends", "price"), [(None, 365.0), ("2024-12-31", None)], ids=["no end", "no price"])
def test_money_that_cannot_be_told_is_not_taken_for_none(ends: str | None, price: float | None) -> None:
    known = contract("2024-01-01", "2024-04-10", price=100.0)
    assert accrued(known, contract("2023-01-01", ends, price=price)) is None
    assert accrued(known, contract("2022-01-01", "2022-12-31", price=None)) == pytest.approx(30.0)


def test_accrued_money_needs_contracts_with_a_price() -> None:
    with pytest.raises(ConfigError, match="needs contracts with a price and an end"):
        accrued(contract("2024-01-01", "2024-12-31"))
