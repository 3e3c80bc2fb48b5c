"""What volume says about price.

What belongs here: volume against its own past, and price weighed by volume. What does not: volume of options
(`surface`), and what a trade costs (`liquidity`).
"""

import numpy as np

from butter_pipeline.features.families.technical.columns import (
    ANY,
    PERCENT,
    TRADED,
    typical_price,
    within,
)
from butter_pipeline.features.moving import slope
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import (
    changes,
    covariance,
    exponential,
    latest,
    mean,
    share_below,
    total,
    variance,
)
from butter_pipeline.features.windows import View

VOLUME = ("bars.volume",)
FLOW = ("bars.close", "bars.volume")
YEAR_SESSIONS = 252


@feature(VOLUME, 20, "ratio", ANY)
def volume_ratio_20(bars: View) -> Floats:
    """Volume over its mean of 20 sessions.

    V / SMA20(V). Source: Gervais, Kaniel and Mingelgrin (2001), Journal of Finance 56(3).
    """
    volume = bars["bars.volume"]
    return latest(volume) / mean(volume)


@feature(VOLUME, YEAR_SESSIONS, "percent", PERCENT)
def volume_percentile_252(bars: View) -> Floats:
    """The share of the past year's sessions with a lower volume.

    100 mean(V[k] < V, k = 1..251). Source: Gervais, Kaniel and Mingelgrin (2001), Journal of Finance 56(3).
    """
    volume = bars["bars.volume"]
    told = ~np.isnan(volume).any(axis=0) & (volume > 0.0).any(axis=0)
    return np.where(told, 100.0 * share_below(volume[:-1], latest(volume)), np.nan)


@feature(VOLUME, 64, "deviations", formula="z_score")
def volume_surge_63(bars: View) -> Floats:
    """How many deviations the log volume is above its mean of the 63 sessions before.

    (ln V - mean63(ln V)[1]) / sd63(ln V)[1]. Source: Campbell, Grossman and Wang (1993), Quarterly Journal of Economics
    108(4).
    """
    volume = np.log(bars["bars.volume"])
    before = volume[:-1]
    return (latest(volume) - mean(before)) / np.sqrt(variance(before))


@feature(TRADED, 20, "percent")
def vwap_distance_20_pct(bars: View) -> Floats:
    """The close over the average price of 20 sessions, each weighed by its volume.

    100 (C / (sum(P V) / sum(V)) - 1), P = (H + L + C) / 3. Source: Berkowitz, Logue and Noser (1988), Journal of
    Finance 43(1).
    """
    volume = bars["bars.volume"]
    return 100.0 * (latest(bars["bars.close"]) / (total(typical_price(bars) * volume) / total(volume)) - 1.0)


@feature(TRADED, 15, "index", PERCENT)
def money_flow_14(bars: View) -> Floats:
    """Money flow index over 14 sessions: turnover of rising typical prices in that of all moving ones.

    100 sum(P V where P > P[1]) / sum(P V where P != P[1]). Source: Quong and Soudack (1989), Stocks & Commodities 7(3).
    """
    price = typical_price(bars)
    flow, moves = price[1:] * bars["bars.volume"][1:], changes(price)
    up, down = np.where(moves > 0.0, flow, 0.0 * flow), np.where(moves < 0.0, flow, 0.0 * flow)
    return within(100.0 * total(up) / (total(up) + total(down)), 0.0, 100.0)


@feature(FLOW, 21, "mean volumes a session", (-1.5, 1.5))
def obv_slope_20(bars: View) -> Floats:
    """What the line through on-balance volume of 20 sessions rises by, in mean volumes.

    least squares slope of cumulated V sign(C - C[1]) on time, over SMA20(V). Source: Granville (1963), New Key to Stock
    Market Profits.
    """
    volume = bars["bars.volume"][1:]
    signed = np.sign(changes(bars["bars.close"])) * volume
    balance = np.empty(signed.shape)
    level = np.zeros(signed.shape[1])
    for age, each in enumerate(signed):
        level = level + each
        balance[age] = level
    return slope(balance) / mean(volume)


@feature(TRADED, 20, "share", (-1.0, 1.0))
def chaikin_money_flow_20(bars: View) -> Floats:
    """Volume weighed by where the close stood in its session's range, over 20 sessions.

    sum(V (2 C - H - L) / (H - L)) / sum(V). Source: Chaikin, after Achelis (1995), Technical Analysis from A to Z.
    """
    return within(total(_accumulated(bars)) / total(bars["bars.volume"]), -1.0, 1.0)


@feature(TRADED, 150, "mean volumes", None, 20)
def chaikin_oscillator_3_10(bars: View) -> Floats:
    """The accumulation line's average over 3 sessions less that over 10, in mean volumes of 20 sessions.

    (EMA3(AD) - EMA10(AD)) / SMA20(V), AD cumulates V (2 C - H - L) / (H - L). Source: Chaikin, after Achelis (1995),
    Technical Analysis from A to Z.
    """
    flow = _accumulated(bars)
    line, level = np.empty(flow.shape), np.zeros(flow.shape[1])
    for age, each in enumerate(flow):
        level = level + np.where(np.isnan(each), 0.0, each)
        line[age] = np.where(np.isnan(each), np.nan, level)
    gap = latest(exponential(line, 3)) - latest(exponential(line, 10))
    return gap / mean(bars["bars.volume"][-20:])


@feature(FLOW, 200, "percent of the close", None, 20)
def force_index_13_pct(bars: View) -> Floats:
    """The average over 13 sessions of moves weighed by volume, for a mean volume of 20 sessions.

    100 EMA13((C - C[1]) V) / (C SMA20(V)). Source: Elder (1993), Trading for a Living.
    """
    close, volume = bars["bars.close"], bars["bars.volume"]
    force = latest(exponential(changes(close) * volume[1:], 13))
    return 100.0 * force / (latest(close) * mean(volume[-20:]))


@feature(TRADED, 21, "percent of the range")
def ease_of_movement_14_pct(bars: View) -> Floats:
    """How easily the middle of the range moved over 14 sessions, for mean volume.

    100 mean14((M - M[1]) (H - L) SMA20(V) / V) / mean14(H - L)^2, M = (H + L) / 2. Source: Arms (1996), Trading Without
    Fear.
    """
    high, low, volume = bars["bars.high"], bars["bars.low"], bars["bars.volume"]
    reach = (high - low)[-14:]
    moved = changes((high + low) / 2.0)[-14:] * reach * mean(volume[-20:]) / volume[-14:]
    return 100.0 * mean(moved) / mean(reach) ** 2


@feature(FLOW, 21, "coefficient", (-1.0, 1.0), formula="correlation")
def price_volume_correlation_20(bars: View) -> Floats:
    """Correlation of returns with changes of log volume over 20 sessions.

    corr(ln C / C[1], ln V / V[1]). Source: Karpoff (1987), Journal of Financial and Quantitative Analysis 22(1).
    """
    prices, volumes = changes(np.log(bars["bars.close"])), changes(np.log(bars["bars.volume"]))
    return within(covariance(prices, volumes) / np.sqrt(variance(prices) * variance(volumes)), -1.0, 1.0)


@feature(VOLUME, 200, "percent", None, 26)
def volume_oscillator_12_26_pct(bars: View) -> Floats:
    """The average volume of 12 sessions over that of 26.

    100 (EMA12(V) / EMA26(V) - 1). Source: Achelis (1995), Technical Analysis from A to Z.
    """
    volume = bars["bars.volume"]
    return 100.0 * (latest(exponential(volume, 12)) / latest(exponential(volume, 26)) - 1.0)


@feature(FLOW, 21, "percent", PERCENT)
def up_volume_20_pct(bars: View) -> Floats:
    """The share of 20 sessions' volume that changed hands in rising ones.

    100 sum(V where C > C[1]) / sum(V). Source: Arms (1989), The Arms Index.
    """
    volume, moves = bars["bars.volume"][1:], changes(bars["bars.close"])
    return within(100.0 * total(np.where(moves > 0.0, volume, 0.0 * volume)) / total(volume), 0.0, 100.0)


def _accumulated(bars: View) -> Floats:
    """Volume weighed by where the close stands in the range, from -1 at the low to 1 at the high."""
    high, low, close = bars["bars.high"], bars["bars.low"], bars["bars.close"]
    reach = high - low
    place = np.where(reach > 0.0, (2.0 * close - high - low) / np.where(reach > 0.0, reach, 1.0), 0.0 * reach)
    return place * bars["bars.volume"]
