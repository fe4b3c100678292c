"""`holdfast learn`: planted effects are found, in customers and in money, and the next plan goes by them."""

import json
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from features.errors import DataError, MissingColumnError, MissingFileError
from pipeline.config.load import load
from pipeline.learn import learn
from pipeline.learning.for_plan import learned_for
from pipeline.learning.learned import read_learned
from pipeline.learning.result import LearnReport
from pipeline.learning.trial import Effect
from tests.cli import Cli
from tests.planted_trial import AS_OF, HORIZON_DAYS, MARGIN, MONTHLY, Firm, Group, write

HELPS = Group("call", treated=1800, treated_left=180, control=600, control_left=120)
NOTHING = Group("letter", treated=900, treated_left=90, control=300, control_left=30, agent="Bo", type="service")
PURCHASES_LOST = 5  # of six months; a leaver still buys once before leaving
REPLACING_AND_HANDLING = 25.0


def report(firm: Firm) -> LearnReport:
    return learn(firm.config, firm.plan, firm.contacts).report


def effect(found: LearnReport, by: str, name: str) -> Effect:
    return next(one for one in found.effects if (one.by, one.name) == (by, name))


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return write(tmp_path_factory.mktemp("firm"), [HELPS, NOTHING])


@pytest.fixture(scope="module")
def found(firm: Firm) -> LearnReport:
    return report(firm)


def test_the_planted_number_of_saved_customers_is_found_by_action(found: LearnReport) -> None:
    call, letter = effect(found, "action", "call"), effect(found, "action", "letter")
    assert call.saved_customers.value == pytest.approx(1800 * (120 / 600 - 180 / 1800), rel=0.05)
    assert call.claimed and call.saved_customers.low is not None and call.saved_customers.low > 0
    assert letter.saved_customers.value == pytest.approx(0, abs=10)
    assert not letter.claimed


def test_saved_money_is_the_margin_that_came_in_less_what_leaving_costs(found: LearnReport) -> None:
    call = effect(found, "action", "call")
    assert call.saved_customers.value is not None and call.saved_money.value is not None
    worth = call.saved_money.value / call.saved_customers.value
    assert worth == pytest.approx(PURCHASES_LOST * MONTHLY * MARGIN + REPLACING_AND_HANDLING)
    assert call.cost == pytest.approx(2.0 * 1800)
    assert call.net_money.value == pytest.approx(call.saved_money.value - 2.0 * 1800)


def test_the_whole_and_the_groups_are_reported_with_intervals_around_them(found: LearnReport) -> None:
    assert [one.name for one in found.effects if one.by == "type"] == ["price", "service"]
    assert [one.name for one in found.effects if one.by == "agent"] == ["Ann", "Bo"]
    overall = found.overall
    assert overall.treated == 2700 and overall.control == 900
    assert overall.saved_customers.low is not None and overall.saved_customers.high is not None
    assert overall.saved_customers.low < 180 < overall.saved_customers.high


def test_an_agent_is_compared_with_the_hold_out_of_the_same_actions(found: LearnReport) -> None:
    assert effect(found, "agent", "Ann").control == HELPS.control
    assert effect(found, "agent", "Ann").claimed
    assert not effect(found, "agent", "Bo").claimed


def test_obligations_are_no_part_of_the_trial(found: LearnReport) -> None:
    assert found.planned == found.settled == 3600


def test_odds_move_to_what_was_found_for_the_type_that_left(found: LearnReport) -> None:
    odds = {(one.action, one.type): one for one in found.learned.odds}
    assert odds["call", "price"].prior_mean == pytest.approx(0.25)
    assert odds["call", "price"].mean == pytest.approx(0.5, abs=0.08)
    assert odds["letter", "any"].mean < 0.15
    assert "spring" in odds["call", "price"].source and "1,800" in odds["call", "price"].source
    verdicts = {one.action: one.verdict for one in found.learned.actions}
    assert verdicts == {"call": "keeps", "letter": "too_few"}


def test_the_next_plan_takes_the_odds_by_itself_and_says_so(firm: Firm, found: LearnReport) -> None:
    config = load(firm.config)
    assert config.plan is not None
    settings, effects = learned_for(config.plan, read_learned(config.learned_path))
    prior = settings.actions[0].success["price"]
    assert prior.status == "own" and prior.mean == pytest.approx(0.5, abs=0.08)
    assert effects.basis == "updated" and effects.source == "spring"


def test_learning_the_same_plan_again_counts_nothing_twice(firm: Firm, found: LearnReport) -> None:
    again = report(firm)
    assert again.learned == found.learned


def test_a_second_plan_adds_to_the_first(tmp_path: Path) -> None:
    first = write(tmp_path, [HELPS])
    before = report(first).learned
    summary = first.plan / "summary.json"
    summary.write_text(summary.read_text(encoding="utf-8").replace("spring", "autumn"), encoding="utf-8")
    after = report(first).learned
    assert [one.plan_id for one in after.plans] == ["spring", "autumn"]
    once, twice = (next(o for o in told.odds if o.type == "price") for told in (before, after))
    assert twice.a + twice.b > once.a + once.b
    assert after.actions[0].contacts == 2 * before.actions[0].contacts


def test_a_name_that_is_used_again_at_another_snapshot_is_another_plan(tmp_path: Path) -> None:
    first = write(tmp_path, [HELPS])
    report(first)
    summary = first.plan / "summary.json"
    moved = summary.read_text(encoding="utf-8").replace(AS_OF.isoformat(), (AS_OF - timedelta(days=1)).isoformat())
    summary.write_text(moved, encoding="utf-8")
    assert [one.as_of for one in report(first).learned.plans] == ["2025-01-01T00:00:00", "2024-12-31T00:00:00"]


def test_what_both_arms_would_have_cost_anyway_is_no_cost_of_the_plan(tmp_path: Path) -> None:
    idle = write(tmp_path, [Group("call", treated=300, treated_left=30, control=300, control_left=30)])
    calls = pd.read_csv(idle.contacts)
    newsletter = idle.people[["customer_id"]].assign(action="newsletter", cost=50.0, occurred_at="2025-02-01")
    pd.concat([calls, newsletter]).to_csv(idle.contacts, index=False)
    found = effect(report(idle), "action", "call")
    assert found.cost == pytest.approx(2.0 * 300)
    assert found.saved_money.value is not None
    assert found.net_money.value == pytest.approx(found.saved_money.value - 2.0 * 300)


def test_who_leaves_in_the_gap_before_the_outcome_window_counts_in_their_arm(tmp_path: Path) -> None:
    """Everybody here who leaves does so after 45 days; the window begins after 60."""
    firm = write(tmp_path, [HELPS])
    text = firm.config.read_text(encoding="utf-8")
    gap = text.replace(f"horizon_days: {HORIZON_DAYS}", f"gap_days: 60\n  horizon_days: {HORIZON_DAYS - 60}")
    assert gap != text
    firm.config.write_text(gap, encoding="utf-8")
    found = report(firm)
    assert found.settled == found.planned == 2400
    assert effect(found, "action", "call").saved_customers.value == pytest.approx(180, rel=0.05)


def test_before_the_horizon_has_passed_it_refuses_with_the_date(tmp_path: Path, holdfast: Cli) -> None:
    early = write(tmp_path, [HELPS], until=AS_OF + timedelta(days=HORIZON_DAYS - 1))
    ran = holdfast("learn", early.config, "--plan", early.plan, "--contacts", early.contacts)
    assert ran.code == 4
    assert f"{AS_OF + timedelta(days=HORIZON_DAYS):%Y-%m-%d}" in ran.err
    assert not (tmp_path / ".holdfast" / "learned").exists()


def test_compliance_counts_who_was_contacted_and_who_should_not_have_been(tmp_path: Path) -> None:
    small = write(tmp_path, [Group("call", 60, 6, 40, 8), Group("letter", 60, 6, 40, 4)])
    rows = pd.read_csv(small.contacts)
    rows = rows[rows["customer_id"] != "g0-00000"]
    rows.loc[rows["customer_id"] == "g0-00001", "action"] = "letter"
    rows.loc[rows["customer_id"] == "g0-00002", "occurred_at"] = "2025-12-01"
    rows["outcome"] = ["unreached"] + ["accepted"] * (len(rows) - 1)
    stray = rows.tail(1).assign(customer_id="g1-00099")
    named = rows.tail(1).assign(customer_id="g1-00098", arm="control")
    pd.concat([rows, stray, named]).to_csv(small.contacts, index=False)
    found = report(small)
    by_action = {one.action: one for one in found.compliance}
    assert (by_action["call"].treated, by_action["call"].contacted, by_action["call"].as_planned) == (60, 58, 57)
    assert by_action["call"].reached == 57
    assert by_action["letter"].control_contacted == by_action["all"].control_contacted == 1
    assert {"control_contacted", "not_contacted"} <= set(found.notes)


def test_an_action_shown_to_drive_customers_away_is_offered_no_more(tmp_path: Path) -> None:
    harmful = write(tmp_path, [Group("call", 500, 150, 300, 30), HELPS])
    learned = report(write(tmp_path / "b", [Group("letter", 500, 150, 300, 30)])).learned
    assert learned.never == {"letter"}
    assert report(harmful).learned.actions[0].contacts == 3200


def test_an_action_tried_often_without_an_effect_is_offered_no_more(tmp_path: Path) -> None:
    learned = report(write(tmp_path, [Group("call", 1500, 150, 1500, 150)])).learned
    assert {one.action: one.verdict for one in learned.actions} == {"call": "not_shown", "letter": "too_few"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_and_report_are_written_whole_in_the_plans_language(tmp_path: Path, language: str) -> None:
    there = write(tmp_path, [Group("call", 60, 6, 40, 8), Group("letter", 60, 6, 40, 4)], language=language)
    done = learn(there.config, there.plan, there.contacts, tmp_path / "out")
    assert {path.name for path in done.out.iterdir()} == {"learned.json", "report.json", "report.html", "drawn.parquet"}
    html = (done.out / "report.html").read_text(encoding="utf-8")
    assert "{" not in html.split("</style>")[1]
    assert ("挽回" in html) == (language == "zh")
    written = json.loads((done.out / "report.json").read_text(encoding="utf-8"))
    assert written == done.report.model_dump(mode="json")


def test_json_and_text_say_the_same(firm: Firm, holdfast: Cli, tmp_path: Path) -> None:
    words = ("learn", firm.config, "--plan", firm.plan, "--contacts", firm.contacts, "--out", tmp_path / "l")
    said, as_json = holdfast(*words), holdfast(*words, "--json")
    assert said.code == as_json.code == 0
    saved = json.loads(as_json.out)["effects"][0]["saved_customers"]["value"]
    assert f"{saved:,.1f} customers saved" in said.out


def test_a_plan_without_a_hold_out_cannot_be_learned_from(tmp_path: Path) -> None:
    bare = write(tmp_path, [Group("call", 50, 5, 0, 0)])
    with pytest.raises(DataError, match="holdout_share"):
        report(bare)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    small = write(tmp_path, [Group("call", 60, 6, 40, 8)])
    with pytest.raises(MissingFileError, match="nowhere"):
        learn(small.config, small.plan, tmp_path / "nowhere.csv")
    with pytest.raises(MissingFileError, match="summary"):
        learn(small.config, tmp_path, small.contacts)
    pd.DataFrame({"customer_id": ["a"]}).to_csv(tmp_path / "short.csv", index=False)
    with pytest.raises(MissingColumnError, match="occurred_at"):
        learn(small.config, small.plan, tmp_path / "short.csv")


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    small = write(tmp_path, [Group("call", 60, 6, 40, 8)])
    with pytest.raises(DataError, match="something else"):
        learn(small.config, small.plan, small.contacts, tmp_path)
