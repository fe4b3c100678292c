"""`holdfast leakcheck`: does any feature see the future? Asked of the user's own tables, and of single columns."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from features.company import company_part, with_company
from features.engine import compute
from features.fingerprint import fingerprint
from pipeline import future, screens, tracking
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.fitting import LabelledRows
from pipeline.matrix import FeaturePlan, feature_plan, labelled
from pipeline.moments import all_moments, moments
from pipeline.prepare import Prepared, prepared_to_learn, snapshot_table


@dataclass(frozen=True)
class LeakReport:
    """What was compared, and what was found: nothing, if all is well."""

    config: str
    snapshots: tuple[str, ...]
    features: int
    feature_fingerprint: str
    checks: tuple[str, ...]
    findings: tuple[str, ...]
    recorded: str | None

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"passed": self.passed, **asdict(self)}

    def as_text(self) -> str:
        """A page for the terminal."""
        lines = [f"holdfast leakcheck: {self.config}, {self.features} features at {', '.join(self.snapshots)}"]
        lines += [f"checked: {check}" for check in self.checks]
        lines += [f"leak: {finding}" for finding in self.findings]
        lines.append(
            f"recorded in the training run of {self.recorded}"
            if self.recorded
            else "no trained model to record it with"
        )
        return "\n".join([*lines, "passed" if self.passed else f"failed: {len(self.findings)} findings"])


def leakcheck(path: Path, model: str = tracking.CHALLENGER) -> LeakReport:
    """Check a config's features, and record the result in the training run of a model version where there is one."""
    config = load(path)
    with prepared_to_learn(config) as data:
        split = moments(config, data)
        plan = feature_plan(config, data, split.train[-1])
        chosen = tuple(dict.fromkeys((split.train[len(split.train) // 2], split.test[-1])))
        findings = [] if config.flat else _futures(data, plan, chosen)
        with data.connect() as con:
            findings += screens.times_ahead(con, data.shapes)
        found = labelled(config, data, plan, all_moments(config, data))
        findings += screens.too_good(found.rows, plan.entries, LabelledRows(found.rows).y)
        print_of = fingerprint(plan.groups, plan.settings)
    report = LeakReport(
        config.name,
        tuple(f"{at:%Y-%m-%d}" for at in chosen),
        len(plan.entries),
        print_of,
        _checks(config),
        tuple(findings),
        None,
    )
    return _recorded(config, report, model)


def _checks(config: Config) -> tuple[str, ...]:
    future_checks = (
        "rows and late values not known before the snapshot deleted: no bit may change, for any customer",
        "rows and late values not known before the snapshot altered: no bit may change, for any customer",
        "each customer's last known events moved onto the snapshot: as if they were not there",
    )
    screened = ("no undeclared time lies after its row was known", "no single feature is too good to be true")
    return screened if config.flat else (*future_checks, *screened)


def _futures(data: Prepared, plan: FeaturePlan, chosen: Sequence[datetime]) -> list[str]:
    """Features that differ when the future does, for any customer."""
    parts = data.each_partition(partial(_futures_of, data, plan, chosen))
    return list(dict.fromkeys(finding for part in parts for finding in part))


def _futures_of(data: Prepared, plan: FeaturePlan, chosen: Sequence[datetime], partition: int) -> list[str]:
    """Findings among the customers of one partition."""
    found = []
    for moment in chosen:
        as_is = _matrix(data, plan, moment, partition, None)
        for change in (future.deleted, future.altered):
            for name in differing(as_is, _matrix(data, plan, moment, partition, change)):
                found.append(f"{name} at {moment:%Y-%m-%d} changes when the future is {change.__name__}")
        shifted, absent = (
            _matrix(data, plan, moment, partition, change) for change in (future.moved, future.without_last)
        )
        for name in differing(shifted, absent):
            found.append(f"{name} at {moment:%Y-%m-%d} sees an event that happens at the snapshot itself")
    return found


def _matrix(
    data: Prepared, plan: FeaturePlan, moment: datetime, partition: int, change: future.Change | None
) -> pa.Table:
    """The partition is the whole company here, so that another future reaches the company's averages too."""
    with data.connect(partition) as con:
        con.execute(snapshot_table("customers", [moment]))
        if change is not None:
            change(con, data.shapes, moment)
        whole = company_part(con, plan.groups, [moment])
        return compute(con, with_company(plan.groups, whole))


def differing(left: pa.Table, right: pa.Table) -> list[str]:
    """Names of the columns that differ in any bit."""
    return [name for name in left.column_names if not _same(left.column(name), right.column(name))]


def _same(left: pa.ChunkedArray, right: pa.ChunkedArray) -> bool:
    if not pa.types.is_floating(left.type):
        return bool(left.equals(right))
    one, other = (column.combine_chunks() for column in (left, right))
    if not one.is_null().equals(other.is_null()):
        return False
    bits = [column.fill_null(0).to_numpy(zero_copy_only=False).view(np.int64) for column in (one, other)]
    return bool(np.array_equal(bits[0], bits[1]))


def _recorded(config: Config, report: LeakReport, model: str) -> LeakReport:
    version = tracking.version_of(tracking.store_of(config), model)
    if version is None:
        return report
    tracking.record_leakcheck(
        tracking.store_of(config), version, report.passed, report.feature_fingerprint, report.as_text()
    )
    return LeakReport(**{**vars(report), "recorded": f"{config.name}/{version}"})
