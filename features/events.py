"""Events without snapshots: rows of a table where what a feature needs of them is known from their own time."""

import re
from dataclasses import dataclass

WORD = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|[^\W\d]\w*")
# Rows and expressions with these words depend on the snapshot, or on other rows of it.
OF_THE_SNAPSHOT = frozenset({"rid", "as_of", "age_days", "snapshots", "over", "group", "join", "distinct", "limit"})


@dataclass(frozen=True)
class Events:
    """SQL for events with customer_id and event_at, late columns left out; `unseen` are their names in lower case."""

    rows: str
    unseen: frozenset[str] = frozenset()


def words(sql: str) -> set[str]:
    """The words of an SQL text in lower case, without quotes; texts in it are none.

    >>> sorted(words('"Call x" = \\'return\\' AND amount'))
    ['amount', 'and', 'call x']
    """
    return {word.strip('"').replace('""', '"').lower() for word in WORD.findall(sql) if word[0] != "'"}


def depends_on_snapshot(sql: str, unseen: frozenset[str] = frozenset()) -> bool:
    """Whether SQL names the snapshot, other rows of it, or one of the late columns `unseen`."""
    return bool(words(sql) & (OF_THE_SNAPSHOT | unseen))
