"""Forecasts of the price from its own past.

What belongs here: linear models of log prices, fitted once a month and filtered in between. What does not: cycles
(`cycles`), the models (`features.models`).

ARIMA(1,1,1) of the log price about a drift: log returns are an ARMA(1,1) about their mean. The parameters of a calendar
month are fitted by exact maximum likelihood to the returns within the 501 sessions before it, at least 120 of them; the
sessions of the month are filtered.

Must not see: any bar after the session's own.
"""

from dataclasses import dataclass

import numpy as np

from butter_pipeline.features.models.arima import Order, fit, forecast_after
from butter_pipeline.features.models.monthly import LEAST_RETURNS, LOOKBACK_ROWS, WARM_ROWS, returns_of
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.windows import View

INPUTS = ("bars",)
CLOSE = ("bars.close",)
HORIZON_SESSIONS = 7
ORDER = Order(1, 0, 1)
"""Of the log returns."""


@dataclass(frozen=True)
class Ahead:
    """By row, in percent: the log return expected over the next sessions and its standard error; 1 if converged."""

    expected: Floats
    error: Floats
    converged: Floats


@feature(CLOSE, LOOKBACK_ROWS, "percent", None, WARM_ROWS)
def arima_7_pct(bars: View) -> Floats:
    """Log return that ARIMA(1,1,1) expects over the next seven sessions.

    100 sum of seven expected r, r = m + p (r[1] - m) + q e[1] + e, fitted on the sessions before the month. Source:
    Box and Jenkins (1970), Time Series Analysis.
    """
    return bars.shared(arima).expected


@feature(CLOSE, LOOKBACK_ROWS, "percent", (0.0, np.inf), WARM_ROWS)
def arima_band_7_pct(bars: View) -> Floats:
    """One standard error of that forecast.

    100 sqrt(var(e) sum of seven squared cumulated psi weights). Source: Box and Jenkins (1970), Time Series Analysis.
    """
    return bars.shared(arima).error


@feature(CLOSE, LOOKBACK_ROWS, "1 or 0", (0.0, 1.0), WARM_ROWS)
def arima_converged(bars: View) -> Floats:
    """1 where the month's ARIMA fit converged; there is no forecast where it did not.

    Converged: no gradient, and the curvature of a top. Source: Ansley (1979), Biometrika 66(1).
    """
    return bars.shared(arima).converged


def arima(bars: View) -> Ahead:
    """What ARIMA says of every row by its month's fit; NaN where that has no likeliest law."""
    known = bars.shared(returns_of)
    enough = known.counts >= LEAST_RETURNS
    fits = fit(ORDER, known.values, np.where(enough, known.counts, 0), bars.remembered)
    each = forecast_after(fits, (known.values, known.counts), (known.after, known.which), HORIZON_SESSIONS)
    expected = np.zeros(len(each))
    for session in range(HORIZON_SESSIONS):
        expected = expected + each[:, session]
    found = fits.converged[known.which]
    error = fits.of_sums(HORIZON_SESSIONS)[known.which]
    converged = np.where(enough, fits.converged.astype(np.float64), np.nan)[known.which]
    return Ahead(np.where(found, expected, np.nan), np.where(found, error, np.nan), converged)
