"""What each symbol has of its own: the watched columns of the matrix less what all symbols share in a session.

What belongs here: from the matrix to arrays [column, session, symbol], and their scale over a reference. What does
not: distances between samples (`distance`) and what is made of them.

A market turns from calm to wild many times a decade, and every level turns with it: compared as they are, features
drift always. So a value counts as its distance from the session's median over the symbols, in standard deviations
of that symbol over the reference. A weather that all share leaves that alone; a change in how single stocks are
priced or move does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from butter_pipeline.market.sessions import position, sessions_between

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Own:
    """Values [column, session, symbol], nan for none, over every session of the calendar from first to last."""

    columns: tuple[str, ...]
    missing: frozenset[str]  # columns that the matrix does not have
    sessions: tuple[date, ...]
    symbols: tuple[str, ...]
    values: Floats

    def place(self, session: date) -> int:
        """Where a session stands on the second axis; those before the first have negative places."""
        return position(session) - position(self.sessions[0])


def own_values(matrix: "pa.Table", columns: Sequence[str], span: tuple[date, date]) -> Own:
    """The watched columns of a matrix (session, symbol, columns...) whose rows are of sessions in the span."""
    import pyarrow as pa

    if matrix.num_rows == 0:
        raise ValueError("matrix: was empty, must hold at least one row")
    days = matrix["session"].cast(pa.int32()).to_numpy()
    names, symbol = np.unique(matrix["symbol"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    sessions = tuple(sessions_between(*span))
    calendar = np.array(sessions, dtype="datetime64[D]").astype(np.int64)
    if not np.isin(days, calendar).all():
        raise ValueError(f"matrix: holds rows outside the sessions from {span[0]} to {span[1]}")
    values = np.full((len(columns), len(sessions), names.size), np.nan)
    missing = frozenset(columns) - set(matrix.column_names)
    for place, column in enumerate(columns):
        if column not in missing:
            found = matrix[column].cast(pa.float64()).to_numpy(zero_copy_only=False)
            values[place, np.searchsorted(calendar, days), symbol] = found
    values[~np.isfinite(values)] = np.nan
    values -= _session_medians(values)
    return Own(tuple(columns), missing, sessions, tuple(str(name) for name in names), values)


def _session_medians(values: Floats) -> Floats:
    """The median over the symbols [column, session, 1]; nan where there are none."""
    ordered = np.sort(values, axis=2)
    count = np.sum(np.isfinite(values), axis=2, keepdims=True)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, max(values.shape[2] - 1, 0))
    middle = np.take_along_axis(ordered, low, axis=2) + np.take_along_axis(ordered, high, axis=2)
    return np.asarray(np.where(count > 0, 0.5 * middle, np.nan))


@dataclass(frozen=True)
class Scale:
    """Centre and standard deviation [column, symbol] over a reference; nan where they cannot be told."""

    symbols: tuple[str, ...]
    centre: Floats
    deviation: Floats

    def standardised(self, own: Own, start: int, stop: int) -> Floats:
        """The values of sessions start to stop in standard deviations [column, session, symbol of the scale]."""
        places = {symbol: place for place, symbol in enumerate(own.symbols)}
        start = max(start, 0)
        part = np.full((len(own.columns), max(stop - start, 0), len(self.symbols)), np.nan)
        for place, symbol in enumerate(self.symbols):
            if symbol in places:
                part[:, :, place] = own.values[:, start:stop, places[symbol]]
        return np.asarray((part - self.centre[:, None, :]) / self.deviation[:, None, :])


def scale(own: Own, start: int, stop: int) -> Scale:
    """The scale over sessions start to stop, of symbols that have values in at least half of those that have any."""
    part = own.values[:, max(start, 0) : max(stop, 0)]
    there = np.isfinite(part)
    count = np.sum(there, axis=1)
    enough = (count > 0) & (2 * count >= sessions_with_values(part)[:, None])
    centre = _added_up(np.where(there, part, 0.0)) / np.maximum(count, 1)
    squares = np.square(np.where(there, part - centre[:, None, :], 0.0))
    deviation = np.sqrt(_added_up(squares) / np.maximum(count, 1))
    moved = np.max(np.where(there, part, -np.inf), axis=1, initial=-np.inf) > np.min(
        np.where(there, part, np.inf), axis=1, initial=np.inf
    )
    known = enough & moved
    return Scale(own.symbols, np.where(known, centre, np.nan), np.where(known, deviation, np.nan))


def sessions_with_values(part: Floats) -> NDArray[np.int64]:
    """In how many sessions a column has any value."""
    return np.asarray(np.sum(np.any(np.isfinite(part), axis=2), axis=1), dtype=np.int64)


def _added_up(values: Floats) -> Floats:
    """Sums over sessions, one after another: the same bits whatever stands beside a symbol."""
    if values.shape[1] == 0:
        return np.zeros((values.shape[0], values.shape[2]))
    return np.asarray(np.cumsum(values, axis=1)[:, -1])
