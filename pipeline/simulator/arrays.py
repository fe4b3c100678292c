"""Small shared parts: typed arrays, random streams, records whose arrays share the customer axis."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Times = NDArray[np.datetime64]

# The purposes of random streams. A stream is named by seed, partition and purpose, so that adding draws
# to one part of the simulator leaves all others as they were.
COMPANY, PEOPLE, PATH, RECORDS, FUTURES, DEFECTS = range(6)
NO_PARTITION = 2**31 - 1


def stream(seed: int, partition: int, purpose: int) -> np.random.Generator:
    """The generator for one purpose in one partition of customers."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(partition, purpose))))


@dataclass
class Columns:
    """A record of arrays that all have the customers on their last axis."""

    def take(self, index: Ints) -> Self:
        """The same record for the customers at `index` (repeats allowed)."""
        return self.map(lambda array: array[..., index])

    def map(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Self:
        """The same record with `change` applied to every array."""
        return type(self)(**{f.name: change(getattr(self, f.name)) for f in fields(self)})


def uniform(rng: np.random.Generator, n: int) -> Reals:
    """`n` numbers in [0, 1)."""
    return rng.random(n, dtype=np.float32)


def normal(rng: np.random.Generator, n: int) -> Reals:
    """`n` standard normal numbers."""
    return rng.standard_normal(n, dtype=np.float32)


def choice(rng: np.random.Generator, shares: tuple[float, ...], n: int) -> Ints:
    """`n` codes 0, 1, ... drawn with the given shares."""
    cumulative = np.cumsum(shares) / np.sum(shares)
    return np.minimum(np.searchsorted(cumulative, rng.random(n), side="right"), len(shares) - 1)
