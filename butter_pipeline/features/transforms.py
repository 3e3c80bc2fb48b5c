"""What is fitted: on the rows before a month, and applied to the rows of that month.

What belongs here: how a fitted transform is declared, found, and used by a formula. What does not: the transforms
themselves, which stand beside the formulas that use them.

A month's parameters rest on the rows of the `sample_sessions` before the month and on nothing else; between, they
are applied row by row. So a value depends on the last rows and the calendar alone, whichever sessions are asked for.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from butter_pipeline.features.registry import Booleans, Floats, Integers, families, modules_of
from butter_pipeline.market.sessions import calendar

MONTH_SESSIONS = 23
"""No month has more sessions."""


@dataclass(frozen=True)
class Transform:
    """Something fitted: how parameters are found, and what they make of rows.

    `fit` is given the rows of the sample, [row, column], the oldest first, none of them missing, and gives parameters;
    `apply` is given parameters and rows that follow one another, and gives what is known after each of them, [row,
    column], from that row and those before it alone.
    """

    name: str
    fit: Callable[[Floats], Any]
    apply: Callable[[Any, Floats], Floats]
    sample_sessions: int
    least_rows: int
    outputs: int

    @property
    def lookback_rows(self) -> int:
        """How many last rows a formula must declare that uses it: a month's sample and the month."""
        return self.sample_sessions + MONTH_SESSIONS


@lru_cache
def transforms() -> tuple[Transform, ...]:
    """Every fitted transform that stands in a module of a family, by name."""
    found = {
        each.name: each
        for family in families()
        for module in modules_of(family)
        for each in vars(module).values()
        if isinstance(each, Transform)
    }
    return tuple(found[name] for name in sorted(found))


def applied(transform: Transform, columns: Sequence[Floats], places: Integers) -> Floats:
    """What a transform says after each wanted row, [output, row]; NaN where its sample is too small.

    `columns` are [age, row], `places` the calendar places of those rows. Windows that are equal to the bit, as those
    of all symbols over the market's own series are, are worked out once; so are a month's rows that continue another
    window's.
    """
    rows = np.ascontiguousarray(np.stack(columns, axis=-1).transpose(1, 0, 2))
    found = np.full((transform.outputs, len(rows)), np.nan)
    told: dict[bytes, Floats] = {}
    longer: dict[bytes, list[tuple[bytes, Floats]]] = {}
    for number in np.argsort(places[-1], kind="stable")[::-1].tolist():
        place = np.ascontiguousarray(places[:, number])
        name = rows[number].tobytes() + place.tobytes()
        if name not in told:
            told[name] = _after(transform, rows[number], place, longer)
        found[:, number] = told[name]
    return found


def _after(
    transform: Transform, rows: Floats, places: Integers, longer: dict[bytes, list[tuple[bytes, Floats]]]
) -> Floats:
    """What is known after the last row of one window; `longer` holds, by sample, what was made of more of its month."""
    nothing = np.full(transform.outputs, np.nan)
    if places[-1] < 0:
        return nothing
    begins = month_begins(int(places[-1]))
    whole: Booleans = np.isfinite(rows).all(axis=1) & (places >= begins - transform.sample_sessions)
    sample = rows[whole & (places < begins)]
    if len(sample) < transform.least_rows or not whole[-1]:
        return nothing
    known, month = longer.setdefault(sample.tobytes(), []), rows[whole][len(sample) :]
    for ahead, made in known:
        if ahead.startswith(month.tobytes()):
            return _row(made, len(sample) + len(month))
    made = transform.apply(_fitted(transform, sample.tobytes(), sample.shape), rows[whole])
    known.append((month.tobytes(), made))
    return _row(made, len(made))


def _row(made: Floats, count: int) -> Floats:
    """What is known after so many rows."""
    found: Floats = made[count - 1]
    return found


@lru_cache(maxsize=512)
def _fitted(transform: Transform, sample: bytes, shape: tuple[int, int]) -> Any:
    """The parameters of a sample, kept: the same sample gives the same ones."""
    return transform.fit(np.frombuffer(sample).reshape(shape).copy())


@lru_cache(maxsize=4096)
def month_begins(place: int) -> int:
    """The calendar place of the first session of a session's month."""
    return bisect_left(calendar(), calendar()[place].replace(day=1))
