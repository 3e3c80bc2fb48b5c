"""How far prices went: over weeks and months, within the session and over night.

What belongs here: returns over stretches of the past. What does not: how straight they were (`direction`).
"""

import numpy as np

from butter_pipeline.features.families.technical.columns import CLOSE
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import (
    beyond_rounding,
    highest,
    latest,
    log_returns,
    mean,
    oldest,
    total,
    variance,
)
from butter_pipeline.features.windows import View

DAYS = ("bars.open", "bars.close")


@feature(CLOSE, 6, "percent")
def momentum_5_pct(bars: View) -> Floats:
    """Log return over 5 sessions.

    100 ln(C / C[5]). Source: Lehmann (1990), Quarterly Journal of Economics 105(1).
    """
    return 100.0 * total(log_returns(bars["bars.close"]))


@feature(CLOSE, 21, "percent")
def momentum_20_pct(bars: View) -> Floats:
    """Log return over 20 sessions.

    100 ln(C / C[20]). Source: Jegadeesh (1990), Journal of Finance 45(3).
    """
    return 100.0 * total(log_returns(bars["bars.close"]))


@feature(CLOSE, 64, "percent")
def momentum_63_pct(bars: View) -> Floats:
    """Log return over 63 sessions.

    100 ln(C / C[63]). Source: Jegadeesh and Titman (1993), Journal of Finance 48(1).
    """
    return 100.0 * total(log_returns(bars["bars.close"]))


@feature(CLOSE, 253, "percent")
def momentum_252_skip_21_pct(bars: View) -> Floats:
    """Log return from a year to a month ago.

    100 ln(C[21] / C[252]). Source: Jegadeesh and Titman (1993), Journal of Finance 48(1).
    """
    close = bars["bars.close"]
    found: Floats = 100.0 * (np.log(close[-22]) - np.log(close[0]))
    return found


@feature(CLOSE, 11, "percent", formula="momentum_pct")
def roc_10_pct(bars: View) -> Floats:
    """Rate of change over 10 sessions.

    100 (C / C[10] - 1). Source: Appel and Hitschler (1980), Stock Market Trading Systems.
    """
    close = bars["bars.close"]
    return 100.0 * (latest(close) / oldest(close) - 1.0)


@feature(CLOSE, 41, "percent")
def acceleration_20_pct(bars: View) -> Floats:
    """The log return of 20 sessions less that of the 20 before.

    100 (ln(C / C[20]) - ln(C[20] / C[40])). Source: Gettleman and Marks (2006), Acceleration Strategies.
    """
    price = np.log(bars["bars.close"])
    found: Floats = 100.0 * (price[-1] - 2.0 * price[-21] + price[-41])
    return found


@feature(CLOSE, 64, "ratio", formula="trend_t")
def sharpe_63(bars: View) -> Floats:
    """The mean log return of 63 sessions over its deviation, a year.

    sqrt(252) mean(r) / sd(r). Source: Sharpe (1966), Journal of Business 39(1).
    """
    returns = log_returns(bars["bars.close"])
    found: Floats = np.sqrt(252.0) * mean(returns) / beyond_rounding(np.sqrt(variance(returns)))
    return found


@feature(CLOSE, 22, "percent")
def greatest_return_21_pct(bars: View) -> Floats:
    """The greatest return of a session among 21.

    100 max21(C / C[1] - 1). Source: Bali, Cakici and Whitelaw (2011), Journal of Financial Economics 99(2).
    """
    close = bars["bars.close"]
    return 100.0 * highest(close[1:] / close[:-1] - 1.0)


@feature(DAYS, 2, "percent")
def gap_pct(bars: View) -> Floats:
    """How far the session opened from the close before.

    100 (O / C[1] - 1). Source: Crabel (1990), Day Trading with Short Term Price Patterns.
    """
    return 100.0 * (latest(bars["bars.open"]) / oldest(bars["bars.close"]) - 1.0)


@feature(DAYS, 1, "percent", formula="since_open")
def open_to_close_pct(bars: View) -> Floats:
    """The return from open to close.

    100 (C / O - 1). Source: Cliff, Cooper and Gulen (2008), Return Differences between Trading and Non-Trading Hours.
    """
    return 100.0 * (latest(bars["bars.close"]) / latest(bars["bars.open"]) - 1.0)


@feature(DAYS, 22, "percent")
def night_return_21_pct(bars: View) -> Floats:
    """What 21 nights added to the log price.

    100 sum21 ln(O / C[1]). Source: Lou, Polk and Skouras (2019), Journal of Financial Economics 134(1).
    """
    return 100.0 * total(np.log(bars["bars.open"][1:]) - np.log(bars["bars.close"][:-1]))


@feature(CLOSE, 63, "percent", (-100.0, 0.0))
def drawdown_63_pct(bars: View) -> Floats:
    """The worst fall from a highest close within 63 sessions.

    100 min over t of (C_t / max of C up to t - 1). Source: Magdon-Ismail and Atiya (2004), Risk 17(10).
    """
    close = bars["bars.close"]
    top, worst = close[0], np.zeros(close.shape[1])
    for each in close[1:]:
        top = np.maximum(top, each)
        worst = np.minimum(worst, each / top - 1.0)
    return 100.0 * worst


@feature(CLOSE, 22, "percent", (-100.0, 100.0))
def up_sessions_21_pct(bars: View) -> Floats:
    """The share of rising among 21 sessions, less that of falling ones.

    100 mean21 sign(C - C[1]). Source: Da, Gurun and Warachka (2014), Review of Financial Studies 27(7).
    """
    close = bars["bars.close"]
    return 100.0 * mean(np.sign(close[1:] - close[:-1]))
