"""European options under Black and Scholes: price, delta, gamma, vega and theta.

What belongs here: formulas for single contracts, one array element each. What does not: positions made of
several contracts (`butterfly`), quotes (`backtest.fills`), and where a volatility comes from.

Everything is elementwise, so one contract has the same bits alone or among a million. Volatilities are
fractions a year (0.2 is 20 %), rates continuously compounded a year; no dividends. Black's 1976 formula for a
forward F is the same with a spot of F exp(-rate x years).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SESSIONS_PER_YEAR = 252


@dataclass(frozen=True)
class Contracts:
    """What is to be valued; the arrays broadcast against each other. Without time or volatility: intrinsic."""

    is_call: Flags
    spot: Floats
    strike: Floats
    years: Floats
    iv: Floats
    rate: float = 0.0


def price(contracts: Contracts) -> Floats:
    """Value of one share's worth of option."""
    sign = np.where(contracts.is_call, 1.0, -1.0)
    upper, lower = _places(contracts)
    paid = contracts.strike * _discount(contracts)
    return np.asarray(sign * (contracts.spot * special.ndtr(sign * upper) - paid * special.ndtr(sign * lower)))


def delta(contracts: Contracts) -> Floats:
    """Change of the price per unit of spot."""
    upper, _ = _places(contracts)
    return np.asarray(special.ndtr(upper) - np.where(contracts.is_call, 0.0, 1.0))


def gamma(contracts: Contracts) -> Floats:
    """Change of delta per unit of spot; nothing where nothing is left to be uncertain about."""
    upper, _ = _places(contracts)
    width = contracts.spot * _deviation(contracts)
    certain = width == 0.0
    return np.asarray(np.where(certain, 0.0, normal_density(upper) / np.where(certain, 1.0, width)))


def vega(contracts: Contracts) -> Floats:
    """Change of the price per 1.00 of volatility."""
    upper, _ = _places(contracts)
    return np.asarray(contracts.spot * normal_density(upper) * np.sqrt(contracts.years))


def theta(contracts: Contracts) -> Floats:
    """Change of the price per year that passes."""
    _, lower = _places(contracts)
    sign = np.where(contracts.is_call, 1.0, -1.0)
    carry = contracts.rate * contracts.strike * _discount(contracts) * special.ndtr(sign * lower)
    return np.asarray(-0.5 * contracts.iv * contracts.iv * contracts.spot**2 * gamma(contracts) - sign * carry)


def normal_density(place: Floats) -> Floats:
    """The standard normal density."""
    return np.asarray(np.exp(-0.5 * place * place) * 0.3989422804014327)


def _discount(contracts: Contracts) -> Floats:
    return np.asarray(np.exp(-contracts.rate * contracts.years))


def _deviation(contracts: Contracts) -> Floats:
    """Standard deviation of the log price at expiry."""
    return np.asarray(contracts.iv * np.sqrt(contracts.years))


def _places(contracts: Contracts) -> tuple[Floats, Floats]:
    """The two arguments of the normal law; infinite where the outcome is certain, 0 at the money."""
    deviation = _deviation(contracts)
    ahead = np.log(contracts.spot / contracts.strike) + contracts.rate * contracts.years
    certain = deviation == 0.0
    with np.errstate(invalid="ignore"):
        side = np.where(ahead == 0.0, 0.0, ahead * np.inf)
    middle = np.where(certain, side, ahead / np.where(certain, 1.0, deviation))
    return np.asarray(middle + 0.5 * deviation), np.asarray(middle - 0.5 * deviation)
