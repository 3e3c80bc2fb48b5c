"""Forecasts of volatility by models that are fitted once a month and filtered in between.

What belongs here: what GARCH, GJR-GARCH, EGARCH and HAR say of the sessions ahead, how sure their parameters are, and
whether they were found. What does not: their fitting (`features.models`), and what is measured (`realised`).
"""

from butter_pipeline.features.families.volatility.columns import ANY, BARS, CLOSE, a_year
from butter_pipeline.features.models import har
from butter_pipeline.features.models.monthly import LOOKBACK_ROWS, WARM_ROWS
from butter_pipeline.features.models.outlook import egarch, garch, gjr, ranges
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.windows import View


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def garch_1_pct(bars: View) -> Floats:
    """GARCH(1,1) forecast for the next session.

    v = w + a e[1]^2 + b v[1], fitted on the sessions before the month. Source: Bollerslev (1986), Journal of
    Econometrics 31(3).
    """
    return bars.shared(garch).volatility_pct(1)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def garch_7_pct(bars: View) -> Floats:
    """GARCH(1,1) forecast for the next seven sessions.

    The mean of seven expected variances, each w + (a + b) times the one before. Source: Bollerslev (1986),
    Journal of Econometrics 31(3).
    """
    return bars.shared(garch).volatility_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def garch_width_1_pct(bars: View) -> Floats:
    """Width of the 90 % interval of the GARCH forecast for the next session; null where it means nothing.

    v^(1/2) (exp(x) - exp(-x)), x = 1.645 se(ln v) / 2, se(ln v) at most 1. Source: Bollerslev (1986), Journal of
    Econometrics 31(3).
    """
    return bars.shared(garch).width_pct(1)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def garch_width_7_pct(bars: View) -> Floats:
    """Width of the 90 % interval of the GARCH forecast for the next seven sessions; null where it means nothing.

    v^(1/2) (exp(x) - exp(-x)), x = 1.645 se(ln v) / 2, se(ln v) at most 1. Source: Bollerslev (1986), Journal of
    Econometrics 31(3).
    """
    return bars.shared(garch).width_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "1 or 0", (0.0, 1.0), WARM_ROWS)
def garch_converged(bars: View) -> Floats:
    """1 where the month's GARCH fit converged, 0 where an exponential average stands in for it.

    v = 0.94 v[1] + 0.06 e[1]^2 stands in. Source: J.P. Morgan (1996), RiskMetrics Technical Document.
    """
    return bars.shared(garch).converged


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def gjr_1_pct(bars: View) -> Floats:
    """GJR-GARCH(1,1) forecast for the next session.

    v = w + (a + g [e[1] < 0]) e[1]^2 + b v[1], fitted on the sessions before the month. Source: Glosten,
    Jagannathan and Runkle (1993), Journal of Finance 48(5).
    """
    return bars.shared(gjr).volatility_pct(1)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def gjr_7_pct(bars: View) -> Floats:
    """GJR-GARCH(1,1) forecast for the next seven sessions.

    The mean of seven expected variances, each w + (a + g / 2 + b) times the one before. Source: Glosten,
    Jagannathan and Runkle (1993), Journal of Finance 48(5).
    """
    return bars.shared(gjr).volatility_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def gjr_width_7_pct(bars: View) -> Floats:
    """Width of the 90 % interval of the GJR forecast for the next seven sessions; null where it means nothing.

    v^(1/2) (exp(x) - exp(-x)), x = 1.645 se(ln v) / 2, se(ln v) at most 1. Source: Glosten, Jagannathan and Runkle
    (1993), Journal of Finance 48(5).
    """
    return bars.shared(gjr).width_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "coefficient", None, WARM_ROWS)
def gjr_leverage(bars: View) -> Floats:
    """What a fall adds to a squared shock's weight in the next variance (GJR); nothing where the fit did not converge.

    g of v = w + (a + g [e[1] < 0]) e[1]^2 + b v[1]. Source: Glosten, Jagannathan and Runkle (1993), Journal of
    Finance 48(5).
    """
    return bars.shared(gjr).leverage


@feature(CLOSE, LOOKBACK_ROWS, "1 or 0", (0.0, 1.0), WARM_ROWS)
def gjr_converged(bars: View) -> Floats:
    """1 where the month's GJR fit converged, 0 where an exponential average stands in for it.

    v = 0.94 v[1] + 0.06 e[1]^2 stands in. Source: J.P. Morgan (1996), RiskMetrics Technical Document.
    """
    return bars.shared(gjr).converged


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def egarch_1_pct(bars: View) -> Floats:
    """EGARCH(1,1) forecast for the next session.

    ln v = w + a (|z[1]| - sqrt(2 / pi)) + g z[1] + b ln v[1], fitted on the sessions before the month. Source:
    Nelson (1991), Econometrica 59(2).
    """
    return bars.shared(egarch).volatility_pct(1)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def egarch_7_pct(bars: View) -> Floats:
    """EGARCH(1,1) forecast for the next seven sessions.

    The mean of seven expected variances, each exp(E ln v) times the mean growth of normal shocks. Source:
    Nelson (1991), Econometrica 59(2).
    """
    return bars.shared(egarch).volatility_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def egarch_width_7_pct(bars: View) -> Floats:
    """Width of the 90 % interval of the EGARCH forecast for the next seven sessions; null where it means nothing.

    v^(1/2) (exp(x) - exp(-x)), x = 1.645 se(ln v) / 2, se(ln v) at most 1. Source: Nelson (1991), Econometrica 59(2).
    """
    return bars.shared(egarch).width_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "coefficient", None, WARM_ROWS)
def egarch_leverage(bars: View) -> Floats:
    """What a shock's sign adds to the next log variance (EGARCH); below nothing where falls disturb more than rises.

    g of ln v = w + a (|z[1]| - sqrt(2 / pi)) + g z[1] + b ln v[1]. Source: Nelson (1991), Econometrica 59(2).
    """
    return bars.shared(egarch).leverage


@feature(CLOSE, LOOKBACK_ROWS, "1 or 0", (0.0, 1.0), WARM_ROWS)
def egarch_converged(bars: View) -> Floats:
    """1 where the month's EGARCH fit converged, 0 where an exponential average stands in for it.

    v = 0.94 v[1] + 0.06 e[1]^2 stands in. Source: J.P. Morgan (1996), RiskMetrics Technical Document.
    """
    return bars.shared(egarch).converged


@feature(BARS, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def har_1_pct(bars: View) -> Floats:
    """HAR forecast of the next session's volatility, from its night and its range.

    s = c + d s[1] + w mean5(s[1]) + m mean22(s[1]), s^2 = n^2 + u (u - c) + d (d - c); fitted on the sessions
    before the month. Source: Corsi (2009), Journal of Financial Econometrics 7(2).
    """
    return a_year(har.forecast(bars.shared(ranges), 1) ** 2)


@feature(BARS, LOOKBACK_ROWS, "percent a year", ANY, WARM_ROWS)
def har_7_pct(bars: View) -> Floats:
    """HAR forecast of the mean volatility of the next seven sessions, from their nights and ranges.

    mean7(s) = c + d s[1] + w mean5(s[1]) + m mean22(s[1]), s^2 = n^2 + u (u - c) + d (d - c). Source: Corsi
    (2009), Journal of Financial Econometrics 7(2).
    """
    return a_year(har.forecast(bars.shared(ranges), 7) ** 2)
