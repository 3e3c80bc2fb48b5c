"""What trading a symbol costs, as its daily bars tell.

What belongs here: microstructure that needs no quotes. What does not: the spreads of options (`surface`).
"""

import numpy as np

from butter_pipeline.features.families.technical.columns import ANY, PERCENT, RANGE
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import changes, covariance, log_returns, mean
from butter_pipeline.features.windows import View

CLOSE = ("bars.close",)
FLOW = ("bars.close", "bars.volume")


@feature(FLOW, 22, "basis points a million", ANY)
def amihud_21_bps(bars: View) -> Floats:
    """How far a million of turnover moves the price, over 21 sessions.

    1e4 mean(|r| / (C V / 1e6)). Source: Amihud (2002), Journal of Financial Markets 5(1).
    """
    turnover = (bars["bars.close"] * bars["bars.volume"])[1:] / 1e6
    return 1e4 * mean(np.abs(log_returns(bars["bars.close"])) / turnover)


@feature(FLOW, 21, "log of the turnover")
def log_turnover_21(bars: View) -> Floats:
    """The logarithm of the mean turnover of 21 sessions.

    ln mean21(C V). Source: Brennan, Chordia and Subrahmanyam (1998), Journal of Financial Economics 49(3).
    """
    return np.log(mean(bars["bars.close"] * bars["bars.volume"]))


@feature(CLOSE, 65, "percent", ANY)
def roll_spread_63_pct(bars: View) -> Floats:
    """The spread that makes neighbouring returns pull apart, over 63 pairs; 0 where they do not.

    200 sqrt(max(-cov(r, r[1]), 0)). Source: Roll (1984), Journal of Finance 39(4).
    """
    returns = log_returns(bars["bars.close"])
    return 200.0 * np.sqrt(np.maximum(-covariance(returns[1:], returns[:-1]), 0.0))


@feature(("bars.high", "bars.low"), 22, "percent", ANY)
def high_low_spread_21_pct(bars: View) -> Floats:
    """The spread that ranges of one and of two sessions together imply, over 21 pairs; 0 where below.

    100 mean(2 (e^a - 1) / (1 + e^a)), a from squared ln(H / L) of single and of joined sessions. Source: Corwin and
    Schultz (2012), Journal of Finance 67(2).
    """
    high, low = np.log(bars["bars.high"]), np.log(bars["bars.low"])
    single = (high - low)[1:] ** 2 + (high - low)[:-1] ** 2
    joined = (np.maximum(high[1:], high[:-1]) - np.minimum(low[1:], low[:-1])) ** 2
    scale = 3.0 - 2.0 * np.sqrt(2.0)
    alpha = (np.sqrt(2.0 * single) - np.sqrt(single)) / scale - np.sqrt(joined / scale)
    return 100.0 * mean(np.maximum(2.0 * (np.exp(alpha) - 1.0) / (1.0 + np.exp(alpha)), 0.0))


@feature(CLOSE, 64, "percent", PERCENT)
def zero_returns_63_pct(bars: View) -> Floats:
    """The share of 63 sessions whose close did not move.

    100 mean(C = C[1]). Source: Lesmond, Ogden and Trzcinka (1999), Review of Financial Studies 12(5).
    """
    moves = changes(bars["bars.close"])
    return 100.0 * mean(np.where(np.isnan(moves), np.nan, (moves == 0.0).astype(np.float64)))


@feature(RANGE, 22, "ratio", ANY)
def range_to_return_21(bars: View) -> Floats:
    """How much wider the range is than the move from close to close, over 21 sessions.

    mean(ln(H / L)) / mean|r|. Source: Alizadeh, Brandt and Diebold (2002), Journal of Finance 57(3).
    """
    ranges = (np.log(bars["bars.high"]) - np.log(bars["bars.low"]))[1:]
    return mean(ranges) / mean(np.abs(log_returns(bars["bars.close"])))
