"""Figures that come from somewhere: each says from where, and how far it can be trusted."""

from typing import Literal

from pydantic import Field

from pipeline.config.base import Section

Status = Literal["own", "prior", "reference", "assumption"]


class Sourced(Section):
    """Settings with a source."""

    source: str = Field(min_length=1, description="where the figures come from")
    status: Status = Field(description="own (measured on own data), prior, reference or assumption")
