"""Complaint texts in Chinese and English from a small grammar, so that the cause has to be learned."""

import re
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.arrays import Bools, Ints, Reals
from pipeline.simulator.records import phrases as p

CHINESE_SHARE = 0.5
# A second sentence from any cause: people mix their grievances.
DIGRESSION = 0.15
REMARKED = 0.4
SLOT = re.compile(r"(\{\w+\})")
Texts = NDArray[Any]


def complaint_texts(cause: Ints, large: Bools, rng: np.random.Generator) -> Texts:
    """One text for each complaint."""
    chinese = rng.random(len(cause)) < CHINESE_SHARE
    texts = np.empty(len(cause), dtype=object)
    for language in (False, True):
        here = np.flatnonzero(chinese == language)
        texts[here] = _written(language, cause[here], large[here], rng)
    return texts


def survey_texts(feeling: Reals, rng: np.random.Generator) -> Texts:
    """A remark on some surveys, NULL on the others."""
    level = np.digitize(feeling, (-0.6, 0.6))
    remarks: Texts = np.array(p.REMARKS, dtype=object)[level, rng.integers(0, 4, len(feeling))]
    remarks[rng.random(len(feeling)) >= REMARKED] = None
    return remarks


def _written(chinese: bool, cause: Ints, large: Bools, rng: np.random.Generator) -> Texts:
    n, grammar = len(cause), p.CHINESE if chinese else p.ENGLISH
    opening = _any(p.OPENINGS_CHINESE if chinese else p.OPENINGS_ENGLISH, n, rng)
    closing = _any(p.CLOSINGS_CHINESE if chinese else p.CLOSINGS_ENGLISH, n, rng)
    urgent = _any(p.URGENT_CHINESE if chinese else p.URGENT_ENGLISH, n, rng)
    other = _sentences(chinese, rng.integers(0, len(grammar), n), rng)
    aside = np.where(rng.random(n) < DIGRESSION, ("。另外," if chinese else ". Also, ") + other, "")
    shout = np.where(large & (rng.random(n) < 0.5), urgent, "")
    return opening + _sentences(chinese, cause, rng) + aside + closing + shout


def _sentences(chinese: bool, cause: Ints, rng: np.random.Generator) -> Texts:
    """A sentence for each cause, its slots filled."""
    filled = np.empty(len(cause), dtype=object)
    slots = p.SLOTS_CHINESE if chinese else p.SLOTS_ENGLISH
    templates = p.CHINESE if chinese else p.ENGLISH
    form = rng.integers(0, len(templates[0]), len(cause))
    for kind in range(len(templates)):
        for number, template in enumerate(templates[kind]):
            here = np.flatnonzero((cause == kind) & (form == number))
            filled[here] = _fill(template, slots, len(here), rng)
    return filled


def _fill(template: str, slots: p.Grammar, n: int, rng: np.random.Generator) -> Texts:
    text = np.full(n, "", dtype=object)
    for part in _parts(template):
        text = text + (_any(slots[part[1:-1]], n, rng) if part.startswith("{") else part)
    return text


@cache
def _parts(template: str) -> tuple[str, ...]:
    return tuple(part for part in SLOT.split(template) if part)


def _any(words: tuple[str, ...], n: int, rng: np.random.Generator) -> Texts:
    return np.array(words, dtype=object)[rng.integers(0, len(words), n)]
