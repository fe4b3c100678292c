"""What the config wishes of the risk: effects that only rise or fall, and rows that weigh by the customer's value."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np

from features.errors import ConfigError, nearest
from models.arrays import FloatArray
from models.rows import Rows
from models.settings import RiskSettings

SIGNS = {"rises": 1, "falls": -1}


def wished(rows: Rows, names: Sequence[str], categories: Sequence[str], settings: RiskSettings) -> Rows:
    """The rows with the wishes of the settings; `names` of the columns, those among them that are `categories`.

    Raises ConfigError for a feature that is not among the columns, or is a category.
    """
    monotone, weights = _monotone(names, categories, settings.monotone), rows.weights
    if settings.weight_by is not None:
        value = by_value(settings.weight_by, rows.X[:, _position(settings.weight_by, names, categories)])
        weights = value if weights is None else weights * value
    return replace(rows, monotone=monotone, weights=weights)


def by_value(name: str, values: FloatArray) -> FloatArray:
    """Weights (rows,) in proportion to the value, 1 on average; below zero counts as none, unknown as the mean.

    Raises ConfigError, with the `name` of the feature, where nobody has any.
    """
    seen = values[np.isfinite(values)]
    if not (seen > 0).any():
        largest = f"The largest is {seen.max():g}" if len(seen) else "All are missing"
        what, fix = "no customer has a value above zero", f"{largest}: name another feature, or leave it out."
        raise ConfigError(what, where="model.risk.weight_by", value=name, fix=fix)
    known = np.maximum(values, 0)
    mean = np.nanmean(known)
    return np.asarray(np.where(np.isnan(known), 1.0, known / mean))


def _monotone(names: Sequence[str], categories: Sequence[str], wanted: Mapping[str, str]) -> tuple[int, ...]:
    """One sign a column; a later pattern overrides an earlier one."""
    signs = dict.fromkeys(names, 0)
    for pattern, direction in wanted.items():
        found = [name for name in names if fnmatchcase(name, pattern) and name not in categories]
        if not found:
            raise _unknown(pattern, names, "model.risk.monotone")
        signs |= dict.fromkeys(found, SIGNS[direction])
    return tuple(signs.values()) if wanted else ()


def _position(name: str, names: Sequence[str], categories: Sequence[str]) -> int:
    if name not in names or name in categories:
        raise _unknown(name, names, "model.risk.weight_by")
    return list(names).index(name)


def _unknown(value: str, names: Sequence[str], where: str) -> ConfigError:
    return ConfigError("no numeric feature of the model", where=where, value=value, fix=nearest(value, names))
