"""A feature as an expression of terms, each of which can be read off totals that run along a customer's events.

The count of a window is the count so far less the count before the window; the last value so far stands beside its
event. Neither needs the events to be joined with every snapshot. What cannot be written that way (medians, decay by
age) is aggregated from the joined rows instead; the value is the same either way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from features.events import depends_on_snapshot, words
from features.history import DAY_US
from features.spec import HERE, Feature

Total = Literal["count", "sum", "max", "min", "last"]
EXACT = re.compile(r"TRY_CAST\((?P<number>.+) AS DECIMAL\(38, \d+\)\)", re.DOTALL)
CALL = re.compile(r"([a-z_]+)\($")
# Around the terms of a feature only these may stand: no further aggregate, no column.
AROUND = frozenset({"cast", "as", "double", "integer", "nullif", "sqrt", "pow", "case", "when", "then", "else", "end"})


@dataclass(frozen=True)
class Term:
    """An aggregate over a customer's events before a snapshot, by the running total that yields it.

    `value` is SQL over the event's own row ("" counts rows), `where` its condition. A window applies to counts and sums
    only: a maximum cannot be taken back out of a running maximum.
    """

    total: Total
    value: str
    where: str
    window_days: int | None = None
    before: bool = False

    @property
    def ends_days(self) -> tuple[int, int | None]:
        """The window's end and begin as days before the snapshot; no begin: since the first event."""
        days = self.window_days
        if days is None:
            return 0, None
        return (days, 2 * days) if self.before else (0, days)


@dataclass(frozen=True)
class Terms:
    """A feature's expression with `{0}`, `{1}`, ... where its terms go."""

    expression: str
    terms: tuple[Term, ...]


def terms_of(feature: Feature, unseen: frozenset[str] = frozenset()) -> Terms | None:
    """The feature in terms, or None where it cannot be written so. `unseen` are lower-case names of late columns.

    >>> terms_of(Feature("n", "count(*)", "rows", "rows", "t", window_days=30))
    Terms(expression='{0}', terms=(Term(total='count', value='', where='', window_days=30, before=False),))
    """
    if "{" in feature.sql or depends_on_snapshot(feature.where, unseen):
        return None
    sql = feature.sql if HERE in feature.sql else f"{feature.sql} {HERE}"
    pieces: list[str] = []
    terms: list[Term] = []
    for before, call in _split(sql):
        pieces.append(before)
        if call is None:
            break
        found = _term(call, feature, unseen)
        if found is None:
            return None
        pieces.append(found[0].replace("{}", f"{{{len(terms)}}}"))
        terms.append(found[1])
    around = {word for piece in pieces[::2] for word in words(piece)}
    return Terms("".join(pieces), tuple(terms)) if around <= AROUND else None


def _split(sql: str) -> Iterator[tuple[str, str | None]]:
    """Pieces of the expression, each with the aggregate call that follows it; the last without one."""
    rest = sql
    while HERE in rest:
        head, rest = rest.split(HERE, 1)
        head = head.rstrip()
        begin = _begin(head)
        yield head[:begin], head[begin:]
    yield rest, None


def _begin(head: str) -> int:
    """Where the call begins that ends with `head`."""
    depth = 0
    for place in range(len(head) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(head[place], 0)
        if depth == 0:
            name = CALL.search(head[: place + 1])
            return name.start() if name else place
    return 0


def _term(call: str, feature: Feature, unseen: frozenset[str]) -> tuple[str, Term] | None:
    """The term of an aggregate call, and how its value is written: as it is, or as an age."""
    name, _, rest = call.partition("(")
    value = rest.removesuffix(")").strip()
    if call in ("min(age_days)", "max(age_days)") and feature.window_days is None:
        kind: Total = "max" if name == "min" else "min"
        return f"(epoch_us(as_of) - {{}}) / {float(DAY_US)!r}::DOUBLE", Term(kind, "epoch_us(event_at)", feature.where)
    if depends_on_snapshot(value, unseen):
        return None
    if name == "count":
        return "{}", _windowed("count", "" if value == "*" else value, feature)
    if name == "sum" and EXACT.fullmatch(value):
        return "{}", _windowed("sum", value, feature)
    return _extreme(name, value, feature)


def _extreme(name: str, value: str, feature: Feature) -> tuple[str, Term] | None:
    if feature.window_days is not None:
        return None
    if name in ("max", "min"):
        return "{}", Term("max" if name == "max" else "min", value, feature.where)
    latest = re.fullmatch(r"(?P<value>.+), \(event_at, (?P=value)\)", value, re.DOTALL) if name == "arg_max" else None
    return ("{}", Term("last", latest["value"], feature.where)) if latest else None


def _windowed(total: Total, value: str, feature: Feature) -> Term:
    return Term(total, value, feature.where, feature.window_days, feature.before)
