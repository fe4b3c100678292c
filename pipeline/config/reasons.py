"""What the config says about reasons: for whom, how many, in which language."""

from typing import Literal

from pydantic import Field

from pipeline.config.base import Section


class ReasonsConfig(Section):
    """The reasons in the score file."""

    customers: int | Literal["all"] = Field(default=100_000, union_mode="left_to_right")
    """Customers who get reasons, those with the largest expected loss; or `all`."""
    per_customer: int = Field(default=3, ge=1, le=20)
    """Most reasons of one customer."""
    language: Literal["en", "zh"] = "en"
    """Language of their texts."""
