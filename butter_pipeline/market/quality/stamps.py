"""Rules about the moments from which rows are said to be known.

What belongs here: `available_at` against the session's close, the vendor's lag and the clock. What does not: which
rows there should be (`keys`).

A row known before its session closed would let a decision see the future: it is rejected. One known too late is kept
and pointed at. Where the difference is whole hours, the clock is named as the reason.
"""

from typing import TYPE_CHECKING, Any

from butter_pipeline.market.quality.keys import session_places
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.verdict import Expectation
from butter_pipeline.market.sessions import CLOSE, EXCHANGE_ZONE, as_of, close_at

if TYPE_CHECKING:
    from datetime import date, datetime

    from numpy.typing import NDArray

    Numbers = NDArray[Any]

HOUR = 3_600_000_000
ZONES_APART_HOURS = 14
"""No two places' clocks lie further apart, from the exchange's own."""


def judge_stamps(rows: Rows, expectation: Expectation) -> None:
    """Reject rows known before they could be, flag those known too late."""
    import numpy as np

    sessions = sorted(expectation.sessions)
    if not sessions or not len(rows):
        return
    stamp, places = rows.column("available_at"), session_places(rows, expectation)
    first = (places >= 0) & ~rows.repeats_key
    settled, closed = _moments([as_of(s) for s in sessions]), _moments([close_at(s) for s in sessions])
    late, early = first & (stamp > settled[places]), (places >= 0) & (stamp < closed[places])
    if expectation.now is not None:
        future = stamp > int(expectation.now.timestamp() * 1_000_000)
        rows.reject(future, "stamp in the future", "known from {available_at} only, which is yet to come")
    if not (late | early).any():
        return
    lag = int(expectation.lag.total_seconds() * 1_000_000) if expectation.lag is not None else 0
    off = np.where(late | early, stamp - closed[places] - lag, 0)
    regular = _moments([_regular_close(s) for s in sessions])
    half = late & (regular[places] != closed[places]) & (stamp - regular[places] - lag == 0)
    whole = (off % HOUR == 0) & (off != 0) & (expectation.lag is not None)
    hour = whole & (np.abs(off) == HOUR)
    zone = whole & ~hour & (np.abs(off) <= ZONES_APART_HOURS * HOUR)
    _enter(rows, early, {"clock an hour off": hour, "wrong time zone": zone})
    rows.reject(early, "known before the close", "known from {available_at}, before {session} had closed")
    rows.flag(half, "half session", "known from {available_at}: that is a whole day's close, and this was half a day")
    for reason, where in {"clock an hour off": hour, "wrong time zone": zone}.items():
        rows.flag(where & late & ~half, reason, "known from {available_at}, whole hours after it was due")
    rows.flag(late & ~half & ~hour & ~zone, "future stamp", "known from {available_at} only, after it had settled")


def _enter(rows: Rows, early: "Numbers", reasons: "dict[str, Numbers]") -> None:
    for reason, where in reasons.items():
        rows.reject(early & where, reason, "known from {available_at}, whole hours before it was due")


def _moments(moments: "list[datetime]") -> "Numbers":
    """As microseconds; a last one serves rows of no session asked for."""
    import numpy as np

    return np.array([int(moment.timestamp()) * 1_000_000 for moment in moments] + [0])


def _regular_close(session: "date") -> "datetime":
    from datetime import UTC, datetime

    return datetime.combine(session, CLOSE, EXCHANGE_ZONE).astimezone(UTC)
