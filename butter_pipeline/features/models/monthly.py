"""What a month's fit rests on: the sample of every symbol and month, and what followed it.

What belongs here: which rows of a window are fitted and which are filtered. What does not: any model.

The parameters of a calendar month rest on what lies within the 501 sessions before it. So a value depends on the
symbol's last rows and the calendar alone, whichever sessions are asked for.
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from butter_pipeline.features.registry import Floats, Integers
from butter_pipeline.features.smoothing import log_returns
from butter_pipeline.features.windows import NOWHERE, View
from butter_pipeline.market.sessions import calendar

FIT_SESSIONS = 501
MONTH_SESSIONS = 23
LOOKBACK_ROWS = FIT_SESSIONS + MONTH_SESSIONS
LEAST_RETURNS = 120
WARM_ROWS = LEAST_RETURNS + 24
"""With so many rows there are enough returns before any month."""


@dataclass(frozen=True)
class Samples:
    """Values [fit, session] and how many each has; the month's own values [row, session] and which fit each goes by.

    Values stand at the beginning of their row; NaN is where there is none.
    """

    values: Floats
    counts: Integers
    after: Floats
    which: Integers


def samples(values: Floats, view: View) -> Samples:
    """The samples of values [age, row] that belong to all rows of the view but its oldest, such as returns."""
    begins = month_begins(view.place)
    places = view.places
    sampled = (places[1:] < begins) & (places[:-1] >= np.maximum(begins - FIT_SESSIONS, 0))
    month = np.where(places[-1] == NOWHERE, NOWHERE, view.symbol * len(calendar()) + begins)
    _, first, which = np.unique(month, return_index=True, return_inverse=True)
    chosen = [values[sampled[:, row], row] for row in first]
    gathered = np.full((len(first), FIT_SESSIONS), np.nan)
    for number, each in enumerate(chosen):
        gathered[number, : len(each)] = each
    after = np.where(places[-MONTH_SESSIONS:] >= begins, values[-MONTH_SESSIONS:], np.nan)
    counts = np.array([len(each) for each in chosen], dtype=np.int64)
    return Samples(gathered, counts, np.ascontiguousarray(after.T), which.astype(np.int64))


def returns_of(bars: View) -> Samples:
    """Log returns in percent."""
    return samples(100.0 * log_returns(bars["bars.close"]), bars)


def month_begins(place: Integers) -> Integers:
    """The calendar place of the first session of every row's month."""
    days, day = np.unique(place, return_inverse=True)
    begins = [bisect_left(calendar(), calendar()[each].replace(day=1)) for each in days]
    return np.array(begins, dtype=np.int64)[day]
