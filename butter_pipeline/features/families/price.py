"""Forecasts of the price from its own past.

What belongs here: linear models of log prices, estimated anew for every session. What does not: cycles (`cycles`).

ARIMA(1,1,1) of the log price: log returns are an ARMA(1,1) about their mean, over 250 rows (at least 120). It is
estimated in closed form after Hannan and Rissanen: a long autoregression (Yule-Walker) gives the shocks, then
returns are regressed on the last return and the last shock. Coefficients are kept within 0.95 either way.

Must not see: any bar after the session's own.
"""

from dataclasses import dataclass

import numpy as np

from butter_pipeline.features.registry import Booleans, Floats, feature
from butter_pipeline.features.smoothing import log_returns, total
from butter_pipeline.features.windows import View

INPUTS = ("bars",)
CLOSE = ("bars.close",)
LOOKBACK_ROWS = 250
LEAST_RETURNS = 119
LONG_ORDER = 8
HORIZON_SESSIONS = 7
WITHIN = 0.95


@dataclass(frozen=True)
class Arma:
    """By row: the law of the log returns, and where they stood at the session's close."""

    mean: Floats
    own: Floats
    shock: Floats
    shock_variance: Floats
    last_return: Floats
    last_shock: Floats


@feature(CLOSE, LOOKBACK_ROWS, "percent")
def arima_7_pct(bars: View) -> Floats:
    """Log return that ARIMA(1,1,1) expects over the next seven sessions.

    100 sum of seven expected r, r = m + p (r[1] - m) + q e[1] + e. Source: Box and Jenkins (1970), Time Series
    Analysis.
    """
    law = bars.shared(arma)
    step = law.own * (law.last_return - law.mean) + law.shock * law.last_shock
    expected = np.zeros(len(step))
    for _ in range(HORIZON_SESSIONS):
        expected = expected + law.mean + step
        step = law.own * step
    return 100.0 * expected


@feature(CLOSE, LOOKBACK_ROWS, "percent", (0.0, np.inf))
def arima_band_7_pct(bars: View) -> Floats:
    """One standard error of that forecast.

    100 sqrt(var(e) sum of seven squared cumulated psi weights). Source: Box and Jenkins (1970), Time Series Analysis.
    """
    law = bars.shared(arma)
    reach, weight, squares = np.ones(len(law.own)), law.own + law.shock, np.zeros(len(law.own))
    for _ in range(HORIZON_SESSIONS):
        squares = squares + reach**2
        reach = reach + weight
        weight = law.own * weight
    return 100.0 * np.sqrt(law.shock_variance * squares)


def arma(bars: View) -> Arma:
    """ARMA(1,1) of the log returns of every wanted row; NaN where they are too few or do not move."""
    returns = log_returns(bars["bars.close"])
    there = ~np.isnan(returns)
    count = total(there.astype(np.float64))
    count = np.where(count >= LEAST_RETURNS, count, np.nan)
    mean = total(np.where(there, returns, 0.0)) / count
    apart = np.where(there, returns - mean, 0.0)
    shocks = _long_shocks(apart, there, _autoregression(apart))
    own, shock = _regressed(apart, shocks, there)
    last, squares = np.zeros(len(mean)), np.zeros(len(mean))
    for age in range(1, len(apart)):
        last = np.where(there[age - 1], apart[age] - own * apart[age - 1] - shock * last, 0.0)
        squares = squares + last**2
    return Arma(mean, own, shock, squares / (count - 1.0), returns[-1], last)


def _autoregression(apart: Floats) -> Floats:
    """Coefficients of a long autoregression, [lag, row]: Yule-Walker by the recursion of Levinson and Durbin."""
    covariances = [total(apart[lag:] * apart[: len(apart) - lag]) for lag in range(LONG_ORDER + 1)]
    unexplained, weights = covariances[0], np.zeros((0, apart.shape[1]))
    for order in range(1, LONG_ORDER + 1):
        told = covariances[order]
        for lag, weight in enumerate(weights, start=1):
            told = told - weight * covariances[order - lag]
        reflection = told / unexplained
        weights = np.concatenate([weights - reflection * weights[::-1], reflection[None]])
        unexplained = unexplained * (1.0 - reflection**2)
    return weights


def _long_shocks(apart: Floats, there: Booleans, weights: Floats) -> Floats:
    """What the long autoregression leaves unexplained; NaN where it lacks earlier returns."""
    shocks = np.full(apart.shape, np.nan)
    left = apart[LONG_ORDER:]
    for lag, weight in enumerate(weights, start=1):
        left = left - weight * apart[LONG_ORDER - lag : len(apart) - lag]
    shocks[LONG_ORDER:] = np.where(there[: len(apart) - LONG_ORDER], left, np.nan)
    return shocks


def _regressed(apart: Floats, shocks: Floats, there: Booleans) -> tuple[Floats, Floats]:
    """Least squares of returns on the last return and the last shock, both coefficients kept within bounds."""
    usable = ~np.isnan(shocks[:-1]) & there[1:]
    now = np.where(usable, apart[1:], 0.0)
    before = np.where(usable, apart[:-1], 0.0)
    surprise = np.where(usable, shocks[:-1], 0.0)
    own, mixed, other = total(before**2), total(before * surprise), total(surprise**2)
    with_own, with_other = total(now * before), total(now * surprise)
    determinant = own * other - mixed**2
    first = (with_own * other - with_other * mixed) / determinant
    second = (with_other * own - with_own * mixed) / determinant
    return np.clip(first, -WITHIN, WITHIN), np.clip(second, -WITHIN, WITHIN)
