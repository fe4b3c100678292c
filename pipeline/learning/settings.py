"""The `learning:` section of a config: where what was learned is kept, and how much evidence a claim needs."""

from typing import Literal

from pydantic import Field

from pipeline.config.base import Section
from pipeline.planning.sourced import Sourced

FACTORS = "factors"
Learner = Literal["factors", "response", "shift", "t_learner", "x_learner", "dr_learner"]


class Threshold(Sourced):
    """A number of randomised contacts."""

    value: int = Field(ge=1, description="randomised contacts, both arms together")


class LearningConfig(Section):
    """What `learn` writes and `plan` reads."""

    folder: str | None = None
    """Folder of what was learned, relative to the config; none given: `learned` in the work folder."""
    level: float = Field(default=0.95, gt=0.5, lt=1)
    """Chance with which an interval holds."""
    enough_contacts: Threshold = Threshold(
        value=2_000,
        source="finds a fall of the share that leaves from 10 to 6.5 % with a power of 0.8",
        status="assumption",
    )
    """From then on an action that has not been shown to keep customers is offered no more."""
    uplift_contacts: Threshold = Threshold(
        value=10_000,
        source="effects by group were still mostly noise with 17,000 simulated contacts (docs/benchmarks.md)",
        status="assumption",
    )
    """From then on effects by customer are learned."""
    folds: int = Field(default=5, ge=2, le=20)
    """Folds by customer in which rankings are compared."""
    learners: tuple[Learner, ...] = Field(
        default=("factors", "response", "shift", "t_learner", "x_learner", "dr_learner"), min_length=1
    )
    """Learners of effects by customer to compare; the others of `factors` are LightGBM models, at two sizes each."""
    seed: int = Field(default=0, ge=0)
    """Seed of folds and models."""
