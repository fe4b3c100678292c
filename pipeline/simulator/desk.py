"""How busy the complaint desk is each month: one queue for the whole company.

Answers slow down when load rises, and slow answers bring more trouble, so load depends on itself. A pilot of a few
thousand customers, drawn from its own stream, is played through until the load it assumes is about the load it
causes. Load is counted per customer, so it does not depend on how many customers the company has, and every partition
can be simulated alone.
"""

import numpy as np

from pipeline.simulator.arrays import PATH, PEOPLE, Doubles, stream
from pipeline.simulator.company import Company
from pipeline.simulator.path import recruit, walk

PILOT_CUSTOMERS = 4_000
PILOT_PARTITION = 2**31 - 2
ROUNDS = 2
STEEPNESS = 1.5
SLOWEST, FASTEST = 6.0, 0.7


def settle_load(company: Company, seed: int) -> Company:
    """The company with the load that its own complaints cause."""
    pilot = recruit(company, 0, PILOT_CUSTOMERS, stream(seed, PILOT_PARTITION, PEOPLE))
    for _ in range(ROUNDS):
        steps = walk(company, pilot, stream(seed, PILOT_PARTITION, PATH))
        inflow = np.array([len(s.events.complaints.who) / len(s.who) for s in steps])
        company = company.with_load(_busy(inflow, company.scenario.desk.capacity, len(company.busy)))
    return company


def _busy(inflow: Doubles, capacity_share: float, span: int) -> Doubles:
    """Factor on hours by month: load over capacity, what is not done in a month waiting for the next."""
    capacity, waiting, busy = capacity_share * inflow.mean(), 0.0, np.ones(span)
    for month in range(span):
        load = waiting + (inflow[month] if month < len(inflow) else inflow.mean())
        waiting = max(0.0, load - capacity)
        busy[month] = np.clip((load / capacity) ** STEEPNESS, FASTEST, SLOWEST)
    return busy
