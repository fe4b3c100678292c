"""How a feature is declared: a name, an SQL aggregate over the rows known at the snapshot, a window and a meaning."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from features.events import Events
from features.history import History, quoted
from features.lookups import Lookup
from features.text_model import TextModel

Kind = Literal["number", "category"]
HERE = "[if]"
REFERENCE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Feature:
    """One column of the matrix, aggregated from a block's rows.

    `sql` is an aggregate, for example `count(*)` or `median(hours)`; `where` restricts the rows it sees, and
    `window_days` w keeps those with their time in [as_of - w, as_of). With `before` it is the window of that length
    that ended when this one began, [as_of - 2w, as_of - w). An expression of several aggregates marks with `[if]`
    where each takes that restriction: `sum(a) [if] / count(*) [if]`. `empty` is the value of a customer without any
    row: 0 for counts, NULL for everything that needs a case.

    Aggregates must not depend on the order of rows (see `features.aggregates`), or equal histories would give unequal
    bits.
    """

    what: str
    sql: str
    meaning: str
    unit: str
    source: str
    window_days: int | None = None
    where: str = ""
    empty: str = "NULL"
    null: str = ""
    kind: Kind = "number"
    before: bool = False

    @property
    def suffix(self) -> str:
        """The name without its group: `<what>[_<window>d]`."""
        return f"{self.what}_{self.window_days}d" if self.window_days else self.what

    def aggregate(self) -> str:
        """The aggregate with its filter."""
        condition = " AND ".join(f"({part})" for part in (self._window(), self.where) if part)
        filtered = f"FILTER (WHERE {condition})" if condition else ""
        return self.sql.replace(HERE, filtered) if HERE in self.sql else f"{self.sql} {filtered}".rstrip()

    def _window(self) -> str:
        """The window as a condition on the age, which is in (0, w] exactly when the time is in [as_of - w, as_of)."""
        days = self.window_days
        if not days:
            return ""
        return f"age_days > {days} AND age_days <= {2 * days}" if self.before else f"age_days <= {days}"


@dataclass(frozen=True)
class Derived:
    """One column computed from other features of the same row, for example a rate from two counts.

    `sql` names them in braces: `{complaints__count_365d} / nullif({transactions__count_365d}, 0)`. Where one of them
    does not exist in the user's tables the derived feature does not either.
    """

    what: str
    sql: str
    meaning: str
    unit: str
    source: str
    window_days: int | None = None
    null: str = "a part is NULL or a denominator is 0"
    kind: Kind = "number"

    @property
    def suffix(self) -> str:
        """The name without its group: `<what>[_<window>d]`."""
        return f"{self.what}_{self.window_days}d" if self.window_days else self.what

    @property
    def parts(self) -> tuple[str, ...]:
        """Full names of the features it is computed from."""
        return tuple(dict.fromkeys(REFERENCE.findall(self.sql)))

    def expression(self) -> str:
        """The SQL over the columns of the joined row."""
        return REFERENCE.sub(lambda found: quoted(found.group(1)), self.sql)


@dataclass(frozen=True)
class Block:
    """Rows at each snapshot (SQL with rid, as_of, event_at, ...) and the features aggregated from them by rid.

    `events` is the engine's: the same rows once an event, where they do not depend on the snapshot.
    """

    rows: str
    features: tuple[Feature, ...]
    events: Events | None = None


@dataclass(frozen=True)
class Average:
    """A mean over all customers as known at each snapshot: no feature, but derived ones may name it in braces.

    `value` is SQL over the rows; those older than the window do not count. See `features.company`.
    """

    what: str
    rows: str
    value: str
    window_days: int

    @property
    def suffix(self) -> str:
        """The name without its group: `company_<what>_<window>d`."""
        return f"company_{self.what}_{self.window_days}d"


@dataclass(frozen=True)
class Group:
    """All and only the features of one idea: blocks of aggregates, what is derived from them, company-wide means."""

    name: str
    blocks: tuple[Block, ...] = ()
    derived: tuple[Derived, ...] = ()
    company: tuple[Average, ...] = ()
    lookups: tuple[Lookup, ...] = ()


@dataclass(frozen=True)
class Limit:
    """Time limit of a grade: hours to the first answer and to the resolution (working_time: on working days only)."""

    answer_hours: float
    resolve_hours: float
    working_time: bool = False


@dataclass(frozen=True)
class FeatureSettings:
    """What the config says about features.

    `levels` holds the frozen category levels by (table, column), most frequent first, found once at training and kept
    in the model's manifest; `text` is the frozen classifier of complaint texts, None where there was nothing to learn.
    `limits` are the time limits by grade ("*": any other grade, or none). A complaint solved within `quick_hours` was
    solved quickly, one about the same thing within `repeat_days` repeats; a pause between contracts of more than
    `break_days` is a break. `excluded` are columns that are not features (the label of a flat file). `groups` selects
    builders by name and adds the user's own as `module:Class`; None: all of `BUILDERS`.
    """

    windows_days: tuple[int, ...] = (30, 90, 180, 365)
    half_lives_days: tuple[int, ...] = (30, 90)
    levels: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    quick_hours: float = 24.0
    repeat_days: int = 30
    break_days: int = 30
    excluded: frozenset[str] = frozenset()
    groups: tuple[str, ...] | None = None
    text: TextModel | None = None

    @property
    def longest_days(self) -> int:
        """The longest window."""
        return max(self.windows_days)


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue: a feature's full name and what its declaration says."""

    name: str
    group: str
    meaning: str
    unit: str
    source: str
    window_days: int | None
    null: str
    kind: Kind


def entries(groups: Iterable[Group]) -> tuple[Entry, ...]:
    """The catalogue of all features of these groups, in matrix order."""
    found = []
    for group in groups:
        declared: list[Feature | Derived] = [f for block in group.blocks for f in block.features]
        declared += group.derived
        found += [
            Entry(
                f"{group.name}__{d.suffix}",
                group.name,
                d.meaning,
                d.unit,
                d.source,
                d.window_days,
                d.null or ("no such row" if isinstance(d, Feature) and d.empty == "NULL" else "never"),
                d.kind,
            )
            for d in declared
        ]
    return tuple(found)


def windowed(settings: FeatureSettings, feature: Feature) -> tuple[Feature, ...]:
    """The feature once for each of the config's windows."""
    return tuple(replace(feature, window_days=days) for days in settings.windows_days)


def before(settings: FeatureSettings, feature: Feature) -> tuple[Feature, ...]:
    """The feature over the window before each of the config's windows, for comparing the two."""
    meaning = f"{feature.meaning}, in the window before the window"
    return tuple(
        replace(feature, what=f"{feature.what}_before", meaning=meaning, window_days=days, before=True)
        for days in settings.windows_days
    )


class Builder:
    """What a feature group must offer: a name and `build`, which returns None where its tables are absent.

    `level_columns` names the category columns, as (table, column), whose values it counts level by level.
    """

    name: str

    def level_columns(self, history: History) -> tuple[tuple[str, str], ...]:
        """Category columns whose frozen levels `build` wants to find in `settings.levels`."""
        return ()

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """Declare the group's features for the tables at hand."""
        raise NotImplementedError
