"""Averages of the close, and their distances from each other.

What belongs here: exponential and plain averages, and what crosses what. What does not: how wide prices swing about
them (`bands`).
"""

from butter_pipeline.features.families.technical.columns import CLOSE, LONG_SESSIONS, RANGE
from butter_pipeline.features.moving import moving_mean
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import exponential, highest, latest, lowest, mean
from butter_pipeline.features.windows import View


@feature(CLOSE, 300, "percent of the close", None, 21)
def ema_gap_9_21_pct(bars: View) -> Floats:
    """Exponential average over 9 sessions less that over 21.

    100 (EMA9(C) - EMA21(C)) / C. Source: Appel (1979), The Moving Average Convergence-Divergence Method.
    """
    close = bars["bars.close"]
    return 100.0 * (latest(exponential(close, 9)) - latest(exponential(close, 21))) / latest(close)


@feature(CLOSE, 300, "percent of the close", None, 9)
def ema_distance_9_pct(bars: View) -> Floats:
    """The close less its exponential average over 9 sessions.

    100 (C - EMA9(C)) / C. Source: Hurst (1970), The Profit Magic of Stock Transaction Timing.
    """
    close = bars["bars.close"]
    return 100.0 * (latest(close) - latest(exponential(close, 9))) / latest(close)


@feature(CLOSE, 300, "percent of the close", None, 21)
def ema_distance_21_pct(bars: View) -> Floats:
    """The close less its exponential average over 21 sessions.

    100 (C - EMA21(C)) / C. Source: Hurst (1970), The Profit Magic of Stock Transaction Timing.
    """
    close = bars["bars.close"]
    return 100.0 * (latest(close) - latest(exponential(close, 21))) / latest(close)


@feature(CLOSE, 50, "percent")
def sma_distance_50_pct(bars: View) -> Floats:
    """The close over its plain average of 50 sessions.

    100 (C / SMA50(C) - 1). Source: Brock, Lakonishok and LeBaron (1992), Journal of Finance 47(5).
    """
    close = bars["bars.close"]
    return 100.0 * (latest(close) / mean(close) - 1.0)


@feature(CLOSE, 200, "percent")
def sma_distance_200_pct(bars: View) -> Floats:
    """The close over its plain average of 200 sessions.

    100 (C / SMA200(C) - 1). Source: Brock, Lakonishok and LeBaron (1992), Journal of Finance 47(5).
    """
    close = bars["bars.close"]
    return 100.0 * (latest(close) / mean(close) - 1.0)


@feature(CLOSE, LONG_SESSIONS, "percent of the close", None, 26)
def macd_line_pct(bars: View) -> Floats:
    """Exponential average over 12 sessions less that over 26.

    100 (EMA12(C) - EMA26(C)) / C. Source: Appel (1979), The Moving Average Convergence-Divergence Method.
    """
    close = bars["bars.close"]
    return 100.0 * latest(_macd(close)) / latest(close)


@feature(CLOSE, LONG_SESSIONS, "percent of the close", None, 34)
def macd_signal_pct(bars: View) -> Floats:
    """The average over 9 sessions of exponential averages over 12 less 26.

    100 EMA9(EMA12(C) - EMA26(C)) / C. Source: Appel (1979), The Moving Average Convergence-Divergence Method.
    """
    close = bars["bars.close"]
    return 100.0 * latest(exponential(_macd(close), 9)) / latest(close)


@feature(CLOSE, LONG_SESSIONS, "percent of the close", None, 34)
def macd_histogram_pct(bars: View) -> Floats:
    """Exponential averages over 12 less 26 sessions, less the average of that over 9.

    100 (M - EMA9(M)) / C, M = EMA12(C) - EMA26(C). Source: Aspray (1988), Stocks & Commodities 6(8).
    """
    close = bars["bars.close"]
    line = _macd(close)
    return 100.0 * latest(line - exponential(line, 9)) / latest(close)


@feature(CLOSE, LONG_SESSIONS, "percent", None, 26)
def price_oscillator_12_26_pct(bars: View) -> Floats:
    """Exponential average over 12 sessions over that of 26.

    100 (EMA12(C) / EMA26(C) - 1). Source: Appel (1985), The Moving Average Convergence-Divergence Trading Method.
    """
    close = bars["bars.close"]
    return 100.0 * (latest(exponential(close, 12)) / latest(exponential(close, 26)) - 1.0)


@feature(CLOSE, 31, "percent of the close")
def detrended_price_20_pct(bars: View) -> Floats:
    """The close of eleven sessions ago less the average of 20 about it, all of them past.

    100 (C[11] - SMA20(C)) / C. Source: Achelis (1995), Technical Analysis from A to Z.
    """
    close = bars["bars.close"]
    found: Floats = 100.0 * (close[-12] - mean(close[-20:])) / latest(close)
    return found


@feature(RANGE, 26, "percent of the close")
def ichimoku_gap_9_26_pct(bars: View) -> Floats:
    """The middle of the range of 9 sessions less that of 26: conversion line less base line.

    100 (mid9 - mid26) / C, mid = (max(H) + min(L)) / 2. Source: Hosoda (1969), Ichimoku Kinko Hyo.
    """
    high, low = bars["bars.high"], bars["bars.low"]
    near, far = highest(high[-9:]) + lowest(low[-9:]), highest(high) + lowest(low)
    return 100.0 * (near - far) / 2.0 / latest(bars["bars.close"])


@feature(("bars.high", "bars.close"), 200, "percent of the close", None, 13)
def bull_power_13_pct(bars: View) -> Floats:
    """How far the session's high is above the exponential average over 13 sessions.

    100 (H - EMA13(C)) / C. Source: Elder (1993), Trading for a Living.
    """
    close = bars["bars.close"]
    return 100.0 * (latest(bars["bars.high"]) - latest(exponential(close, 13))) / latest(close)


@feature(("bars.low", "bars.close"), 200, "percent of the close", None, 13)
def bear_power_13_pct(bars: View) -> Floats:
    """How far the session's low is above the exponential average over 13 sessions, usually below zero.

    100 (L - EMA13(C)) / C. Source: Elder (1993), Trading for a Living.
    """
    close = bars["bars.close"]
    return 100.0 * (latest(bars["bars.low"]) - latest(exponential(close, 13))) / latest(close)


@feature(CLOSE, 200, "percent")
def golden_cross_50_200_pct(bars: View) -> Floats:
    """The average of 50 sessions over that of 200: above zero after a golden cross.

    100 (SMA50(C) / SMA200(C) - 1). Source: Brock, Lakonishok and LeBaron (1992), Journal of Finance 47(5).
    """
    close = bars["bars.close"]
    found: Floats = 100.0 * (moving_mean(close, 50)[-1] / mean(close) - 1.0)
    return found


def _macd(close: Floats) -> Floats:
    return exponential(close, 12) - exponential(close, 26)
