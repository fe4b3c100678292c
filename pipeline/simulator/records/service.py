"""Complaints with their answers, and what customers say when asked."""

import numpy as np

from pipeline.simulator.arrays import Doubles, Ints, Times
from pipeline.simulator.company import Company
from pipeline.simulator.events import Complaints, causes, limits
from pipeline.simulator.path import Customers, Step
from pipeline.simulator.people import CHANNELS
from pipeline.simulator.records.table import NEVER, Coded, Table, known_by, pick
from pipeline.simulator.records.texts import Texts, complaint_texts, survey_texts
from pipeline.simulator.scenario import CAUSES

CAUSE_KNOWN = 0.85
RATED = 0.35
ESCALATED = 0.12  # of the overdue, for each unit of log overrun
GRADES = ("1", "2", "3", "4", "5")
ANSWERED_ANYWAY = 0.7  # of the complaints that are never resolved


def complaints(company: Company, customers: Customers, step: Step, rng: np.random.Generator) -> list[Table]:
    """The complaints opened this month; what happens to them later carries its own times."""
    case, when, end = step.events.complaints, company.calendar, company.calendar.end
    n, cause = len(case.who), causes(case, rng)
    opened = when.moment(step.month, case.share.astype(np.float64))
    resolved = _after(opened, case.hours.astype(np.float64))
    escalated = known_by(_escalated(company, case, opened, rng), end)
    rated = np.where(rng.random(n) < RATED, _after(resolved, rng.uniform(1, 72, n)), NEVER)
    rows: Table = {
        "customer": step.who[case.who],
        "opened_at": opened,
        "responded_at": known_by(_after(opened, _answer_hours(case, rng)), end),
        "resolved_at": known_by(resolved, end),
        "reopened_at": known_by(_reopened(company, case, opened, rng), end),
        "cause": Coded(np.where(rng.random(n) < CAUSE_KNOWN, cause, -1), CAUSES),
        "grade": Coded(case.grade - 1, GRADES),
        "channel": Coded(rng.integers(0, len(CHANNELS), n), CHANNELS),
        "satisfied": _ratings(step, known_by(rated, end), rng),
        "rated_at": known_by(rated, end),
        "compensation": _compensation(step, rng),
        "escalated_at": escalated,
        "escalated": ~np.isnat(escalated),
        "handled_by": Coded(case.handler, tuple(f"H{k:02d}" for k in range(company.scenario.desk.handlers))),
        "text": complaint_texts(cause, case.large, rng),
    }
    return [pick(rows, case.share < step.leave_share[case.who])]


def _after(times: Times, hours: Doubles) -> Times:
    seconds = np.where(np.isfinite(hours), hours, 0) * 3600
    return np.where(np.isfinite(hours), times + seconds.astype(np.int64).astype("timedelta64[s]"), NEVER)


def _answer_hours(case: Complaints, rng: np.random.Generator) -> Doubles:
    """Hours to the first answer: a part of the hours to resolution; some get an answer and no solution."""
    n = len(case.who)
    empty = np.where(rng.random(n) < ANSWERED_ANYWAY, rng.lognormal(3, 1, n), np.inf)
    hours: Doubles = np.where(np.isfinite(case.hours), case.hours * rng.beta(1.5, 4, n), empty)
    return hours


def _reopened(company: Company, case: Complaints, opened: Times, rng: np.random.Generator) -> Times:
    """Some are closed too early and opened again; `resolved_at` is the last resolution."""
    n = len(case.who)
    again = (rng.random(n) < company.scenario.desk.reopen_share) & np.isfinite(case.hours)
    return np.where(again, _after(opened, case.hours.astype(np.float64) * rng.uniform(0.4, 0.9, n)), NEVER)


def _escalated(company: Company, case: Complaints, opened: Times, rng: np.random.Generator) -> Times:
    """Some of the overdue are taken to an authority while they wait."""
    n, allowed = len(case.who), limits(company.scenario.desk, case.grade)
    taken = rng.random(n) < ESCALATED * case.overrun
    return np.where(taken, _after(opened, (allowed * np.exp(case.overrun * rng.random(n))).astype(np.float64)), NEVER)


def _ratings(step: Step, rated: Times, rng: np.random.Generator) -> Texts:
    case = step.events.complaints
    mood = step.traits.satisfaction[case.who] + step.state.mood[case.who]
    pleased = (rng.random(len(case.who)) < 1 / (1 + np.exp(-(1.2 - 1.2 * case.overrun + 0.7 * mood)))).astype(object)
    pleased[np.isnat(rated)] = None
    return pleased


def _compensation(step: Step, rng: np.random.Generator) -> Doubles:
    case = step.events.complaints
    given = case.after_fault & (rng.random(len(case.who)) < 0.2 + 0.3 * case.large)
    amount = step.traits.spend[case.who] * rng.uniform(0.05, 0.3, len(case.who))
    return np.where(given, np.round(amount, 2), 0.0).astype(np.float64)


def surveys(company: Company, customers: Customers, step: Step, rng: np.random.Generator) -> list[Table]:
    """Answers to the question whether one would recommend the company, 0 to 10, and after service 1 to 5."""
    who = np.flatnonzero(rng.random(len(step.who)) < company.scenario.survey_rate)
    feeling = (step.traits.satisfaction + step.state.mood - 0.8 * step.state.slow - 0.5 * step.state.fault)[who]
    kind = (rng.random(len(who)) < 0.4).astype(np.int64)
    score = np.where(kind == 0, 7.3 + 1.6 * feeling, 3.7 + 0.8 * feeling) + rng.normal(0, np.where(kind == 0, 1.3, 0.6))
    share = rng.random(len(who))
    bounded: Ints = np.clip(np.rint(score), np.where(kind == 0, 0, 1), np.where(kind == 0, 10, 5)).astype(np.int64)
    rows: Table = {
        "customer": step.who[who],
        "occurred_at": company.calendar.moment(step.month, share),
        "score": bounded,
        "kind": Coded(kind, ("nps", "csat")),
        "text": survey_texts(feeling, rng),
    }
    return [pick(rows, share < step.leave_share[who])]
