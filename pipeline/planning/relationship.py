"""Relationship level (basic to partnership) by margin and by how many customers share that margin tier.

Kotler's grid: the fewer the customers and the higher the margin, the closer the relationship. Cells vary by edition, so
the grid is config.
"""

from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from features.errors import ConfigError
from pipeline.planning.sourced import Sourced

LEVELS = ("basic", "reactive", "accountable", "proactive", "partnership")
Level = Literal["basic", "reactive", "accountable", "proactive", "partnership"]
Tier = Literal["low", "medium", "high"]
Crowd = Literal["few", "medium", "many"]


class RelationshipGrid(Sourced):
    """The grid and the thresholds of its rows and columns."""

    medium_margin_from: float = Field(description="money a customer (loss_profit) from which the margin is medium")
    high_margin_from: float = Field(description="money a customer (loss_profit) from which the margin is high")
    medium_customers_from: int = Field(
        ge=1, description="customers in a margin tier from which they are a medium number"
    )
    many_customers_from: int = Field(ge=1, description="customers in a margin tier from which they are many")
    grid: Mapping[Crowd, Mapping[Tier, Level]] = Field(description="number of customers -> margin -> level")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for crowd in ("few", "medium", "many"):
            missing = {"low", "medium", "high"} - set(self.grid.get(crowd, {}))
            if missing:
                raise ConfigError(
                    "cells are missing",
                    where=f"plan.relationship.grid: {crowd}",
                    value=sorted(missing),
                    fix="Fill them.",
                )
        return self


def relationship_levels(margin: pd.Series, settings: RelationshipGrid | None) -> "pd.Series[str]":
    """The level of each customer; empty text without a grid. A margin that is not known counts as low."""
    if settings is None:
        return pd.Series("", index=margin.index, dtype="str")
    edges = [settings.medium_margin_from, settings.high_margin_from]
    tiers = np.array(["low", "medium", "high"])[np.searchsorted(edges, margin.fillna(-np.inf), side="right")]
    cell = {tier: settings.grid[_crowd(int((tiers == tier).sum()), settings)][tier] for tier in _tiers(tiers)}
    return pd.Series([cell[tier] for tier in tiers], index=margin.index, dtype="str")


def _tiers(tiers: "np.ndarray[tuple[int], np.dtype[np.str_]]") -> list[Tier]:
    return [tier for tier in ("low", "medium", "high") if (tiers == tier).any()]


def _crowd(customers: int, settings: RelationshipGrid) -> Crowd:
    if customers >= settings.many_customers_from:
        return "many"
    return "medium" if customers >= settings.medium_customers_from else "few"
