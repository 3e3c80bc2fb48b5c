"""From stamps to sessions, bars' beginnings and the moments from which rows can be known.

What belongs here: what a stamp means for a daily row and for a bar within a day. What does not: how stamps are written
(`stamps`).

A daily row's session is the date that is written; a stamp with a zone (or since 1970) counts in New York, unless it is
midnight in its own zone, which stands for its date. A bar within a day belongs to the first session that closes no
earlier than the bar ends.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from butter_pipeline.market.sessions import EXCHANGE_ZONE, calendar, close_at
from butter_pipeline.market.vendors.tabular.clock.stamps import NEVER, Stamps
from butter_pipeline.market.vendors.tabular.clock.zones import DAY_US, to_local, to_utc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

MINUTE_US = 60_000_000
_EPOCH = date(1970, 1, 1)


def daily(stamps: Stamps) -> "Numbers":
    """The day of each stamp since 1970, NEVER where it has none."""
    import numpy as np

    zoned = (stamps.day != NEVER) & (stamps.offset != NEVER) & (stamps.time > 0)
    days = stamps.day.copy()
    if zoned.any():
        utc = stamps.day[zoned] * DAY_US + stamps.time[zoned] - stamps.offset[zoned]
        days[zoned] = to_local(utc, EXCHANGE_ZONE) // DAY_US
    return np.asarray(days)


def instants(stamps: Stamps, zone: str | None) -> "tuple[Numbers, Numbers, Numbers]":
    """Microseconds of UTC; which stamps want a zone; which a change of clocks makes unclear."""
    import numpy as np

    clock = np.where(stamps.time == NEVER, 0, stamps.time)
    local = np.where(stamps.day == NEVER, 0, stamps.day) * DAY_US + clock
    zoned = stamps.offset != NEVER
    utc = np.where(zoned, local - np.where(zoned, stamps.offset, 0), local)
    unclear = np.zeros(len(utc), dtype=bool)
    naive = ~zoned & (stamps.day != NEVER)
    if not naive.any() or zone is None:
        return utc, naive, unclear
    utc[naive], unclear[naive] = to_utc(local[naive], ZoneInfo(zone))
    return utc, np.zeros(len(utc), dtype=bool), unclear


def session_of_end(ends: "Numbers") -> "Numbers":
    """The day of the first session that closes at some moments or later; NEVER past the calendar."""
    import numpy as np

    closes, days = _closes()
    places = np.searchsorted(closes, ends, side="left")
    known = places < len(days)
    return np.where(known, days[np.minimum(places, len(days) - 1)], NEVER)


@lru_cache(maxsize=1)
def _closes() -> "tuple[Numbers, Numbers]":
    import numpy as np

    closes = [(close_at(day) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for day in calendar()]
    return np.array(closes), np.array([(day - _EPOCH).days for day in calendar()])


def known_after_close(days: "Numbers", lag: timedelta) -> "Numbers":
    """When rows of some days can be known: the close and the lag; rows of no session, with the one that follows.

    Days are counted from 1970 and lie no later than the calendar's end.
    """
    import numpy as np

    return np.asarray(_closes_by_day()[days] + lag // timedelta(microseconds=1))


@lru_cache(maxsize=1)
def _closes_by_day() -> "Numbers":
    """The close that each day since 1970 waits for."""
    import numpy as np

    closes, sessions = _closes()
    # Before the calendar nobody can ask for the row, so nobody sees this moment.
    return np.asarray(closes[np.searchsorted(sessions, np.arange(last_day() + 1), side="left")])


def last_day() -> int:
    """The calendar's last day."""
    return (calendar()[-1] - _EPOCH).days


def bar_minutes(symbols: "Numbers", starts: "Numbers") -> int | None:
    """The length of bars: the commonest step between neighbours of one symbol; none without neighbours."""
    import numpy as np

    order = np.lexsort((starts, symbols))
    steps = np.diff(starts[order])
    steps = steps[(np.diff(symbols[order]) == 0) & (steps > 0) & (steps < DAY_US // 2)]
    if not len(steps):
        return None
    values, counts = np.unique(steps, return_counts=True)
    step = int(values[counts.argmax()])
    return step // MINUTE_US if step % MINUTE_US == 0 else 0
