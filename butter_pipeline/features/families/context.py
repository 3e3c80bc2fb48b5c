"""What surrounds a symbol: the volatility index, the market, the calendar.

What belongs here: the session's context and how a symbol moves with it. What does not: sectors, since nothing in the
data says which symbol belongs to which.

The market is the series `index_level`; no symbol is named. A series that the vendor does not have gives nulls.
"""

from bisect import bisect_right
from datetime import date, timedelta

import numpy as np

from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import covariance, latest, log_returns, total, variance
from butter_pipeline.features.windows import View
from butter_pipeline.market.sessions import calendar

INPUTS = ("bars", "context")
INDEX = "context.index_level"
TOGETHER = ("bars.close", INDEX)


@feature(("context.vol_index",), 1, "percent a year", (0.0, np.inf))
def vol_index(view: View) -> Floats:
    """The volatility index."""
    return latest(view["context.vol_index"])


@feature(("context.vol_index_9d", "context.vol_index_3m"), 1, "ratio", (0.0, np.inf))
def vol_term(view: View) -> Floats:
    """The volatility index of 9 days over that of three months: above one in alarm."""
    return latest(view["context.vol_index_9d"]) / latest(view["context.vol_index_3m"])


@feature((INDEX,), 21, "percent")
def index_trend_20_pct(view: View) -> Floats:
    """Log return of the market over 20 of the symbol's sessions."""
    return 100.0 * total(log_returns(view[INDEX]))


@feature(TOGETHER, 64, "ratio")
def beta_63(view: View) -> Floats:
    """What the symbol moves per move of the market, over 63 sessions."""
    own, market = log_returns(view["bars.close"]), log_returns(view[INDEX])
    return covariance(own, market) / variance(market)


@feature(TOGETHER, 64, "coefficient", (-1.0, 1.0))
def correlation_63(view: View) -> Floats:
    """Correlation with the market over 63 sessions."""
    own, market = log_returns(view["bars.close"]), log_returns(view[INDEX])
    found: Floats = covariance(own, market) / (np.sqrt(variance(own)) * np.sqrt(variance(market)))
    return np.minimum(np.maximum(found, -1.0), 1.0)


@feature((), 1, "0 is Monday", (0.0, 4.0))
def day_of_week(view: View) -> Floats:
    """The day of the week."""
    days, day = np.unique(view.place, return_inverse=True)
    return np.array([float(calendar()[place].weekday()) for place in days])[day]


@feature((), 1, "sessions", (0.0, 23.0))
def days_to_month_end(view: View) -> Floats:
    """How many sessions of the month are still to come."""
    days, day = np.unique(view.place, return_inverse=True)
    return np.array([float(_last_of_month(calendar()[place]) - place) for place in days])[day]


def _last_of_month(session: date) -> int:
    next_month = (session.replace(day=1) + timedelta(days=32)).replace(day=1)
    return bisect_right(calendar(), next_month - timedelta(days=1)) - 1
