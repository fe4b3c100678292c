"""Names for the arrays that the models pass around, and the one way they write JSON."""

import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Parts: TypeAlias = dict[str, bytes]


def to_json(value: Mapping[str, Any]) -> bytes:
    """JSON whose floats read back as the same bits; NaN becomes null."""
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False).encode()


def from_json(text: bytes) -> dict[str, Any]:
    """What `to_json` wrote."""
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def floats(values: object) -> FloatArray:
    """A float array from JSON; null becomes NaN."""
    return np.array(values, dtype=np.float64)


def under(prefix: str, parts: Mapping[str, bytes]) -> Parts:
    """The parts with a folder in front of their names."""
    return {f"{prefix}/{name}": content for name, content in parts.items()}


def within(prefix: str, parts: Mapping[str, bytes]) -> Parts:
    """The parts of one folder, without its name.

    >>> within("a", {"a/b": b"1", "c": b"2"})
    {'b': b'1'}
    """
    start = f"{prefix}/"
    return {name.removeprefix(start): content for name, content in parts.items() if name.startswith(start)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and math.isnan(value):
        return None
    return value
