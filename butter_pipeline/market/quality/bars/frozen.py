"""Rows that are those of another session or another symbol.

What belongs here: a feed that repeats itself, a price that stands still, two symbols' rows exchanged. What does not:
prices that merely moved too far (`jumps`).
"""

from typing import TYPE_CHECKING, Any

from butter_pipeline.market.quality.bars.history import History
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.thresholds import Thresholds

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Numbers = NDArray[Any]

MOST_PARTNERS = 50
"""Symbols of one session that are compared each with each; where more have jumped, rows were not exchanged in pairs."""


def reject_frozen(rows: Rows, history: History, thresholds: Thresholds) -> "dict[date, str]":
    """Reject bars that repeat the last session's to the digit; blocks a session where most symbols do.

    A bar without a range may well be repeated by a symbol that hardly trades, so it counts only where most do.
    """
    import numpy as np

    before, now = history.neighbours
    traded = history.values["volume"][now] > 0
    ranged = history.values["high"][now] > history.values["low"][now]
    repeats = traded | ranged
    for values in history.values.values():
        repeats &= values[before] == values[now]
    if not repeats.any():
        return {}
    days, place = history.by_session(now)
    counts = np.bincount(place, traded, len(days)), np.bincount(place, repeats & traded, len(days))
    frozen = counts[1] > counts[0] * thresholds.frozen_pct / 100
    frozen &= counts[1] > 1  # one symbol alone is its own matter
    detail = "prices and volume repeat the last session's to the digit"
    rows.reject(_where(rows, history, now[repeats & frozen[place]]), "frozen feed", detail)
    rows.reject(_where(rows, history, now[repeats & ranged & ~frozen[place]]), "frozen bar", detail)
    return {
        np.datetime64(int(days[n]), "D").item(): f"frozen feed: {counts[1][n]:g} of {counts[0][n]:g} symbols "
        "repeat the last session's prices and volume"
        for n in np.flatnonzero(frozen)
    }


def flag_still(rows: Rows, history: History, thresholds: Thresholds) -> None:
    """Flag bars at one and the same price, all day and for many sessions, while there is said to be trade."""
    import numpy as np

    values, size = history.values, len(history)
    flat = (values["high"] == values["low"]) & (values["volume"] > 0)
    if not flat.any():
        return
    stays = np.zeros(size, dtype=bool)
    stays[1:] = flat[1:] & flat[:-1] & (np.diff(values["close"]) == 0) & (np.diff(history.symbol) == 0)
    ends = np.where(stays, 0, np.arange(size))
    run = np.arange(size) - np.maximum.accumulate(ends) + 1
    still = np.flatnonzero(stays & (run >= thresholds.still_sessions) & (history.row >= 0))
    rows.flag(
        _where(rows, history, still),
        "stale price",
        f"one price of {{close}} for {thresholds.still_sessions:g} sessions",
    )


def reject_exchanged(rows: Rows, history: History, thresholds: Thresholds) -> None:
    """Reject the rows of two symbols of a session each of which stands at the other's last close."""
    import numpy as np

    before, now = history.neighbours
    steps = history.log_close[now] - history.log_close[before]
    jumped = np.abs(steps) > thresholds.jump_ordinary_log_pct / 100
    before, now = before[jumped], now[jumped]
    days, place = history.by_session(now)
    tolerance = np.log1p(thresholds.exchanged_tolerance_pct / 100)
    found: list[tuple[int, str]] = []
    for day in np.flatnonzero((counts := np.bincount(place, minlength=len(days))) > 1):
        if counts[day] > MOST_PARTNERS:
            continue
        some = np.flatnonzero(place == day)
        apart = np.abs(history.log_close[now[some]][:, None] - history.log_close[before[some]][None, :])
        near = (apart < tolerance) & ~np.eye(len(some), dtype=bool)
        for one, other in zip(*np.nonzero(near & near.T), strict=True):
            name = history.names[history.symbol[now[some[other]]]]
            found.append((int(history.row[now[some[one]]]), f"this is where {name} stood, and {name} stands here"))
    found = sorted(dict(found).items())
    where = np.zeros(len(rows), dtype=bool)
    where[[row for row, _ in found]] = True
    rows.reject(where, "rows exchanged", [detail for _, detail in found])


def _where(rows: Rows, history: History, places: "Numbers") -> "Numbers":
    import numpy as np

    where = np.zeros(len(rows), dtype=bool)
    where[history.row[places]] = True
    return where
