"""What volatility did over time, and the shape of returns.

What belongs here: volatility of volatility, tails and asymmetry. What does not: its level (`realised`).
"""

import numpy as np

from butter_pipeline.features.families.volatility.columns import ANY, CLOSE, a_year
from butter_pipeline.features.moving import moment, moving_deviation, ordered
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import changes, latest, log_returns, mean, share_below, total, variance
from butter_pipeline.features.windows import View


@feature(CLOSE, 84, "percent", ANY)
def vol_of_vol_63_pct(bars: View) -> Floats:
    """How much the volatility of 21 sessions varied over 63, of its mean.

    100 sd63(s) / mean63(s), s = sd21(r). Source: Baltussen, van Bekkum and van der Grient (2018), Journal of Financial
    and Quantitative Analysis 53(4).
    """
    history = moving_deviation(log_returns(bars["bars.close"]), 21)
    return 100.0 * np.sqrt(variance(history)) / mean(history)


@feature(CLOSE, 273, "percent", (0.0, 100.0))
def hv_percentile_252(bars: View) -> Floats:
    """The share of a year's sessions whose volatility over 21 was lower.

    100 mean(s[k] < s, k = 1..251), s = sd21(r). Source: Sinclair (2013), Volatility Trading.
    """
    history = moving_deviation(log_returns(bars["bars.close"]), 21)
    told = ~np.isnan(history).any(axis=0) & (history > 0.0).any(axis=0)
    return np.where(told, 100.0 * share_below(history[:-1], latest(history)), np.nan)


@feature(CLOSE, 64, "coefficient")
def skewness_63(bars: View) -> Floats:
    """Skewness of log returns over 63 sessions.

    mean(x^3) / mean(x^2)^1.5, x = r - mean(r). Source: Harvey and Siddique (2000), Journal of Finance 55(3).
    """
    return moment(log_returns(bars["bars.close"]), 3)


@feature(CLOSE, 64, "coefficient", (-3.0, np.inf))
def kurtosis_63(bars: View) -> Floats:
    """Excess kurtosis of log returns over 63 sessions.

    mean(x^4) / mean(x^2)^2 - 3, x = r - mean(r). Source: Mandelbrot (1963), Journal of Business 36(4).
    """
    return moment(log_returns(bars["bars.close"]), 4) - 3.0


@feature(CLOSE, 64, "percent a year", ANY)
def quarticity_63_pct(bars: View) -> Floats:
    """The fourth root of realised quarticity over 63 sessions: volatility as the largest returns see it.

    v = sqrt(mean(r^4) / 3). Source: Barndorff-Nielsen and Shephard (2002), Journal of the Royal Statistical Society B
    64(2).
    """
    return a_year(np.sqrt(mean(log_returns(bars["bars.close"]) ** 4) / 3.0))


@feature(CLOSE, 127, "percent", None)
def value_at_risk_126_pct(bars: View) -> Floats:
    """The return that one session in twenty fell below, among 126.

    The sixth lowest of 126 returns. Source: Jorion (1996), Financial Analysts Journal 52(6).
    """
    found: Floats = 100.0 * ordered(log_returns(bars["bars.close"]))[5]
    return found


@feature(CLOSE, 127, "percent", None)
def expected_shortfall_126_pct(bars: View) -> Floats:
    """The mean of the six worst returns among 126.

    mean(r where r <= the sixth lowest). Source: Acerbi and Tasche (2002), Journal of Banking and Finance 26(7).
    """
    return 100.0 * mean(ordered(log_returns(bars["bars.close"]))[:6])


@feature(CLOSE, 127, "ratio", ANY)
def tail_ratio_126(bars: View) -> Floats:
    """How far the six best returns among 126 went, over how far the six worst.

    mean of the six highest r over minus the mean of the six lowest. Source: Konno, Shirakawa and Yamazaki (1993),
    Annals of Operations Research 45.
    """
    returns = ordered(log_returns(bars["bars.close"]))
    best, worst = mean(returns[-6:]), -mean(returns[:6])
    return np.where((best > 0.0) & (worst > 0.0), best / np.where(worst > 0.0, worst, 1.0), np.nan)


@feature(CLOSE, 14, "percent", ANY)
def ulcer_index_14_pct(bars: View) -> Floats:
    """How deep and long the close was below its highest of 14 sessions so far.

    100 sqrt(mean((C / max C so far - 1)^2)). Source: Martin and McCann (1989), The Investor's Guide to Fidelity Funds.
    """
    close = bars["bars.close"]
    top, squares = close[0], np.zeros(close.shape[1])
    for each in close:
        top = np.maximum(top, each)
        squares = squares + (each / top - 1.0) ** 2
    return 100.0 * np.sqrt(squares / len(close))


@feature(CLOSE, 127, "coefficient", (-1.0, 1.0))
def leverage_effect_126(bars: View) -> Floats:
    """Correlation of a session's return with the size of the next one, over 126 sessions.

    corr(r[1], |r|). Source: Black (1976), Studies of Stock Price Volatility Changes.
    """
    returns = log_returns(bars["bars.close"])
    return _correlation(returns[:-1], np.abs(returns[1:]))


@feature(CLOSE, 127, "coefficient", (-1.0, 1.0))
def clustering_126(bars: View) -> Floats:
    """Correlation of neighbouring squared returns over 126 sessions.

    corr(r^2, r[1]^2). Source: Engle (1982), Econometrica 50(4).
    """
    squares = log_returns(bars["bars.close"]) ** 2
    return _correlation(squares[1:], squares[:-1])


@feature(CLOSE, 43, "percent a year")
def hv_change_21_pct(bars: View) -> Floats:
    """Volatility of 21 sessions less that of the 21 before.

    100 sqrt(252) (sd21(r) - sd21(r)[21]). Source: Ang, Hodrick, Xing and Zhang (2006), Journal of Finance 61(1).
    """
    returns = changes(np.log(bars["bars.close"]))
    return a_year(variance(returns[-21:])) - a_year(variance(returns[:21]))


def _correlation(one: Floats, other: Floats) -> Floats:
    here, there = one - mean(one), other - mean(other)
    found: Floats = total(here * there) / np.sqrt(total(here**2) * total(there**2))
    return np.minimum(np.maximum(found, -1.0), 1.0)
