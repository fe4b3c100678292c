"""Random small companies around one snapshot, and what they look like when the time after it is taken away."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from features.schema import TableShape

Tables = dict[str, list[dict[str, Any]]]
SNAPSHOT = datetime(2024, 3, 1)
CUSTOMERS = ("ann", "bob", "cem", "dan", "eva", "fei", "gus", "hui", "ida", "jun")
WORDS = ("a", "b", "c", "return", "unreached", "accepted", "1", "2", None)
MOMENT = timedelta(microseconds=1)


def company(shapes: Mapping[str, TableShape], seed: int, most_rows: int = 6) -> Tables:
    """Up to `most_rows` rows a customer and table: ties, gaps, events at and around the snapshot, missing values."""
    chance = random.Random(seed)
    tables: Tables = {}
    for name, shape in shapes.items():
        amount = 1 if name == "customers" else most_rows
        owners = [who for who in CUSTOMERS for _ in range(1 if name == "customers" else chance.randint(0, amount))]
        tables[name] = [_row(shape, who, n, chance, early=-400) for n, who in enumerate(owners)]
    return tables


def without_future(tables: Tables, shapes: Mapping[str, TableShape]) -> Tables:
    """Rows known at or after the snapshot deleted, late values known at or after it unknown."""
    kept = {name: [row for row in rows if not _is_future(shapes[name], row)] for name, rows in tables.items()}
    return {name: [_forget(shapes[name], row) for row in rows] for name, rows in kept.items()}


def with_other_future(tables: Tables, shapes: Mapping[str, TableShape], seed: int) -> Tables:
    """The same past with another future: other rows and other late values, all known at or after the snapshot."""
    chance = random.Random(seed)
    other = {}
    for name, rows in without_future(tables, shapes).items():
        shape = shapes[name]
        past = [_with_later_values(shape, row, chance) for row in rows]
        other[name] = [*past, *_future_rows(shape, chance)] if shape.time else past
        chance.shuffle(other[name])
    return other


def moved_to_snapshot(
    tables: Tables, shapes: Mapping[str, TableShape], seed: int, by: timedelta
) -> tuple[Tables, Tables]:
    """Some rows moved to the snapshot plus `by`; and the same tables with those rows absent."""
    chance = random.Random(seed)
    moved: Tables = {}
    absent: Tables = {}
    for name, rows in tables.items():
        shape = shapes[name]
        chosen = {n for n in range(len(rows)) if shape.time and chance.random() < 0.4}
        moved[name] = [_moved(shape, row, SNAPSHOT + by) if n in chosen else row for n, row in enumerate(rows)]
        absent[name] = [row for n, row in enumerate(rows) if n not in chosen]
    return moved, absent


def late_moved_to_snapshot(tables: Tables, shapes: Mapping[str, TableShape], by: timedelta) -> tuple[Tables, Tables]:
    """Every late value becoming known at the snapshot plus `by`; and the same tables with none known."""
    moved, absent = {}, {}
    for name, rows in tables.items():
        sources = {at for at in shapes[name].late.values() if at not in (shapes[name].time, "known_at")}
        late = {column for column, at in shapes[name].late.items() if at in sources}
        moved[name] = [row | dict.fromkeys(sources, SNAPSHOT + by) for row in rows]
        absent[name] = [row | dict.fromkeys(late | sources) for row in rows]
    return moved, absent


def _row(shape: TableShape, who: str, number: int, chance: random.Random, early: float) -> dict[str, Any]:
    values = {column: _value(dtype, chance, early) for column, dtype in shape.columns.items()}
    if shape.key and shape.key != "customer_id":
        values[shape.key] = f"{shape.name}-{number}"
    if shape.time:
        values[shape.time] = values[shape.time] or SNAPSHOT - timedelta(days=1)
    if "known_at" in values and chance.random() < 0.5:
        values["known_at"] = None
    return values | {"customer_id": who}


def _value(dtype: str, chance: random.Random, early: float) -> Any:
    if chance.random() < 0.15:
        return None
    if dtype == "timestamp":
        return SNAPSHOT + _offset(chance, early)
    if dtype == "number":
        return chance.choice((0.1, 0.7, 19.99, -5.5, 0.0, 1e7, round(chance.uniform(-100, 100), 3)))
    return chance.choice((True, False)) if dtype == "flag" else chance.choice(WORDS)


def _offset(chance: random.Random, early: float) -> timedelta:
    """Mostly on a coarse grid, so that times tie; sometimes the snapshot itself or a moment beside it."""
    near = (timedelta(0), MOMENT, -MOMENT)
    far = timedelta(days=chance.randrange(int(early), 200, 7))
    return max(chance.choice((*near, far, far, far, far, far, far)), timedelta(days=early))


def _known(shape: TableShape, row: Mapping[str, Any]) -> datetime:
    known: datetime = row.get("known_at") or row[shape.time or ""]
    return known


def _is_future(shape: TableShape, row: Mapping[str, Any]) -> bool:
    return shape.time is not None and _known(shape, row) >= SNAPSHOT


def _unknown_late(shape: TableShape, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Late columns (and their known-from columns) of the row that are not known at the snapshot."""
    for column, source in shape.late.items():
        if row[source] is None or row[source] >= SNAPSHOT:
            yield column, source


def _forget(shape: TableShape, row: Mapping[str, Any]) -> dict[str, Any]:
    unknown = {column for pair in _unknown_late(shape, row) for column in pair if column != "known_at"}
    return dict(row) | dict.fromkeys(unknown - {shape.time})


def _with_later_values(shape: TableShape, row: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    """Other values where the row has none known, all of them known later."""
    pairs = [pair for pair in _unknown_late(shape, row) if pair[1] not in ("known_at", shape.time)]
    sources = {source: SNAPSHOT + _offset(chance, 0) for _, source in pairs}
    values = {column: _value(shape.columns[column], chance, 0) for column, _ in pairs}
    return dict(row) | values | sources


def _future_rows(shape: TableShape, chance: random.Random) -> Sequence[dict[str, Any]]:
    rows = [_row(shape, who, 1000 + n, chance, early=-400) for n, who in enumerate(CUSTOMERS * 2)]
    return [_moved(shape, row, SNAPSHOT + _offset(chance, 0)) for row in rows if chance.random() < 0.6]


def _moved(shape: TableShape, row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    known = {"known_at": at} if "known_at" in shape.columns else {}
    return dict(row) | {shape.time or "": at} | known
