"""Slices put in order of time: no later expiry may be worth less than an earlier one at the same moneyness.

What belongs here: the blend that mends a slice which lies below the one before it. What does not: the fit (`fit`).

The slice before, widened by independent variance until it has the later one's volatility at the money, lies above the
slice before at every strike. So does, therefore, the later slice once enough of that is mixed into it; and a mixture
of laws with the same mean is free of butterfly arbitrage like its parts. The share is the least that leaves a margin
at every strike of a grid that reaches far into the wings: nothing where quotes are in order already.
"""

import math

import numpy as np
from numba import njit

from butter_pipeline.options.surface.kernels.prices import mixture
from butter_pipeline.options.surface.slices import COMPONENTS, Floats, Ints

WIDENED_LEAST = 0.01
"""Of the earlier variance at the money: by so much a later expiry's is greater at least."""

MARGIN = 0.02
"""Of the way from the slice before to that slice widened: so far above the former a later one stays."""

POINTS, REACH, CROWDING = 61, 10.0, 3.0
"""Of the grid: how many, how many deviations to each side, and how much denser at the money."""

TAIL_SHARE = 1e-6
"""Of the widened slice where only the tails beyond the grid are out of order."""


@njit(cache=True)
def ordered(
    own: tuple[Floats, Floats, Floats], good: Ints, surfaces: Ints, into: tuple[Floats, Floats, Floats]
) -> tuple[Floats, Floats]:
    """Write the components of every good slice; returns its share of the slice before, and by how much that widened.

    A slice's own components come first, then those of the good slice before it.
    """
    weights, means, deviations = into
    share, widening = np.zeros(good.size), np.zeros(good.size)
    for surface in range(surfaces.size - 1):
        before = -1
        for e in range(surfaces[surface], surfaces[surface + 1]):
            if not good[e]:
                continue
            weights[e, :COMPONENTS], means[e, :COMPONENTS] = own[0][e], own[1][e]
            deviations[e, :COMPONENTS] = own[2][e]
            if before >= 0:
                width = weights.shape[1] - COMPONENTS
                means[e, COMPONENTS:] = means[before, :width]
                widening[e] = _widening(into, before, e)
                for i in range(width):
                    deviations[e, COMPONENTS + i] = math.sqrt(deviations[before, i] ** 2 + widening[e])
                share[e] = _share(into, before, e)
                weights[e, COMPONENTS:] = share[e] * weights[before, :width]
                weights[e, :COMPONENTS] *= 1.0 - share[e]
            before = e
    return share, widening


@njit(cache=True)
def _variance(row: int, parts: tuple[Floats, Floats, Floats]) -> float:
    """Total variance at the money, by the inverse of the error function's series about the usual place."""
    price = mixture(0.0, parts[0][row], parts[1][row], parts[2][row])
    deviation = price * 2.5066282746310002
    for _ in range(50):
        gap = math.erf(deviation * 0.3535533905932738) - price
        deviation -= gap / (0.3989422804014327 * math.exp(-0.125 * deviation * deviation))
        if abs(gap) < 1e-15:
            break
    return deviation * deviation


@njit(cache=True)
def _widening(parts: tuple[Floats, Floats, Floats], before: int, after: int) -> float:
    earlier = _variance(before, parts)
    return max(_variance(after, parts) - earlier, WIDENED_LEAST * earlier)


@njit(cache=True)
def _share(parts: tuple[Floats, Floats, Floats], before: int, after: int) -> float:
    """The least share of the widened slice, whose components stand behind the own ones without weight."""
    weights, means, deviations = parts
    width = weights.shape[1] - COMPONENTS
    widest, widest_before = 0.0, 0.0
    for i in range(COMPONENTS):
        widest = max(widest, deviations[after, i])
    for i in range(width):
        if weights[before, i] > 0.0:
            widest_before = max(widest_before, deviations[before, i])
    share = 0.0 if widest > widest_before else TAIL_SHARE
    reach = REACH * max(widest, widest_before)
    for n in range(POINTS):
        k = reach * math.sinh(CROWDING * (2.0 * n / (POINTS - 1) - 1.0)) / math.sinh(CROWDING)
        floor = mixture(k, weights[before], means[before], deviations[before])
        if floor < 1e-280:
            continue
        own = mixture(k, weights[after, :COMPONENTS], means[after, :COMPONENTS], deviations[after, :COMPONENTS])
        above = mixture(k, weights[before, :width], means[after, COMPONENTS:], deviations[after, COMPONENTS:])
        wanted = MARGIN * (above - floor) - (own - floor)
        if wanted > 0.0:
            share = max(share, min(wanted / (above - own), 1.0))
    return share
