"""What the config says about features: windows, levels, and the time limits of complaints by grade."""

from typing import Literal

from pydantic import Field

from features.spec import FeatureSettings, Limit
from pipeline.config.base import Section

OPERATOR = "a provincial mobile operator's five grades (course material); hours of grades 2 to 5 are our reading"


class LimitConfig(Section):
    """Time limit of one complaint grade (service level)."""

    answer_hours: float = Field(gt=0)
    """Hours to the first answer."""
    resolve_hours: float = Field(gt=0)
    """Hours to the resolution."""
    working_time: bool = False
    """Count working days only (Monday to Friday, 24 hours each)."""
    source: str = ""
    """Where the figure comes from."""
    status: Literal["own", "prior", "reference", "assumption"] = "own"
    """How far it can be trusted."""


def default_limits() -> dict[str, LimitConfig]:
    """The grades and limits of DOMAIN.md, as priors."""
    hours = {"1": (2.0, False), "2": (24.0, False), "3": (48.0, False), "4": (120.0, True), "5": (168.0, True)}
    return {
        grade: LimitConfig(
            answer_hours=min(limit, 24.0), resolve_hours=limit, working_time=working, source=OPERATOR, status="prior"
        )
        for grade, (limit, working) in hours.items()
    }


class FeatureConfig(Section):
    """Which features are computed."""

    windows_days: tuple[int, ...] = Field(default=(30, 90, 180, 365), min_length=1)
    """History windows in days; each is [t - w, t)."""
    half_lives_days: tuple[int, ...] = Field(default=(30, 90), min_length=1)
    """Half-lives of the decayed complaint load, in days."""
    quick_hours: float = Field(default=24.0, gt=0)
    """A complaint resolved within these hours counts as resolved quickly."""
    max_levels: int = Field(default=12, ge=1)
    """Largest number of levels of a category that get counts of their own, most frequent first."""
    groups: tuple[str, ...] | None = None
    """Feature groups to use; default: all that the tables allow."""

    def settings(self, limits: dict[str, LimitConfig], excluded: frozenset[str]) -> FeatureSettings:
        """The settings the feature layer takes, still without frozen levels."""
        return FeatureSettings(
            windows_days=self.windows_days,
            half_lives_days=self.half_lives_days,
            limits={grade: Limit(v.answer_hours, v.resolve_hours, v.working_time) for grade, v in limits.items()},
            quick_hours=self.quick_hours,
            excluded=excluded,
            groups=self.groups,
        )
