"""Compiled regression of put-call parity, expiry by expiry.

What belongs here: the loops behind `parity`. What does not: what they mean.

Two passes over a surface: in the first each expiry estimates its rate alone; in the second each is drawn towards the
mean of all, as far as it is uncertain. Nothing looks across surfaces.
"""

import math

import numpy as np

from butter_pipeline.options.surface.kernels.compiled import kept
from butter_pipeline.options.surface.parity import (
    FEW_PAIRS,
    INCONSISTENT,
    NO_TIME,
    OK,
    PAIRS_LEAST,
    REACH,
)
from butter_pipeline.options.surface.slices import Floats, Ints

NEAREST = 5
"""Pairs from which the money is found, before anything is known."""

ROUNDS = 8
OUTLIER = 1.5
"""Robust deviations from the line beyond which a pair's pull no longer grows."""

BEYOND = 2.0
"""Half spreads of a pair, beyond which it contradicts the forward."""

RATE_SD, TERM_SD = 0.05, 0.005
"""How far rates lie from nought, and one expiry's from the mean of its surface, before any quote is seen; a year."""

NEAR_LEAST = 0.3
"""Nearness from which a pair counts as near the money; the nearest few always do."""


@kept
def forwards(
    pairs: tuple[Floats, Floats, Floats, Floats], starts: Ints, surfaces: Ints, years: Floats
) -> tuple[Floats, Ints, Ints]:
    """Rows of numbers as in `Forwards`, the count of pairs and the status, by expiry."""
    count = years.size
    numbers = np.full((7, count), np.nan)
    used, status = np.zeros(count, dtype=np.int64), np.full(count, FEW_PAIRS, dtype=np.int64)
    for surface in range(surfaces.size - 1):
        first, last = surfaces[surface], surfaces[surface + 1]
        total, weight = 0.0, 1.0 / RATE_SD**2
        for e in range(first, last):
            part = slice(starts[e], starts[e + 1])
            one = (pairs[0][part], pairs[1][part], pairs[2][part], pairs[3][part])
            found, used[e], status[e] = _line(one, years[e], 0.0, 10.0)
            if status[e] == OK:
                total += found[3] / found[4] ** 2
                weight += 1.0 / found[4] ** 2
        for e in range(first, last):
            if status[e] == OK:
                part = slice(starts[e], starts[e + 1])
                one = (pairs[0][part], pairs[1][part], pairs[2][part], pairs[3][part])
                found, used[e], status[e] = _line(one, years[e], total / weight, TERM_SD)
                numbers[:, e] = found
    return numbers, used, status


@kept
def _line(
    pairs: tuple[Floats, Floats, Floats, Floats], years: float, rate: float, rate_sd: float
) -> tuple[Floats, int, int]:
    """Forward, its error, discount, rate, its error and the forward's bounds, for one expiry."""
    strike, difference, straddle, _ = pairs
    found = np.full(7, np.nan)
    if years <= 0.0:
        return found, 0, NO_TIME
    if strike.size < PAIRS_LEAST:
        return found, strike.size, FEW_PAIRS
    nearness = _nearness(strike, difference, straddle)
    near = 0
    for q in range(strike.size):
        near += nearness[q] >= NEAR_LEAST
    if near < PAIRS_LEAST:
        return found, near, FEW_PAIRS
    before = math.exp(-rate * years)
    forward, discount, variances = _regressed(pairs, nearness, before, before * years * rate_sd)
    found[0], found[1] = forward, math.sqrt(variances[0]) / discount
    found[2], found[3] = discount, -math.log(discount) / years
    found[4] = math.sqrt(variances[1]) / (discount * years)
    outside = _bounds(pairs, nearness, found)
    return found, near, INCONSISTENT if 2 * outside > near else OK


@kept
def _nearness(strike: Floats, difference: Floats, straddle: Floats) -> Floats:
    """From 1 at the money to 0 far from it, where the money and its width are medians over the nearest pairs."""
    nearest = min(NEAREST, strike.size)
    least, levels = np.full(nearest, math.inf), np.empty(nearest)
    for q in range(strike.size):
        _insert(straddle[q], strike[q] + difference[q], least, levels)
    forward = _middle(levels)
    distances, unused = np.full(PAIRS_LEAST, math.inf), np.empty(PAIRS_LEAST)
    for q in range(strike.size):
        _insert(abs(strike[q] - forward), 0.0, distances, unused)
    width = max(least[nearest // 2] / 0.8, distances[-1] / REACH)
    place = (strike - forward) / (REACH * width)
    return np.asarray(np.exp(-place * place))


@kept
def _regressed(
    pairs: tuple[Floats, Floats, Floats, Floats], nearness: Floats, before: float, before_sd: float
) -> tuple[float, float, Floats]:
    """Forward, discount, and the variances of the intercept at the forward and of the slope."""
    strike, difference, _, half = pairs
    weights, sizes = nearness / half**2, np.empty(strike.size)
    forward, discount, scale = 0.0, before, 1.0
    variances = np.zeros(2)
    kept = weights.copy()
    for _ in range(ROUNDS):
        total, middle, level = 0.0, 0.0, 0.0
        for q in range(strike.size):
            total += kept[q]
            middle += kept[q] * strike[q]
            level += kept[q] * difference[q]
        middle, level = middle / total, level / total
        squares, products = 0.0, 0.0
        for q in range(strike.size):
            off = strike[q] - middle
            squares += kept[q] * off * off
            products += kept[q] * off * (difference[q] - level)
        pull = (scale / before_sd) ** 2
        discount = min(max((pull * before - products) / (pull + squares), 0.05), 2.0)
        forward = middle + level / discount
        for q in range(strike.size):
            sizes[q] = abs(difference[q] - discount * (forward - strike[q])) / half[q]
        scale = max(1.4826 * _median_near(sizes, nearness), 0.3)
        for q in range(strike.size):
            kept[q] = weights[q] * min(1.0, OUTLIER * scale / max(sizes[q], 1e-12))
        variances[1] = scale**2 / (squares + pull)
        variances[0] = scale**2 / total + variances[1] * (forward - middle) ** 2
    return forward, discount, variances


@kept
def _median_near(sizes: Floats, nearness: Floats) -> float:
    count = 0
    near = np.empty(sizes.size)
    for q in range(sizes.size):
        if nearness[q] >= NEAR_LEAST:
            near[count] = sizes[q]
            count += 1
    return _middle(near[:count])


@kept
def _middle(values: Floats) -> float:
    """The median; puts the values in order on the way."""
    for n in range(1, values.size):
        value, place = values[n], n
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value
    return float(0.5 * (values[(values.size - 1) // 2] + values[values.size // 2]))


@kept
def _insert(key: float, value: float, keys: Floats, values: Floats) -> None:
    """Keep the least keys in order, with their values; of equal ones the first comes first."""
    if not key < keys[-1]:
        return
    place = keys.size - 1
    while place > 0 and keys[place - 1] > key:
        keys[place], values[place] = keys[place - 1], values[place - 1]
        place -= 1
    keys[place], values[place] = key, value


@kept
def _bounds(pairs: tuple[Floats, Floats, Floats, Floats], nearness: Floats, found: Floats) -> int:
    """Write the forward's bounds by bids and asks near the money; returns how many pairs leave the forward out."""
    strike, difference, _, half = pairs
    lowest, highest, outside = -math.inf, math.inf, 0
    for q in range(strike.size):
        if nearness[q] >= NEAR_LEAST:
            middle, room = strike[q] + difference[q] / found[2], half[q] / found[2]
            lowest, highest = max(lowest, middle - room), min(highest, middle + room)
            outside += abs(found[0] - middle) > BEYOND * room
    found[5], found[6] = lowest, highest
    return outside
