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

MINUTE = 60_000_000
HOUR = 60 * MINUTE
ZONES_APART_HOURS = 14
"""No two places' clocks lie further apart, from the exchange's own."""


def judge_stamps(rows: Rows, expectation: Expectation) -> None:
    """Reject rows known before they could be, flag those known too late."""
    import numpy as np

    sessions = sorted(expectation.sessions)
    if not sessions or not len(rows):
        return
    stamp, places = rows.column("available_at"), session_places(rows, expectation)
    settled, regular = _moments([as_of(s) for s in sessions])[places], _moments(list(map(_whole_day, sessions)))[places]
    closed = _moments([close_at(s) for s in sessions])[places]
    ended = _bar_ends(rows, closed, regular) if "starts_at" in rows.frame.schema.names else closed
    asked = places >= 0
    late, early = asked & ~rows.repeats_key & (stamp > settled), asked & (stamp < ended)
    if expectation.now is not None:
        future = stamp > int(expectation.now.timestamp() * 1_000_000)
        rows.reject(future, "stamp in the future", "known from {available_at} only, which is yet to come")
    if not (late | early).any():
        return
    lag = int(expectation.lag.total_seconds() * 1_000_000) if expectation.lag is not None else 0
    off = np.where(late | early, stamp - ended - lag, 0)
    half = late & (regular != closed) & (stamp - regular - lag == 0)
    whole = (off % HOUR == 0) & (off != 0) & (expectation.lag is not None) & ~half
    hour = whole & (np.abs(off) == HOUR)
    clocks = {"clock an hour off": hour, "wrong time zone": whole & ~hour & (np.abs(off) <= ZONES_APART_HOURS * HOUR)}
    for reason, where in clocks.items():
        rows.reject(where & early, reason, "known from {available_at}, whole hours before it was due")
        rows.flag(where & late, reason, "known from {available_at}, whole hours after it was due")
    rows.reject(early, "known before the close", "known from {available_at}, before it was over on {session}")
    rows.flag(half, "half session", "known from {available_at}: that is a whole day's close, and this was half a day")
    explained = half | clocks["clock an hour off"] | clocks["wrong time zone"]
    rows.flag(late & ~explained, "future stamp", "known from {available_at} only, after its session was settled")


def _bar_ends(rows: Rows, closed: "Numbers", regular: "Numbers") -> "Numbers":
    """When bars within a day end; those between a half day's close and a whole one's are pointed at."""
    import numpy as np

    starts = rows.column("starts_at")
    after = (starts >= closed) & (starts < regular)
    rows.flag(after, "half session", "the bar of {starts_at} begins after {session} had closed at midday")
    return np.asarray(starts + rows.column("minutes") * MINUTE)


def _moments(moments: "list[datetime]") -> "Numbers":
    """As microseconds; a last one serves rows of no session asked for."""
    import numpy as np

    return np.array([int(moment.timestamp()) * 1_000_000 for moment in moments] + [0])


def _whole_day(session: "date") -> "datetime":
    from datetime import UTC, datetime

    return datetime.combine(session, CLOSE, EXCHANGE_ZONE).astimezone(UTC)
