"""Whether rows describe contracts that can exist: strikes, expiries, counts, both sides.

What belongs here: what a contract is. What does not: what it costs (`parity`, `arbitrage`, `quotes`).
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from butter_pipeline.market.holidays import FIRST, LAST
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.sessions import is_session

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Numbers = NDArray[Any]

STRIKES_APART = 4.0
"""Every chain has strikes within this factor of its underlying's price."""
GRID = 0.5
"""Strikes of most chains are multiples of half a unit; where nearly all are, one that is not is an error."""
ON_GRID_SHARE = 0.95
SATURDAY = 5


def reject_strikes_in_another_unit(rows: Rows) -> None:
    """Reject chains of which no strike is anywhere near the underlying."""
    import numpy as np

    free = np.flatnonzero(rows.free)
    if not len(free):
        return
    chain = (np.cumsum(rows.begins_name) - 1)[free]
    starts = np.flatnonzero(np.append(True, np.diff(chain) != 0))
    ratio = rows.column("strike")[free] / rows.column("underlying_price")[free]
    low, high = np.minimum.reduceat(ratio, starts), np.maximum.reduceat(ratio, starts)
    apart = (low > STRIKES_APART) | (high < 1 / STRIKES_APART)
    if apart.any():
        where = np.zeros(len(rows), dtype=bool)
        where[free] = np.repeat(apart, np.diff(np.append(starts, len(free))))
        detail = "no strike of the chain, such as {strike}, is near the underlying at {underlying_price}"
        rows.reject(where, "strike unit", detail)


def flag_odd_contracts(rows: Rows) -> None:
    """Flag contracts that are unlikely to exist as described."""
    import numpy as np

    expiry = rows.column("expiry")
    odd = [int(day) for day in np.unique(expiry) if not _may_expire(np.datetime64(int(day), "D").item())]
    if odd:
        rows.flag(np.isin(expiry, odd), "expiry on no session", "the exchange is closed on {expiry}")
    _flag_off_grid(rows)
    volume, interest = rows.column("volume"), rows.column("open_interest")
    parts = (volume != np.floor(volume)) | (interest != np.floor(interest))
    rows.flag(parts & rows.free, "fractional contracts", "volume {volume}, open interest {open_interest}")
    _flag_one_sided(rows)


def _may_expire(day: "date") -> bool:
    """Until 2015 monthly contracts expired, on paper, on the Saturday after their last session."""
    if not FIRST <= day <= LAST:
        return True  # the calendar does not say
    old_monthly = day.weekday() == SATURDAY and day.year <= 2015
    return is_session(day) or (old_monthly and (is_session(day - timedelta(days=1)) or day.year <= 2015))


def _flag_off_grid(rows: Rows) -> None:
    import numpy as np

    doubled = rows.column("strike") / GRID
    off = (doubled != np.floor(doubled)) & rows.free
    if not off.any():
        return
    chain = np.cumsum(rows.begins_name) - 1
    size = int(chain[-1]) + 1
    share = np.bincount(chain, off, size) / np.maximum(np.bincount(chain, rows.free, size), 1)
    rows.flag(
        off & (share[chain] <= 1 - ON_GRID_SHARE),
        "strike off grid",
        "strike {strike}, where the chain's others are whole halves",
    )


def _flag_one_sided(rows: Rows) -> None:
    """Flag chains that lack most of their calls or of their puts."""
    import numpy as np

    chain = np.cumsum(rows.begins_name) - 1
    size = int(chain[-1]) + 1
    is_call = np.array([name == "C" for name in rows.names("right")], dtype=bool)[rows.column("right")]
    calls = np.bincount(chain, is_call & rows.free, size)
    every = np.bincount(chain, rows.free, size)
    one_sided = (np.minimum(calls, every - calls) < every / 10) & (every >= 10)
    rows.flag(one_sided[chain] & rows.free, "one-sided chain", "nearly all of the chain's other side is missing")
