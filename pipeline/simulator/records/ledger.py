"""All tables of one partition of customers, gathered month by month."""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.simulator.company import Company
from pipeline.simulator.path import Customers, Step
from pipeline.simulator.records.contracts import contracts, with_later_facts
from pipeline.simulator.records.money import price_notices, reminders, transactions, usage
from pipeline.simulator.records.people import customer_file
from pipeline.simulator.records.relations import contacts, defections
from pipeline.simulator.records.service import complaints, surveys
from pipeline.simulator.records.table import Table, in_order, numbered, stack, to_arrow

Recorder = Callable[[Company, Customers, Step, np.random.Generator], list[Table]]

# Every monthly table: who records it, and the column that says when a row happened.
RECORDERS: Mapping[str, tuple[Recorder, str]] = {
    "transactions": (transactions, "occurred_at"),
    "contracts": (contracts, "starts_at"),
    "complaints": (complaints, "opened_at"),
    "contacts": (contacts, "occurred_at"),
    "surveys": (surveys, "occurred_at"),
    "defections": (defections, "occurred_at"),
    "usage": (usage, "occurred_at"),
    "price_notices": (price_notices, "occurred_at"),
    "reminders": (reminders, "occurred_at"),
}
NUMBERED = {"contracts": ("K", "contract_id"), "complaints": ("P", "complaint_id")}


class Ledger:
    """Collects what each month recorded and closes the books into Arrow tables."""

    def __init__(self, company: Company, customers: Customers, rng: np.random.Generator) -> None:
        self._company, self._customers, self._rng = company, customers, rng
        self._pages: dict[str, list[Table]] = {name: [] for name in RECORDERS}

    def record(self, step: Step) -> None:
        """Add one month."""
        for name, (recorder, _) in RECORDERS.items():
            self._pages[name] += recorder(self._company, self._customers, step, self._rng)

    def close(self, ids: NDArray[np.object_]) -> dict[str, pa.Table]:
        """The finished tables by name; tables that this company does not keep are absent."""
        tables = {name: in_order(stack(pages), RECORDERS[name][1]) for name, pages in self._pages.items() if pages}
        if "contracts" in tables:
            end = self._company.calendar.end
            tables["contracts"] = with_later_facts(tables["contracts"], tables["defections"], end)
        for name in NUMBERED.keys() & tables.keys():
            tables[name] = numbered(NUMBERED[name][0], tables[name], NUMBERED[name][1], ids)
        tables["customers"] = customer_file(self._company, self._customers, self._rng)
        return {name: to_arrow(table, ids) for name, table in tables.items()}
