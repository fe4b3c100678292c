"""The gate before the champion: each check gives its findings; none at all, and the version may pass."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from models.paired import Difference
from pipeline import tested_rows
from pipeline.champion import Rival
from pipeline.config.promotion import PromotionConfig

LEAKCHECK = "run holdfast leakcheck"


@dataclass(frozen=True)
class Evidence:
    """What is known of a version.

    `leakcheck` None: there was none. `metrics` are those of its test, `tested` its tested rows, None in a run that kept
    none; `champion` is the present one, where there is another one; `coverage` is
    what the interval of the money states, None without one.
    """

    leakcheck: bool | None
    checked_features: str
    trained_features: str
    metrics: Mapping[str, float]
    tested: pd.DataFrame | None
    champion: Rival | None
    coverage: float | None


def findings(evidence: Evidence, asked: PromotionConfig) -> tuple[str, ...]:
    """Everything that stands against the version."""
    return tuple(finding for check in CHECKS for finding in check(evidence, asked))


def _leaks(evidence: Evidence, _asked: PromotionConfig) -> Iterator[str]:
    if evidence.leakcheck is None:
        yield f"it has no leak check ({LEAKCHECK})"
    elif not evidence.leakcheck:
        yield "it failed its leak check (mend the findings and train again)"
    elif evidence.checked_features != evidence.trained_features:
        yield f"it was checked with other features than it was trained with ({LEAKCHECK})"


def _baselines(evidence: Evidence, asked: PromotionConfig) -> Iterator[str]:
    if evidence.tested is None:
        yield "its run kept no tested rows, so it cannot be compared (train again)"
        return
    for name in tested_rows.baselines(evidence.tested):
        found = tested_rows.against(evidence.tested, name, asked.confidence)
        yield from _compared(f"the baseline {name.replace('_', ' ')}", found, asked.against_baselines)


def _champion(evidence: Evidence, asked: PromotionConfig) -> Iterator[str]:
    if evidence.champion is None or evidence.tested is None:
        return
    name, rows = evidence.champion.name, evidence.champion.rows
    found = None if rows is None else tested_rows.between(evidence.tested, rows, asked.confidence)
    if found is None:
        yield f"there are no rows to test it and the champion {name} on (give both a test period in common)"
        return
    yield from _compared(f"the champion {name}", found, asked.against_champion)


def _compared(other: str, found: Difference, asked: str) -> Iterator[str]:
    said = f"log loss lower by {found}"
    if found.worse:
        yield f"it is worse than {other}: {said}"
    elif asked == "better" and not found.better:
        yield f"it does not beat {other} beyond chance: {said}"


def _calibration(evidence: Evidence, asked: PromotionConfig) -> Iterator[str]:
    error = evidence.metrics.get("risk.ece")
    if error is None:
        yield "its calibration was not measured (train again)"
    elif error > asked.max_calibration_error:
        yield f"its expected calibration error is {error:.3f}, above {asked.max_calibration_error:g}"


def _coverage(evidence: Evidence, asked: PromotionConfig) -> Iterator[str]:
    found, stated = evidence.metrics.get("loss.coverage"), evidence.coverage
    if stated is not None and found is not None and stated - found > asked.max_coverage_gap:
        yield f"its interval of the money held {found:.3f} of the values, {stated:g} are stated"


CHECKS: tuple[Callable[[Evidence, PromotionConfig], Iterator[str]], ...] = (
    _leaks,
    _baselines,
    _champion,
    _calibration,
    _coverage,
)
