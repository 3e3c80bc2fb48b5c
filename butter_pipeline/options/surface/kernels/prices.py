"""Compiled prices of mixtures of lognormals.

What belongs here: arithmetic on single strikes, and loops over them. What does not: fitting (`fit`).

Everything is in units of the forward: a strike is exp(k), a price is undiscounted. An option is priced on the side
that is out of the money, where nothing cancels.
"""

import math

import numpy as np
from numba import njit

from butter_pipeline.options.surface.slices import Floats, Ints

_ROOT_HALF = 0.7071067811865476


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
def mixtures(k: Floats, of: Ints, weights: Floats, means: Floats, deviations: Floats) -> Floats:
    """Prices on the side out of the money, each under the mixture `of` that row of the components."""
    found = np.empty(k.size)
    for i in range(k.size):
        found[i] = mixture(k[i], weights[of[i]], means[of[i]], deviations[of[i]])
    return found
