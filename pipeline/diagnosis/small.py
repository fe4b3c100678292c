"""Few cases say little and may point at a person: they are put together as `other`."""

from collections.abc import Iterable, Sequence

from pipeline.diagnosis.result import Row

OTHER = "other"
UNKNOWN = "unknown"


def together(rows: Iterable[Row], keys: Sequence[str], sums: Sequence[str], size: str, least: int) -> list[Row]:
    """Rows added up by `keys`, the last key's values with fewer than `least` of `size` joined as `other`.

    A missing last key is `unknown`. The largest come first within the other keys, `other` last.
    """
    added = _added(rows, keys, sums)
    renamed = [row if row[size] >= least else {**row, keys[-1]: OTHER} for row in added]
    found = _added(renamed, keys, sums)
    first = list(dict.fromkeys(tuple(row[key] for key in keys[:-1]) for row in found))
    return sorted(
        found,
        key=lambda row: (
            first.index(tuple(row[key] for key in keys[:-1])), row[keys[-1]] == OTHER, -row[size], str(row[keys[-1]]),
        ),
    )  # fmt: skip


def _added(rows: Iterable[Row], keys: Sequence[str], sums: Sequence[str]) -> list[Row]:
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        named = {key: row[key] for key in keys}
        named[keys[-1]] = UNKNOWN if named[keys[-1]] is None else named[keys[-1]]
        total = found.setdefault(tuple(named.values()), {**named, **dict.fromkeys(sums, 0)})
        for name in sums:
            total[name] += row[name] or 0
    return list(found.values())
