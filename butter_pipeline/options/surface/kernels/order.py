"""Slices put in order of time: no later expiry may be worth less than an earlier one at the same moneyness.

What belongs here: the blend that mends a slice which lies below the one before it. What does not: the fit (`fit`).

The slice before, widened by independent variance until it has the later one's volatility at the money, lies above the
slice before at every strike. So does, therefore, the later slice once enough of that is mixed into it; and a mixture
of laws with the same mean is free of butterfly arbitrage like its parts. The share is the least that leaves a margin
at every strike far into the wings: nothing where quotes are in order already. Strikes are walked in steps that are
short where some component is narrow, and every crest of the share that they show is climbed to its top.
"""

import math

import numpy as np

from butter_pipeline.options.surface.kernels.compiled import kept
from butter_pipeline.options.surface.kernels.prices import mixture
from butter_pipeline.options.surface.slices import COMPONENTS, Floats, Ints

WIDENED_LEAST = 0.01
"""Of the earlier variance at the money: by so much a later expiry's is greater at least."""

MARGIN = 0.02
"""Of the way from the slice before to that slice widened: so far above the former a later one stays."""

STEP, REACH = 0.35, 9.0
"""Of the walk: a step in deviations of the narrowest component at hand, and how many of the widest to each side."""

NEARBY = 0.1
"""Share below the greatest one up to which a crest is climbed: between two strikes it may be the higher one."""

CLIMBS = 24
"""Cuts of the interval about a crest, each by the golden section."""

TAIL_SHARE = 1e-6
"""Of the widened slice where only the tails beyond the grid are out of order."""

_GOLDEN = 0.6180339887498949


@kept
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


@kept
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


@kept
def _widening(parts: tuple[Floats, Floats, Floats], before: int, after: int) -> float:
    earlier = _variance(before, parts)
    return max(_variance(after, parts) - earlier, WIDENED_LEAST * earlier)


@kept
def _share(parts: tuple[Floats, Floats, Floats], before: int, after: int) -> float:
    """The least share of the widened slice, whose components stand behind the own ones without weight."""
    weights, _, deviations = parts
    width = weights.shape[1] - COMPONENTS
    widest, widest_before = 0.0, 0.0
    for i in range(COMPONENTS):
        widest = max(widest, deviations[after, i])
    for i in range(width):
        if weights[before, i] > 0.0:
            widest_before = max(widest_before, deviations[before, i])
    share = 0.0 if widest > widest_before else TAIL_SHARE
    end = REACH * max(widest, widest_before)
    k = (-end, -end, -end)
    wanted = (-math.inf, -math.inf, -math.inf)
    lifted = _lifted_most(parts, before, after)
    while k[2] < end:
        here = k[2] + STEP * min(_narrowest(k[2], parts, before), _narrowest(k[2], parts, after))
        k, wanted = (k[1], k[2], here), (wanted[1], wanted[2], _wanted(here, parts, before, after, lifted))
        share = max(share, min(wanted[2], 1.0))
        if wanted[1] >= wanted[0] and wanted[1] >= wanted[2] and wanted[1] > share - NEARBY:
            share = max(share, min(_crest(k[0], k[2], parts, before, after, lifted), 1.0))
    return share


@kept
def _narrowest(k: float, parts: tuple[Floats, Floats, Floats], row: int) -> float:
    """The least of the components' deviations at a strike; one that is far away counts as wider."""
    weights, means, deviations = parts
    least = math.inf
    for i in range(weights.shape[1]):
        if weights[row, i] > 0.0:
            least = min(least, deviations[row, i] + 0.25 * abs(k - math.log(means[row, i])))
    return least


@kept
def _lifted_most(parts: tuple[Floats, Floats, Floats], before: int, after: int) -> float:
    """No strike is lifted by more than this when the slice before is widened: no vega exceeds n(0) times the mean."""
    weights, means, deviations = parts
    most = 0.0
    for i in range(weights.shape[1] - COMPONENTS):
        most += weights[before, i] * means[before, i] * (deviations[after, COMPONENTS + i] - deviations[before, i])
    return 0.3989422804014327 * most


@kept
def _wanted(k: float, parts: tuple[Floats, Floats, Floats], before: int, after: int, lifted: float) -> float:
    """The share that leaves the margin at one strike; below nought where it is there already."""
    weights, means, deviations = parts
    width = weights.shape[1] - COMPONENTS
    floor = mixture(k, weights[before], means[before], deviations[before])
    if floor < 1e-280:
        return -math.inf
    own = mixture(k, weights[after, :COMPONENTS], means[after, :COMPONENTS], deviations[after, :COMPONENTS])
    if own - floor >= MARGIN * lifted:
        return -math.inf
    above = mixture(k, weights[before, :width], means[after, COMPONENTS:], deviations[after, COMPONENTS:])
    short = MARGIN * (above - floor) - (own - floor)
    return short / (short + (1.0 - MARGIN) * (above - floor)) if short > 0.0 else short / max(own, above)


@kept
def _crest(
    low: float, high: float, parts: tuple[Floats, Floats, Floats], before: int, after: int, lifted: float
) -> float:
    """The greatest share between two strikes about a crest."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = _wanted(left, parts, before, after, lifted), _wanted(right, parts, before, after, lifted)
    for _ in range(CLIMBS):
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = _wanted(left, parts, before, after, lifted)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = _wanted(right, parts, before, after, lifted)
    return max(at_left, at_right)
