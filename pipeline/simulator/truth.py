"""The truth as tables, written beside the records and read by nothing that learns from them."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.simulator.arrays import Reals
from pipeline.simulator.company import Company
from pipeline.simulator.futures import HORIZONS, Truth
from pipeline.simulator.path import Customers, Step
from pipeline.simulator.scenario import ACTIONS, TYPES

AHEAD_MONTHS = (2, 6)


def truth_rows(company: Company, step: Step, truth: Truth, ids: NDArray[np.object_]) -> pa.Table:
    """One row for each customer of the month: risks by horizon and type, value if staying, effects of actions.

    `p180` is the probability of leaving within 180 days of `as_of`, `p180_price` of leaving within them for that
    type (the types sum to `p180`); `revenue_180` and `margin_180` are expected given that the customer stays 180
    days; `effect_call_180` is the change of `p180` if the customer is called on that day (below zero: it helps).
    """
    columns: dict[str, NDArray[np.float64]] = {}
    for h, days in enumerate(HORIZONS):
        columns[f"p{days}"] = truth.risk[h]
        columns |= {f"p{days}_{name}": truth.by_type[h, k] for k, name in enumerate(TYPES)}
    columns["revenue_180"] = truth.revenue
    columns["margin_180"] = truth.revenue * company.scenario.spending.margin_share
    columns |= {f"effect_{name}_180": truth.effect[a] for a, name in enumerate(ACTIONS)}
    as_of = np.full(len(step.who), company.calendar.starts[step.month])
    keys = {"customer_id": pa.array(ids[step.who], pa.string()), "as_of": pa.array(as_of)}
    return pa.table(keys | {name: pa.array(values.astype(np.float32)) for name, values in columns.items()})


def latent_rows(customers: Customers, ids: NDArray[np.object_]) -> pa.Table:
    """What drives each customer and no record shows."""
    traits = customers.traits
    columns = {
        "satisfaction": traits.satisfaction,
        "price_sensitivity": traits.price_sensitivity,
        "voice": traits.voice,
        "habitual": traits.habitual,
        "lateness": traits.lateness,
        "monthly_spend": traits.spend,
        "purchase_rate": traits.purchase_rate,
    }
    columns |= {f"standing_log_hazard_{name}": traits.standing[k] for k, name in enumerate(TYPES)}
    return pa.table({"customer_id": pa.array(ids, pa.string())} | {k: pa.array(v) for k, v in columns.items()})


def monthly_latent_rows(company: Company, step: Step, ids: NDArray[np.object_]) -> pa.Table:
    """Where each customer really stood at the start of the month, and what the company has coming for them."""
    state = step.state
    columns = {
        "prior_purchases": state.purchases,
        "mood": state.mood,
        "silent_fault_load": state.fault,
        "complaint_load": state.complaint,
        "slow_load": state.slow,
        "price_load": state.price,
        "slide": state.slide,
        "late_load": state.late,
        **{f"contact_boost_{name}": state.boost[k] for k, name in enumerate(TYPES)},
        **_coming(company, step),
    }
    as_of = np.full(len(step.who), company.calendar.starts[step.month])
    keys = {"customer_id": pa.array(ids[step.who], pa.string()), "as_of": pa.array(as_of)}
    return pa.table(keys | {name: pa.array(values) for name, values in columns.items()})


def _coming(company: Company, step: Step) -> dict[str, Reals]:
    """Price rises, faults and load of the desk in the months ahead, which the truth knows and nobody else."""
    group, region = step.traits.price_group, step.traits.region
    columns: dict[str, Reals] = {}
    for months in AHEAD_MONTHS:
        ahead = slice(step.month, step.month + months)
        columns[f"coming_price_rise_{months}m"] = company.price_rise[ahead].sum(axis=0)[group]
        columns[f"coming_fault_rate_{months}m"] = company.fault_rate[ahead].mean(axis=0)[region]
        columns[f"coming_desk_load_{months}m"] = np.full(len(group), company.busy[ahead].mean(), dtype=np.float32)
    return columns
