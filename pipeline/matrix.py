"""The feature matrix with its outcomes: what training learns from, computed partition by partition."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import duckdb
import pyarrow as pa

from features.company import Part, company_part, together, with_company
from features.engine import catalogue, compute, level_columns, plan
from features.errors import HoldfastError, MissingColumnError
from features.history import quoted
from features.levels import freeze_levels
from features.spec import Entry, FeatureSettings, Group
from models.outcomes import label_sql
from pipeline.complaint_texts import learned_texts
from pipeline.config.root import Config
from pipeline.moments import all_moments
from pipeline.prepare import Prepared, snapshot_table

GROUP = "hf_group"  # who belongs together, where the config names a column for it
LABELS = ("defected", "defected_at", "type", "revenue", "margin")


@dataclass(frozen=True)
class Labelled:
    """Rows at risk with a known outcome: keys, features and LABELS; `statuses` counts by snapshot and status."""

    rows: pa.Table
    statuses: Mapping[tuple[datetime, str], int]


@dataclass(frozen=True)
class FeaturePlan:
    """The features of one config on its tables: settings with frozen levels, groups, catalogue."""

    settings: FeatureSettings
    groups: tuple[Group, ...]
    entries: tuple[Entry, ...]

    def at(self, data: Prepared, moments: Sequence[datetime]) -> "FeaturePlan":
        """With what was known of the whole company at these moments, which no partition can find out by itself."""
        if not any(group.company for group in self.groups):
            return self
        if data.distributed:
            whole = together(data.each_partition(partial(_company_part, data, self.groups, moments)))
        else:
            with data.connect() as con:
                whole = company_part(con, self.groups, moments)
        return replace(self, groups=with_company(self.groups, whole))


def _company_part(data: Prepared, groups: Sequence[Group], moments: Sequence[datetime], partition: int) -> Part:
    with data.connect(partition, ordered=False) as con:
        return company_part(con, groups, moments)


def feature_plan(config: Config, data: Prepared, until: datetime) -> FeaturePlan:
    """Declare the features, with category levels frozen from what was known before `until`.

    The causes of complaint texts are learned from complaints known before the config's first snapshot (`until`, where
    that is earlier): a model may not be used at a snapshot before the complaints it was learned from.
    """
    settings = config.feature_settings()
    columns = level_columns(data.shapes, settings)
    with data.connect() as con:
        levels = freeze_levels(con, data.shapes, columns, until, max_levels=config.features.max_levels)
        first = _earliest(config, data, until)
        text = None if config.flat else learned_texts(con, data.shapes, settings, first)
    return planned(replace(settings, levels=levels, text=text), data)


def _earliest(config: Config, data: Prepared, until: datetime) -> datetime:
    """A config that has no snapshot to train on, or none whose outcome is known, can still be asked for features."""
    try:
        return min(until, *all_moments(config, data))
    except HoldfastError:
        return until


def planned(settings: FeatureSettings, data: Prepared) -> FeaturePlan:
    """The features that these tables allow under settings whose levels are frozen."""
    groups = plan(data.shapes, settings)
    return FeaturePlan(settings, groups, catalogue(groups))


def labelled(config: Config, data: Prepared, features: FeaturePlan, snapshots: Sequence[datetime]) -> Labelled:
    """All customers at risk at the snapshots whose outcome is known, with features and what happened.

    Rows stand in order of partition, snapshot, customer.
    """
    features = features.at(data, snapshots)
    parts = list(data.each_partition(lambda part: _labelled_partition(config, data, features, snapshots, part)))
    statuses: Counter[tuple[datetime, str]] = Counter()
    for part in parts:
        statuses.update(part.statuses)
    return Labelled(pa.concat_tables([part.rows for part in parts]), dict(statuses))


def _labelled_partition(
    config: Config, data: Prepared, features: FeaturePlan, snapshots: Sequence[datetime], partition: int
) -> Labelled:
    with data.connect(partition) as con:
        con.execute(snapshot_table("customers", snapshots))
        con.execute(f"CREATE TABLE outcome AS {label_sql(config.outcome, data.shapes)}")
        statuses = _statuses(con)
        con.execute("DELETE FROM snapshots WHERE rid NOT IN (SELECT rid FROM outcome WHERE defected IS NOT NULL)")
        matrix = compute(con, features.groups)
        labels = con.sql(
            f"SELECT {', '.join(LABELS)} FROM outcome WHERE rid IN (SELECT rid FROM snapshots) ORDER BY rid"
        ).to_arrow_table()
        groups = _groups(con, data, config.validation.group)
    for name, values in [*((name, labels.column(name)) for name in LABELS), *groups]:
        matrix = matrix.append_column(name, values)
    return Labelled(matrix, statuses)


def _groups(con: duckdb.DuckDBPyConnection, data: Prepared, column: str | None) -> list[tuple[str, pa.ChunkedArray]]:
    """The group of each row; a customer without one is a group alone."""
    if column is None:
        return []
    present = data.shapes["customers"].columns
    if column not in present:
        raise MissingColumnError(column, where="validation.group", present=list(present))
    group = f"coalesce('group ' || CAST(c.{quoted(column)} AS VARCHAR), 'customer ' || customer_id)"
    sql = f"SELECT {group} AS {GROUP} FROM snapshots JOIN customers c USING (customer_id) ORDER BY rid"
    return [(GROUP, con.sql(sql).to_arrow_table().column(GROUP))]


def _statuses(con: duckdb.DuckDBPyConnection) -> dict[tuple[datetime, str], int]:
    """Customers by snapshot and status; those at risk without an honest label are counted as unlabelled."""
    status = "CASE WHEN status = 'at_risk' AND defected IS NULL THEN 'unlabelled' ELSE status END"
    sql = f"SELECT as_of, {status}, count(*) FROM outcome JOIN snapshots USING (rid) GROUP BY ALL"
    return {(as_of, kind): count for as_of, kind, count in con.execute(sql).fetchall()}
