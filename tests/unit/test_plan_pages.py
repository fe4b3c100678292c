"""The page and the calendar a team works from."""

import re
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from pipeline.plan import ContactPlan, make_plan
from pipeline.planning.calendar_file import calendar_text
from pipeline.planning.known import KnownTables
from tests.plan_case import SLA, complaint, complaints, scores, settings

CONFIGS = Path(__file__).parents[2] / "configs"
KNOWN = KnownTables(complaints=complaints(complaint("c00001", "2026-02-27 10:00", cause="attitude", grade="2")))


def made(language: str = "en", **columns: object) -> ContactPlan:
    plan = settings(language=language, playbook=f"playbook.{language}.yaml", currency="EUR")
    return make_plan(scores(40, **columns), KNOWN, plan, sla=SLA, folder=CONFIGS)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_every_appointment_has_a_card_with_what_to_say() -> None:
    plan = made()
    page = plan.pages["plan.html"]
    timed = plan.rows[(plan.rows["arm"] == "treat") & plan.rows["slot"].str.contains("-")]
    assert page.count("<article") == len(timed)
    assert all(customer in page for customer in timed["customer_id"])
    assert page.count("What to say") == len(timed)


def test_the_card_of_a_complaint_shows_it_with_its_deadline() -> None:
    page = text_of(made().pages["plan.html"])
    assert "before 2026-03-02 10:00" in page
    assert "k-c00001 · attitude · opened 2026-02-27 10:00" in page
    assert "A manager listens to the end" in page


def test_nobody_of_the_hold_out_is_on_the_page_or_in_the_calendar() -> None:
    plan = made()
    held = plan.rows.loc[plan.rows["arm"] == "control", "customer_id"]
    assert len(held)
    assert not any(customer in plan.pages["plan.html"] + plan.pages["plan.ics"] for customer in held)


def test_the_page_speaks_chinese() -> None:
    page = made("zh").pages["plan.html"]
    assert '<html lang="zh">' in page
    assert "客户接触计划" in page
    assert "由主管听完陈述" in page


def test_texts_of_the_tables_cannot_inject_anything_into_the_page() -> None:
    plan = made(customer_id=[f"c{n:05d}<script>alert(1)</script>" for n in range(40)])
    assert "<script" not in plan.pages["plan.html"]


def test_the_page_loads_nothing_from_outside() -> None:
    assert not re.search(r"(src|href)=|@import|url\(", made().pages["plan.html"])


def test_a_page_without_a_playbook_and_without_contacts_is_still_a_page() -> None:
    plan = make_plan(scores(3, status="defected"), KnownTables(), settings())
    assert "Contact plan test" in plan.pages["plan.html"]
    assert plan.pages["plan.ics"].count("BEGIN:VEVENT") == 0


def unfolded(calendar: str) -> list[str]:
    return calendar.replace("\r\n ", "").split("\r\n")


def row(**changes: object) -> pd.DataFrame:
    base = {
        "rank": 1,
        "customer_id": "c1",
        "arm": "treat",
        "action": "call",
        "channel": "phone",
        "agent": "王伟",
        "date": date(2026, 3, 2),
        "slot": "09:00-09:15",
        "reasons": "a, b; c",
        "talking_points": "由主管听完陈述，并与当事人一起道歉。" * 5,
        "rules": "",
    }
    return pd.DataFrame([{**base, **changes}])


def test_an_appointment_is_an_event_with_masked_text() -> None:
    lines = unfolded(calendar_text(row(), "2026-03", datetime(2026, 3, 1)))
    assert "DTSTART:20260302T090000" in lines
    assert "DTEND:20260302T091500" in lines
    assert "SUMMARY:王伟: call c1" in lines
    assert any(line.startswith("DESCRIPTION:a\\, b\\; c\\n由主管") for line in lines)


def test_no_line_of_the_calendar_is_longer_than_the_standard_allows() -> None:
    calendar = calendar_text(row(), "2026-03", datetime(2026, 3, 1))
    assert max(len(line.encode("utf-8")) for line in calendar.split("\r\n")) <= 75


def test_rows_without_an_appointment_are_not_in_the_calendar() -> None:
    for other in (row(slot="09:00"), row(slot="", arm="control")):
        assert "VEVENT" not in calendar_text(other, "2026-03", datetime(2026, 3, 1))
