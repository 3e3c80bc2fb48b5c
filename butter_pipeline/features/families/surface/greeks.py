"""Greeks of the option at the money and of the butterfly about it, 30 days ahead.

What belongs here: sensitivities that follow from the surface, for a price of one. What does not: those of its wings
(`legs`), and of butterflies that are really offered (`opportunities`), which carry their own.

The butterfly has its body at the price and its wings one standard deviation away, each at the volatility of its own
strike; there is no interest. A percent of the price stands for an amount, a session for 1/252 of a year.
"""

from collections.abc import Callable

import numpy as np

from butter_pipeline.features.chain import DAYS_A_YEAR, Smiles
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.options import black_scholes
from butter_pipeline.options.black_scholes import Contracts

QUOTES = ("chains.strike", "chains.underlying_price", "chains.vendor_iv")
DAYS = 30.0
YEARS = DAYS / DAYS_A_YEAR
ANY = (0.0, np.inf)
SESSIONS = 252.0


@feature(QUOTES, 1, "percent of the price", ANY)
def straddle_30d_pct(smiles: Smiles) -> Floats:
    """What the straddle at the money costs, 30 days ahead.

    100 (call + put) / S = 200 (2 N(iv sqrt(T) / 2) - 1). Source: Black and Scholes (1973), Journal of Political Economy
    81(3).
    """
    return 200.0 * _at_the_money(smiles, black_scholes.price)


@feature(QUOTES, 1, "delta", (0.0, 1.0), formula="wing_delta")
def atm_delta_30d(smiles: Smiles) -> Floats:
    """What the call at the money gains per unit of the price, 30 days ahead.

    N(d1). Source: Black and Scholes (1973), Journal of Political Economy 81(3).
    """
    return _at_the_money(smiles, greek("delta"))


@feature(QUOTES, 1, "delta a percent", ANY, formula="wing_gamma")
def atm_gamma_30d(smiles: Smiles) -> Floats:
    """What the delta of the option at the money gains per percent of the price, 30 days ahead.

    0.01 n(d1) / (iv sqrt(T)). Source: Merton (1973), Bell Journal of Economics 4(1).
    """
    return 0.01 * _at_the_money(smiles, greek("gamma"))


@feature(QUOTES, 1, "percent of the price a point", ANY, formula="wing_vega")
def atm_vega_30d_pct(smiles: Smiles) -> Floats:
    """What the option at the money gains per point of volatility, 30 days ahead.

    n(d1) sqrt(T). Source: Merton (1973), Bell Journal of Economics 4(1).
    """
    return _at_the_money(smiles, greek("vega"))


@feature(QUOTES, 1, "percent of the price a session", (-np.inf, 0.0), formula="wing_theta")
def atm_theta_30d_pct(smiles: Smiles) -> Floats:
    """What the option at the money loses in a session, 30 days ahead.

    -100 n(d1) iv / (2 sqrt(T)) / 252. Source: Merton (1973), Bell Journal of Economics 4(1).
    """
    return 100.0 * _at_the_money(smiles, greek("theta")) / SESSIONS


@feature(QUOTES, 1, "share of the wing", None)
def butterfly_cost_share_30d(smiles: Smiles) -> Floats:
    """What the butterfly about the price costs, of the width of its wing: about the chance to land in its middle.

    (C(K1) - 2 C(K2) + C(K3)) / w, K = S (1 -+ w), w = iv sqrt(T). Source: Breeden and Litzenberger (1978), Journal of
    Business 51(4).
    """
    return _butterfly(smiles, black_scholes.price) / _wing(smiles)


@feature(QUOTES, 1, "delta")
def butterfly_delta_30d(smiles: Smiles) -> Floats:
    """How the butterfly about the price leans: its delta.

    delta(K1) - 2 delta(K2) + delta(K3). Source: Natenberg (1994), Option Volatility and Pricing.
    """
    return _butterfly(smiles, greek("delta"))


@feature(QUOTES, 1, "delta a percent")
def butterfly_gamma_30d(smiles: Smiles) -> Floats:
    """What the butterfly's delta gains per percent of the price; usually below zero.

    0.01 (gamma(K1) - 2 gamma(K2) + gamma(K3)). Source: Natenberg (1994), Option Volatility and Pricing.
    """
    return 0.01 * _butterfly(smiles, greek("gamma"))


@feature(QUOTES, 1, "percent of the price a point")
def butterfly_vega_30d_pct(smiles: Smiles) -> Floats:
    """What the butterfly gains per point of volatility; usually below zero.

    vega(K1) - 2 vega(K2) + vega(K3). Source: Natenberg (1994), Option Volatility and Pricing.
    """
    return _butterfly(smiles, greek("vega"))


@feature(QUOTES, 1, "percent of the price a session")
def butterfly_theta_30d_pct(smiles: Smiles) -> Floats:
    """What the butterfly gains in a session in which nothing moves.

    100 (theta(K1) - 2 theta(K2) + theta(K3)) / 252. Source: Natenberg (1994), Option Volatility and Pricing.
    """
    return 100.0 * _butterfly(smiles, greek("theta")) / SESSIONS


Quantity = Callable[[Contracts], Floats]


def greek(name: str) -> Quantity:
    """One of the sensitivities, by name."""

    def of(contracts: Contracts) -> Floats:
        found: Floats = getattr(black_scholes.greeks(contracts), name)
        return found

    return of


def _wing(smiles: Smiles) -> Floats:
    """One standard deviation of the price over the days ahead, as a share of the price."""
    found: Floats = smiles.iv_at(DAYS) * np.sqrt(YEARS)
    return found


def _at_the_money(smiles: Smiles, quantity: Quantity) -> Floats:
    return leg(smiles, quantity, 0.0)


def _butterfly(smiles: Smiles, quantity: Quantity) -> Floats:
    return leg(smiles, quantity, -1.0) - 2.0 * leg(smiles, quantity, 0.0) + leg(smiles, quantity, 1.0)


def leg(smiles: Smiles, quantity: Quantity, aside: float) -> Floats:
    """A quantity of the call so many standard deviations from the price: -1 and 1 are the butterfly's wings."""
    return _of_calls(quantity, 1.0 + aside * _wing(smiles), smiles.iv_at(DAYS, aside))


def _of_calls(quantity: Quantity, strike: Floats, iv: Floats) -> Floats:
    """A quantity of calls on a price of one; NaN without a volatility or a strike above zero."""
    told = (iv > 0.0) & (strike > 0.0)
    one = np.ones(len(strike))
    found = quantity(
        Contracts(one > 0.0, one, np.where(told, strike, 1.0), np.full(len(strike), YEARS), np.where(told, iv, 1.0))
    )
    return np.where(told, found, np.nan)
