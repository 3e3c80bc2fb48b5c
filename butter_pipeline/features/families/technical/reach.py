"""Where the close stands in the range of recent sessions.

What belongs here: oscillators of close, high and low. What does not: bands about an average (`bands`).
"""

import numpy as np

from butter_pipeline.features.families.technical.columns import CLOSE, PERCENT, RANGE, typical_price, within
from butter_pipeline.features.moving import moving_highest, moving_lowest, moving_mean, moving_total
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import highest, latest, lowest, mean
from butter_pipeline.features.windows import View


@feature(RANGE, 14, "percent", PERCENT, formula="range_position")
def stochastic_k_14(bars: View) -> Floats:
    """Where the close stands in the range of 14 sessions.

    100 (C - min14(L)) / (max14(H) - min14(L)). Source: Lane (1984), Stocks & Commodities 2(3).
    """
    low = lowest(bars["bars.low"])
    return 100.0 * (latest(bars["bars.close"]) - low) / (highest(bars["bars.high"]) - low)


@feature(RANGE, 16, "percent", PERCENT)
def stochastic_slow_k_14_3(bars: View) -> Floats:
    """Where the close stands in the range of 14 sessions, averaged over three.

    SMA3(%K14). Source: Lane (1984), Stocks & Commodities 2(3).
    """
    return within(mean(_stochastic(bars, 14)), 0.0, 100.0)


@feature(RANGE, 18, "percent", PERCENT, formula="stochastic_slow_k")
def stochastic_d_14_3_3(bars: View) -> Floats:
    """The signal line of the slow stochastic.

    SMA3(SMA3(%K14)). Source: Lane (1984), Stocks & Commodities 2(3).
    """
    return within(mean(moving_mean(_stochastic(bars, 14), 3)), 0.0, 100.0)


@feature(RANGE, 14, "percent", (-100.0, 0.0), formula="range_position")
def williams_r_14(bars: View) -> Floats:
    """How far below the highest of 14 sessions the close is, in shares of the range.

    -100 (max14(H) - C) / (max14(H) - min14(L)). Source: Williams (1973), How I Made One Million Dollars.
    """
    high = highest(bars["bars.high"])
    return -100.0 * (high - latest(bars["bars.close"])) / (high - lowest(bars["bars.low"]))


@feature(RANGE, 20, "index")
def cci_20(bars: View) -> Floats:
    """Commodity channel index: how far the typical price is from its mean of 20 sessions, in usual distances.

    (P - SMA20(P)) / (0.015 mean20|P - SMA20(P)|), P = (H + L + C) / 3. Source: Lambert (1980), Commodities 9(10).
    """
    price = typical_price(bars)
    apart = price - price[-1]
    apart = apart - mean(apart)
    return latest(apart) / (0.015 * mean(np.abs(apart)))


@feature(RANGE, 29, "index", PERCENT)
def ultimate_oscillator_7_14_28(bars: View) -> Floats:
    """Buying pressure over 7, 14 and 28 sessions, the shortest weighing most.

    100 (4 A7 + 2 A14 + A28) / 7, An = sum(C - min(L, C[1])) / sum(true range). Source: Williams (1985), Stocks &
    Commodities 3(4).
    """
    close, before = bars["bars.close"][1:], bars["bars.close"][:-1]
    bottom = np.minimum(bars["bars.low"][1:], before)
    pressure, reach = close - bottom, np.maximum(bars["bars.high"][1:], before) - bottom
    found = np.zeros(pressure.shape[1])
    for weight, span in ((4.0, 7), (2.0, 14), (1.0, 28)):
        found = found + weight * moving_total(pressure, span)[-1] / moving_total(reach, span)[-1]
    return within(100.0 * found / 7.0, 0.0, 100.0)


@feature(RANGE, 1, "share", (0.0, 1.0), formula="range_position")
def ibs(bars: View) -> Floats:
    """Internal bar strength: where the close stands in the session's range.

    (C - L) / (H - L). Source: Pagonidis (2013), The IBS Effect.
    """
    low = latest(bars["bars.low"])
    return (latest(bars["bars.close"]) - low) / (latest(bars["bars.high"]) - low)


@feature(("bars.open", *RANGE), 1, "share", (-1.0, 1.0))
def balance_of_power(bars: View) -> Floats:
    """What the session gained from its open, in shares of its range.

    (C - O) / (H - L). Source: Livshin (2001), Stocks & Commodities 19(8).
    """
    gained = latest(bars["bars.close"]) - latest(bars["bars.open"])
    return gained / (latest(bars["bars.high"]) - latest(bars["bars.low"]))


@feature(("bars.high", "bars.low", "bars.close"), 34, "percent of the close")
def awesome_oscillator_5_34_pct(bars: View) -> Floats:
    """The mean middle of five sessions less that of 34.

    100 (SMA5(M) - SMA34(M)) / C, M = (H + L) / 2. Source: Williams (1998), New Trading Dimensions.
    """
    middle = (bars["bars.high"] + bars["bars.low"]) / 2.0
    return 100.0 * (mean(middle[-5:]) - mean(middle)) / latest(bars["bars.close"])


@feature(CLOSE, 252, "percent", (-100.0, 0.0))
def below_high_252_pct(bars: View) -> Floats:
    """How far the close is below its highest of a year.

    100 (C / max252(C) - 1). Source: George and Hwang (2004), Journal of Finance 59(5).
    """
    close = bars["bars.close"]
    return 100.0 * (latest(close) / highest(close) - 1.0)


@feature(CLOSE, 252, "percent", (0.0, np.inf))
def above_low_252_pct(bars: View) -> Floats:
    """How far the close is above its lowest of a year.

    100 (C / min252(C) - 1). Source: George and Hwang (2004), Journal of Finance 59(5).
    """
    close = bars["bars.close"]
    return 100.0 * (latest(close) / lowest(close) - 1.0)


def _stochastic(bars: View, span: int) -> Floats:
    """%K at every age that has so many sessions."""
    low, high = moving_lowest(bars["bars.low"], span), moving_highest(bars["bars.high"], span)
    found: Floats = 100.0 * (bars["bars.close"][span - 1 :] - low) / (high - low)
    return found
