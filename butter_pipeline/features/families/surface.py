"""What a session's option quotes say about volatility.

What belongs here: points of the implied surface of one session, from the vendor's volatilities. What does not: their
history (`implied`), and volatilities worked out from prices.
"""

from butter_pipeline.features.chain import Smiles
from butter_pipeline.features.registry import Floats, feature

INPUTS = ("chains",)
QUOTES = ("chains.strike", "chains.underlying_price", "chains.vendor_iv")
QUARTER_DELTA = 0.6745
"""Standard deviations from the money at which an option has a delta of about a quarter."""


@feature(QUOTES, 1, "percent a year", (0.0, float("inf")))
def atm_iv_30d_pct(smiles: Smiles) -> Floats:
    """Implied volatility at the money, 30 days ahead."""
    return 100.0 * smiles.iv_at(30.0)


@feature(QUOTES, 1, "percent a year", (0.0, float("inf")))
def atm_iv_9d_pct(smiles: Smiles) -> Floats:
    """Implied volatility at the money, 9 days ahead."""
    return 100.0 * smiles.iv_at(9.0)


@feature(QUOTES, 1, "percent a year")
def term_slope_pct(smiles: Smiles) -> Floats:
    """Implied volatility at the money of 45 days less that of 9: above zero when the near is calmer."""
    return 100.0 * (smiles.iv_at(45.0) - smiles.iv_at(9.0))


@feature(QUOTES, 1, "percent a year")
def skew_pct(smiles: Smiles) -> Floats:
    """Implied volatility 30 days ahead of puts less that of calls, both at a delta of about a quarter."""
    return 100.0 * (smiles.iv_at(30.0, -QUARTER_DELTA) - smiles.iv_at(30.0, QUARTER_DELTA))
