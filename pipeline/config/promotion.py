"""What the config asks of a version before it may become champion."""

from typing import Literal

from pydantic import Field

from pipeline.config.base import Section


class PromotionConfig(Section):
    """The gate of `holdfast promote`; a passed leak check is always asked for."""

    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of the interval of a paired difference in log loss, which has to lie on the right side of 0."""
    against_baselines: Literal["better", "not_worse"] = "better"
    """Whether a version must be better than each baseline beyond chance, or only not worse."""
    against_champion: Literal["better", "not_worse"] = "better"
    """The same for the present champion; `not_worse` lets a version with newer rows replace its equal."""
    max_calibration_error: float = Field(default=0.05, gt=0, le=1)
    """Largest expected calibration error of the risk on the test rows."""
    max_coverage_gap: float = Field(default=0.05, gt=0, le=1)
    """How far the interval of the money may fall short of its stated coverage."""
