"""Free money between a chain's quotes: below intrinsic value, along strikes, along expiries.

What belongs here: bounds that hold under any model, with a contract bought at the ask and another sold at the bid.
What does not: pairs of call and put (`parity`), and volatilities (`quotes`).

The slack is for quotes that were not taken at one moment; interest and dividends are capped by `parity_carry_pct`.
"""

from typing import TYPE_CHECKING, Any

from butter_pipeline.market.quality.chains.parity import too_many, years
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.thresholds import Thresholds

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Numbers = NDArray[Any]


def reject_out_of_bounds(rows: Rows, thresholds: Thresholds) -> None:
    """Reject quotes below what exercise would bring, or above what the contract could ever pay."""
    import numpy as np

    strike, spot = rows.column("strike"), rows.column("underlying_price")
    bid, ask = rows.column("bid"), rows.column("ask")
    call = is_call(rows)
    carry = -np.expm1(-thresholds.parity_carry_pct / 100 * np.maximum(years(rows), 0.0))
    slack = thresholds.parity_spot_pct / 100 * spot
    worth = np.where(call, spot * (1 - carry) - strike, strike * (1 - carry) - spot)
    with np.errstate(invalid="ignore"):
        low, high = ask < worth - slack, bid > np.where(call, spot, strike) + slack
    what = "of strike {strike} with the underlying at {underlying_price}"
    rows.reject(low, "price below intrinsic", f"ask {{ask}} for a {{right}} {what}")
    rows.reject(high, "price above bound", f"bid {{bid}} for a {{right}} {what}")


def is_call(rows: Rows) -> "Numbers":
    """Which rows are calls."""
    import numpy as np

    return np.asarray(np.array([name == "C" for name in rows.names("right")], dtype=bool)[rows.column("right")])


def flag_verticals_and_butterflies(rows: Rows, thresholds: Thresholds) -> "dict[date, str]":
    """Flag neighbours along strikes that pay for nothing; returns sessions where too many do."""
    import numpy as np

    vertical, butterfly = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    sessions, broken, bent = [], [], []
    slack = thresholds.arbitrage_spot_pct / 100
    for right in (True, False):
        line = np.flatnonzero(rows.free & (is_call(rows) == right) & ~rows.repeats_key)
        follows = _same(rows, line, ("session", "symbol", "expiry"))
        low, high = line[:-1][follows], line[1:][follows]
        found = _vertical(rows, low, high, slack) if right else _vertical(rows, high, low, slack)
        vertical[low[found]] = vertical[high[found]] = True
        twice = follows[:-1] & follows[1:]
        wings = line[:-2][twice], line[1:-1][twice], line[2:][twice]
        curved = _bent(rows, wings, slack)
        for leg in wings:
            butterfly[leg[curved]] = True
        sessions.append((rows.column("session")[low], rows.column("session")[wings[1]]))
        broken.append(found)
        bent.append(curved)
    prices = "bid {bid} to ask {ask} at strike {strike}"
    rows.flag(vertical, "vertical arbitrage", f"{prices}, and a neighbouring strike pays for the difference")
    rows.flag(
        butterfly & ~vertical, "butterfly arbitrage", f"{prices}, and the butterfly around it costs less than none"
    )
    most = thresholds.arbitrage_pairs_pct
    along = np.concatenate([each for each, _ in sessions]), np.concatenate(broken)
    across = np.concatenate([each for _, each in sessions]), np.concatenate(bent)
    blocked = too_many("vertical arbitrage in {0:g} of {1} pairs of strikes", *along, most)
    for session, reason in too_many("butterfly arbitrage in {0:g} of {1} strikes", *across, most).items():
        blocked.setdefault(session, reason)
    return blocked


def _vertical(rows: Rows, dear: "Numbers", cheap: "Numbers", slack: float) -> "Numbers":
    """Of two neighbours, the dear one bought and the cheap one sold brings money at once; or they lie too far apart."""
    import numpy as np

    bid, ask, strike = (rows.column(name) for name in ("bid", "ask", "strike"))
    spare = slack * rows.column("underlying_price")[dear]
    width = np.abs(strike[dear] - strike[cheap])
    return np.asarray((bid[cheap] > ask[dear] + spare) | (bid[dear] - ask[cheap] > width + spare))


def _bent(rows: Rows, legs: "tuple[Numbers, Numbers, Numbers]", slack: float) -> "Numbers":
    """The body sold brings more than the wings cost."""
    import numpy as np

    low, body, high = legs
    bid, ask, strike = (rows.column(name) for name in ("bid", "ask", "strike"))
    share = (strike[high] - strike[body]) / (strike[high] - strike[low])
    spare = slack * rows.column("underlying_price")[body]
    return np.asarray(bid[body] > share * ask[low] + (1 - share) * ask[high] + spare)


def flag_calendars(rows: Rows, thresholds: Thresholds) -> "dict[date, str]":
    """Flag contracts that cost more than the same with a later expiry; returns sessions where too many do."""
    import numpy as np

    line = np.flatnonzero(rows.free & ~rows.repeats_key)
    chain = np.cumsum(rows.begins_name) - 1
    # Rows are by expiry within a chain already: a stable sort by contract keeps that order.
    contract = (chain[line] << 33) + (np.round(rows.column("strike")[line] * 1000).astype(np.int64) << 1)
    line = line[np.argsort(contract + is_call(rows)[line], kind="stable")]
    follows = _same(rows, line, ("session", "symbol", "strike", "right"))
    near, far = line[:-1][follows], line[1:][follows]
    apart = years(rows)[far] - years(rows)[near]
    most = np.maximum(rows.column("strike")[near], rows.column("underlying_price")[near])
    carry = -np.expm1(-thresholds.parity_carry_pct / 100 * apart) * most
    spare = thresholds.arbitrage_spot_pct / 100 * rows.column("underlying_price")[near]
    violated = rows.column("bid")[near] > rows.column("ask")[far] + carry + spare
    if not violated.any():
        return {}
    where = np.zeros(len(rows), dtype=bool)
    where[near[violated]] = where[far[violated]] = True
    rows.flag(
        where, "calendar arbitrage", "bid {bid} to ask {ask}, and another expiry of {strike} pays for the difference"
    )
    what = "calendar arbitrage in {0:g} of {1} pairs of expiries"
    return too_many(what, rows.column("session")[near], violated, thresholds.arbitrage_pairs_pct)


def _same(rows: Rows, line: "Numbers", names: tuple[str, ...]) -> "Numbers":
    """Whether each row of a line and the next agree in some columns."""
    import numpy as np

    same = np.ones(max(len(line) - 1, 0), dtype=bool)
    for name in names:
        same &= np.diff(rows.column(name)[line]) == 0
    return same
