"""IV and Greeks of the butterfly's wings: the calls one standard deviation below and above the price, 30 days ahead.

What belongs here: what each wing has by itself. What does not: the body, which is the call at the money, and the whole
butterfly (`greeks`).
"""

from butter_pipeline.features.chain import Smiles
from butter_pipeline.features.families.surface.greeks import ANY, DAYS, QUOTES, SESSIONS, greek, leg
from butter_pipeline.features.registry import Floats, feature

BELOW, ABOVE = -1.0, 1.0


@feature(QUOTES, 1, "percent a year", ANY, formula="atm_iv_pct")
def lower_wing_iv_30d_pct(smiles: Smiles) -> Floats:
    """The implied volatility of the butterfly's lower wing.

    100 iv(30, -1). Source: Natenberg (1994), Option Volatility and Pricing.
    """
    return 100.0 * smiles.iv_at(DAYS, BELOW)


@feature(QUOTES, 1, "delta", (0.0, 1.0), formula="wing_delta")
def lower_wing_delta_30d(smiles: Smiles) -> Floats:
    """What the butterfly's lower wing gains per unit of the price.

    N(d1) of the call at K = S (1 - iv sqrt(T)).
    Source: Black and Scholes (1973), Journal of Political Economy 81(3).
    """
    return leg(smiles, greek("delta"), BELOW)


@feature(QUOTES, 1, "delta a percent", ANY, formula="wing_gamma")
def lower_wing_gamma_30d(smiles: Smiles) -> Floats:
    """What the delta of the butterfly's lower wing gains per percent of the price.

    0.01 n(d1) / (iv sqrt(T)) of the call at K = S (1 - iv sqrt(T)).
    Source: Black and Scholes (1973), Journal of Political Economy 81(3).
    """
    return 0.01 * leg(smiles, greek("gamma"), BELOW)


@feature(QUOTES, 1, "percent of the price a point", ANY, formula="wing_vega")
def lower_wing_vega_30d_pct(smiles: Smiles) -> Floats:
    """What the butterfly's lower wing gains per point of volatility.

    n(d1) sqrt(T) of the call at K = S (1 - iv sqrt(T)).
    Source: Black and Scholes (1973), Journal of Political Economy 81(3).
    """
    return leg(smiles, greek("vega"), BELOW)


@feature(QUOTES, 1, "percent of the price a session", (-float("inf"), 0.0), formula="wing_theta")
def lower_wing_theta_30d_pct(smiles: Smiles) -> Floats:
    """What the butterfly's lower wing loses in a session.

    -100 n(d1) iv / (2 sqrt(T)) / 252 of the call at K = S (1 - iv sqrt(T)).
    Source: Black and Scholes (1973), Journal of Political Economy 81(3).
    """
    return 100.0 * leg(smiles, greek("theta"), BELOW) / SESSIONS


@feature(QUOTES, 1, "percent a year", ANY, formula="atm_iv_pct")
def upper_wing_iv_30d_pct(smiles: Smiles) -> Floats:
    """The implied volatility of the butterfly's upper wing.

    100 iv(30, +1). Source: Natenberg (1994), Option Volatility and Pricing.
    """
    return 100.0 * smiles.iv_at(DAYS, ABOVE)


@feature(QUOTES, 1, "delta", (0.0, 1.0), formula="wing_delta")
def upper_wing_delta_30d(smiles: Smiles) -> Floats:
    """What the butterfly's upper wing gains per unit of the price.

    N(d1) of the call at K = S (1 + iv sqrt(T)).
    Source: Black and Scholes (1973), Journal of Political Economy 81(3).
    """
    return leg(smiles, greek("delta"), ABOVE)


@feature(QUOTES, 1, "delta a percent", ANY, formula="wing_gamma")
def upper_wing_gamma_30d(smiles: Smiles) -> Floats:
    """What the delta of the butterfly's upper wing gains per percent of the price.

    0.01 n(d1) / (iv sqrt(T)) of the call at K = S (1 + iv sqrt(T)).
    Source: Black and Scholes (1973), Journal of Political Economy 81(3).
    """
    return 0.01 * leg(smiles, greek("gamma"), ABOVE)


@feature(QUOTES, 1, "percent of the price a point", ANY, formula="wing_vega")
def upper_wing_vega_30d_pct(smiles: Smiles) -> Floats:
    """What the butterfly's upper wing gains per point of volatility.

    n(d1) sqrt(T) of the call at K = S (1 + iv sqrt(T)).
    Source: Black and Scholes (1973), Journal of Political Economy 81(3).
    """
    return leg(smiles, greek("vega"), ABOVE)


@feature(QUOTES, 1, "percent of the price a session", (-float("inf"), 0.0), formula="wing_theta")
def upper_wing_theta_30d_pct(smiles: Smiles) -> Floats:
    """What the butterfly's upper wing loses in a session.

    -100 n(d1) iv / (2 sqrt(T)) / 252 of the call at K = S (1 + iv sqrt(T)).
    Source: Black and Scholes (1973), Journal of Political Economy 81(3).
    """
    return 100.0 * leg(smiles, greek("theta"), ABOVE) / SESSIONS
