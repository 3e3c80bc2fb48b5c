"""Technical indicators of daily bars.

What belongs here: indicators that traders know by name. What does not: volatility (`volatility`), forecasts (`price`).

Wilder's and exponential averages forget: over the declared lookback they agree with averages that began at any
earlier bar to 1e-8. A symbol with fewer bars has them from its first bar on, as soon as one average is full.
Where prices or volumes do not move at all, what divides by their movement is null.
"""

import numpy as np

from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import (
    changes,
    exponential,
    highest,
    latest,
    log_returns,
    lowest,
    mean,
    total,
    variance,
    wilder,
)
from butter_pipeline.features.windows import View

INPUTS = ("bars",)
CLOSE = ("bars.close",)
RANGE = ("bars.high", "bars.low", "bars.close")
LONG_SESSIONS = 400
"""Wilder's average of 14 keeps (13/14)^400, some 1e-13, of what was before; the others forget sooner."""


@feature(CLOSE, LONG_SESSIONS, "index", (0.0, 100.0))
def rsi_14(bars: View) -> Floats:
    """Relative strength index over 14 sessions: share of gains in all moves, Wilder's averages."""
    return _relative_strength(bars["bars.close"], 14)


@feature(CLOSE, 60, "index", (0.0, 100.0))
def rsi_2(bars: View) -> Floats:
    """Relative strength index over 2 sessions."""
    return _relative_strength(bars["bars.close"], 2)


@feature(RANGE, LONG_SESSIONS, "percent of the close", (0.0, np.inf))
def atr_14_pct(bars: View) -> Floats:
    """Average true range over 14 sessions."""
    return 100.0 * latest(wilder(_true_range(bars), 14)) / latest(bars["bars.close"])


@feature(CLOSE, 300, "percent of the close")
def ema_gap_9_21_pct(bars: View) -> Floats:
    """Exponential average over 9 sessions less that over 21."""
    close = bars["bars.close"]
    return 100.0 * (latest(exponential(close, 9)) - latest(exponential(close, 21))) / latest(close)


@feature(CLOSE, LONG_SESSIONS, "percent of the close")
def macd_histogram_pct(bars: View) -> Floats:
    """Exponential averages over 12 less 26 sessions, less the average of that over 9."""
    close = bars["bars.close"]
    line = exponential(close, 12) - exponential(close, 26)
    return 100.0 * latest(line - exponential(line, 9)) / latest(close)


@feature(CLOSE, 20, "share")
def bollinger_position_20(bars: View) -> Floats:
    """Where the close stands between the bands, two deviations below (0) and above (1) its mean of 20 sessions."""
    close = bars["bars.close"]
    return 0.5 - mean(close - latest(close)) / (4.0 * np.sqrt(variance(close, freedom=0)))


@feature(RANGE, 14, "percent", (0.0, 100.0))
def stochastic_k_14(bars: View) -> Floats:
    """Where the close stands in the range of 14 sessions."""
    low = lowest(bars["bars.low"])
    return 100.0 * (latest(bars["bars.close"]) - low) / (highest(bars["bars.high"]) - low)


@feature(RANGE, 1, "share", (0.0, 1.0))
def ibs(bars: View) -> Floats:
    """Internal bar strength: where the close stands in the session's range."""
    low = latest(bars["bars.low"])
    return (latest(bars["bars.close"]) - low) / (latest(bars["bars.high"]) - low)


@feature(("bars.volume",), 20, "ratio", (0.0, np.inf))
def volume_ratio_20(bars: View) -> Floats:
    """Volume over its mean of 20 sessions."""
    volume = bars["bars.volume"]
    return latest(volume) / mean(volume)


@feature(CLOSE, 21, "percent")
def momentum_20_pct(bars: View) -> Floats:
    """Log return over 20 sessions."""
    return 100.0 * total(log_returns(bars["bars.close"]))


@feature(RANGE, LONG_SESSIONS, "index", (0.0, 100.0))
def adx_14(bars: View) -> Floats:
    """Average directional index over 14 sessions: how much of the movement goes one way, whichever."""
    up, down = changes(bars["bars.high"]), -changes(bars["bars.low"])
    rising = wilder(np.where((up > down) & (up > 0.0), up, 0.0 * up), 14)
    falling = wilder(np.where((down > up) & (down > 0.0), down, 0.0 * down), 14)
    return latest(wilder(100.0 * np.abs(rising - falling) / (rising + falling), 14))


def _relative_strength(close: Floats, span: int) -> Floats:
    moves = changes(close)
    gains = latest(wilder(np.maximum(moves, 0.0), span))
    return 100.0 * gains / latest(wilder(np.abs(moves), span))


def _true_range(bars: View) -> Floats:
    high, low, before = bars["bars.high"][1:], bars["bars.low"][1:], bars["bars.close"][:-1]
    return np.maximum(high, before) - np.minimum(low, before)
