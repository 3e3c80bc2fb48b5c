"""Which moves are large enough to need an explanation, found for all symbols at once.

What belongs here: how far each row lies from the one before it, what is usual for its symbol, and sessions in which
the market as a whole moved. What does not: the explanations (`jumps`, `explain`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from butter_pipeline.market.quality.bars.history import History
from butter_pipeline.market.quality.thresholds import Thresholds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

WINDOW = 60
"""Returns over which a symbol's deviation is measured; they lie within `jump_window_days`."""
RETURNS_NEEDED = 20
"""Fewer returns than this say nothing about a symbol's own deviation."""
MAD_TO_SIGMA = 1.4826
SPLIT_SIGMAS = 5.0
"""A step within so many deviations is too usual for its symbol to be taken for a split."""
SHARED_PCT = 80
"""Share of symbols that must have gone the same way, half as far, for the market to have moved as a whole."""
SYMBOLS_NEEDED = 3
"""Fewer symbols than this are no market."""
CHUNK = 50_000
"""Rows whose windows are gathered at once."""
VOLUME_STEP = 3.0
"""A change of log volume from one row to the next that may be one of unit: twenty times."""


@dataclass(frozen=True)
class Moves:
    """Per row of a history: candidates for a look, and those that certainly need one."""

    candidate: "Numbers"
    suspect: "Numbers"


def moves(history: History, thresholds: Thresholds) -> Moves:
    """Rows worth a look.

    A candidate moved further than the least that is ever pointed at. It is a suspect unless the plain window before it
    (whole, and of consecutive rows) shows that such a move is usual; in doubt it is one.
    """
    import numpy as np

    step = np.full(len(history), np.nan)
    same = np.flatnonzero(np.diff(history.symbol) == 0) + 1
    step[same] = history.log_close[same] - history.log_close[same - 1]
    judged = history.row >= 0
    odd = _odd_volumes(history, same)
    odd[same] |= np.isnan(step[same])
    extent = np.fmax(np.abs(step), _reach(history, same))
    with np.errstate(invalid="ignore"):
        candidate = judged & ((extent > thresholds.jump_unusual_log_pct / 100) | odd)
    suspect = candidate.copy()
    plain = np.flatnonzero(candidate & ~odd)
    sigma = _plain_sigma(history, step, plain, thresholds)
    size = np.abs(step[plain])
    split_like = (size > np.log(min(thresholds.split_ratios)) / 2) & (size > SPLIT_SIGMAS * sigma)
    usual = (extent[plain] <= thresholds.jump_unusual_sigmas * sigma) & ~split_like
    suspect[plain[usual]] = False
    return Moves(candidate, suspect)


def violent_sessions(history: History, thresholds: Thresholds) -> dict[int, tuple[float, int]]:
    """Sessions in which the median symbol moved as no ordinary market does, though not by a change of unit.

    By session: the median return, and the number of symbols.
    """
    import numpy as np

    before, now = history.neighbours
    steps = history.log_close[now] - history.log_close[before]
    known = ~np.isnan(steps)
    now, steps = now[known], steps[known]
    days, place = history.by_session(now)
    least, most = np.log1p(thresholds.violent_move_pct / 100), thresholds.jump_log_pct / 100
    counts = np.bincount(place, minlength=len(days))
    shared = [np.bincount(place, way * steps >= least / 2, len(days)) for way in (1, -1)]
    maybe = np.maximum(*shared) >= counts * SHARED_PCT / 100
    ordered = steps[np.argsort(place, kind="stable")]
    found = {}
    for day in np.flatnonzero(maybe & (counts >= SYMBOLS_NEEDED)):
        end = counts[: day + 1].sum()
        middle = float(np.median(ordered[end - counts[day] : end]))
        if least <= abs(middle) <= most:
            found[int(days[day])] = middle, int(counts[day])
    return found


def _reach(history: History, same: "Numbers") -> "Numbers":
    """How far the bar reaches beyond the closes before and at its end; 0 for a symbol's first row."""
    import numpy as np

    reach = np.zeros(len(history))
    values = history.values
    close, before = values["close"][same], values["close"][same - 1]
    low, high = values["low"][same], values["high"][same]
    with np.errstate(invalid="ignore", divide="ignore"):
        up = np.log(high / np.maximum(close, before))
        down = np.log(np.minimum(close, before) / low)
    reach[same] = np.fmax(np.nan_to_num(up, nan=0.0, posinf=0.0, neginf=0.0), np.nan_to_num(down, nan=0.0, posinf=9.0))
    return reach


def _odd_volumes(history: History, same: "Numbers") -> "Numbers":
    """Rows whose volume is another order than the row before, or that moved without any."""
    import numpy as np

    volume = history.values["volume"]
    odd = np.zeros(len(history), dtype=bool)
    now, before = volume[same], volume[same - 1]
    both = (now > 0) & (before > 0)
    ratio = np.where(both, now, 1.0) / np.where(both, before, 1.0)
    trades = np.bincount(history.symbol, volume > 0, minlength=len(history.names)) > 0
    moved = (now == 0) & (history.values["high"][same] > history.values["low"][same]) & trades[history.symbol[same]]
    odd[same] = (np.abs(np.log(ratio)) > VOLUME_STEP) | moved
    return odd


def _plain_sigma(history: History, step: "Numbers", places: "Numbers", thresholds: Thresholds) -> "Numbers":
    """The robust deviation over the rows before; NaN where they are too few, from too long ago, or of two symbols."""
    import numpy as np

    sigma = np.full(len(places), np.nan)
    whole = places >= WINDOW + 1
    first = np.maximum(places - WINDOW - 1, 0)
    whole &= history.symbol[first] == history.symbol[places]
    whole &= history.session[places] - history.session[first] <= thresholds.jump_window_days
    chosen = np.flatnonzero(whole)
    back = np.arange(-WINDOW, 0)
    for some in np.array_split(chosen, max(1, len(chosen) // CHUNK)):
        sigma[some] = MAD_TO_SIGMA * np.median(np.abs(step[places[some][:, None] + back]), axis=1)
    return sigma
