"""Answers: every value under the key of its row, and where two of them part.

What belongs here: comparing answers. What does not: reading them from what functions return (`calling.reading`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np

from butter_pipeline.features.proof.foreign.worlds.market import settled
from butter_pipeline.features.proof.foreign.worlds.rows import DAY, World, stamp_of
from butter_pipeline.features.registry import Floats, Integers

TOLERANCE = 1e-9
"""Relative: below it, lengths of arrays may show in a sum's last bits; what the future weighs shows when it grows."""
WEIGHT = 1e-13
"""The least weight on an enormous future that is no rounding."""


@dataclass(frozen=True)
class Column:
    """Values by key, in the order of keys, with the moment from which each key's row is known."""

    keys: Integers
    known: Integers
    values: Floats

    @property
    def typical(self) -> float:
        """The size that its values usually have."""
        told = np.abs(self.values[np.isfinite(self.values)])
        return float(np.median(told)) if len(told) else 0.0


Answer = Mapping[str, Column]


@dataclass(frozen=True)
class Difference:
    """Where two answers part: the latest such row, and all of them; `only_gone` where values are only missing."""

    column: str
    key: int
    was: float
    became: float
    rows: int
    of: int
    stamps: Integers
    keys: Integers
    only_gone: bool


def joined(answers: Sequence[Answer]) -> Answer:
    """Answers about different rows as one."""
    names = dict.fromkeys(name for each in answers for name in each)
    found = {}
    for name in names:
        parts = [each[name] for each in answers if name in each]
        keys = np.concatenate([part.keys for part in parts])
        order = np.argsort(keys, kind="stable")
        known = np.concatenate([part.known for part in parts])[order]
        found[name] = Column(keys[order], known, np.concatenate([part.values for part in parts])[order])
    return found


def difference(full: Answer, other: Answer, moment: int, grown: float = 1.0) -> Difference | None:
    """The first column that says something else about rows known by a moment, where the future grew so many times."""
    tolerance = max(WEIGHT * grown, TOLERANCE)
    for name, column in full.items():
        if name in other:
            found = _difference(name, column, other[name], moment, tolerance)
            if found is not None:
                return found
    return None


def blank(given: Answer) -> bool:
    """Whether an answer says nothing at all."""
    return all(np.isnan(column.values).all() for column in given.values())


def known_of(keys: Integers, world: World) -> Integers:
    """From when on the rows of keys are known: the given rows' own moments, a day's close for other labels."""
    stamps = stamp_of(keys)
    known = stamps.copy()
    whole = np.flatnonzero(stamps % DAY == 0)
    if len(whole):
        days, at = np.unique(stamps[whole], return_inverse=True)
        known[whole] = np.array([_settled(int(day) // DAY) for day in days], dtype=np.int64)[at]
    later = np.flatnonzero(keys & 15)
    for rows in (world.daily,) if len(later) else ():
        places = np.minimum(np.searchsorted(rows.keys, keys[later]), len(rows) - 1)
        known[later] = np.where(rows.keys[places] == keys[later], rows.known[places], known[later])
    return known


@cache
def _settled(day: int) -> int:
    return settled(date(1970, 1, 1) + timedelta(days=day))


def _difference(name: str, full: Column, other: Column, moment: int, tolerance: float) -> Difference | None:
    mine, theirs = full.known <= moment, other.known <= moment
    keys, was = full.keys[mine], full.values[mine]
    their_keys, their_values = other.keys[theirs], other.values[theirs]
    if not np.array_equal(keys, their_keys):
        every = np.union1d(keys, their_keys)
        was, became = _at(every, keys, was), _at(every, their_keys, their_values)
        keys = every
    else:
        became = their_values
    with np.errstate(all="ignore"):
        size = np.maximum(np.maximum(np.abs(was), np.abs(became)), full.typical)
        apart = np.abs(was - became) > tolerance * size
        apart |= np.isnan(was) != np.isnan(became)
        apart &= was != became
    if not apart.any():
        return None
    places = np.flatnonzero(apart)
    latest = int(places[np.argmax(stamp_of(keys[places]))])
    told = int(np.count_nonzero(~(np.isnan(was) & np.isnan(became))))
    hit = keys[places]
    gone = bool(np.isnan(became[places]).all())
    said = (int(keys[latest]), float(was[latest]), float(became[latest]))
    return Difference(name, *said, len(places), told, stamp_of(hit), hit, gone)


def _at(wanted: Integers, keys: Integers, values: Floats) -> Floats:
    if not len(keys):
        return np.full(len(wanted), np.nan)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], np.nan)
