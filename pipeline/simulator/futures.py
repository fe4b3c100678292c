"""The truth about a moment, by playing its future many times (`docs/simulator.md` has the argument).

From the state at the start of a month, `plays` independent futures run on under the company's own policy. Along each,
the chance of having stayed is the product of exact monthly chances, so nothing is gained or lost by coin flips of
leaving itself; the mean over the plays is unbiased for the true probability.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.arrays import Columns, Doubles, Reals
from pipeline.simulator.crowd import Crowd, Moment
from pipeline.simulator.dynamics import advance, effect_on_log
from pipeline.simulator.events import happen
from pipeline.simulator.months import FUTURE_MONTHS
from pipeline.simulator.scenario import ACTIONS, Scenario
from pipeline.simulator.state import exits, hazards

HORIZONS = (30, 90, 180)
VALUE_DAYS = 180
MOST_LEAVING = 0.999  # of a month; keeps logarithms finite


@dataclass
class Truth(Columns):
    """For each customer: `risk` (horizons, n), `by_type` (horizons, 4, n), value in money, effect (actions, n)."""

    risk: Doubles
    by_type: Doubles
    revenue: Doubles  # expected over 180 days, given that the customer stays that long
    effect: Doubles  # on the 180-day risk, of each action on this day


@dataclass
class _Plays:
    """Means over plays so far: leaving by month and type, staying at each month's start, revenue of stayers."""

    gone: Doubles  # (months, 4, n)
    kept: Doubles  # (months + 1, n)
    revenue: Doubles
    stayed: Doubles


def look_ahead(now: Moment, crowd: Crowd, plays: int, rng: np.random.Generator) -> Truth:
    """The truth at the start of the month for every customer of the crowd."""
    runs = _play(now, crowd, plays, rng)
    shares = np.stack([now.company.calendar.share_of_months(now.month, days) for days in HORIZONS])
    by_type = np.einsum("hm,mkn->hkn", shares, runs.gone)
    return Truth(
        risk=by_type.sum(axis=1),
        by_type=by_type,
        revenue=runs.revenue / runs.stayed,
        effect=_effects(now.scenario, crowd, runs, shares[HORIZONS.index(VALUE_DAYS)]),
    )


def _play(now: Moment, crowd: Crowd, plays: int, rng: np.random.Generator) -> _Plays:
    n = len(crowd)
    crowd = crowd.take(np.tile(np.arange(n), plays))
    kept, revenue = np.ones(n * plays, dtype=np.float32), np.zeros(n * plays, dtype=np.float32)
    gone, staying = [], [_mean(kept, plays)]
    for ahead, share in enumerate(now.company.calendar.share_of_months(now.month, VALUE_DAYS)):
        then = Moment(now.company, now.month + ahead)
        leave = exits(hazards(then.scenario, crowd.traits, crowd.state, then.day))
        gone.append(_mean(kept * leave, plays))
        kept = kept * (1 - leave.sum(axis=0))
        staying.append(_mean(kept, plays))
        events = happen(then, crowd, rng)
        revenue += np.float32(share) * events.revenue
        crowd = Crowd(crowd.traits, advance(then, crowd, events, rng))
    return _Plays(np.stack(gone), np.stack(staying), _mean(kept * revenue, plays), staying[-1])


def _mean(values: Reals, plays: int) -> Doubles:
    """Mean over the plays, which are stored one after another on the last axis."""
    shape = (*values.shape[:-1], plays, values.shape[-1] // plays)
    mean: Doubles = values.reshape(shape).mean(axis=-2, dtype=np.float64)
    return mean


def _effects(scenario: Scenario, crowd: Crowd, runs: _Plays, shares: Doubles) -> Doubles:
    """Change of the 180-day risk by each action: mean hazards of the plays, shifted by the fading effect."""
    leave = runs.gone / runs.kept[:-1, None]
    total = np.minimum(leave.sum(axis=1, keepdims=True), MOST_LEAVING)
    hazard = leave * (-np.log1p(-total) / np.maximum(total, np.finfo(float).tiny))
    base = _risk(hazard, shares)
    return np.stack([_risk(hazard * _fading(scenario, crowd, a), shares) - base for a in range(len(ACTIONS))])


def _fading(scenario: Scenario, crowd: Crowd, action: int) -> Doubles:
    """Factor on the hazards of the months ahead, shape (months, 4, n), when the action is taken now."""
    effect = effect_on_log(scenario, crowd, np.full(len(crowd), action))
    left = scenario.memory.contact ** np.arange(FUTURE_MONTHS)
    factor: Doubles = np.exp(left[:, None, None] * effect)
    return factor


def _risk(hazard: Doubles, shares: Doubles) -> Doubles:
    """Probability of leaving within the horizon, from hazards by month and type and the months' shares in it."""
    leave = -np.expm1(-hazard.sum(axis=1))
    kept = np.cumprod(np.vstack([np.ones((1, leave.shape[1])), 1 - leave]), axis=0)[:-1]
    risk: Doubles = (shares[:, None] * kept * leave).sum(axis=0)
    return risk
