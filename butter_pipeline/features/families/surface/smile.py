"""Points of the implied volatility surface: level, term structure, skew.

What belongs here: volatilities and their differences. What does not: what they make of an option (`greeks`).
"""

import numpy as np

from butter_pipeline.features.chain import Smiles
from butter_pipeline.features.registry import Floats, feature

QUOTES = ("chains.strike", "chains.underlying_price", "chains.vendor_iv")
QUARTER_DELTA = 0.6745
"""Standard deviations from the money at which an option has a delta of about a quarter."""


@feature(QUOTES, 1, "percent a year", (0.0, np.inf))
def atm_iv_30d_pct(smiles: Smiles) -> Floats:
    """Implied volatility at the money, 30 days ahead.

    100 iv(30, 0). Source: Black and Scholes (1973), Journal of Political Economy 81(3), inverted.
    """
    return 100.0 * smiles.iv_at(30.0)


@feature(QUOTES, 1, "percent a year", (0.0, np.inf))
def atm_iv_9d_pct(smiles: Smiles) -> Floats:
    """Implied volatility at the money, 9 days ahead.

    100 iv(9, 0). Source: Black and Scholes (1973), Journal of Political Economy 81(3), inverted.
    """
    return 100.0 * smiles.iv_at(9.0)


@feature(QUOTES, 1, "percent a year")
def term_slope_pct(smiles: Smiles) -> Floats:
    """Implied volatility at the money of 45 days less that of 9: above zero when the near is calmer.

    100 (iv(45, 0) - iv(9, 0)). Source: Vasquez (2017), Journal of Financial and Quantitative Analysis 52(6).
    """
    return 100.0 * (smiles.iv_at(45.0) - smiles.iv_at(9.0))


@feature(QUOTES, 1, "percent a year")
def skew_pct(smiles: Smiles) -> Floats:
    """Implied volatility 30 days ahead of puts less that of calls, both at a delta of about a quarter.

    100 (iv(30, -0.6745) - iv(30, 0.6745)). Source: Mixon (2011), Journal of Derivatives 18(4).
    """
    return 100.0 * (smiles.iv_at(30.0, -QUARTER_DELTA) - smiles.iv_at(30.0, QUARTER_DELTA))


@feature(QUOTES, 1, "percent a year")
def put_skew_pct(smiles: Smiles) -> Floats:
    """Implied volatility 30 days ahead of puts at a delta of about a quarter, less that at the money.

    100 (iv(30, -0.6745) - iv(30, 0)). Source: Xing, Zhang and Zhao (2010), Journal of Financial and Quantitative
    Analysis 45(3).
    """
    return 100.0 * (smiles.iv_at(30.0, -QUARTER_DELTA) - smiles.iv_at(30.0))


@feature(QUOTES, 1, "percent a year")
def call_skew_pct(smiles: Smiles) -> Floats:
    """Implied volatility 30 days ahead of calls at a delta of about a quarter, less that at the money.

    100 (iv(30, 0.6745) - iv(30, 0)). Source: Mixon (2011), Journal of Derivatives 18(4).
    """
    return 100.0 * (smiles.iv_at(30.0, QUARTER_DELTA) - smiles.iv_at(30.0))


@feature(QUOTES, 1, "percent a year")
def smile_curvature_pct(smiles: Smiles) -> Floats:
    """How much dearer both wings are than the middle, 30 days ahead.

    100 ((iv(30, -0.6745) + iv(30, 0.6745)) / 2 - iv(30, 0)). Source: Zhang and Xiang (2008), Quantitative Finance 8(3).
    """
    wings = smiles.iv_at(30.0, -QUARTER_DELTA) + smiles.iv_at(30.0, QUARTER_DELTA)
    return 100.0 * (wings / 2.0 - smiles.iv_at(30.0))


@feature(QUOTES, 1, "percent a year")
def skew_term_pct(smiles: Smiles) -> Floats:
    """The skew 45 days ahead less that 14 days ahead.

    skew(45) - skew(14), skew(T) = 100 (iv(T, -0.6745) - iv(T, 0.6745)). Source: Derman and Miller (2016), The
    Volatility Smile.
    """
    far = smiles.iv_at(45.0, -QUARTER_DELTA) - smiles.iv_at(45.0, QUARTER_DELTA)
    near = smiles.iv_at(14.0, -QUARTER_DELTA) - smiles.iv_at(14.0, QUARTER_DELTA)
    return 100.0 * (far - near)


@feature(QUOTES, 1, "ratio", (0.0, np.inf))
def term_ratio_9_45(smiles: Smiles) -> Floats:
    """Implied volatility at the money of 9 days over that of 45: above one in alarm.

    iv(9, 0) / iv(45, 0). Source: Johnson (2017), Journal of Financial and Quantitative Analysis 52(6).
    """
    return smiles.iv_at(9.0) / smiles.iv_at(45.0)


@feature(QUOTES, 1, "percent a year")
def term_curvature_pct(smiles: Smiles) -> Floats:
    """How far the middle of the term structure bulges above the line from 9 to 51 days.

    100 (iv(30, 0) - (iv(9, 0) + iv(51, 0)) / 2). Source: Egloff, Leippold and Wu (2010), Journal of Financial and
    Quantitative Analysis 45(5).
    """
    return 100.0 * (smiles.iv_at(30.0) - (smiles.iv_at(9.0) + smiles.iv_at(51.0)) / 2.0)


@feature(QUOTES, 1, "percent a year", (0.0, np.inf))
def forward_iv_9d_30d_pct(smiles: Smiles) -> Floats:
    """Implied volatility of the stretch from 9 to 30 days ahead; null where total variance falls.

    100 sqrt((30 iv(30, 0)^2 - 9 iv(9, 0)^2) / 21). Source: Glasserman and Wu (2011), International Journal of
    Theoretical and Applied Finance 14(3).
    """
    return 100.0 * np.sqrt((30.0 * smiles.iv_at(30.0) ** 2 - 9.0 * smiles.iv_at(9.0) ** 2) / 21.0)


@feature(QUOTES, 1, "percent", (0.0, np.inf))
def implied_move_7d_pct(smiles: Smiles) -> Floats:
    """How far the price is expected to go within seven days, either way.

    100 iv(7, 0) sqrt(7 / 365) sqrt(2 / pi). Source: Brenner and Subrahmanyam (1988), Financial Analysts Journal 44(5).
    """
    found: Floats = 100.0 * smiles.iv_at(7.0) * np.sqrt(7.0 / 365.0) * np.sqrt(2.0 / np.pi)
    return found
