"""Rules that hold a quote against the underlying's bar and against the quote across from it.

What belongs here: conditions between a chain's rows, or between chain and bars. What does not:
conditions within one quote (`rules`), and anything that needs a model's price.
"""

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.verdict import Expectation, Thresholds

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Numbers = NDArray[Any]

DAYS_PER_YEAR = 365


def judge_chains(rows: Rows, expectation: Expectation) -> "dict[date, str]":
    """Judge quotes by closes and by parity; returns sessions that must be blocked, and why."""
    if not len(rows):
        return {}
    if expectation.closes is not None:
        _reject_far_underlying(rows, expectation.closes, expectation.thresholds)
    return _flag_parity(rows, expectation.thresholds)


def _reject_far_underlying(rows: Rows, bars: pa.Table, thresholds: Thresholds) -> None:
    import numpy as np

    ordered = bars.sort_by([("available_at", "ascending")])
    named = zip(*(ordered[name].to_pylist() for name in ("session", "symbol", "close")), strict=True)
    closes = {(session, symbol): close for session, symbol, close in named}  # a correction replaces
    session, symbol, names = rows.column("session"), rows.column("symbol"), rows.names("symbol")
    changes = np.append(True, (np.diff(session) != 0) | (np.diff(symbol) != 0))
    days = session[changes].astype("datetime64[D]").tolist()
    found = [closes.get((d, names[code]), np.nan) for d, code in zip(days, symbol[changes].tolist(), strict=True)]
    close = np.array(found)[np.cumsum(changes) - 1]
    underlying = rows.column("underlying_price")
    with np.errstate(invalid="ignore"):
        far = np.abs(underlying / close - 1) > thresholds.underlying_gap_pct / 100  # no close, no verdict
    far &= rows.free
    pairs = zip(underlying[far], close[far], strict=True)
    details = [f"underlying price {price:g} is not near the bar's close {bar:g}" for price, bar in pairs]
    rows.reject(far, "underlying price off", details)


def _flag_parity(rows: Rows, thresholds: Thresholds) -> "dict[date, str]":
    """Flag pairs that no carry explains; returns sessions where too many do not.

    Buying one side at the ask and selling the other at the bid must not beat the underlying by more than
    the slack. American exercise and dividends only move the bounds by carry, which `parity_carry_pct` caps.
    """
    import numpy as np

    call, put = _pairs(rows)
    if not len(call):
        return {}
    strike, spot = rows.column("strike")[call], rows.column("underlying_price")[call]
    bid, ask = rows.column("bid"), rows.column("ask")
    years = (rows.column("expiry")[call] - rows.column("session")[call]) / DAYS_PER_YEAR
    carry = -np.expm1(-thresholds.parity_carry_pct / 100 * years)
    slack = thresholds.parity_spot_pct / 100 * spot
    too_dear = bid[call] - ask[put] + strike > spot + carry * strike + slack
    too_cheap = ask[call] - bid[put] + strike < spot - carry * spot - slack
    violated = too_dear | too_cheap
    if not violated.any():
        return {}
    where = np.zeros(len(rows), dtype=bool)
    where[call[violated]] = where[put[violated]] = True
    rows.flag(where, "put-call parity", "bid {bid} to ask {ask} with the underlying at {underlying_price}")
    days, place = np.unique(rows.column("session")[call], return_inverse=True)
    pairs, broken = np.bincount(place, minlength=len(days)), np.bincount(place, violated, len(days))
    return {
        np.datetime64(int(days[n]), "D").item(): f"put-call parity is violated by {broken[n]:g} of {pairs[n]} pairs"
        for n in np.flatnonzero(broken > pairs * thresholds.parity_pairs_pct / 100)
    }


def _pairs(rows: Rows) -> "tuple[Numbers, Numbers]":
    """The rows of calls and of the puts across from them; they are neighbours, since `right` ends the key."""
    import numpy as np

    free = np.flatnonzero(rows.free)
    upper, lower = free[:-1], free[1:]
    across = np.diff(rows.column("right")[free]) != 0
    for name in ("session", "symbol", "expiry", "strike"):
        values = rows.column(name)
        across &= values[upper] == values[lower]
    return upper[across], lower[across]
