"""Quotes that say little, and volatilities that do not go with them.

What belongs here: the spread of a quote, and the vendor's volatility against it. What does not: prices that cannot
stand together (`parity`, `arbitrage`).
"""

from typing import TYPE_CHECKING, Any

from butter_pipeline.market.quality.chains.arbitrage import is_call
from butter_pipeline.market.quality.chains.parity import DAYS_PER_YEAR, too_many, years
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.thresholds import Thresholds

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Numbers = NDArray[Any]

DEAR_SPOT_PCT = 1.0
"""A quote whose middle is worth so much of spot is dear: its spread can be held against it."""
NEAR_SIGMAS = 1.0
"""How far from the money a vendor's volatility still shows in the price."""


def flag_spreads(rows: Rows, thresholds: Thresholds) -> "dict[date, str]":
    """Flag locked and wide quotes; where much of a session is wide, the session is violent, and is returned."""
    import numpy as np

    bid, ask, spot = (rows.column(name) for name in ("bid", "ask", "underlying_price"))
    free = rows.free
    rows.flag(free & (bid == ask), "locked quote", "bid and ask are both {bid}")
    spread, middle = ask - bid, (ask + bid) / 2
    dear = free & (middle >= DEAR_SPOT_PCT / 100 * spot)
    wide = free & (spread > thresholds.wide_spot_pct / 100 * spot)
    wide |= dear & (spread > thresholds.wide_mid_pct / 100 * middle)
    if not wide.any():
        return {}
    what = "violent session: {0:g} of {1} dear quotes are wide"
    session = rows.column("session")
    violent = too_many(what, session[dear], wide[dear], thresholds.violent_wide_pct)
    days = np.array(sorted(violent), dtype="datetime64[D]").astype(np.int32)
    within = np.isin(session, days)
    rows.flag(wide & within, "violent session", "bid {bid} to ask {ask}, as much of the session")
    rows.flag(wide & ~within, "wide quote", "bid {bid} to ask {ask} with the underlying at {underlying_price}")
    return violent


def flag_vendor_iv(rows: Rows, thresholds: Thresholds) -> None:
    """Flag volatilities that are none, and those that the quote they come with contradicts."""
    import numpy as np

    iv = rows.column("vendor_iv")
    given = rows.free & ~np.isnan(iv)
    if not given.any():
        return
    low, high = thresholds.vendor_iv_range
    outside = given & ((iv < low) | (iv > high))
    rows.flag(outside, "vendor iv out of range", f"{{vendor_iv}} must be a fraction a year, {low:g} to {high:g}")
    rows.flag(
        _contradicted(rows, given & ~outside, thresholds),
        "vendor iv off",
        "{vendor_iv} does not give bid {bid} to ask {ask}",
    )


def _contradicted(rows: Rows, given: "Numbers", thresholds: Thresholds) -> "Numbers":
    """Quotes near the money that lie further from the vendor's volatility than spread, carry and slack allow."""
    import numpy as np

    from butter_pipeline.options.black_scholes import SESSIONS_PER_YEAR, Contracts, price

    strike, spot, iv, left = (
        rows.column("strike"),
        rows.column("underlying_price"),
        rows.column("vendor_iv"),
        years(rows),
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        near = given & (left > 0) & (np.abs(np.log(strike / spot)) <= NEAR_SIGMAS * iv * np.sqrt(left))
    chosen = np.flatnonzero(near)
    where = np.zeros(len(rows), dtype=bool)
    if not len(chosen):
        return where
    # Vendors count time in calendar days or in sessions: the quote must be off under both.
    sessions = (left[chosen] * DAYS_PER_YEAR * 5 / 7 + 1) / SESSIONS_PER_YEAR
    least, most = np.minimum(left[chosen], sessions), np.maximum(left[chosen], sessions)
    fixed = is_call(rows)[chosen], spot[chosen], strike[chosen]
    low, high = (price(Contracts(*fixed, each, iv[chosen])) for each in (least, most))
    spare = thresholds.arbitrage_spot_pct / 100 * spot[chosen]
    spare += thresholds.parity_carry_pct / 100 * left[chosen] * spot[chosen] / 2
    spare += rows.column("ask")[chosen] - rows.column("bid")[chosen]
    where[chosen] = (high < rows.column("bid")[chosen] - spare) | (low > rows.column("ask")[chosen] + spare)
    return where
