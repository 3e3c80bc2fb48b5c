"""Forecasts of volatility by models that are fitted.

What belongs here: what a fitted law of the variance expects. What does not: its fitting (`features.garch`), and what
is measured (`realised`).
"""

from butter_pipeline.features.families.volatility.columns import ANY, CLOSE, a_year
from butter_pipeline.features.garch import LEAST_RETURNS, LOOKBACK_ROWS, filtered
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.windows import View


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, LEAST_RETURNS + 24)
def garch_1_pct(bars: View) -> Floats:
    """GARCH(1,1) forecast for the next session.

    v = w + a e[1]^2 + b v[1], fitted on the sessions before the month. Source: Bollerslev (1986), Journal of
    Econometrics 31(3).
    """
    return a_year(bars.shared(filtered).mean_variance(1) / 1e4)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, LEAST_RETURNS + 24)
def garch_7_pct(bars: View) -> Floats:
    """GARCH(1,1) forecast for the next seven sessions.

    The mean of seven expected variances, each w + (a + b) times the one before. Source: Bollerslev (1986), Journal of
    Econometrics 31(3).
    """
    return a_year(bars.shared(filtered).mean_variance(7) / 1e4)


@feature(CLOSE, LOOKBACK_ROWS, "1 or 0", (0.0, 1.0), LEAST_RETURNS + 24)
def garch_converged(bars: View) -> Floats:
    """1 where the month's GARCH fit converged, 0 where an exponential average stands in for it.

    v = 0.94 v[1] + 0.06 e[1]^2 stands in. Source: J.P. Morgan (1996), RiskMetrics Technical Document.
    """
    return bars.shared(filtered).converged
