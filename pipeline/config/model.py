"""What the config says about testing the models; what the models are is `models.settings.ModelSettings`."""

from pydantic import Field

from pipeline.config.base import Section


class ValidationConfig(Section):
    """How flat data are tested, and the seed of folds and intervals."""

    folds: int = Field(default=5, ge=2)
    """Stratified folds of flat data."""
    repeats: int = Field(default=3, ge=1)
    """Repeats of those folds with other seeds."""
    group: str | None = None
    """Column of `customers` in flat data: rows with one value (a household) stay on one side of a fold."""
    periods: int = Field(default=1, ge=1, le=24)
    """Test periods of the time-ordered backtest: the test snapshots, and as many before them, again and again."""
    gap_days: int = Field(default=0, ge=0, le=3650)
    """Days left free between the day the last training label is known and the first test snapshot."""
    decay_snapshots: int = Field(default=3, ge=0, le=240)
    """Snapshots, the first ones, for the old model of the decay curve (`evaluate`; `train` with periods); 0: none."""
    segments: tuple[str, ...] = ()
    """Columns of `customers` (or names of features) by which results are shown; numbers are cut into quarters."""
    protected: tuple[str, ...] = ()
    """The same for protected attributes: selection rate, true positive rate and calibration of each group."""
    contacted_share: float = Field(default=0.1, gt=0, le=1)
    """Share of the customers, riskiest first, that counts as selected in the results by group."""
    seed: int = Field(default=0, ge=0)
    """Seed of folds and bootstrap."""
