"""The calendar: which session of the week, the month and the quarter, and how far from what is known ahead.

What belongs here: what follows from a session's date alone. What does not: the time within a session (`intraday`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.windows import View
from butter_pipeline.market.holidays import EARLY_CLOSES
from butter_pipeline.market.sessions import calendar


@feature((), 1, "0 is Monday", (0.0, 4.0))
def day_of_week(view: View) -> Floats:
    """The day of the week.

    0 for Monday to 4 for Friday. Source: French (1980), Journal of Financial Economics 8(1).
    """
    return _of_sessions(view, lambda place: float(calendar()[place].weekday()))


@feature((), 1, "sessions", (0.0, 23.0))
def days_to_month_end(view: View) -> Floats:
    """How many sessions of the month are still to come.

    Place of the month's last session less the session's own. Source: Ariel (1987), Journal of Financial Economics
    18(1).
    """
    return _of_sessions(view, lambda place: float(_month(place)[1] - place))


@feature((), 1, "number", (1.0, 12.0))
def month_of_year(view: View) -> Floats:
    """The month.

    1 for January to 12 for December. Source: Rozeff and Kinney (1976), Journal of Financial Economics 3(4).
    """
    return _of_sessions(view, lambda place: float(calendar()[place].month))


@feature((), 1, "1 or 0", (0.0, 1.0))
def turn_of_month(view: View) -> Floats:
    """1 in the last session of a month and the first three of the next.

    1 where sessions to the month's end are 0 or those since its begin below 3. Source: Lakonishok and Smidt (1988),
    Review of Financial Studies 1(4).
    """
    return _of_sessions(view, lambda place: float(_month(place)[1] == place or place - _month(place)[0] < 3))


@feature((), 1, "sessions", (0.0, 70.0))
def sessions_to_quarter_end(view: View) -> Floats:
    """How many sessions of the quarter are still to come.

    Place of the quarter's last session less the session's own. Source: Carhart, Kaniel, Musto and Reed (2002), Journal
    of Finance 57(2).
    """
    return _of_sessions(view, lambda place: float(_last_before(_quarter_after(calendar()[place])) - place))


@feature((), 1, "sessions", (0.0, 25.0))
def sessions_to_opex(view: View) -> Floats:
    """How many sessions until the monthly options expire; 0 on that session.

    Sessions to the third Friday, or to the session before where that is a holiday. Source: Stoll and Whaley (1987),
    Financial Analysts Journal 43(2).
    """
    return _of_sessions(view, _to_opex)


@feature((), 1, "1 or 0", (0.0, 1.0))
def before_holiday(view: View) -> Floats:
    """1 when a holiday lies between the session and the next one.

    1 where a weekday lies between. Source: Ariel (1990), Journal of Finance 45(5).
    """
    return _of_sessions(view, lambda place: float(_weekdays_between(place) > 0))


@feature((), 1, "days", (1.0, 10.0))
def days_to_next_session(view: View) -> Floats:
    """How many calendar days until the next session.

    Date of the next session less the session's own. Source: French and Roll (1986), Journal of Financial Economics
    17(1).
    """
    return _of_sessions(view, lambda place: float((_next(place) - calendar()[place]).days))


@feature((), 1, "1 or 0", (0.0, 1.0))
def half_day(view: View) -> Floats:
    """1 when the session closes early.

    1 where the exchange's calendar has an early close. Source: the calendar of the New York exchanges.
    """
    return _of_sessions(view, lambda place: float(calendar()[place] in EARLY_CLOSES))


def _of_sessions(view: View, told: Callable[[int], float]) -> Floats:
    """What is told of every session, row by row."""
    days, day = np.unique(view.place, return_inverse=True)
    return np.array([told(int(place)) for place in days], dtype=np.float64)[day]


@lru_cache(maxsize=4096)
def _month(place: int) -> tuple[int, int]:
    """The places of the first and the last session of a session's month."""
    begin = calendar()[place].replace(day=1)
    return bisect_left(calendar(), begin), _last_before((begin + timedelta(days=32)).replace(day=1))


def _last_before(day: date) -> int:
    return bisect_left(calendar(), day) - 1


def _quarter_after(session: date) -> date:
    begins = 3 * ((session.month - 1) // 3) + 4
    return date(session.year + begins // 12, begins % 12, 1) if begins > 12 else date(session.year, begins, 1)


def _to_opex(place: int) -> float:
    session = calendar()[place]
    for month in (session.replace(day=1), (session.replace(day=1) + timedelta(days=32)).replace(day=1)):
        friday = month + timedelta(days=(4 - month.weekday()) % 7 + 14)
        expiry = bisect_right(calendar(), friday) - 1
        if expiry >= place:
            return float(expiry - place)
    return float("nan")  # beyond the calendar's end


def _weekdays_between(place: int) -> int:
    here, there = calendar()[place], _next(place)
    between = (here + timedelta(days=n) for n in range(1, (there - here).days))
    return sum(day.weekday() < 5 for day in between)


def _next(place: int) -> date:
    """The next session; after the calendar's last one the next weekday, which nobody trades yet."""
    if place + 1 < len(calendar()):
        return calendar()[place + 1]
    return calendar()[place] + timedelta(days=(3 if calendar()[place].weekday() == 4 else 1))
