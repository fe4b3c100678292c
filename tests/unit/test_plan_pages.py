"""The page and the calendar a team works from."""

import re
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from icalendar import Calendar

from pipeline.plan import ContactPlan, make_plan
from pipeline.plan_text import text
from pipeline.planning.calendar_file import calendar_text, calendars
from pipeline.planning.holdout_words import hold_out_says
from pipeline.planning.known import KnownTables
from pipeline.planning.playbook import load_playbook
from pipeline.planning.situation import Situation
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
    assert "k-c00001 · attitude · opened 2026-02-27 10:00 · still open" in page
    assert "A manager listens to the end" in page


def test_nobody_of_the_hold_out_is_on_the_page_or_in_the_calendar() -> None:
    plan = made()
    held = plan.rows.loc[plan.rows["arm"] == "control", "customer_id"]
    assert len(held)
    assert not any(customer in plan.pages["plan.html"] + plan.pages["plan.ics"] for customer in held)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_both_pages_and_the_terminal_say_the_same_of_the_hold_out(language: str, tmp_path: Path) -> None:
    plan = make_plan(scores(400), KNOWN, settings(language=language), sla=SLA)
    drawn, rows = plan.summary.held_out, int((plan.rows["arm"] == "control").sum())
    assert drawn == plan.summary.not_contacted["hold_out"] > rows == plan.summary.hold_out > 0
    says = hold_out_says(plan.summary)
    assert f" {rows} " in says[language]
    for page in ("plan.html", "team.html"):
        assert f"{drawn} {says[language]}" in text_of(plan.pages[page])
    assert f"{drawn} customers {says['en']}" in text(plan.summary, tmp_path)


def test_the_page_speaks_chinese() -> None:
    page = made("zh").pages["plan.html"]
    assert '<html lang="zh-Hans">' in page
    assert "客户接触计划" in page
    assert "由主管听完陈述" in page


def test_texts_of_the_tables_cannot_inject_anything_into_the_page() -> None:
    plan = made(customer_id=[f"c{n:05d}<script>alert(1)</script>" for n in range(40)])
    assert "<script" not in plan.pages["plan.html"]


def test_the_page_loads_nothing_from_outside() -> None:
    for name in ("plan.html", "team.html"):
        assert not re.search(r"src=|href=\"(?!#|data:,)|@import|url\(", made().pages[name])


def test_a_page_without_a_playbook_and_without_contacts_is_still_a_page() -> None:
    plan = make_plan(scores(3, status="defected"), KnownTables(), settings())
    assert "Contact plan test" in plan.pages["plan.html"]
    assert plan.pages["plan.ics"].count("BEGIN:VEVENT") == 0


PAST = KnownTables(
    complaints=complaints(
        complaint(
            "c00001",
            "2026-01-05 10:00",
            cause="product",
            resolved_at="2026-01-07 11:00",
            compensation=20.0,
            satisfied=False,
            handled_by="Bo",
            text="It broke <b>twice</b>. " * 30,
        )
    ),
    contacts=pd.DataFrame(
        {
            "customer_id": ["c00001", "c00001", "c00002"],
            "occurred_at": pd.to_datetime(["2025-11-03 09:30", "2025-12-01 10:00", "2025-12-02 10:00"]),
            "action": ["discount", "call", "call"],
            "agent": ["Ann", "Ann", "Ann"],
            "outcome": ["accepted", "declined", "unreached"],
        }
    ),
)


def test_a_card_says_what_happened_and_what_was_promised_before() -> None:
    plan = settings(playbook="playbook.en.yaml", currency="EUR", holdout_share=0)
    page = make_plan(scores(3, risk=0.9), PAST, plan, sla=SLA, folder=CONFIGS).pages["plan.html"]
    card = text_of(next(part for part in page.split("<article") if "c00001" in part))
    assert "product · opened 2026-01-05 10:00 · resolved 2026-01-07 11:00 · not content · Bo" in card
    assert "compensation 20.00 EUR · 2026-01-07 11:00 · Bo" in card
    assert "accepted: discount · 2025-11-03 09:30 · Ann" in card
    assert card.count("It broke") < 12
    assert "<b>twice" not in page
    assert page.count("Promised or given before") == 1


def test_the_playbook_speaks_to_the_follow_up_the_stuck_case_and_the_moment() -> None:
    book = load_playbook(CONFIGS / "playbook.en.yaml")
    follow_up = book.points(Situation("price", "product", "resolved", "follow_up"))
    assert "ask whether the solution held" in follow_up
    assert "compare with what they pay" not in follow_up
    assert "taken the case over" in book.points(Situation("price", None, "open", "resolution"), stuck=True)
    offer = book.points(Situation("price", None, "none", moments=("renewal_due", "own moment")))
    assert offer.index("The contract ends soon") < offer.index("compare with what they pay")


def test_both_playbooks_know_the_same_situations_and_prepare_an_answer_for_each_type() -> None:
    english, chinese = (load_playbook(CONFIGS / f"playbook.{language}.yaml") for language in ("en", "zh"))
    for part in ("types", "causes", "states", "moments", "rules"):
        assert getattr(english, part).keys() == getattr(chinese, part).keys()
    for book in (english, chinese):
        assert all(part.questions and part.avoid for part in book.types.values())
        assert book.follow_up.say and book.stuck.say
    assert re.search("[\u4e00-\u9fff]", chinese.points(Situation("self", "misuse", "resolved", "follow_up")))


def test_a_card_shows_the_moment_of_truth() -> None:
    plan = settings(moments={"renewal_due": {"table": "contracts", "ahead_days": 30}}, holdout_share=0)
    moments = pd.DataFrame({"customer_id": ["c00000"], "moment": "renewal_due"})
    page = make_plan(scores(3, risk=0.9), KnownTables(moments=moments), plan).pages["plan.html"]
    assert text_of(page).count("renewal due") == 1


def test_the_team_page_names_the_training_that_the_causes_ask_for() -> None:
    plan = made()
    page = text_of(plan.pages["team.html"])
    assert "attitude Manner towards customers, with supervision." in page
    assert "Ann" in page and "Bo" in page
    assert all(name in page for name in plan.summary.capacity_used)
    assert "call the riskiest" in page
    assert "服务态度培训与督导。" in made("zh").pages["team.html"]


def test_a_team_page_without_causes_and_without_contacts_is_still_a_page() -> None:
    page = make_plan(scores(0), KnownTables(), settings(), as_of=datetime(2026, 3, 2)).pages["team.html"]
    assert "The complaints have no causes" in page


def test_a_team_page_of_a_plan_in_which_everybody_is_held_out_counts_no_work() -> None:
    plan = make_plan(scores(1), KnownTables(), settings(holdout_share=0.99), as_of=datetime(2026, 3, 2))
    assert set(plan.rows["arm"]) == {"control"}
    assert "Ann 0 0 0.0" in text_of(plan.pages["team.html"])


def events(calendar: str) -> list[dict[str, object]]:
    """As a calendar program reads them, with its own parser."""
    found = Calendar.from_ical(calendar)
    assert found.errors == []
    return [{"start": one.start, "end": one.end, "title": str(one["SUMMARY"])} for one in found.events]


def test_every_agent_has_a_calendar_that_a_parser_accepts() -> None:
    plan = made("zh", customer_id=[f"客户,{n:05d};" for n in range(1, 41)])
    timed = plan.rows[(plan.rows["arm"] == "treat") & plan.rows["slot"].str.contains("-")]
    files = {name: text for name, text in plan.pages.items() if name.startswith("calendars/")}
    assert set(files) == {"calendars/Ann.ics", "calendars/Bo.ics"}
    for agent, own in timed.groupby("agent"):
        read = events(files[f"calendars/{agent}.ics"])
        assert len(read) == len(own)
        starts = {f"{row.date} {row.slot[:5]}" for row in own.itertuples()}
        assert {f"{one['start']:%Y-%m-%d %H:%M}" for one in read} == starts
        assert {str(one["title"]).split(" ", 2)[2] for one in read} == set(own["customer_id"])
    assert len(events(plan.pages["plan.ics"])) == len(timed)


def test_names_that_would_be_the_same_file_get_a_number() -> None:
    rows = pd.concat([row(agent=name) for name in ("Li/Wei", "li?WEI", "li_wei", "王伟")])
    assert sorted(calendars(rows, "x", datetime(2026, 3, 1))) == [
        "calendars/Li_Wei.ics",
        "calendars/li_WEI 2.ics",
        "calendars/li_wei 3.ics",
        "calendars/王伟.ics",
    ]


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
