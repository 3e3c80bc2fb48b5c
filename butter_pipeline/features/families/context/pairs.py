"""The symbol against the market as a pair: how far the two have drifted apart.

What belongs here: spreads that are hedged and expected to close. What does not: how the two move together (`market`).

Hedges are estimated over the same rows that the spread is judged on, all of them past.
"""

import numpy as np

from butter_pipeline.features.families.context.series import INDEX, TOGETHER, beta
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import changes, covariance, latest, log_returns, mean, total, variance
from butter_pipeline.features.windows import View


@feature(TOGETHER, 64, "deviations")
def pair_z_63(view: View) -> Floats:
    """How many deviations the spread to the market, hedged by beta of returns, is from its mean of 63 sessions.

    (e - mean(e)) / sd(e), e = ln C - b ln I, b = cov(r, m) / var(m). Source: Avellaneda and Lee (2010), Quantitative
    Finance 10(7).
    """
    own, market = np.log(view["bars.close"]), np.log(view[INDEX])
    return _z(own - beta(changes(own), changes(market)) * market)


@feature(TOGETHER, 126, "deviations")
def cointegration_z_126(view: View) -> Floats:
    """How many deviations the log price is off its line on the market's, over 126 sessions.

    e / sd(e), e the residual of least squares of ln C on ln I. Source: Engle and Granger (1987), Econometrica 55(2).
    """
    return _z(view.shared(_residual))


@feature(TOGETHER, 126, "deviations")
def cointegration_t_126(view: View) -> Floats:
    """How surely that residual comes back: far below zero when it does.

    t of c in e - e[1] = c e[1]. Source: Engle and Granger (1987), Econometrica 55(2).
    """
    apart = view.shared(_residual)
    before, moved = apart[:-1], changes(apart)
    back = total(before * moved) / total(before**2)
    error = total((moved - back * before) ** 2) / (len(moved) - 1.0) / total(before**2)
    return np.where(error > 0.0, back / np.sqrt(np.where(error > 0.0, error, 1.0)), np.nan)


@feature(TOGETHER, 126, "sessions", (0.0, np.inf), formula="half_life_sessions")
def pair_half_life_126_sessions(view: View) -> Floats:
    """In how many sessions half of that residual is gone; null where it does not come back.

    -ln 2 / ln(1 + c), c from e - e[1] = c e[1]. Source: Avellaneda and Lee (2010), Quantitative Finance 10(7).
    """
    apart = view.shared(_residual)
    kept = 1.0 + total(apart[:-1] * changes(apart)) / total(apart[:-1] ** 2)
    return np.where((kept > 0.0) & (kept < 1.0), -np.log(2.0) / np.log(kept), np.nan)


@feature(TOGETHER, 127, "deviations")
def residual_momentum_126(view: View) -> Floats:
    """What the market does not explain of the last 21 sessions' return, in deviations over 126.

    sum21(r - a - b m) / (sqrt(21) sd126(r - a - b m)). Source: Blitz, Huij and Martens (2011), Journal of Empirical
    Finance 18(3).
    """
    own, market = log_returns(view["bars.close"]), log_returns(view[INDEX])
    apart = own - mean(own) - beta(own, market) * (market - mean(market))
    return total(apart[-21:]) / np.sqrt(21.0 * variance(apart))


def _residual(view: View) -> Floats:
    """The log price off its least squares line on the market's, at every age."""
    own, market = np.log(view["bars.close"]), np.log(view[INDEX])
    steep = covariance(own, market) / variance(market)
    return own - mean(own) - steep * (market - mean(market))


def _z(spread: Floats) -> Floats:
    wide = variance(spread)
    apart = latest(spread) - mean(spread)
    return np.where(wide > 1e-18, apart / np.sqrt(np.where(wide > 1e-18, wide, 1.0)), np.nan)
