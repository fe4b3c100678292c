"""Records that contradict themselves, and a desk with its own book of limits: public data against plain pandas."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from pipeline.diagnose import diagnose
from pipeline.diagnosis.result import Diagnosis
from tests.diagnosis_support import row

CONFIGS = Path(__file__).parents[2] / "configs"


@cache
def diagnosis_of(name: str) -> Diagnosis:
    """Once for all tests of this file."""
    return diagnose(CONFIGS / f"{name}.yaml")


@pytest.fixture
def ravenstack(public_data: Callable[[str], Path]) -> Diagnosis:
    public_data("ravenstack")
    return diagnosis_of("ravenstack")


@pytest.fixture
def desk(public_data: Callable[[str], Path]) -> Diagnosis:
    public_data("servicenow-incidents")
    return diagnosis_of("servicedesk")


def test_tickets_before_the_sign_up_are_counted(ravenstack: Diagnosis, public_data: Callable[[str], Path]) -> None:
    folder = public_data("ravenstack")
    accounts = pd.read_csv(folder / "ravenstack_accounts.csv", parse_dates=["signup_date"])
    tickets = pd.read_csv(folder / "ravenstack_support_tickets.csv", parse_dates=["submitted_at"])
    joined = tickets.account_id.map(accounts.set_index("account_id").signup_date)
    found = row(ravenstack.table("disagreement", "rules"), says="opened_at before the customer joined")
    assert found["rows"] == int((tickets.submitted_at < joined).sum())
    assert found["share"] == pytest.approx(0.54, abs=0.005)


def test_the_answers_to_who_has_left_stand_side_by_side(
    ravenstack: Diagnosis, public_data: Callable[[str], Path]
) -> None:
    folder = public_data("ravenstack")
    accounts = pd.read_csv(folder / "ravenstack_accounts.csv")
    churn = pd.read_csv(folder / "ravenstack_churn_events.csv")
    left = accounts.account_id.isin(churn.account_id[~churn.is_reactivation])
    pair = row(ravenstack.table("disagreement", "pairs"), one="ever_recorded", two="flag")
    assert pair["disagree"] == int((left != accounts.churn_flag).sum())
    said = {one["source"]: one["gone"] for one in ravenstack.table("disagreement", "said")}
    assert (said["flag"], said["ever_recorded"]) == (int(accounts.churn_flag.sum()), int(left.sum()))
    assert said["contracts"] == 0  # every account has a subscription that still runs


def test_leavers_who_go_on_paying_are_pointed_out_where_their_loss_is_counted(ravenstack: Diagnosis) -> None:
    assert ravenstack.section("ledger").figures["last"]["direct"] == 0
    assert "still_paying" in [note.key for note in ravenstack.section("ledger").notes]


def test_contradictions_are_said_before_any_figure(ravenstack: Diagnosis) -> None:
    from pipeline.diagnosis.page.render import render

    page = render(ravenstack)
    assert page.index("The records contradict themselves") < page.index("Crude retention")


def last_events(folder: Path, since: datetime) -> pd.DataFrame:
    """One row a ticket, its last event, of those known before the end of May."""
    log = pd.read_csv(folder / "incident_event_log.csv.gz", na_values="?", low_memory=False)
    times = ("opened_at", "closed_at", "resolved_at", "sys_updated_at")
    for name in times:
        log[name] = pd.to_datetime(log[name], format="%d/%m/%Y %H:%M")
    log = log.dropna(subset="caller_id").sort_values(["sys_updated_at", "sys_mod_count"], kind="stable")
    tickets = log.groupby("number").last()
    tickets["opened_at"] = log.groupby("number").opened_at.min()
    return tickets[(tickets.opened_at >= since) & (tickets.opened_at < "2016-06-01")]


@pytest.mark.slow
def test_limits_kept_by_priority_are_the_desks_own_where_the_notion_is_the_same(
    desk: Diagnosis, public_data: Callable[[str], Path]
) -> None:
    """`made_sla` is decided when a ticket is closed, so it counts for tickets closed by the day of the diagnosis."""
    tickets = last_events(public_data("servicenow-incidents"), desk.facts["periods"][0]["start"])
    closed = tickets[tickets.closed_at < "2016-06-01"]
    expected = closed.made_sla.groupby(closed.priority).mean()
    found = {one["grade"]: one for one in desk.table("complaints", "limits_by_grade") if one["limit"] == "resolve"}
    assert {grade: one["recorded_kept"] for grade, one in found.items()} == pytest.approx(
        {str(int(grade)): share for grade, share in expected.items()}
    )


@pytest.mark.slow
def test_where_the_notions_differ_is_said(desk: Diagnosis) -> None:
    """Priorities 1 and 2 are nearly never kept by the desk's book, even when resolved within hours: another clock."""
    found = {one["grade"]: one for one in desk.table("complaints", "limits_by_grade") if one["limit"] == "resolve"}
    for urgent in ("1", "2"):
        assert found[urgent]["recorded_kept_high"] < found[urgent]["kept_low"]
        assert found[urgent]["agreement"] < 0.9
    assert "limit_flag" in [note.key for note in desk.section("complaints").notes]


@pytest.mark.slow
def test_the_window_of_silence_is_varied(desk: Diagnosis) -> None:
    """A longer silence is rarer and more often final."""
    windows = sorted(desk.table("sensitivity", "windows"), key=lambda one: one["change"])
    assert [one["change"] for one in windows] == [-0.25, 0.0, 0.25]
    rates, back = [one["rate"] for one in windows], [one["back"] for one in windows]
    assert rates == sorted(rates, reverse=True)
    assert back == sorted(back, reverse=True)
    assert windows[1]["judged_otherwise"] == 0
