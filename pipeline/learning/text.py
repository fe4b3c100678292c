"""What `holdfast learn` says on the terminal."""

from pathlib import Path

from pipeline.learning.page import verdict
from pipeline.learning.result import LearnReport
from pipeline.learning.trial import Amount
from pipeline.learning.words import ENGLISH
from pipeline.text import table


def text(report: LearnReport, out: Path) -> str:
    """The result, by action, what the next plan will believe."""
    found, all_of = report.overall, report.compliance[0]
    lines = [
        f"holdfast learn {report.plan_id}: planned {report.as_of[:10]}, outcome known {report.known_by[:10]}; "
        f"{report.settled:,} of {report.planned:,} offers have a known outcome",
        verdict(report, ENGLISH),
        f"money saved {_shown(found.saved_money)} {report.currency}, after cost {_shown(found.net_money)}",
        f"carried out: {all_of.contacted:,} of {all_of.treated:,} contacted, {all_of.as_planned:,} as planned; "
        f"{all_of.control_contacted:,} of {all_of.control:,} held out were contacted all the same",
        "",
        *table([["action", "contacted", "held out", "customers saved", "judgement"], *_actions(report)]),
        "",
        *table([["action", "type", "odds before", "odds now"], *_odds(report)]),
        *(f"note: {ENGLISH[f'{code}_note']}" for code in report.notes),
        f"wrote {out}",
    ]
    return "\n".join(lines)


def _actions(report: LearnReport) -> list[list[str]]:
    verdicts = {one.action: ENGLISH[one.verdict] for one in report.learned.actions}
    return [
        [one.name, f"{one.treated:,}", f"{one.control:,}", _shown(one.saved_customers), verdicts.get(one.name, "")]
        for one in report.effects
        if one.by == "action"
    ]


def _odds(report: LearnReport) -> list[list[str]]:
    return [[one.action, one.type, f"{one.prior_mean:.1%}", f"{one.mean:.1%}"] for one in report.learned.odds]


def _shown(found: Amount) -> str:
    if found.value is None or found.low is None:
        return "not known"
    return f"{found.value:,.1f} ({found.low:,.1f} to {found.high:,.1f})"
