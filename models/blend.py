"""A weighted mean of candidates in log-odds, calibrated; reasons stay a sum."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from features.errors import ModelMismatchError
from models.additive import Additive
from models.arrays import FloatArray, Parts, from_json, to_json, under, within
from models.boosting import Boosting
from models.calibration import IDENTITY, Sigmoid
from models.candidate import Candidate

LOADERS: dict[str, Any] = {"additive": Additive.load, "boosting": Boosting.load}


@dataclass(frozen=True)
class Blend:
    """sum of weight x member's log-odds, then slope and intercept."""

    members: tuple[tuple[float, Candidate], ...]
    sigmoid: Sigmoid = IDENTITY

    kind = "blend"

    def log_odds(self, X: FloatArray) -> FloatArray:
        """See `Candidate`."""
        return self.sigmoid(sum((w * member.log_odds(X) for w, member in self.members), np.zeros(len(X))))

    def contributions(self, X: FloatArray) -> FloatArray:
        """See `Candidate`."""
        effects = [w * self.sigmoid.slope * member.contributions(X) for w, member in self.members]
        total: FloatArray = np.sum(effects, axis=0)
        total[:, -1] += self.sigmoid.intercept
        return total

    def dump(self) -> Parts:
        """See `Candidate`."""
        kinds = [{"weight": w, "kind": member.kind} for w, member in self.members]
        manifest = {"members": kinds, "slope": self.sigmoid.slope, "intercept": self.sigmoid.intercept}
        parts = {"blend.json": to_json(manifest)}
        for i, (_, member) in enumerate(self.members):
            parts |= under(f"member_{i}", member.dump())
        return parts

    @classmethod
    def load(cls, parts: Parts) -> "Blend":
        """What `dump` gave. Raises ModelMismatchError for a kind of member that is not known."""
        stored = from_json(parts["blend.json"])
        members = [
            (float(found["weight"]), _loader(found["kind"])(within(f"member_{i}", parts)))
            for i, found in enumerate(stored["members"])
        ]
        return cls(tuple(members), Sigmoid(stored["slope"], stored["intercept"]))


def _loader(kind: str) -> Any:
    if kind not in LOADERS:
        raise ModelMismatchError(
            "kind of risk model", trained=kind, now=", ".join(LOADERS), fix="Load it with the version that wrote it."
        )
    return LOADERS[kind]
