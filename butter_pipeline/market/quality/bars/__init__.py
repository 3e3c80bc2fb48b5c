"""Rules that hold bars, and series of single values, against those before them and beside them.

What belongs here: comparisons along a symbol's history and across the symbols of a session. What does not: conditions
within one bar (`rules`), and the adjustment of prices for splits, which stay raw.

No rule looks ahead: a session is judged alike alone, in a chunk, and years later.
"""

from typing import TYPE_CHECKING, Any

from butter_pipeline.market.quality.bars.frozen import flag_still, reject_exchanged, reject_frozen
from butter_pipeline.market.quality.bars.history import History, history_of
from butter_pipeline.market.quality.bars.jumps import Jump, Known, scan
from butter_pipeline.market.quality.bars.moves import violent_sessions
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.verdict import Expectation, Notes

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["judge_bars", "judge_context"]


def judge_bars(rows: Rows, expectation: Expectation) -> Notes:
    """Judge bars by those before them."""
    notes = Notes()
    if not len(rows):
        return notes
    history, before = history_of(rows, expectation), rows.free.sum()
    notes.block(reject_frozen(rows, history, expectation.thresholds))
    reject_exchanged(rows, history, expectation.thresholds)
    flag_still(rows, history, expectation.thresholds)
    if rows.free.sum() < before:
        history = history_of(rows, expectation)
    notes.remarks.update(_judge_jumps(rows, history, expectation))
    return notes


def judge_context(rows: Rows, expectation: Expectation) -> Notes:
    """Judge series of single values by those before them, and a term structure by its own shape."""
    if len(rows):
        _flag_flat_term_structure(rows)
        known = Known({}, frozenset())
        found = list(scan(history_of(rows, expectation), known, expectation.thresholds))
        _enter_all(rows, [jump for jump in found if jump.finding.reason == "unit change" or not _jumpy(rows, jump)])
    return Notes()


def _jumpy(rows: Rows, jump: Jump) -> bool:
    """Volatility indices may double in a day, with nothing beside them to bear it out."""
    name: str = rows.names("series")[rows.column("series")[jump.row]]
    return name.startswith("vol_index")


def _judge_jumps(rows: Rows, history: History, expectation: Expectation) -> "dict[Any, str]":
    """Reject bad prints and changed units, point at what is odd but true, leave every other row alone."""
    import numpy as np

    violent = violent_sessions(history, expectation.thresholds)
    known = Known(expectation.splits, frozenset(violent), expectation.rolls)
    _enter_all(rows, list(scan(history, known, expectation.thresholds)))
    return {
        np.datetime64(day, "D").item(): f"violent session: the median of {count} symbols moved {100 * middle:+.1f} %"
        for day, (middle, count) in violent.items()
    }


def _enter_all(rows: Rows, jumps: "Sequence[Jump]") -> None:
    """Write findings into the book, reason by reason."""
    import numpy as np

    for reason in sorted({jump.finding.reason for jump in jumps}):
        chosen = sorted((jump for jump in jumps if jump.finding.reason == reason), key=lambda jump: jump.row)
        where = np.zeros(len(rows), dtype=bool)
        where[[jump.row for jump in chosen]] = True
        enter = rows.flag if chosen[0].finding.accepted else rows.reject
        enter(where, reason, [jump.finding.detail for jump in chosen])


def _flag_flat_term_structure(rows: Rows) -> None:
    """Flag volatility indices of several horizons that stand at one and the same value."""
    import numpy as np

    is_index = np.array([name.startswith("vol_index") for name in rows.names("series")], dtype=bool)
    chosen = np.flatnonzero(is_index[rows.column("series")] & rows.free & ~rows.repeats_key)
    if len(chosen) < 3:
        return
    session, value = rows.column("session")[chosen], rows.column("value")[chosen]
    _, place = np.unique(session, return_inverse=True)
    low, high = np.full(place.max() + 1, np.inf), np.full(place.max() + 1, -np.inf)
    np.minimum.at(low, place, value)
    np.maximum.at(high, place, value)
    flat = (low == high) & (np.bincount(place) >= 3)
    where = np.zeros(len(rows), dtype=bool)
    where[chosen[flat[place]]] = True
    rows.flag(where, "flat term structure", "every horizon stands at {value}")
