"""What one diagnosis is about: the tables, the moment, the periods, the segments, and the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from features.schema import TableShape
from features.spec import Limit
from models.money import MoneySettings
from models.outcome_kinds import Outcome
from pipeline.diagnosis.periods import Period
from pipeline.diagnosis.settings import DiagnosisConfig


@dataclass(frozen=True)
class Scope:
    """All that the sections of the diagnosis need to know.

    `periods` are those whose outcome is known, oldest first; empty for flat data. `segments` are columns of customers.
    """

    outcome: Outcome
    shapes: Mapping[str, TableShape]
    settings: DiagnosisConfig
    money: MoneySettings
    limits: Mapping[str, Limit]
    quick_hours: float
    as_of: datetime
    periods: tuple[Period, ...]
    segments: tuple[str, ...]
    with_names: bool = False

    @property
    def flat(self) -> bool:
        """Whether there is one row a customer and no time."""
        return not self.periods

    @property
    def last(self) -> int:
        """Index of the last period."""
        return max(0, len(self.periods) - 1)

    @property
    def recent(self) -> range:
        """Indexes of the last periods, which are pooled."""
        count = max(1, len(self.periods))
        return range(max(0, count - self.settings.projection_periods), count)

    @property
    def pays(self) -> bool:
        """Whether money is known: transactions, or the money column of flat data."""
        return self.has("transactions") if not self.flat else getattr(self.outcome, "money_column", None) is not None

    def has(self, table: str, *columns: str) -> bool:
        """Whether the user's tables include `table` with all of `columns`."""
        return table in self.shapes and self.shapes[table].has(*columns)

    def name(self, period: int) -> str:
        """The name of a period by index."""
        return self.periods[period].name if self.periods else "all"
