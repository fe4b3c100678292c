"""Figures that come from somewhere: each says from where, and how far it can be trusted."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from pipeline.config.base import Section

Status = Literal["own", "prior", "reference", "assumption"]


class Sourced(Section):
    """Settings with a source."""

    source: str = Field(min_length=1, description="where the figures come from")
    status: Status = Field(description="own (measured on own data), prior, reference or assumption")


SuccessType = Literal["price", "product", "service", "self", "unknown", "any"]


class BetaPrior(Sourced):
    """Belief about the chance that an action keeps a customer who would have defected: Beta(a, b)."""

    a: float = Field(gt=0, description="kept, as if this many had been counted (Beta a)")
    b: float = Field(gt=0, description="lost in spite of it, as if this many had been counted (Beta b)")

    @property
    def mean(self) -> float:
        """The expected chance, a share in (0, 1)."""
        return self.a / (self.a + self.b)


def expected_chance(success: Mapping[SuccessType, BetaPrior], defection_type: SuccessType) -> float:
    """Expected chance for one type of defection; 0 where neither the type nor `any` is given."""
    prior = success.get(defection_type) or success.get("any")
    return prior.mean if prior else 0.0
