"""Defects that real exports have, planted on request and counted, so that a check can be checked.

Planted: orphans (rows of customers that do not exist), duplicates (a row twice), impossible times (resolved before
opened, ended before begun), future dates, and a text column in two encodings at once.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.simulator.arrays import DEFECTS, Ints, stream

SHARE = 0.004  # of the rows of a table, for each kind of defect
GARBLED = "encoding"
FUTURE = np.datetime64("2199-01-01T00:00:00", "s")

Spoilt = tuple[dict[str, pa.Table], dict[str, int]]


def spoil(tables: dict[str, pa.Table], seed: int, partition: int) -> Spoilt:
    """The tables with defects, and how many of each kind under `table.kind`."""
    rng, counts = stream(seed, partition, DEFECTS), {}
    spoilt = dict(tables)
    for name, kind in (
        ("transactions", "orphans"), ("complaints", "orphans"), ("complaints", "duplicates"),
        ("customers", "duplicates"), ("complaints", "resolved_before_opened"), ("contracts", "end_before_start"),
        ("transactions", "future_dates"), ("complaints", GARBLED),
    ):  # fmt: skip
        if name in spoilt:
            rows = _some(spoilt[name].num_rows, rng)
            spoilt[name] = _KINDS[kind](spoilt[name], rows)
            counts[f"{name}.{kind}"] = len(rows)
    return spoilt, counts


def _some(n: int, rng: np.random.Generator) -> Ints:
    return np.sort(rng.choice(n, size=min(n, max(1, round(SHARE * n))), replace=False))


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


def _garbled(table: pa.Table, rows: Ints) -> pa.Table:
    """As if GB18030 bytes had been read as Latin-1, which is how mixed exports look after a careless import."""
    return _change(table, "text", rows, lambda texts: _misread(texts, set(rows.tolist())))


def _misread(texts: pa.ChunkedArray, rows: set[int]) -> pa.Array:
    return pa.array(
        [
            text.encode("gb18030").decode("latin-1") if number in rows else text
            for number, text in enumerate(texts.to_pylist())
        ],
        pa.string(),
    )


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
    GARBLED: _garbled,
}
