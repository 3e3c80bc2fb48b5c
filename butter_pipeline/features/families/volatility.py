"""Realised volatility, from daily bars.

What belongs here: estimators of a symbol's own volatility, per cent a year of 252 sessions. What does not: implied
volatility (`surface`, `implied`), forecasts by models (`volatility_models`).
"""

import numpy as np

from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import log_returns, mean, variance
from butter_pipeline.features.windows import View

INPUTS = ("bars",)
CLOSE = ("bars.close",)
YEAR_SESSIONS = 252.0
ANY = (0.0, np.inf)


@feature(CLOSE, 11, "percent a year", ANY)
def hv_10_pct(bars: View) -> Floats:
    """Deviation of log returns over 10 sessions."""
    return _realised(bars)


@feature(CLOSE, 22, "percent a year", ANY)
def hv_21_pct(bars: View) -> Floats:
    """Deviation of log returns over 21 sessions."""
    return _realised(bars)


@feature(CLOSE, 64, "percent a year", ANY)
def hv_63_pct(bars: View) -> Floats:
    """Deviation of log returns over 63 sessions."""
    return _realised(bars)


@feature(CLOSE, 64, "ratio", ANY)
def hv_ratio_10_63(bars: View) -> Floats:
    """Deviation of log returns over 10 sessions, over that of 63."""
    returns = log_returns(bars["bars.close"])
    return np.sqrt(variance(returns[-10:]) / variance(returns))


@feature(("bars.high", "bars.low"), 21, "percent a year", ANY)
def parkinson_21_pct(bars: View) -> Floats:
    """Parkinson's estimate from the ranges of 21 sessions."""
    ranges = np.log(bars["bars.high"]) - np.log(bars["bars.low"])
    return _a_year(mean(ranges**2) / (4.0 * np.log(2.0)))


@feature(("bars.open", "bars.high", "bars.low", "bars.close"), 22, "percent a year", ANY)
def yang_zhang_21_pct(bars: View) -> Floats:
    """Yang and Zhang's estimate over 21 sessions: nights, days and ranges, whatever the drift."""
    first, high, low, last = (np.log(bars[f"bars.{name}"]) for name in ("open", "high", "low", "close"))
    night, day = first[1:] - last[:-1], (last - first)[1:]
    ranges = ((high - last) * (high - first) + (low - last) * (low - first))[1:]
    weight = 0.34 / (1.34 + (21.0 + 1.0) / (21.0 - 1.0))
    return _a_year(variance(night) + weight * variance(day) + (1.0 - weight) * mean(ranges))


def _realised(bars: View) -> Floats:
    return _a_year(variance(log_returns(bars["bars.close"])))


def _a_year(variance_of_a_session: Floats) -> Floats:
    return 100.0 * np.sqrt(YEAR_SESSIONS * variance_of_a_session)
