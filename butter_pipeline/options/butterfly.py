"""The long butterfly: one lower wing and one upper wing bought, two bodies sold.

What belongs here: payoff, value, Greeks, break-evens and largest profit, per share. What does not: quotes and
costs (`backtest.fills`), and which butterflies are worth a look (`opportunities`).
"""

from dataclasses import dataclass

import numpy as np

from butter_pipeline.options import black_scholes, positions
from butter_pipeline.options.black_scholes import SESSIONS_PER_YEAR, Contracts, Flags, Floats
from butter_pipeline.options.positions import Leg


@dataclass(frozen=True)
class Strikes:
    """Lower wing, body and upper wing, one butterfly per element; the wings stand equally far from the body."""

    lower: Floats
    body: Floats
    upper: Floats


@dataclass(frozen=True)
class Butterflies:
    """Butterflies to be valued: what they are, and what the market says of each leg."""

    is_call: Flags
    spot: Floats
    strikes: Strikes
    years: Floats
    ivs: Strikes  # the legs' implied volatilities, fractions a year
    rate: Floats | float = 0.0
    dividend_yield: Floats | float = 0.0


@dataclass(frozen=True)
class Greeks:
    """Per share: delta and gamma per unit of spot, vega per 1.00 of volatility, theta per session."""

    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats


def payoff(spot: Floats, strikes: Strikes) -> Floats:
    """Worth at expiry: a tent over the body, the same for calls and puts."""
    return np.asarray(np.maximum(strikes.body - strikes.lower - np.abs(spot - strikes.body), 0.0))


def value(butterflies: Butterflies) -> Floats:
    """Worth today."""
    return positions.value(legs(butterflies), black_scholes.price)


def greeks(butterflies: Butterflies) -> Greeks:
    """How the worth changes with spot, volatility and time."""
    whole = positions.greeks(legs(butterflies), black_scholes.greeks)
    return Greeks(whole.delta, whole.gamma, whole.vega, np.asarray(whole.theta / SESSIONS_PER_YEAR))


def legs(butterflies: Butterflies) -> list[Leg]:
    """One lower wing, two bodies sold, one upper wing."""
    return [
        Leg(quantity, _contracts(butterflies, name))
        for quantity, name in ((1.0, "lower"), (-2.0, "body"), (1.0, "upper"))
    ]


def break_evens(strikes: Strikes, cost: Floats) -> tuple[Floats, Floats]:
    """The spots at expiry between which it pays more than it cost; nan when it can never."""
    possible = cost < strikes.body - strikes.lower
    return (
        np.asarray(np.where(possible, strikes.lower + cost, np.nan)),
        np.asarray(np.where(possible, strikes.upper - cost, np.nan)),
    )


def maximum_profit(strikes: Strikes, cost: Floats) -> Floats:
    """Profit when the underlying expires at the body."""
    return np.asarray(strikes.body - strikes.lower - cost)


def _contracts(butterflies: Butterflies, name: str) -> Contracts:
    return Contracts(
        is_call=butterflies.is_call,
        spot=butterflies.spot,
        strike=getattr(butterflies.strikes, name),
        years=butterflies.years,
        iv=getattr(butterflies.ivs, name),
        rate=butterflies.rate,
        dividend_yield=butterflies.dividend_yield,
    )
