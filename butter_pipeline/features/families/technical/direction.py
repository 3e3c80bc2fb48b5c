"""Whether there is a trend, which way, and how straight.

What belongs here: directional movement, lines through the close, and what tells a trend from a range. What does not:
how far prices went (`momentum`).
"""

import numpy as np

from butter_pipeline.features.families.technical.columns import (
    BOTH_WAYS,
    CLOSE,
    LONG_SESSIONS,
    PERCENT,
    RANGE,
    true_range,
    within,
)
from butter_pipeline.features.moving import since_highest, slope, straightness
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import (
    beyond_rounding,
    changes,
    exponential,
    highest,
    latest,
    lowest,
    mean,
    total,
    variance,
    wilder,
)
from butter_pipeline.features.windows import View


@feature(RANGE, LONG_SESSIONS, "index", PERCENT, 28)
def adx_14(bars: View) -> Floats:
    """Average directional index over 14 sessions: how much of the movement goes one way, whichever.

    W14(100 |DM+ - DM-| / (DM+ + DM-)), DM+ = W14 of rises of the high that exceed falls of the low. Source: Wilder
    (1978), New Concepts in Technical Trading Systems.
    """
    rising, falling = _directional(bars)
    return latest(wilder(100.0 * np.abs(rising - falling) / (rising + falling), 14))


@feature(RANGE, LONG_SESSIONS, "index", PERCENT, 15, formula="directional_indicator")
def plus_di_14(bars: View) -> Floats:
    """Movement upwards in the true range, over 14 sessions.

    100 W14(DM+) / W14(TR). Source: Wilder (1978), New Concepts in Technical Trading Systems.
    """
    return within(100.0 * latest(_directional(bars)[0]) / latest(wilder(true_range(bars), 14)), 0.0, 100.0)


@feature(RANGE, LONG_SESSIONS, "index", PERCENT, 15, formula="directional_indicator")
def minus_di_14(bars: View) -> Floats:
    """Movement downwards in the true range, over 14 sessions.

    100 W14(DM-) / W14(TR). Source: Wilder (1978), New Concepts in Technical Trading Systems.
    """
    return within(100.0 * latest(_directional(bars)[1]) / latest(wilder(true_range(bars), 14)), 0.0, 100.0)


@feature(("bars.high",), 26, "index", PERCENT)
def aroon_up_25(bars: View) -> Floats:
    """How recent the highest high of 25 sessions is: 100 when it is this one.

    100 (25 - sessions since max26(H)) / 25. Source: Chande (1995), Stocks & Commodities 13(9).
    """
    return 100.0 * (25.0 - since_highest(bars["bars.high"])) / 25.0


@feature(("bars.low",), 26, "index", PERCENT)
def aroon_down_25(bars: View) -> Floats:
    """How recent the lowest low of 25 sessions is: 100 when it is this one.

    100 (25 - sessions since min26(L)) / 25. Source: Chande (1995), Stocks & Commodities 13(9).
    """
    return 100.0 * (25.0 - since_highest(-bars["bars.low"])) / 25.0


@feature(("bars.high", "bars.low"), 26, "index", BOTH_WAYS)
def aroon_oscillator_25(bars: View) -> Floats:
    """How much more recent the highest high of 25 sessions is than the lowest low.

    Aroon up less Aroon down. Source: Chande (1995), Stocks & Commodities 13(9).
    """
    return 4.0 * (since_highest(-bars["bars.low"]) - since_highest(bars["bars.high"]))


@feature(CLOSE, 20, "percent a session")
def trend_slope_20_pct(bars: View) -> Floats:
    """What the straight line through the log close of 20 sessions rises by.

    100 b, least squares of ln C on time. Source: Clenow (2015), Stocks on the Move.
    """
    return 100.0 * slope(np.log(bars["bars.close"]))


@feature(CLOSE, 20, "share", (0.0, 1.0))
def trend_strength_20(bars: View) -> Floats:
    """How straight the trend of 20 sessions is: the share of the log close's variance that a line explains.

    R squared of least squares of ln C on time. Source: Clenow (2015), Stocks on the Move.
    """
    return straightness(np.log(bars["bars.close"]))


@feature(CLOSE, 60, "deviations")
def trend_t_60(bars: View) -> Floats:
    """The mean log return of 59 sessions in its own standard errors.

    mean(r) / (sd(r) / sqrt(n)). Source: Moskowitz, Ooi and Pedersen (2012), Journal of Financial Economics 104(2).
    """
    returns = changes(np.log(bars["bars.close"]))
    spread = beyond_rounding(np.sqrt(variance(returns)))
    found: Floats = mean(returns) / (spread / np.sqrt(len(returns)))
    return found


@feature(RANGE, 15, "ratio", (-np.inf, np.inf))
def vortex_14(bars: View) -> Floats:
    """Vortex upwards less vortex downwards over 14 sessions.

    (sum|H - L[1]| - sum|L - H[1]|) / sum(TR). Source: Botes and Siepman (2010), Stocks & Commodities 28(1).
    """
    high, low = bars["bars.high"], bars["bars.low"]
    rising, falling = total(np.abs(high[1:] - low[:-1])), total(np.abs(low[1:] - high[:-1]))
    return (rising - falling) / total(true_range(bars))


@feature(RANGE, 15, "index", PERCENT)
def choppiness_14(bars: View) -> Floats:
    """Choppiness over 14 sessions: near 100 sideways, near 0 straight on.

    100 log10(sum(TR) / (max(H) - min(L))) / log10(14). Source: Dreiss (1993), after Kaufman, Trading Systems and
    Methods.
    """
    reach = highest(bars["bars.high"][1:]) - lowest(bars["bars.low"][1:])
    return within(100.0 * np.log10(total(true_range(bars)) / reach) / np.log10(14.0), 0.0, 100.0)


@feature(CLOSE, 11, "share", (0.0, 1.0))
def efficiency_ratio_10(bars: View) -> Floats:
    """How much of the way that the close went over ten sessions it got on.

    |C - C[10]| / sum|C - C[1]|. Source: Kaufman (1995), Smarter Trading.
    """
    close = bars["bars.close"]
    return within(np.abs(close[-1] - close[0]) / total(np.abs(changes(close))), 0.0, 1.0)


@feature(("bars.high", "bars.low"), 200, "sum of ratios", (0.0, np.inf), 41)
def mass_index_25(bars: View) -> Floats:
    """Mass index: ranges over their average, over 25 sessions; a bulge above 27 that ends warns of a turn.

    sum25(EMA9(H - L) / EMA9(EMA9(H - L))). Source: Dorsey (1992), Stocks & Commodities 10(6).
    """
    smooth = exponential(bars["bars.high"] - bars["bars.low"], 9)
    return total((smooth / exponential(smooth, 9))[-25:])


def _directional(bars: View) -> tuple[Floats, Floats]:
    """Wilder's averages of movement upwards and downwards, at every age after the first."""
    up, down = changes(bars["bars.high"]), -changes(bars["bars.low"])
    rising = wilder(np.where((up > down) & (up > 0.0), up, 0.0 * up), 14)
    falling = wilder(np.where((down > up) & (down > 0.0), down, 0.0 * down), 14)
    return rising, falling
