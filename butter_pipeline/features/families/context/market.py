"""The market as a whole, and how a symbol moves with it.

What belongs here: the index, the volatility indices, interest, beta and its relatives. What does not: sectors
(`sectors`), spreads that are traded (`pairs`).
"""

import numpy as np

from butter_pipeline.features.families.context.series import COEFFICIENT, INDEX, TOGETHER, beta, correlation
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import (
    changes,
    covariance,
    highest,
    latest,
    log_returns,
    mean,
    oldest,
    share_below,
    total,
    variance,
)
from butter_pipeline.features.windows import View

FEAR, NEAR_FEAR, FAR_FEAR = "context.vol_index", "context.vol_index_9d", "context.vol_index_3m"
RATE = "context.short_rate_pct"
ANY = (0.0, np.inf)


@feature((FEAR,), 1, "percent a year", ANY)
def vol_index(view: View) -> Floats:
    """The volatility index.

    The series itself. Source: Whaley (1993), Journal of Derivatives 1(1).
    """
    return latest(view[FEAR])


@feature((NEAR_FEAR, FAR_FEAR), 1, "ratio", ANY, formula="term_ratio")
def vol_term(view: View) -> Floats:
    """The volatility index of 9 days over that of three months: above one in alarm.

    VIX9D / VIX3M. Source: Johnson (2017), Journal of Financial and Quantitative Analysis 52(6).
    """
    return latest(view[NEAR_FEAR]) / latest(view[FAR_FEAR])


@feature((FEAR,), 6, "points", formula="hv_change_pct")
def vol_index_change_5(view: View) -> Floats:
    """The volatility index less that of five sessions before.

    VIX - VIX[5]. Source: Ang, Hodrick, Xing and Zhang (2006), Journal of Finance 61(1).
    """
    return latest(view[FEAR]) - oldest(view[FEAR])


@feature((FEAR,), 252, "percent", (0.0, 100.0))
def vol_index_percentile_252(view: View) -> Floats:
    """The share of the past year's sessions, all of them told, with a lower volatility index.

    100 mean(VIX[k] < VIX, k = 1..251). Source: Whaley (2000), Journal of Portfolio Management 26(3).
    """
    history = view[FEAR]
    told = ~np.isnan(history).any(axis=0)
    return np.where(told, 100.0 * share_below(history[:-1], latest(history)), np.nan)


@feature((FEAR, INDEX), 22, "percent a year", formula="iv_hv_spread_pct")
def market_variance_premium_pct(view: View) -> Floats:
    """The volatility index less the index's own volatility of 21 sessions.

    VIX - 100 sqrt(252) sd21(r of the index). Source: Carr and Wu (2009), Review of Financial Studies 22(3).
    """
    return latest(view[FEAR]) - 100.0 * np.sqrt(252.0 * variance(log_returns(view[INDEX])))


@feature((FEAR,), 22, "percent a year", ANY, formula="hv_pct")
def vol_index_volatility_21_pct(view: View) -> Floats:
    """How much the volatility index itself moves: the deviation of its log changes over 21 sessions.

    100 sqrt(252) sd21(ln VIX / VIX[1]). Source: Park (2015), Journal of Financial Markets 26.
    """
    return 100.0 * np.sqrt(252.0 * variance(log_returns(view[FEAR])))


@feature((INDEX,), 21, "percent")
def index_trend_20_pct(view: View) -> Floats:
    """Log return of the market over 20 of the symbol's sessions.

    100 ln(I / I[20]). Source: Moskowitz, Ooi and Pedersen (2012), Journal of Financial Economics 104(2).
    """
    return 100.0 * total(log_returns(view[INDEX]))


@feature((INDEX,), 200, "percent")
def index_distance_200_pct(view: View) -> Floats:
    """The market over its plain average of 200 sessions.

    100 (I / SMA200(I) - 1). Source: Faber (2007), Journal of Wealth Management 9(4).
    """
    return 100.0 * (latest(view[INDEX]) / mean(view[INDEX]) - 1.0)


@feature((INDEX,), 252, "percent", (-100.0, 0.0))
def index_drawdown_252_pct(view: View) -> Floats:
    """How far the market is below its highest of a year.

    100 (I / max252(I) - 1). Source: Magdon-Ismail and Atiya (2004), Risk 17(10).
    """
    return 100.0 * (latest(view[INDEX]) / highest(view[INDEX]) - 1.0)


@feature((INDEX,), 22, "percent a year", ANY, formula="hv_pct")
def index_volatility_21_pct(view: View) -> Floats:
    """Deviation of the market's log returns over 21 sessions.

    100 sqrt(252) sd21(r of the index). Source: Schwert (1989), Journal of Finance 44(5).
    """
    return 100.0 * np.sqrt(252.0 * variance(log_returns(view[INDEX])))


@feature((RATE,), 1, "percent a year")
def short_rate_pct(view: View) -> Floats:
    """The short rate of interest.

    The series itself. Source: Fama and Schwert (1977), Journal of Financial Economics 5(2).
    """
    return latest(view[RATE])


@feature((RATE,), 64, "percentage points")
def rate_change_63_pct(view: View) -> Floats:
    """The short rate less that of 63 sessions before.

    R - R[63]. Source: Bernanke and Kuttner (2005), Journal of Finance 60(3).
    """
    return latest(view[RATE]) - oldest(view[RATE])


@feature(TOGETHER, 64, "ratio")
def beta_63(view: View) -> Floats:
    """What the symbol moves per move of the market, over 63 sessions.

    cov(r, m) / var(m), m the market's log return. Source: Sharpe (1964), Journal of Finance 19(3).
    """
    own, market = log_returns(view["bars.close"]), log_returns(view[INDEX])
    return covariance(own, market) / variance(market)


@feature(TOGETHER, 64, "coefficient", COEFFICIENT)
def correlation_63(view: View) -> Floats:
    """Correlation with the market over 63 sessions.

    cov(r, m) / (sd(r) sd(m)). Source: Driessen, Maenhout and Vilkov (2009), Journal of Finance 64(3).
    """
    return correlation(log_returns(view["bars.close"]), log_returns(view[INDEX]))


@feature(TOGETHER, 127, "ratio")
def downside_beta_126(view: View) -> Floats:
    """Beta over those of 126 sessions in which the market did worse than its mean.

    cov(r, m | m < mean(m)) / var(m | m < mean(m)). Source: Ang, Chen and Xing (2006), Review of Financial Studies
    19(4).
    """
    own, market = log_returns(view["bars.close"]), log_returns(view[INDEX])
    below = market < mean(market)
    count = total(below.astype(np.float64))
    here = np.where(below, own - total(np.where(below, own, 0.0)) / count, 0.0)
    there = np.where(below, market - total(np.where(below, market, 0.0)) / count, 0.0)
    return np.where(np.isnan(total(own)), np.nan, total(here * there) / total(there**2))


@feature(TOGETHER, 64, "percent a year", ANY)
def own_volatility_63_pct(view: View) -> Floats:
    """Volatility that the market does not explain, over 63 sessions.

    100 sqrt(252) sd(r - beta m). Source: Ang, Hodrick, Xing and Zhang (2006), Journal of Finance 61(1).
    """
    own, market = log_returns(view["bars.close"]), log_returns(view[INDEX])
    return 100.0 * np.sqrt(252.0 * variance(own - beta(own, market) * market))


@feature(TOGETHER, 64, "percent")
def relative_strength_63_pct(view: View) -> Floats:
    """What the symbol gained over the market in 63 sessions, as log return.

    100 (ln(C / C[63]) - ln(I / I[63])). Source: Levy (1967), Journal of Finance 22(4).
    """
    return 100.0 * (total(log_returns(view["bars.close"])) - total(log_returns(view[INDEX])))


@feature(("bars.close", FEAR), 64, "coefficient", COEFFICIENT, formula="correlation")
def fear_correlation_63(view: View) -> Floats:
    """Correlation of the symbol's returns with changes of the volatility index, over 63 sessions.

    corr(r, VIX - VIX[1]). Source: Ang, Hodrick, Xing and Zhang (2006), Journal of Finance 61(1).
    """
    return correlation(log_returns(view["bars.close"]), changes(view[FEAR]))
