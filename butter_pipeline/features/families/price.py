"""Forecasts of the price from its own past.

What belongs here: linear models of log prices, estimated anew for every session. What does not: cycles (`cycles`), the
models (`features.models`).

ARIMA(1,1,1) of the log price about a drift: log returns are an ARMA(1,1) about their mean, over 250 rows (at least 119
returns), by exact maximum likelihood.

Must not see: any bar after the session's own.
"""

from dataclasses import dataclass

import numpy as np

from butter_pipeline.features.models.arima import Order, fit, forecast
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import log_returns
from butter_pipeline.features.windows import View

INPUTS = ("bars",)
CLOSE = ("bars.close",)
LOOKBACK_ROWS = 250
LEAST_RETURNS = 119
HORIZON_SESSIONS = 7
ORDER = Order(1, 0, 1)
"""Of the log returns."""


@dataclass(frozen=True)
class Ahead:
    """By row: the log return expected over the next sessions, its standard error, and whether the fit converged."""

    expected: Floats
    error: Floats
    converged: Floats


@feature(CLOSE, LOOKBACK_ROWS, "percent", None, LEAST_RETURNS + 1)
def arima_7_pct(bars: View) -> Floats:
    """Log return that ARIMA(1,1,1) expects over the next seven sessions.

    100 sum of seven expected r, r = m + p (r[1] - m) + q e[1] + e. Source: Box and Jenkins (1970), Time Series
    Analysis.
    """
    return 100.0 * bars.shared(arima).expected


@feature(CLOSE, LOOKBACK_ROWS, "percent", (0.0, np.inf), LEAST_RETURNS + 1)
def arima_band_7_pct(bars: View) -> Floats:
    """One standard error of that forecast.

    100 sqrt(var(e) sum of seven squared cumulated psi weights). Source: Box and Jenkins (1970), Time Series Analysis.
    """
    return 100.0 * bars.shared(arima).error


@feature(CLOSE, LOOKBACK_ROWS, "1 or 0", (0.0, 1.0), LEAST_RETURNS + 1)
def arima_converged(bars: View) -> Floats:
    """1 where the ARIMA fit converged; there is no forecast where it did not.

    Converged: no gradient, and the curvature of a top. Source: Ansley (1979), Biometrika 66(1).
    """
    return bars.shared(arima).converged


def arima(bars: View) -> Ahead:
    """What ARIMA says of every row; NaN where returns are too few, do not move or lead to no likeliest law."""
    returns = np.ascontiguousarray(log_returns(bars["bars.close"]).T)
    there = ~np.isnan(returns)
    counts = there.sum(axis=1)
    enough = (counts >= LEAST_RETURNS) & there[:, -1]
    held = _at_the_front(returns, counts)
    fits = fit(ORDER, held, np.where(enough, counts, 0))
    each = forecast(fits, held, HORIZON_SESSIONS, counts)
    expected = np.zeros(len(each))
    for session in range(HORIZON_SESSIONS):
        expected = expected + each[:, session]
    error = fits.of_sums(HORIZON_SESSIONS)
    converged = np.where(enough, fits.converged.astype(np.float64), np.nan)
    return Ahead(np.where(fits.converged, expected, np.nan), np.where(fits.converged, error, np.nan), converged)


def _at_the_front(returns: Floats, counts: Floats) -> Floats:
    """Each row's last values at its beginning."""
    places = np.arange(returns.shape[1]) + (returns.shape[1] - counts)[:, None]
    return np.take_along_axis(returns, np.minimum(places, returns.shape[1] - 1), axis=1)
