"""Put-call parity: a call and the put across from it, against the underlying.

What belongs here: pairs of one strike and expiry. What does not: neighbours along strikes and expiries (`arbitrage`),
and anything that needs a model's price.

Buying one side at the ask and selling the other at the bid must not beat the underlying by more than
the slack. American exercise and dividends only move the bounds by carry, which `parity_carry_pct` caps.
"""

from typing import TYPE_CHECKING, Any

from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.thresholds import Thresholds

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Numbers = NDArray[Any]

DAYS_PER_YEAR = 365
PAIRS_NEEDED = 3
"""Fewer broken pairs than this do not show that a whole chain's rights are swapped."""


def reject_swapped_rights(rows: Rows, thresholds: Thresholds) -> None:
    """Reject chains whose pairs break parity as they stand and keep it with calls and puts exchanged."""
    import numpy as np

    call, put = pairs(rows)
    if not len(call):
        return
    broken = _violated(rows, call, put, thresholds)
    if not broken.any():
        return
    swapped = _violated(rows, put, call, thresholds)
    chain = np.cumsum(rows.begins_name) - 1
    size = int(chain[-1]) + 1
    straight, turned = (np.bincount(chain[call], each, size) for each in (broken, swapped))
    found = (straight >= PAIRS_NEEDED) & (straight > np.bincount(chain[call], minlength=size) / 4)
    found &= turned < straight / 10
    detail = "calls and puts keep parity only when exchanged: bid {bid} to ask {ask}, underlying {underlying_price}"
    rows.reject(found[chain], "rights swapped", detail)


def flag_parity(rows: Rows, thresholds: Thresholds) -> "dict[date, str]":
    """Flag pairs that no carry explains; returns sessions where too many do not."""
    import numpy as np

    call, put = pairs(rows)
    if not len(call):
        return {}
    violated = _violated(rows, call, put, thresholds)
    if not violated.any():
        return {}
    where = np.zeros(len(rows), dtype=bool)
    where[call[violated]] = where[put[violated]] = True
    rows.flag(where, "put-call parity", "bid {bid} to ask {ask} with the underlying at {underlying_price}")
    session = rows.column("session")[call]
    return too_many("put-call parity is violated by {0:g} of {1} pairs", session, violated, thresholds.parity_pairs_pct)


def too_many(what: str, session: "Numbers", violated: "Numbers", most_pct: float) -> "dict[date, str]":
    """Sessions in which the share of violations is above a limit, and the words for it."""
    import numpy as np

    days, place = np.unique(session, return_inverse=True)
    every, broken = np.bincount(place, minlength=len(days)), np.bincount(place, violated, len(days))
    return {
        np.datetime64(int(days[n]), "D").item(): what.format(broken[n], every[n])
        for n in np.flatnonzero(broken > every * most_pct / 100)
    }


def pairs(rows: Rows) -> "tuple[Numbers, Numbers]":
    """The rows of calls and of the puts across from them; they are neighbours, since `right` ends the key."""
    import numpy as np

    free = np.flatnonzero(rows.free)
    upper, lower = free[:-1], free[1:]
    across = np.diff(rows.column("right")[free]) != 0
    for name in ("session", "symbol", "expiry", "strike"):
        values = rows.column(name)
        across &= values[upper] == values[lower]
    return upper[across], lower[across]


def _violated(rows: Rows, call: "Numbers", put: "Numbers", thresholds: Thresholds) -> "Numbers":
    import numpy as np

    strike, spot = rows.column("strike")[call], rows.column("underlying_price")[call]
    bid, ask = rows.column("bid"), rows.column("ask")
    carry = -np.expm1(-thresholds.parity_carry_pct / 100 * years(rows)[call])
    slack = thresholds.parity_spot_pct / 100 * spot
    too_dear = bid[call] - ask[put] + strike > spot + carry * strike + slack
    too_cheap = ask[call] - bid[put] + strike < spot - carry * spot - slack
    return np.asarray(too_dear | too_cheap)


def years(rows: Rows) -> "Numbers":
    """From each quote's session to its contract's expiry."""
    import numpy as np

    return np.asarray((rows.column("expiry") - rows.column("session")) / DAYS_PER_YEAR)
