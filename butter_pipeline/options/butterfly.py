"""The long butterfly: one lower wing and one upper wing bought, two bodies sold.

What belongs here: payoff, value, Greeks, break-evens and largest profit, per share. What does not: quotes and
costs (`backtest.fills`), and which butterflies are worth a look (`opportunities`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from butter_pipeline.options import black_scholes
from butter_pipeline.options.black_scholes import SESSIONS_PER_YEAR, Contracts, Flags, Floats


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
    return _over_legs(black_scholes.price, butterflies)


def greeks(butterflies: Butterflies) -> Greeks:
    """How the worth changes with spot, volatility and time."""
    return Greeks(
        delta=_over_legs(black_scholes.delta, butterflies),
        gamma=_over_legs(black_scholes.gamma, butterflies),
        vega=_over_legs(black_scholes.vega, butterflies),
        theta=_over_legs(black_scholes.theta, butterflies) / SESSIONS_PER_YEAR,
    )


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


def _over_legs(quantity: Callable[[Contracts], Floats], butterflies: Butterflies) -> Floats:
    """Lower wing plus upper wing less two bodies."""
    lower, body, upper = (quantity(_leg(butterflies, name)) for name in ("lower", "body", "upper"))
    return np.asarray(lower - 2.0 * body + upper)


def _leg(butterflies: Butterflies, name: str) -> Contracts:
    return Contracts(
        is_call=butterflies.is_call,
        spot=butterflies.spot,
        strike=getattr(butterflies.strikes, name),
        years=butterflies.years,
        iv=getattr(butterflies.ivs, name),
    )
