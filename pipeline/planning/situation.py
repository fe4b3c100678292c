"""What a conversation is about, as far as the playbook distinguishes it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from pipeline.planning.follow_up import FOLLOW_UP


@dataclass(frozen=True)
class Situation:
    """`kind` is the likeliest defection type; `cause` and `state` are of the complaint; `due` says what is owed.

    `moments` are the moments of truth the customer is in.
    """

    kind: str
    cause: str | None
    state: str
    due: str = ""
    moments: tuple[str, ...] = ()

    @property
    def open_complaint(self) -> bool:
        """Whether an open complaint is being answered: nothing else is spoken about then."""
        return self.due not in ("", FOLLOW_UP)


def situations(kinds: "pd.Series[str]", facts: pd.DataFrame, owed: pd.DataFrame | None) -> Iterator[Situation]:
    """The situations of some customers, aligned; `owed` are their obligations, where they are contacted for one."""
    causes = facts["cause"] if owed is None else owed["cause"]
    dues = [""] * len(facts) if owed is None else owed["due"].tolist()
    columns = (kinds.tolist(), causes.tolist(), facts["complaint_state"].tolist(), dues, facts["moments"].tolist())
    for kind, cause, state, due, moments in zip(*columns, strict=True):
        known = cause if isinstance(cause, str) else None
        yield Situation(
            str(kind), known, str(state), str(due), tuple(name for name in str(moments).split("; ") if name)
        )
