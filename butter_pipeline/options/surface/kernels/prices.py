"""Compiled prices of mixtures of lognormals.

What belongs here: what the fit and the order in time ask of single strikes. What does not: those two, and prices of
whole arrays, which the compiled formulas of `options.black_scholes` give.

Everything is in units of the forward: a strike is exp(k), a price is undiscounted. An option is priced on the side
that is out of the money, where nothing cancels.
"""

import math

from butter_pipeline.options.surface.kernels.compiled import kept
from butter_pipeline.options.surface.slices import Floats

_ROOT_HALF = 0.7071067811865476


@kept
def normal(x: float) -> float:
    """The normal distribution; exact in both tails."""
    return 0.5 * math.erfc(-x * _ROOT_HALF)


@kept
def out_of_the_money(k: float, mean: float, deviation: float) -> float:
    """A put below the forward, a call from it on, on a lognormal of that mean."""
    strike = math.exp(k)
    upper = (math.log(mean) - k) / deviation + 0.5 * deviation
    if k < 0.0:
        return max(strike * normal(deviation - upper) - mean * normal(-upper), 0.0)
    return max(mean * normal(upper) - strike * normal(upper - deviation), 0.0)


@kept
def mixture(k: float, weights: Floats, means: Floats, deviations: Floats) -> float:
    """The price on the side out of the money under a mixture."""
    total = 0.0
    for i in range(weights.size):
        if weights[i] > 0.0:
            total += weights[i] * out_of_the_money(k, means[i], deviations[i])
    return total
