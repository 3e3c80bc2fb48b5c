"""Exchange sessions and the two clocks.

A session is one trading day of the New York exchanges, named by its date. `available_at` is when the
market could know a row; `as_of(session)` is the moment from which everything about a session is known,
and every read of stored data names one. What belongs here: calendar arithmetic and those two clocks.
What does not: reading the machine's clock (callers pass `now`), and anything about symbols.

>>> next_session(date(2024, 7, 3))  # the 4th is a holiday
datetime.date(2024, 7, 5)
>>> as_of(date(2024, 7, 3)).isoformat()  # a half day closes at 13:00 in New York, 17:00 UTC
'2024-07-03T18:00:00+00:00'
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from butter_pipeline.errors import ButterError
from butter_pipeline.market.holidays import EARLY_CLOSES, FIRST, HOLIDAYS, LAST

EXCHANGE_ZONE = ZoneInfo("America/New_York")
OPEN = time(9, 30)
CLOSE = time(16, 0)
SETTLE_LAG = timedelta(minutes=60)
"""From the close until everything about a session is known: later than every vendor's stated lag."""


class NoSuchSession(ButterError, ValueError):
    """A date that is not a session, or one outside the calendar."""


@lru_cache
def calendar() -> tuple[date, ...]:
    """Every session that the table of holidays covers, in order."""
    days = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    return tuple(day for day in days if day.weekday() < 5 and day not in HOLIDAYS)


@lru_cache
def _position_by_session() -> dict[date, int]:
    return {session: position for position, session in enumerate(calendar())}


def is_session(day: date) -> bool:
    """Whether the exchange opened, or will open, on that date."""
    return day in _position_by_session()


def position(session: date) -> int:
    """The session's place in the calendar; raises `NoSuchSession` with the nearest ones."""
    try:
        return _position_by_session()[session]
    except KeyError:
        raise NoSuchSession(_why_not(session)) from None


def _why_not(day: date) -> str:
    if not FIRST <= day <= LAST:
        return f"{day} is outside the exchange calendar, which covers {FIRST} to {LAST}"
    after = bisect_left(calendar(), day)
    return f"{day} is not an exchange session; the nearest are {calendar()[after - 1]} and {calendar()[after]}"


def offset(session: date, count: int) -> date:
    """The session that lies `count` sessions later (earlier when negative)."""
    place = position(session) + count
    if not 0 <= place < len(calendar()):
        raise NoSuchSession(f"{count} sessions from {session} is outside the exchange calendar")
    return calendar()[place]


def look_back(session: date, count: int) -> date:
    """The session that lies `count` sessions earlier, or the calendar's first where it does not reach so far."""
    return calendar()[max(position(session) - count, 0)]


def next_session(session: date) -> date:
    """The session that follows."""
    return offset(session, 1)


def previous_session(session: date) -> date:
    """The session before."""
    return offset(session, -1)


def sessions_between(first: date, last: date) -> Sequence[date]:
    """The sessions from `first` to `last`, both included; neither need be a session itself."""
    return calendar()[bisect_left(calendar(), first) : bisect_right(calendar(), last)]


def session_from(day: date) -> date | None:
    """The day itself if it is a session, else the session that follows; none past the calendar's end."""
    place = bisect_left(calendar(), day)
    return calendar()[place] if place < len(calendar()) else None


def open_at(session: date) -> datetime:
    """The opening bell, UTC."""
    position(session)
    return datetime.combine(session, OPEN, EXCHANGE_ZONE).astimezone(UTC)


def close_at(session: date) -> datetime:
    """The closing bell, UTC; earlier on half days."""
    position(session)
    return datetime.combine(session, EARLY_CLOSES.get(session, CLOSE), EXCHANGE_ZONE).astimezone(UTC)


def as_of(session: date) -> datetime:
    """The moment from which the session is settled: its close and the settle lag, UTC."""
    return close_at(session) + SETTLE_LAG


def last_settled(now: datetime) -> date:
    """The latest session that is settled at `now`, which must carry a time zone."""
    if now.tzinfo is None:
        raise ValueError(f"now must carry a time zone, was {now.isoformat()}")
    if now.astimezone(EXCHANGE_ZONE).date() > LAST:
        raise NoSuchSession(f"{now.isoformat()} is after {LAST}, where the exchange calendar ends")
    candidates = sessions_between(FIRST, now.astimezone(EXCHANGE_ZONE).date())
    for session in reversed(candidates[-2:]):
        if as_of(session) <= now:
            return session
    raise NoSuchSession(f"no session is settled at {now.isoformat()}; the calendar begins on {FIRST}")
