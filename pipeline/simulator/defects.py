"""Defects that real exports have, planted on request and counted, so that a check can be checked.

Planted: orphans (rows of customers that do not exist), duplicates (a row twice), impossible times (resolved before
opened, ended before begun), future dates; and an export of the complaint texts as CSV in two encodings at once. No row
has two defects, so every count can be found again in the data.
"""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.simulator.arrays import DEFECTS, Ints, stream

SHARE = 0.004  # of the rows of a table, for each kind of defect
FUTURE = np.datetime64("2199-01-01T00:00:00", "s")
EXPORT, ENCODING = "complaint_export", "encoding"
OLD_ENCODING = "gb18030"  # of the system that some of the texts come from
WRITTEN_IN_OLD = 0.1  # of the texts that are not plain ASCII
EXPORTED = ("complaint_id", "customer_id", "opened_at", "text")

# Duplicates come last: they repeat rows and must not move the others.
PLANTED: dict[str, tuple[str, ...]] = {
    "customers": ("duplicates",),
    "transactions": ("orphans", "future_dates"),
    "complaints": ("orphans", "resolved_before_opened", "duplicates"),
    "contracts": ("end_before_start",),
}

Spoilt = tuple[dict[str, pa.Table], dict[str, int]]


def spoil(tables: dict[str, pa.Table], seed: int, partition: int) -> Spoilt:
    """The tables with defects, and how many of each kind under `table.kind`."""
    rng, counts = stream(seed, partition, DEFECTS), {}
    spoilt = dict(tables)
    for name, kinds in PLANTED.items():
        if name in spoilt:
            drawn = rng.permutation(spoilt[name].num_rows)
            several = max(1, round(SHARE * len(drawn)))
            for number, kind in enumerate(kinds):
                rows = np.sort(drawn[number * several : (number + 1) * several])
                spoilt[name] = _KINDS[kind](spoilt[name], rows)
                counts[f"{name}.{kind}"] = len(rows)
    return spoilt, counts


def mixed_export(complaints: pa.Table, seed: int, partition: int) -> tuple[bytes, int]:
    """The complaints as a CSV whose texts are UTF-8 in most lines and GB18030 in some; and in how many."""
    # Its own stream: the defects of the tables stay as they are.
    rng, old, lines = np.random.default_rng([seed, partition, DEFECTS]), 0, []
    for row in complaints.select(EXPORTED).to_pylist():
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(row.values())
        line, chance = text.getvalue(), rng.random()
        mixed = not line.isascii() and chance < WRITTEN_IN_OLD
        old += mixed
        lines.append(line.encode(OLD_ENCODING if mixed else "utf-8"))
    return b"".join([(",".join(EXPORTED) + "\n").encode(), *lines]), old


def _orphans(table: pa.Table, rows: Ints) -> pa.Table:
    return _change(table, "customer_id", rows, lambda ids: pc.binary_replace_slice(ids, 0, 1, "X"))


def _duplicates(table: pa.Table, rows: Ints) -> pa.Table:
    return pa.concat_tables([table, table.take(pa.array(rows))])


def _resolved_before_opened(table: pa.Table, rows: Ints) -> pa.Table:
    return _swap_before(table, "resolved_at", "opened_at", rows)


def _end_before_start(table: pa.Table, rows: Ints) -> pa.Table:
    return _swap_before(table, "ends_at", "starts_at", rows)


def _swap_before(table: pa.Table, late: str, early: str, rows: Ints) -> pa.Table:
    before = pc.subtract(table[early], pa.scalar(np.timedelta64(86_400, "s")))
    return _change(table, late, rows, lambda _: before)


def _future_dates(table: pa.Table, rows: Ints) -> pa.Table:
    return _change(table, "occurred_at", rows, lambda times: pa.scalar(FUTURE, times.type))


def _change(table: pa.Table, column: str, rows: Ints, change: object) -> pa.Table:
    """`table` with `change` applied to `column` at `rows`."""
    mask = np.zeros(table.num_rows, dtype=bool)
    mask[rows] = True
    assert callable(change)
    new = pc.if_else(pa.array(mask), change(table[column]), table[column])
    return table.set_column(table.schema.get_field_index(column), column, new)


_KINDS = {
    "orphans": _orphans,
    "duplicates": _duplicates,
    "resolved_before_opened": _resolved_before_opened,
    "end_before_start": _end_before_start,
    "future_dates": _future_dates,
}
