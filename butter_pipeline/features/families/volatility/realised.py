"""Volatility as it was: from closes and from ranges.

What belongs here: estimators of the variance of daily returns. What does not: what it did over time and the shape of
returns (`shape`).
"""

import numpy as np

from butter_pipeline.features.families.volatility.columns import ANY, BARS, CLOSE, a_year
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import log_returns, mean, total, variance
from butter_pipeline.features.windows import View


@feature(CLOSE, 11, "percent a year", ANY)
def hv_10_pct(bars: View) -> Floats:
    """Deviation of log returns over 10 sessions.

    100 sqrt(252) sd10(r). Source: Hull (1989), Options, Futures, and Other Derivatives.
    """
    return _realised(bars)


@feature(CLOSE, 22, "percent a year", ANY)
def hv_21_pct(bars: View) -> Floats:
    """Deviation of log returns over 21 sessions.

    100 sqrt(252) sd21(r). Source: Hull (1989), Options, Futures, and Other Derivatives.
    """
    return _realised(bars)


@feature(CLOSE, 64, "percent a year", ANY)
def hv_63_pct(bars: View) -> Floats:
    """Deviation of log returns over 63 sessions.

    100 sqrt(252) sd63(r). Source: Hull (1989), Options, Futures, and Other Derivatives.
    """
    return _realised(bars)


@feature(CLOSE, 253, "percent a year", ANY)
def hv_252_pct(bars: View) -> Floats:
    """Deviation of log returns over 252 sessions.

    100 sqrt(252) sd252(r). Source: Hull (1989), Options, Futures, and Other Derivatives.
    """
    return _realised(bars)


@feature(CLOSE, 64, "ratio", ANY)
def hv_ratio_10_63(bars: View) -> Floats:
    """Deviation of log returns over 10 sessions, over that of 63.

    sd10(r) / sd63(r). Source: Natenberg (1994), Option Volatility and Pricing.
    """
    returns = log_returns(bars["bars.close"])
    return np.sqrt(variance(returns[-10:]) / variance(returns))


@feature(("bars.high", "bars.low"), 21, "percent a year", ANY)
def parkinson_21_pct(bars: View) -> Floats:
    """Parkinson's estimate from the ranges of 21 sessions.

    v = mean(ln(H / L)^2) / (4 ln 2). Source: Parkinson (1980), Journal of Business 53(1).
    """
    ranges = np.log(bars["bars.high"]) - np.log(bars["bars.low"])
    return a_year(mean(ranges**2) / (4.0 * np.log(2.0)))


@feature(BARS, 21, "percent a year", ANY)
def garman_klass_21_pct(bars: View) -> Floats:
    """Garman and Klass's estimate from ranges and bodies of 21 sessions.

    v = mean(0.5 (u - d)^2 - (2 ln 2 - 1) c^2). Source: Garman and Klass (1980), Journal of Business 53(1).
    """
    first, high, low, last = (np.log(bars[name]) for name in BARS)
    squares = 0.5 * (high - low) ** 2 - (2.0 * np.log(2.0) - 1.0) * (last - first) ** 2
    return a_year(np.maximum(mean(squares), 0.0))


@feature(BARS, 21, "percent a year", ANY)
def rogers_satchell_21_pct(bars: View) -> Floats:
    """Rogers and Satchell's estimate over 21 sessions, whatever the drift.

    v = mean(u (u - c) + d (d - c)). Source: Rogers and Satchell (1991), Annals of Applied Probability 1(4).
    """
    return a_year(np.maximum(mean(_rogers_satchell(bars)), 0.0))


@feature(BARS, 22, "percent a year", ANY)
def yang_zhang_21_pct(bars: View) -> Floats:
    """Yang and Zhang's estimate over 21 sessions: nights, days and ranges, whatever the drift.

    v = var(n) + k var(c) + (1 - k) mean(u (u - c) + d (d - c)), k = 0.34 / (1.34 + (m + 1) / (m - 1)), m = 21. Source:
    Yang and Zhang (2000), Journal of Business 73(3).
    """
    first, last = np.log(bars["bars.open"]), np.log(bars["bars.close"])
    night, day = first[1:] - last[:-1], (last - first)[1:]
    weight = 0.34 / (1.34 + (21.0 + 1.0) / (21.0 - 1.0))
    ranges = _rogers_satchell(bars)[1:]
    return a_year(variance(night) + weight * variance(day) + (1.0 - weight) * mean(ranges))


@feature(CLOSE, 500, "percent a year", ANY, 22)
def ewma_94_pct(bars: View) -> Floats:
    """Exponential average of squared returns that keeps 0.94 of itself every session.

    v = 0.94 v[1] + 0.06 r^2, from the mean of the first 21 squares on. Source: J.P. Morgan (1996), RiskMetrics
    Technical Document.
    """
    level, begun, seen = np.zeros(bars.symbol.shape), np.zeros(bars.symbol.shape), np.zeros(bars.symbol.shape)
    for each in log_returns(bars["bars.close"]) ** 2:
        here = ~np.isnan(each)
        seen = np.where(here, seen + 1.0, seen)
        begun = np.where(here & (seen <= 21.0), begun + each, begun)
        level = np.where(seen > 21.0, 0.94 * level + 0.06 * each, np.where(seen == 21.0, begun / 21.0, np.nan))
    return a_year(level)


@feature(CLOSE, 64, "percent a year", ANY)
def bipower_63_pct(bars: View) -> Floats:
    """Volatility of 63 sessions without its jumps.

    v = (pi / 2) mean(|r| |r[1]|). Source: Barndorff-Nielsen and Shephard (2004), Journal of Financial Econometrics
    2(1).
    """
    sizes = np.abs(log_returns(bars["bars.close"]))
    return a_year(np.pi / 2.0 * mean(sizes[1:] * sizes[:-1]))


@feature(CLOSE, 64, "share", (0.0, 1.0))
def jump_share_63(bars: View) -> Floats:
    """The share of 63 sessions' squared returns that came in jumps.

    max(1 - bipower / mean(r^2), 0). Source: Huang and Tauchen (2005), Journal of Financial Econometrics 3(4).
    """
    sizes = np.abs(log_returns(bars["bars.close"]))
    return np.maximum(1.0 - np.pi / 2.0 * mean(sizes[1:] * sizes[:-1]) / mean(sizes**2), 0.0)


@feature(CLOSE, 22, "percent a year", ANY)
def downside_21_pct(bars: View) -> Floats:
    """Volatility of falls alone over 21 sessions.

    v = mean(min(r, 0)^2). Source: Barndorff-Nielsen, Kinnebrock and Shephard (2010), Measuring Downside Risk.
    """
    return a_year(mean(np.minimum(log_returns(bars["bars.close"]), 0.0) ** 2))


@feature(CLOSE, 22, "percent a year", ANY)
def upside_21_pct(bars: View) -> Floats:
    """Volatility of rises alone over 21 sessions.

    v = mean(max(r, 0)^2). Source: Barndorff-Nielsen, Kinnebrock and Shephard (2010), Measuring Downside Risk.
    """
    return a_year(mean(np.maximum(log_returns(bars["bars.close"]), 0.0) ** 2))


@feature(CLOSE, 64, "share", (-1.0, 1.0))
def signed_variance_63(bars: View) -> Floats:
    """Variance of rises less that of falls over 63 sessions, over both.

    (sum max(r, 0)^2 - sum min(r, 0)^2) / sum r^2. Source: Patton and Sheppard (2015), Review of Economics and
    Statistics 97(3).
    """
    returns = log_returns(bars["bars.close"])
    return total(np.sign(returns) * returns**2) / total(returns**2)


@feature(("bars.open", "bars.close"), 64, "share", (0.0, 1.0))
def night_variance_63(bars: View) -> Floats:
    """The nights' share in the variance of nights and days over 63 sessions.

    mean(n^2) / (mean(n^2) + mean(c^2)). Source: French and Roll (1986), Journal of Financial Economics 17(1).
    """
    first, last = np.log(bars["bars.open"]), np.log(bars["bars.close"])
    night, day = mean((first[1:] - last[:-1]) ** 2), mean((last - first)[1:] ** 2)
    return night / (night + day)


def _realised(bars: View) -> Floats:
    return a_year(variance(log_returns(bars["bars.close"])))


def _rogers_satchell(bars: View) -> Floats:
    first, high, low, last = (np.log(bars[name]) for name in BARS)
    found: Floats = (high - last) * (high - first) + (low - last) * (low - first)
    return found
