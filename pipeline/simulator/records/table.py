"""Tables under construction: plain arrays by column, turned into Arrow at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.simulator.arrays import Bools, Ints, Times

NEVER = np.datetime64("NaT", "s")


@dataclass(frozen=True)
class Coded:
    """A column of names, stored as codes; -1 is NULL."""

    codes: Ints
    names: tuple[str, ...]

    def __getitem__(self, index: NDArray[Any]) -> "Coded":
        return Coded(self.codes[index], self.names)


Column = NDArray[Any] | Coded
# The column `customer` (position in the partition) is in every table; `Table` columns share one length.
Table = dict[str, Column]


def pick(table: Table, index: Ints | Bools) -> Table:
    """The rows at `index`, or those where it is true."""
    return {name: column[index] for name, column in table.items()}


def stack(tables: Sequence[Table]) -> Table:
    """One table from many with the same columns."""
    return {name: _join([table[name] for table in tables]) for name in tables[0]}


def _join(columns: list[Column]) -> Column:
    first = columns[0]
    if isinstance(first, Coded):
        return Coded(np.concatenate([c.codes for c in columns if isinstance(c, Coded)]), first.names)
    return np.concatenate([c for c in columns if not isinstance(c, Coded)])


def in_order(table: Table, time: str) -> Table:
    """By customer, then by time, then as they were recorded."""
    return pick(table, np.lexsort((np.asarray(table[time]), np.asarray(table["customer"]))))


def known_by(times: Times, end: np.datetime64) -> Times:
    """Times that lie before the end of the records; later facts are not there yet."""
    return np.where(times < end, times, NEVER)


def numbered(prefix: str, table: Table, name: str, ids: NDArray[Any]) -> Table:
    """With an id in front: the customer's own id and a running number within the customer."""
    customer = np.asarray(table["customer"])
    start = np.searchsorted(customer, customer)
    running = np.arange(len(customer)) - start + 1
    labels = [f"{prefix}{ids[c][1:]}-{k}" for c, k in zip(customer, running, strict=True)]
    return {"customer": customer, name: np.array(labels, dtype=object)} | {
        k: v for k, v in table.items() if k != "customer"
    }


def to_arrow(table: Table, ids: NDArray[Any]) -> pa.Table:
    """The finished table, with `customer_id` in the place of positions."""
    names = pa.array(ids, pa.string())
    columns = {"customer_id": names.take(pa.array(table["customer"]))}
    columns |= {name: _arrow(column) for name, column in table.items() if name != "customer"}
    return pa.table(columns)


def _arrow(column: Column) -> pa.Array:
    if isinstance(column, Coded):
        codes = pa.array(column.codes, pa.int32(), mask=column.codes < 0)
        return pa.array(column.names, pa.string()).take(codes)
    if column.dtype == object:
        return pa.array(column, from_pandas=True)
    if column.dtype.kind == "f":
        return pa.array(column, mask=np.isnan(column))
    return pa.array(column)
