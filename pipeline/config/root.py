"""The config's root: the sections, and what follows from them."""

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from features.errors import nearest
from features.schema import SCHEMAS
from features.spec import FeatureSettings
from models.money import MoneySettings
from models.outcome_kinds import GivenColumn, Outcome
from models.settings import ModelSettings
from pipeline.config.base import Section, expand
from pipeline.config.engine import DuckdbEngine, Engine
from pipeline.config.features import FeatureConfig, LimitConfig, default_limits
from pipeline.config.model import ValidationConfig
from pipeline.config.promotion import PromotionConfig
from pipeline.config.reasons import ReasonsConfig
from pipeline.config.sources import Source
from pipeline.config.tables import SinkConfig, SnapshotConfig, TableConfig, TrackingConfig
from pipeline.diagnosis.settings import DiagnosisConfig
from pipeline.learning.settings import LearningConfig
from pipeline.planning.settings import PlanSettings


class Config(Section):
    """Everything a run needs to know: where data are, what defection means, what to learn and whom to contact."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    """Name of the registered model and of the experiment."""
    folder: Path = Field(exclude=True)
    """The config's own folder, from which relative paths start (set when it is loaded)."""
    timezone: str = "UTC"
    """Zone of all times (IANA name): times with a zone are converted to it, others are taken in it."""
    sources: dict[str, Source]
    """Raw inputs by name."""
    tables: dict[str, TableConfig]
    """Canonical tables, and any further event tables, by name."""
    outcome: Outcome
    """What defection means."""
    data_until: date | None = None
    """End of the records; default: the day after the last event."""
    snapshots: SnapshotConfig = SnapshotConfig()
    """The moments at which customers are looked at."""
    features: FeatureConfig = FeatureConfig()
    """Which features are computed."""
    sla: dict[str, LimitConfig] = Field(default_factory=default_limits)
    """Time limits of complaints by grade."""
    model: ModelSettings = ModelSettings()
    """Risk, type and loss models."""
    validation: ValidationConfig = ValidationConfig()
    """How the models are tested."""
    money: MoneySettings = MoneySettings()
    """Every money constant with its source and status."""
    reasons: ReasonsConfig = ReasonsConfig()
    """Whom `score` gives reasons, and in which language."""
    plan: PlanSettings | None = None
    """Actions, staff, channels and budget of the contact plan."""
    learning: LearningConfig = LearningConfig()
    """What plans are to teach: where it is kept, and how much evidence a claim needs."""
    diagnosis: DiagnosisConfig = DiagnosisConfig()
    """How the past is diagnosed."""
    promotion: PromotionConfig = PromotionConfig()
    """What a version must show before it becomes champion."""
    tracking: TrackingConfig = TrackingConfig()
    """Where experiments and models are kept."""
    sinks: SinkConfig = SinkConfig()
    """Results that also go into a database."""
    engine: Engine = DuckdbEngine()
    """How the features are computed."""
    workdir: str = ".holdfast"
    """Folder for scratch files and the default tracking store, relative to the config."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError):
            raise ValueError("not a time zone; use an IANA name such as Europe/Brussels") from None
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> "Config":
        if "customers" not in self.tables:
            raise ValueError("tables.customers is missing: one row a customer is needed")
        for name, table in self.tables.items():
            if table.source is not None and table.source not in self.sources:
                raise ValueError(f"tables.{name}.source names {table.source!r}. {nearest(table.source, self.sources)}")
        if self.validation.group and not self.flat:
            raise ValueError("validation.group is for flat data; rows of one customer stay together without it")
        return self

    @property
    def workdir_path(self) -> Path:
        """The scratch folder."""
        path = Path(expand(self.workdir, where="workdir")).expanduser()
        return path if path.is_absolute() else self.folder / path

    @property
    def learned_path(self) -> Path:
        """The folder of what was learned from earlier plans."""
        if self.learning.folder is None:
            return self.workdir_path / "learned"
        path = Path(expand(self.learning.folder, where="learning.folder")).expanduser()
        return path if path.is_absolute() else self.folder / path

    @property
    def flat(self) -> bool:
        """Whether the label is a column, so that there is one row a customer and no time."""
        return isinstance(self.outcome, GivenColumn)

    @property
    def label_columns(self) -> frozenset[str]:
        """Customer columns that say how it ended, or who belongs together, and so are no features."""
        outcome = self.outcome
        if not isinstance(outcome, GivenColumn):
            return frozenset()
        named = (outcome.column, outcome.reason_column, self.validation.group)
        return frozenset(column for column in named if column)

    def feature_settings(self) -> FeatureSettings:
        """What the feature layer needs to know, still without frozen levels."""
        return self.features.settings(self.sla, self.label_columns)

    def text_columns(self, source: str) -> set[str]:
        """Raw columns of a source that are read as they are written: ids and other declared texts, the label."""
        found: set[str] = set()
        for name, table in self.tables.items():
            if table.source == source and name in SCHEMAS:
                texts = {column.name for column in SCHEMAS[name].columns if column.dtype == "text"} | self.label_columns
                found |= {table.columns.get(column, column) for column in texts} | set(table.category)
            elif table.source == source:
                found |= {table.columns.get("customer_id", "customer_id"), *table.category}
        return found

    def public(self) -> dict[str, Any]:
        """The config as plain data, for logs and the model's manifest."""
        return self.model_dump(mode="json")
