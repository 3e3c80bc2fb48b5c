"""Compiled prices of mixtures of lognormals, and volatilities from prices.

What belongs here: arithmetic on single strikes, and loops over them. What does not: fitting (`fit`).

Everything is in units of the forward: a strike is exp(k), a price is undiscounted. An option is priced on the side
that is out of the money, where nothing cancels.
"""

import math

import numpy as np
from numba import njit

from butter_pipeline.options.surface.slices import Floats, Ints

_ROOT_HALF = 0.7071067811865476
_DENSITY = 0.3989422804014327


@njit(cache=True)
def normal(x: float) -> float:
    """The normal distribution; exact in both tails."""
    return 0.5 * math.erfc(-x * _ROOT_HALF)


@njit(cache=True)
def out_of_the_money(k: float, mean: float, deviation: float) -> float:
    """A put below the forward, a call from it on, on a lognormal of that mean."""
    strike = math.exp(k)
    upper = (math.log(mean) - k) / deviation + 0.5 * deviation
    if k < 0.0:
        return max(strike * normal(deviation - upper) - mean * normal(-upper), 0.0)
    return max(mean * normal(upper) - strike * normal(upper - deviation), 0.0)


@njit(cache=True)
def mixture(k: float, weights: Floats, means: Floats, deviations: Floats) -> float:
    """The price on the side out of the money under a mixture."""
    total = 0.0
    for i in range(weights.size):
        if weights[i] > 0.0:
            total += weights[i] * out_of_the_money(k, means[i], deviations[i])
    return total


@njit(cache=True)
def deviation_of(k: float, price: float) -> float:
    """The Black-76 deviation to expiry at which the side out of the money is worth the price; nan for none.

    Newton's method on the logarithm of the price, kept inside a bracket.
    """
    growth, side = math.exp(k), abs(k)
    most = min(growth, 1.0)
    if not 0.0 < price < most:
        return math.nan
    aim = math.log(price)
    low, high = 1e-9, 40.0
    # about the point of inflection at small prices, and exact at the money
    sigma = min(max(math.sqrt(2.0 * side), price / most * 2.5066), 20.0)
    for _ in range(100):
        value = out_of_the_money(k, 1.0, sigma)
        if value > price:
            high = sigma
        else:
            low = sigma
        trial = 0.5 * (low + high)
        if value > 0.0:
            upper = -k / sigma + 0.5 * sigma
            slope = _DENSITY * math.exp(-0.5 * upper * upper)
            if slope > 0.0:
                newton = sigma + (aim - math.log(value)) * value / slope
                if low < newton < high:
                    trial = newton
        if abs(trial - sigma) <= 1e-14 * sigma:
            return trial
        sigma = trial
    return sigma


@njit(cache=True)
def deviations_of(k: Floats, price: Floats) -> Floats:
    """Element by element."""
    found = np.empty(k.size)
    for i in range(k.size):
        found[i] = deviation_of(k[i], price[i])
    return found


@njit(cache=True)
def mixtures(k: Floats, of: Ints, weights: Floats, means: Floats, deviations: Floats) -> Floats:
    """Prices on the side out of the money, each under the mixture `of` that row of the components."""
    found = np.empty(k.size)
    for i in range(k.size):
        found[i] = mixture(k[i], weights[of[i]], means[of[i]], deviations[of[i]])
    return found


@njit(cache=True)
def at_the_money(k: Floats, mid: Floats, starts: Ints) -> Floats:
    """By expiry, the deviation at the money: between the quotes on both sides of it, or that of the nearest."""
    found = np.full(starts.size - 1, math.nan)
    for e in range(found.size):
        first, last = starts[e], starts[e + 1]
        above = first + np.searchsorted(k[first:last], 0.0)
        below = above - 1
        if above < last and below >= first:
            low, high = deviation_of(k[below], mid[below]), deviation_of(k[above], mid[above])
            found[e] = low + (high - low) * k[below] / (k[below] - k[above])
        elif last > first:
            nearest = above if above < last else below
            found[e] = deviation_of(k[nearest], mid[nearest])
    return found
