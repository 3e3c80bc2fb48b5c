"""Implied volatility against its own past and against realised volatility.

What belongs here: what the history of `surface` and the same session's `volatility` say together. What does not:
either of the two alone.

Must not see: any surface after the session's own, or any other session's realised volatility.
"""

import numpy as np

from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import latest, log_returns, oldest, share_below, total, variance
from butter_pipeline.features.windows import View

INPUTS = ("surface", "volatility")
IV = "surface.atm_iv_30d_pct"
SKEW, SLOPE = "surface.skew_pct", "surface.term_slope_pct"
HV = "volatility.hv_21_pct"
YEAR_SESSIONS = 252
LEAST_SESSIONS = 60
"""Of the past year's sessions, how many must have a volatility before a rank means anything."""


@feature((IV,), YEAR_SESSIONS, "percent", (0.0, 100.0), formula="range_position")
def iv_rank_252(view: View) -> Floats:
    """Where implied volatility stands between its least and its greatest of the past year, at least 60 sessions.

    100 (iv - min252(iv)) / (max252(iv) - min252(iv)). Source: Sinclair (2013), Volatility Trading.
    """
    history = _known(view)
    lowest, highest = oldest(history), oldest(history)
    for each in history[1:]:
        lowest, highest = np.fmin(lowest, each), np.fmax(highest, each)
    return 100.0 * (latest(history) - lowest) / (highest - lowest)


@feature((IV,), YEAR_SESSIONS, "percent", (0.0, 100.0), formula="hv_percentile")
def iv_percentile_252(view: View) -> Floats:
    """The share of the past year's sessions, at least 60, with a lower implied volatility.

    100 mean(iv[k] < iv, k = 1..251). Source: Sinclair (2013), Volatility Trading.
    """
    return _percentile(view, IV)


@feature((IV,), 6, "percent a year")
def iv_change_5_pct(view: View) -> Floats:
    """Implied volatility less that of five sessions before.

    iv - iv[5]. Source: An, Ang, Bali and Cakici (2014), Journal of Finance 69(5).
    """
    return latest(view[IV]) - oldest(view[IV])


@feature((IV, HV), 1, "percent a year")
def iv_hv_spread_pct(view: View) -> Floats:
    """Implied volatility 30 days ahead less the realised one of 21 sessions.

    iv(30, 0) - hv21. Source: Goyal and Saretto (2009), Journal of Financial Economics 94(2).
    """
    return latest(view[IV]) - latest(view[HV])


@feature((IV, "volatility.garch_7_pct"), 1, "percent a year")
def iv_garch_spread_pct(view: View) -> Floats:
    """Implied volatility 30 days ahead less the GARCH forecast over seven sessions.

    iv(30, 0) - garch7. Source: Engle and Mustafa (1992), Journal of Econometrics 52(1).
    """
    return latest(view[IV]) - latest(view["volatility.garch_7_pct"])


@feature((IV,), YEAR_SESSIONS, "deviations", formula="z_score")
def iv_z_252(view: View) -> Floats:
    """How many deviations implied volatility is from its mean of the past year, at least 60 sessions.

    (iv - mean252(iv)) / sd252(iv). Source: Stein (1989), Journal of Finance 44(4).
    """
    history = _known(view)
    there = ~np.isnan(history)
    count = total(there.astype(np.float64))
    apart = np.where(there, history - latest(history), 0.0)
    level = total(apart) / count
    spread = total(np.where(there, apart - level, 0.0) ** 2) / (count - 1.0)
    return np.where(spread > 0.0, -level / np.sqrt(spread), np.nan)


@feature((IV, HV), 1, "ratio", (0.0, np.inf))
def iv_hv_ratio(view: View) -> Floats:
    """Implied volatility 30 days ahead over the realised one of 21 sessions.

    iv(30, 0) / hv21. Source: Natenberg (1994), Option Volatility and Pricing.
    """
    return latest(view[IV]) / latest(view[HV])


@feature((IV, HV), 1, "squared percent a month")
def variance_premium(view: View) -> Floats:
    """What implied variance of a month exceeds the realised one by.

    (iv(30, 0)^2 - hv21^2) / 12. Source: Bollerslev, Tauchen and Zhou (2009), Review of Financial Studies 22(11).
    """
    return (latest(view[IV]) ** 2 - latest(view[HV]) ** 2) / 12.0


@feature((IV, "volatility.yang_zhang_21_pct"), 1, "percent a year")
def iv_range_spread_pct(view: View) -> Floats:
    """Implied volatility 30 days ahead less Yang and Zhang's estimate of 21 sessions.

    iv(30, 0) - yz21. Source: Goyal and Saretto (2009), Journal of Financial Economics 94(2).
    """
    return latest(view[IV]) - latest(view["volatility.yang_zhang_21_pct"])


@feature((IV, "volatility.ewma_94_pct"), 1, "percent a year")
def iv_ewma_spread_pct(view: View) -> Floats:
    """Implied volatility 30 days ahead less the exponential average of squared returns.

    iv(30, 0) - ewma94. Source: Engle and Mustafa (1992), Journal of Econometrics 52(1).
    """
    return latest(view[IV]) - latest(view["volatility.ewma_94_pct"])


@feature((IV,), 22, "percent a year", (0.0, np.inf), formula="hv_pct")
def iv_volatility_21_pct(view: View) -> Floats:
    """How much implied volatility itself moves: the deviation of its log changes over 21 sessions.

    100 sqrt(252) sd21(ln iv / iv[1]). Source: Baltussen, van Bekkum and van der Grient (2018), Journal of Financial and
    Quantitative Analysis 53(4).
    """
    return 100.0 * np.sqrt(252.0 * variance(log_returns(view[IV])))


@feature((SKEW,), YEAR_SESSIONS, "percent", (0.0, 100.0))
def skew_percentile_252(view: View) -> Floats:
    """The share of the past year's sessions, at least 60, with a lower skew.

    100 mean(skew[k] < skew, k = 1..251). Source: Mixon (2011), Journal of Derivatives 18(4).
    """
    return _percentile(view, SKEW)


@feature((SLOPE,), YEAR_SESSIONS, "percent", (0.0, 100.0), formula="hv_percentile")
def term_slope_percentile_252(view: View) -> Floats:
    """The share of the past year's sessions, at least 60, with a flatter term structure.

    100 mean(slope[k] < slope, k = 1..251). Source: Vasquez (2017), Journal of Financial and Quantitative Analysis
    52(6).
    """
    return _percentile(view, SLOPE)


@feature((SKEW,), 6, "percent a year")
def skew_change_5_pct(view: View) -> Floats:
    """The skew less that of five sessions before.

    skew - skew[5]. Source: An, Ang, Bali and Cakici (2014), Journal of Finance 69(5).
    """
    return latest(view[SKEW]) - oldest(view[SKEW])


def _percentile(view: View, column: str) -> Floats:
    history = _known(view, column)
    return np.where(np.isnan(latest(history)), np.nan, 100.0 * share_below(history[:-1], latest(history)))


def _known(view: View, column: str = IV) -> Floats:
    history = view[column]
    enough = total((~np.isnan(history)).astype(np.float64)) >= LEAST_SESSIONS
    return np.where(enough, history, np.nan)
