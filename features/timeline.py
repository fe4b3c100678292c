"""Where the windows of each snapshot cut the events of its customer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from features.history import DAY_US

if TYPE_CHECKING:
    import duckdb

Array = np.ndarray[Any, np.dtype[Any]]
CUSTOMERS = "hf_customers"
NUMBER = "hf_number"  # a name that no column of a user can have: it stands beside theirs


@dataclass(frozen=True)
class Snapshots:
    """The snapshots in order of rid: their rid, the customer's number, which of the `moments` (microseconds) it is."""

    rid: Array
    customer: Array
    moments: Array
    moment: Array

    @classmethod
    def read(cls, con: "duckdb.DuckDBPyConnection") -> "Snapshots":
        """From the relation `snapshots`; leaves the customers' numbers in a temporary table."""
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {CUSTOMERS} AS SELECT customer_id, row_number() OVER (ORDER BY customer_id) "
            f"- 1 AS {NUMBER} FROM (SELECT DISTINCT customer_id FROM snapshots)"
        )
        sql = f"SELECT rid, {NUMBER}, epoch_us(as_of) FROM snapshots JOIN {CUSTOMERS} USING (customer_id) ORDER BY rid"
        rid, customer, as_of = (column.to_numpy() for column in con.sql(sql).to_arrow_table().columns)
        return cls(rid, customer, *np.unique(as_of, return_inverse=True))

    def times(self) -> pa.Array:
        """as_of of each snapshot."""
        return pa.array(self.moments[self.moment], pa.timestamp("us"))

    def place(self, rid: Array) -> pa.Array:
        """For each snapshot the place of its rid in an array of some of them; NULL where it is not there."""
        place = np.full(len(self.rid), -1, dtype=np.int64)
        place[np.searchsorted(self.rid, rid)] = np.arange(len(rid))
        return pa.array(place, mask=place < 0)


@dataclass(frozen=True)
class Timeline:
    """The events of all customers in order of customer and time, and where each window of each snapshot cuts them."""

    customer: Array
    time: Array
    order: Array | None
    snapshots: Snapshots

    @classmethod
    def of(cls, customer: Array, time: Array, snapshots: Snapshots) -> "Timeline":
        """Events in any order; prepared tables are in order, which costs one look."""
        later = (customer[1:] > customer[:-1]) | ((customer[1:] == customer[:-1]) & (time[1:] >= time[:-1]))
        order = None if later.all() else np.lexsort((time, customer))
        if order is not None:
            customer, time = customer[order], time[order]
        return cls(customer, time, order, snapshots)

    def sorted(self, values: Array) -> Array:
        """Values given in the order of the events as they came."""
        return values if self.order is None else values[self.order]

    def moments(self) -> Array:
        """For each event the place of the first event of its customer at the same time."""
        new = np.ones(len(self.time), dtype=bool)
        new[1:] = (self.customer[1:] != self.customer[:-1]) | (self.time[1:] != self.time[:-1])
        return np.asarray(np.maximum.accumulate(np.where(new, np.arange(len(self.time)), 0)))

    def firsts(self) -> Array:
        """For each event the place of the first event of its customer."""
        return np.searchsorted(self.customer, self.customer, side="left")

    def cut(self, days_before: int) -> Array:
        """How many events, of all customers up to this one, lie before the moment so many days before each snapshot.

        Times are ranked among the moments asked for, so that customer and time fit one sorted number.
        """
        moments = self.snapshots.moments - days_before * DAY_US
        step = len(moments) + 1
        events = self.customer * step + np.searchsorted(moments, self.time, side="right")
        return np.searchsorted(events, self.snapshots.customer * step + self.snapshots.moment, side="right")

    def begin(self) -> Array:
        """How many events all earlier customers have, for each snapshot."""
        return np.searchsorted(self.customer, self.snapshots.customer, side="left")
