"""What a config may say about the models. The defaults were chosen by cross-validation on public churn data."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class TreeShape(Settings):
    """Shape of the trees of one LightGBM candidate: small ones are cheap to explain."""

    name: str = Field(description="what it is called in runs and reports")
    leaves: int = Field(default=6, ge=2, le=255, description="leaves a tree")
    depth: int = Field(default=3, ge=1, le=12, description="depth of a tree")
    rate: float = Field(default=0.05, gt=0, le=1, description="learning rate")
    leaf_rows: int = Field(default=50, ge=1, description="fewest rows in a leaf")
    column_share: float = Field(default=0.3, gt=0, le=1, description="share of columns each tree sees")
    row_share: float = Field(default=0.8, gt=0, le=1, description="share of rows each tree sees")
    l2: float = Field(default=10.0, ge=0, description="L2 penalty on leaf values")
    path_smooth: float = Field(default=0.0, ge=0, description="pull of a leaf towards its parent, in rows")
    extra_trees: bool = Field(
        default=False, description="thresholds drawn by chance: alone a little worse, in a mean it errs elsewhere"
    )


class LinearShape(Settings):
    """How a logistic regression sees a number: straight, as normal score or cubic of its rank, or bent at quantiles."""

    name: str = Field(description="what it is called in runs and reports")
    bend: Literal["straight", "normal", "cubic", "spline"] = "straight"
    """straight: the number; normal, cubic: normal score or cubic of its rank; spline: bent at quantiles"""
    strength: float = Field(default=1.0, gt=0, description="inverse of the L2 penalty (scikit-learn's C)")
    knots: int = Field(default=6, ge=2, le=100, description="quantiles at which a spline bends")


# Many weak signals that add up, and few strong ones that depend on each other.
SMOOTH = TreeShape(name="smooth")
INTERACTING = TreeShape(name="interacting", leaves=15, depth=5, rate=0.07, leaf_rows=10, column_share=0.8, l2=1.0)
# Many columns that say nearly the same: each tree sees few of them.
CROWDED = TreeShape(
    name="crowded", leaves=8, depth=4, rate=0.03, leaf_rows=40, column_share=0.2, row_share=0.7, l2=30.0
)
# What a user would try first; how much to hold it back is chosen for them.
PLAIN = tuple(LinearShape(name=f"straight_{c:g}", strength=c) for c in (1.0, 0.1, 0.01, 0.003))


class RiskSettings(Settings):
    """The risk model: candidates, folds, size."""

    trees: tuple[TreeShape, ...] = (SMOOTH, INTERACTING, CROWDED)
    """shapes of LightGBM that are tried"""
    linear: tuple[LinearShape, ...] = (
        LinearShape(name="normal", bend="normal", strength=0.003),
        LinearShape(name="cubic", bend="cubic", strength=3.0),
    )
    """shapes of the logistic regression that are tried"""
    plain: tuple[LinearShape, ...] = Field(
        default=PLAIN, description="shapes of the logistic regression kept as a baseline"
    )
    folds: int = Field(default=4, ge=2, le=20, description="folds of the cross-fitting inside the training rows")
    bags: int = Field(default=3, ge=1, le=50, description="LightGBM fits with different seeds, averaged")
    bag_rows: int = Field(
        default=20_000, ge=0, description="with more rows one fit is steady enough, and fast to score"
    )
    monotone: dict[str, Literal["rises", "falls"]] = Field(
        default_factory=dict,
        description="feature, or pattern with *: the risk must rise or fall with it; missing values stay free",
    )
    weight_by: str | None = Field(
        default=None,
        description="feature with a customer's value: its rows weigh in proportion when the risk is fitted",
    )
    max_trees: int = Field(default=600, ge=1, description="most trees in one LightGBM fit")
    patience: int = Field(default=30, ge=1, description="trees without improvement before stopping")
    selection_rows: int = Field(default=40_000, ge=100, description="rows of whole customers used to choose candidates")
    linear_rows: int = Field(
        default=30_000, ge=100, description="rows of whole customers a logistic regression is fitted on"
    )
    linear_cells: int = Field(
        default=1_500_000, ge=1, description="rows x columns above which only the first, cheapest linear shape is tried"
    )
    calibration_snapshots: int = Field(
        default=3, ge=1, description="complete earlier snapshots needed to calibrate out of time"
    )
    seed: int = Field(default=0, ge=0, description="seed of folds, samples and LightGBM")
    num_threads: int = Field(default=2, ge=1, description="threads of LightGBM")


class TypeSettings(Settings):
    """The defection-type model."""

    trees: tuple[TreeShape, ...] = (
        TreeShape(name="small", leaves=4, depth=2, leaf_rows=30, l2=20.0),
        TreeShape(name="firm", leaves=4, depth=2, leaf_rows=100, column_share=1.0, l2=100.0),
    )
    """shapes of LightGBM that are tried: many weak signals, or few strong ones in many rows"""
    linear: LinearShape = LinearShape(name="normal", bend="normal", strength=0.02)
    """shape of its logistic regression"""
    folds: int = Field(default=4, ge=2, le=20, description="folds of the cross-fitting inside the training rows")
    max_trees: int = Field(default=200, ge=1, description="most trees in one LightGBM fit")
    patience: int = Field(default=20, ge=1, description="trees without improvement before stopping")
    fewest: int = Field(default=30, ge=1, description="defectors with a reason needed to look for signal")
    seed: int = Field(default=0, ge=0, description="seed of folds, samples and LightGBM")
    num_threads: int = Field(default=2, ge=1, description="threads of LightGBM")


Way = Literal["squared", "log", "tweedie", "absolute", "price", "price_absolute", "buying"]


class LossSettings(Settings):
    """The model of the remaining relationship's value."""

    tree: TreeShape = TreeShape(name="value", leaves=12, depth=5, rate=0.1, leaf_rows=20, column_share=0.3, l2=5.0)
    """shape of its LightGBM"""
    objectives: tuple[Way, ...] = ("squared", "log", "tweedie", "price", "price_absolute", "buying")
    """ways that are tried for the money of a stayer, where the data allow them: squared, log, tweedie, absolute: losses
    of LightGBM; price: the current contract's price a day; price_absolute: the difference to it by LightGBM; buying:
    BG/NBD with Gamma-Gamma"""
    criterion: Literal["deviance", "absolute"] = "deviance"
    """how ways are compared: deviance: right on average, so that sums are right; absolute: right for most, where money
    is nearly certain, as that of running contracts"""
    income: tuple[Literal["two_part", "tweedie", "buying", "pooled"], ...] = ("two_part", "tweedie", "buying", "pooled")
    """ways that are tried for the revenue to be expected of a customer, staying or not: two_part: risk times the money
    of a stayer; tweedie: LightGBM directly; buying: BG/NBD with Gamma-Gamma; pooled: the mean of the best of the first
    two and buying"""
    buying_rows: int = Field(default=30_000, ge=100, description="customers that BG/NBD and Gamma-Gamma learn from")
    coverage: float = Field(default=0.9, gt=0, lt=1, description="share of realised values the interval should hold")
    folds: int = Field(default=3, ge=2, le=20, description="folds of the cross-fitting inside the training rows")
    max_trees: int = Field(default=200, ge=1, description="most trees in one LightGBM fit")
    calibration_snapshots: int = Field(
        default=3, ge=1, description="as for the risk: to set level and interval on later rows"
    )
    calibration_rows: int = Field(
        default=20_000, ge=100, description="rows of left-out customers that set the interval where time is too short"
    )
    patience: int = Field(default=25, ge=1, description="trees without improvement before stopping")
    selection_rows: int = Field(default=10_000, ge=100, description="rows of whole customers used to choose candidates")
    seed: int = Field(default=0, ge=0, description="seed of folds, samples and LightGBM")
    num_threads: int = Field(default=2, ge=1, description="threads of LightGBM")


class BandSettings(Settings):
    """Shares of the training customers, from the riskiest down, that each band of risk holds; the rest are `low`."""

    very_high: float = Field(default=0.05, gt=0, lt=1, description="share of the training customers")
    high: float = Field(default=0.15, gt=0, lt=1, description="share of the training customers")
    medium: float = Field(default=0.30, gt=0, lt=1, description="share of the training customers")


class ModelSettings(Settings):
    """Everything the config may say about the models."""

    risk: RiskSettings = RiskSettings()
    """the risk model"""
    types: TypeSettings = TypeSettings()
    """the defection-type model"""
    loss: LossSettings = LossSettings()
    """the value model"""
    bands: BandSettings = BandSettings()
    """bands of risk"""
    max_levels: int = Field(default=50, ge=2, description="most frequent levels kept of a category column")
