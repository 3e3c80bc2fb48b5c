"""The underlying's price that quotes come with, held against its bars.

What belongs here: which close goes with which quotes. What does not: the quotes' own prices (`parity`, `arbitrage`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from butter_pipeline.market.quality.bars.moves import SYMBOLS_NEEDED
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.thresholds import Thresholds
from butter_pipeline.market.sessions import is_session, previous_session

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Numbers = NDArray[Any]


@dataclass(frozen=True)
class Closes:
    """For each chain (a session's symbol): its close and the one of the session before; NaN where unknown."""

    chain: "Numbers"
    session: "Numbers"
    now: "Numbers"
    before: "Numbers"


def closes_of(rows: Rows, bars: pa.Table) -> Closes:
    """The closes that go with the rows' chains."""
    import numpy as np

    ordered = bars.sort_by([("available_at", "ascending")])
    named = zip(*(ordered[name].to_pylist() for name in ("session", "symbol", "close")), strict=True)
    closes = {(session, symbol): close for session, symbol, close in named}  # a correction replaces
    session, symbol, names = rows.column("session"), rows.column("symbol"), rows.names("symbol")
    starts = np.flatnonzero(rows.begins_name)
    days = session[starts].astype("datetime64[D]").tolist()
    texts = [names[code] for code in symbol[starts].tolist()]
    eves = {day: previous_session(day) if is_session(day) else day for day in set(days)}
    now = [closes.get((day, text), np.nan) for day, text in zip(days, texts, strict=True)]
    before = [closes.get((eves[day], text), np.nan) for day, text in zip(days, texts, strict=True)]
    return Closes(np.cumsum(rows.begins_name) - 1, session[starts], np.array(now), np.array(before))


def reject_stale(rows: Rows, closes: Closes) -> None:
    """Reject quotes taken when the underlying stood, to the digit, where the session before had closed."""
    price = rows.column("underlying_price")
    stale = (price == closes.before[closes.chain]) & (price != closes.now[closes.chain])
    stale &= closes.now[closes.chain] > 0
    rows.reject(stale, "stale chain", "underlying price {underlying_price} is the last session's close")


def reject_far(rows: Rows, closes: Closes, thresholds: Thresholds) -> None:
    """Reject quotes whose underlying is not near the bar's close."""
    import numpy as np

    close = closes.now[closes.chain]
    price = rows.column("underlying_price")
    with np.errstate(invalid="ignore", divide="ignore"):
        far = np.abs(price / close - 1) > thresholds.underlying_gap_pct / 100  # no close, no verdict
    far &= rows.free
    pairs = zip(price[far].tolist(), close[far].tolist(), strict=True)
    details = [f"underlying price {price:g} is not near the bar's close {bar:g}" for price, bar in pairs]
    rows.reject(far, "underlying price off", details)


def reject_stray(rows: Rows, thresholds: Thresholds) -> None:
    """Reject quotes whose underlying is not near that of the other quotes of their chain."""
    import numpy as np

    free = np.flatnonzero(rows.free)
    if not len(free):
        return
    chain = (np.cumsum(rows.begins_name) - 1)[free]
    price = rows.column("underlying_price")[free]
    starts = np.flatnonzero(np.append(True, np.diff(chain) != 0))
    low, high = np.minimum.reduceat(price, starts), np.maximum.reduceat(price, starts)
    where = np.zeros(len(rows), dtype=bool)
    ends = np.append(starts[1:], len(free))
    for place in np.flatnonzero(high > low * (1 + thresholds.underlying_gap_pct / 100)):
        part = slice(starts[place], ends[place])
        off = np.abs(price[part] / np.median(price[part]) - 1) > thresholds.underlying_gap_pct / 100
        where[free[part][off]] = True
    rows.reject(where, "underlying price off", "underlying price {underlying_price} is not that of the chain's others")


def violent(closes: Closes, thresholds: Thresholds) -> "dict[date, str]":
    """Sessions in which the underlyings moved as no ordinary market does."""
    import numpy as np

    with np.errstate(invalid="ignore", divide="ignore"):
        steps = np.log(closes.now / closes.before)
    least, most = np.log1p(thresholds.violent_move_pct / 100), thresholds.jump_log_pct / 100
    found = {}
    for day in np.unique(closes.session[np.abs(steps) >= least]):
        some = steps[(closes.session == day) & ~np.isnan(steps)]
        middle = np.median(some)
        if len(some) >= SYMBOLS_NEEDED and least <= abs(middle) <= most:
            day_named = np.datetime64(int(day), "D").item()
            found[day_named] = f"violent session: the median of {len(some)} underlyings moved {100 * middle:+.1f} %"
    return found
