"""Local moments and UTC, by array.

What belongs here: conversion of microseconds between a zone's clock and UTC. What does not: text.

Python's own zones are used (the `tzdata` package stands in where a machine has none); a day without a change of
clocks is converted at once, the two others a year moment by moment.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

DAY_US = 86_400_000_000
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a clock's reading, of whichever zone


def to_utc(local: "Numbers", zone: ZoneInfo) -> "tuple[Numbers, Numbers]":
    """UTC of what a zone's clock showed, and where it showed that twice or never."""
    import numpy as np

    days, place = np.unique(local // DAY_US, return_inverse=True)
    offsets = [_local_offset(zone, day) for day in days.tolist()]
    utc = local - np.array([offset or 0 for offset in offsets], dtype=np.int64)[place]
    changing = np.array([offset is None for offset in offsets], dtype=bool)[place]
    wrong = np.zeros(len(local), dtype=bool)
    for at in np.flatnonzero(changing):
        shown = EPOCH + timedelta(microseconds=int(local[at]))
        first, second = (_us(shown.replace(tzinfo=zone, fold=fold).utcoffset()) for fold in (0, 1))
        wrong[at] = first != second
        utc[at] = local[at] - first
    return utc, wrong


def to_local(utc: "Numbers", zone: ZoneInfo) -> "Numbers":
    """What a zone's clock shows at moments of UTC."""
    import numpy as np

    days, place = np.unique(utc // DAY_US, return_inverse=True)
    starts = np.array([_utc_offset(zone, day) for day in days.tolist()], dtype=np.int64)
    ends = np.array([_utc_offset(zone, day + 1) for day in days.tolist()], dtype=np.int64)
    local = utc + starts[place]
    for at in np.flatnonzero((starts != ends)[place]):
        moment = (EPOCH + timedelta(microseconds=int(utc[at]))).replace(tzinfo=UTC)
        local[at] = utc[at] + _us(moment.astimezone(zone).utcoffset())
    return local


@lru_cache(maxsize=100_000)
def _local_offset(zone: ZoneInfo, day: int) -> int | None:
    """The offset all through a local day; none on a day on which clocks change."""
    start = (EPOCH + timedelta(days=day)).replace(tzinfo=zone)
    end = (EPOCH + timedelta(days=day + 1)).replace(tzinfo=zone)
    return _us(start.utcoffset()) if start.utcoffset() == end.utcoffset() else None


@lru_cache(maxsize=100_000)
def _utc_offset(zone: ZoneInfo, day: int) -> int:
    moment = (EPOCH + timedelta(days=day)).replace(tzinfo=UTC)
    return _us(moment.astimezone(zone).utcoffset())


def _us(offset: timedelta | None) -> int:
    assert offset is not None
    return offset // timedelta(microseconds=1)
