"""What the states of the market are called: the rule, from what the market did in them up to the fit.

What belongs here: the four names and the evidence for each. What does not: finding states (`hidden`).

high_volatility is a state that by itself at least doubles the usual variance; trending_bearish the most volatile of
the others, since falling markets are the more volatile ones (Black 1976); trending_bullish the one of what is left in
which the market rises most over one stay; and ranging the rest.
"""

import numpy as np

from butter_pipeline.features.registry import Floats, Integers

STATES = ("trending_bullish", "trending_bearish", "ranging", "high_volatility")
BULLISH, BEARISH, RANGING, HIGH = range(4)
LEAST_SHARE = 0.01
"""Of the usual variance: no session's counts for less."""


def named(weights: Floats, transition: Floats, sample: Floats) -> Integers:
    """The name of every state, from its weights in the sample [row, state] and its passages to the others.

    A row of the sample is near, middle and far variance and the index's return.
    """
    usual = sample[:, 0].mean()
    near = np.maximum(sample[:, 0], LEAST_SHARE * usual if usual > 0.0 else 1.0)
    added = added_variance(weights, near)
    left = sorted(range(len(STATES)), key=lambda state: -added[state])
    names = np.full(len(STATES), RANGING, dtype=np.int64)
    if added[left[0]] >= usual:
        names[left.pop(0)] = HIGH
    names[left.pop(0)] = BEARISH
    rise = rise_of_a_stay(weights, transition, near, sample[:, 3])
    names[max(left, key=lambda state: rise[state])] = BULLISH
    return names


def added_variance(weights: Floats, near: Floats) -> Floats:
    """The variance that every state has beyond the calmest one's, told from what it jumps by when states change.

    A state's mean variance would tell how active the market happened to be in it as well. Changes are weighed by
    1 / near variance, as they are the larger the more volatile the market is.
    """
    weight = 1.0 / np.sqrt(near[:-1])
    jumps = (near[1:] - near[:-1]) * weight
    passages = (weights[1:] - weights[:-1]) * weight[:, None]
    squares, products = np.einsum("ij,ik->jk", passages, passages), np.einsum("ij,i->j", passages, jumps)
    # the weights add up to one, so that only differences between states are known: the shortest answer will do
    own = np.linalg.lstsq(squares, products, rcond=1e-9)[0]
    return np.asarray(own - own.min())


def rise_of_a_stay(weights: Floats, transition: Floats, near: Floats, returns: Floats) -> Floats:
    """What the index gains over one stay in every state: mean return of the next session times mean stay.

    The mean is weighed by 1 / variance: a calm session tells more of it than a wild one.
    """
    weighed = weights[:-1] / near[:-1, None]
    mean = (weighed * returns[1:, None]).sum(axis=0) / (weighed.sum(axis=0) + 1e-12)
    stay = 1.0 / np.maximum(1.0 - np.diag(transition), 1.0 / len(near))
    return np.asarray(mean * stay)
