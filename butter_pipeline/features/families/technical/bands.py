"""Bands and channels: how wide prices swing, and where in them the close stands.

What belongs here: ranges and bands about an average. What does not: volatility a year (`volatility`).
"""

import numpy as np

from butter_pipeline.features.families.technical.columns import ANY, CLOSE, LONG_SESSIONS, RANGE, true_range
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import (
    beyond_rounding,
    exponential,
    highest,
    latest,
    lowest,
    mean,
    variance,
    wilder,
)
from butter_pipeline.features.windows import View


@feature(RANGE, LONG_SESSIONS, "percent of the close", ANY, 15)
def atr_14_pct(bars: View) -> Floats:
    """Average true range over 14 sessions.

    100 W14(TR) / C, TR = max(H, C[1]) - min(L, C[1]). Source: Wilder (1978), New Concepts in Technical Trading Systems.
    """
    return 100.0 * latest(wilder(true_range(bars), 14)) / latest(bars["bars.close"])


@feature(RANGE, LONG_SESSIONS, "ratio", ANY, 15)
def range_expansion_14(bars: View) -> Floats:
    """The session's true range over its average of 14 sessions.

    TR / W14(TR). Source: Crabel (1990), Day Trading with Short Term Price Patterns.
    """
    ranges = true_range(bars)
    return latest(ranges) / latest(wilder(ranges, 14))


@feature(CLOSE, 20, "share", formula="z_score")
def bollinger_position_20(bars: View) -> Floats:
    """Where the close stands between the bands, two deviations below (0) and above (1) its mean of 20 sessions.

    (C - lower) / (upper - lower), bands at SMA20 -+ 2 sd20. Source: Bollinger (2001), Bollinger on Bollinger Bands.
    """
    close = bars["bars.close"]
    return 0.5 - mean(close - latest(close)) / (4.0 * np.sqrt(variance(close, freedom=0)))


@feature(CLOSE, 20, "percent of the average", ANY)
def bollinger_width_20_pct(bars: View) -> Floats:
    """How far the bands of 20 sessions are apart.

    100 (upper - lower) / SMA20(C) = 400 sd20 / SMA20. Source: Bollinger (2001), Bollinger on Bollinger Bands.
    """
    close = bars["bars.close"]
    return 400.0 * np.sqrt(variance(close, freedom=0)) / mean(close)


@feature(RANGE, LONG_SESSIONS, "share", None, 20)
def keltner_position_20(bars: View) -> Floats:
    """Where the close stands between two average true ranges below (0) and above (1) its average of 20 sessions.

    0.5 + (C - EMA20(C)) / (4 W10(TR)). Source: Keltner (1960), How to Make Money in Commodities, as revised by Raschke.
    """
    close = bars["bars.close"]
    reach = beyond_rounding(latest(wilder(true_range(bars), 10)), latest(close))
    return 0.5 + (latest(close) - latest(exponential(close, 20))) / (4.0 * reach)


@feature(RANGE, LONG_SESSIONS, "ratio", ANY, 20)
def squeeze_20(bars: View) -> Floats:
    """The width of Bollinger's bands over that of Keltner's channel: below one in a squeeze.

    4 sd20(C) / (3 W20(TR)). Source: Carter (2005), Mastering the Trade.
    """
    wide = 4.0 * np.sqrt(variance(bars["bars.close"][-20:], freedom=0))
    return wide / (3.0 * latest(wilder(true_range(bars), 20)))


@feature(RANGE, 21, "share", formula="range_position")
def donchian_position_20(bars: View) -> Floats:
    """Where the close stands in the channel of the 20 sessions before: above one is a breakout.

    (C - min20(L)[1]) / (max20(H)[1] - min20(L)[1]). Source: Donchian (1960), Commodity Year Book.
    """
    low, high = lowest(bars["bars.low"][:-1]), highest(bars["bars.high"][:-1])
    return (latest(bars["bars.close"]) - low) / (high - low)


@feature(RANGE, 20, "percent of the close", ANY)
def donchian_width_20_pct(bars: View) -> Floats:
    """How wide the channel of 20 sessions is.

    100 (max20(H) - min20(L)) / C. Source: Donchian (1960), Commodity Year Book.
    """
    return 100.0 * (highest(bars["bars.high"]) - lowest(bars["bars.low"])) / latest(bars["bars.close"])


@feature(CLOSE, 20, "deviations", formula="z_score")
def z_score_20(bars: View) -> Floats:
    """How many deviations the log close is from its mean of 20 sessions.

    (ln C - mean20) / sd20. Source: Poterba and Summers (1988), Journal of Financial Economics 22(1).
    """
    price = np.log(bars["bars.close"])
    return -mean(price - latest(price)) / np.sqrt(variance(price))
