"""What the config says about testing the models; what the models are is `models.settings.ModelSettings`."""

from pydantic import Field

from pipeline.config.base import Section


class ValidationConfig(Section):
    """How flat data are tested, and the seed of folds and intervals."""

    folds: int = Field(default=5, ge=2)
    """Stratified folds of flat data."""
    repeats: int = Field(default=3, ge=1)
    """Repeats of those folds with other seeds."""
    seed: int = Field(default=0, ge=0)
    """Seed of folds and bootstrap."""
