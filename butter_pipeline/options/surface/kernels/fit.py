"""The compiled fit of a mixture of lognormals to the quotes of an expiry.

What belongs here: parameters, residuals and their slopes, and the search. What does not: prices (`prices`), and
order in time (`order`).
"""

import math

import numpy as np

from butter_pipeline.options.surface.kernels.compiled import kept
from butter_pipeline.options.surface.kernels.prices import mixture, normal
from butter_pipeline.options.surface.slices import COMPONENTS, Floats, Ints

PARAMETERS = 3 * COMPONENTS - 2
"""Of a slice: two logits of weights, two offsets of means and three of deviations."""

START = np.array([-1.0, -1.0, -0.5, 0.5, -0.2, 0.2, 0.2])
"""A smile that is slightly curved and not skewed: what stands where quotes say nothing."""

PULL = 0.03
"""Of the start on every parameter: so much, in half spreads, per unit that it moves."""

OUTLIER = 3.0
"""Half spreads from the surface beyond which a quote's pull no longer grows."""

WIDTH_MOST, OFFSET_MOST, LOGIT_MOST = 1.4, 4.0, 7.0
"""A component's deviation stays within a factor of exp(1.4) of the slice's, its mean within four deviations."""

STEPS_MOST = 60
GAIN_LEAST, GAIN_SHARE = 1e-2, 1e-3
"""What a step must promise in order to be taken, in squared half spreads and as a share of the cost."""

_DENSITY = 0.3989422804014327


@kept
def components(x: Floats, scale: float, weights: Floats, means: Floats, deviations: Floats) -> None:
    """From parameters to components whose weights sum to one and whose mean is one."""
    total = 1.0
    weights[0], means[0] = 1.0, 1.0
    for i in range(1, COMPONENTS):
        weights[i] = math.exp(LOGIT_MOST * math.tanh(x[i - 1] / LOGIT_MOST))
        means[i] = math.exp(scale * OFFSET_MOST * math.tanh(x[COMPONENTS + i - 2] / OFFSET_MOST))
        total += weights[i]
    mean = 0.0
    for i in range(COMPONENTS):
        weights[i] /= total
        mean += weights[i] * means[i]
    for i in range(COMPONENTS):
        means[i] /= mean
        deviations[i] = scale * math.exp(WIDTH_MOST * math.tanh(x[2 * COMPONENTS - 2 + i] / WIDTH_MOST))


@kept
def _bend(value: float, most: float) -> float:
    """The slope of `most * tanh(value / most)`."""
    share = math.tanh(value / most)
    return 1.0 - share * share


@kept
def _price_and_slopes(
    k: float, parts: tuple[Floats, Floats, Floats], scale: float, bends: Floats, slopes: Floats
) -> float:
    """The price at one strike, and its slopes along the parameters.

    A component's price changes with its mean by N(d1) or -N(-d1), and with its deviation by strike times n(d2); the
    condition that means average to one ties the parameters together.
    """
    weights, means, deviations = parts
    strike, price, carried = math.exp(k), 0.0, 0.0
    for i in range(COMPONENTS):
        width = deviations[i]
        upper = (math.log(means[i]) - k) / width + 0.5 * width
        lower = upper - width
        if k < 0.0:
            held = -normal(-upper)
            value = strike * normal(-lower) + means[i] * held
        else:
            held = normal(upper)
            value = means[i] * held - strike * normal(lower)
        price += weights[i] * value
        carried += weights[i] * means[i] * held
        slopes[2 * COMPONENTS - 2 + i] = weights[i] * strike * _DENSITY * math.exp(-0.5 * lower * lower) * width
        if i > 0:
            slopes[i - 1] = value
            slopes[COMPONENTS + i - 2] = held
    for i in range(1, COMPONENTS):
        value, held = slopes[i - 1], slopes[COMPONENTS + i - 2]
        slopes[i - 1] = weights[i] * (value - price - (means[i] - 1.0) * carried)
        slopes[COMPONENTS + i - 2] = scale * weights[i] * means[i] * (held - carried)
    for j in range(PARAMETERS):
        slopes[j] *= bends[j]
    return price


@kept
def _bends(x: Floats, found: Floats) -> None:
    for j in range(PARAMETERS):
        most = LOGIT_MOST if j < COMPONENTS - 1 else OFFSET_MOST if j < 2 * COMPONENTS - 2 else WIDTH_MOST
        found[j] = _bend(x[j], most)


@kept
def _weighted(residual: float) -> tuple[float, float]:
    """The cost of a residual in half spreads, and the weight of its square in the next step."""
    size = abs(residual)
    if size <= OUTLIER:
        return residual * residual, 1.0
    return OUTLIER * (2.0 * size - OUTLIER), OUTLIER / size


@kept
def _cost(x: Floats, k: Floats, mid: Floats, half: Floats, scale: float) -> float:
    weights, means, deviations = np.empty(COMPONENTS), np.empty(COMPONENTS), np.empty(COMPONENTS)
    components(x, scale, weights, means, deviations)
    total = 0.0
    for q in range(k.size):
        total += _weighted((mixture(k[q], weights, means, deviations) - mid[q]) / half[q])[0]
    for j in range(PARAMETERS):
        total += (PULL * (x[j] - START[j])) ** 2
    return total


@kept
def _normal_equations(
    x: Floats, quotes: tuple[Floats, Floats, Floats], scale: float, squares: Floats, gains: Floats
) -> None:
    """The matrix and the right side of the step from `x`."""
    k, mid, half = quotes
    weights, means, deviations = np.empty(COMPONENTS), np.empty(COMPONENTS), np.empty(COMPONENTS)
    components(x, scale, weights, means, deviations)
    slopes, bends = np.empty(PARAMETERS), np.empty(PARAMETERS)
    _bends(x, bends)
    squares[:], gains[:] = 0.0, 0.0
    for q in range(k.size):
        price = _price_and_slopes(k[q], (weights, means, deviations), scale, bends, slopes)
        residual = (price - mid[q]) / half[q]
        weight = _weighted(residual)[1]
        for j in range(PARAMETERS):
            slope = slopes[j] / half[q]
            gains[j] -= weight * slope * residual
            for i in range(j + 1):
                squares[j, i] += weight * slope * slopes[i] / half[q]
    for j in range(PARAMETERS):
        squares[j, j] += PULL * PULL
        gains[j] -= PULL * PULL * (x[j] - START[j])


@kept
def _solved(squares: Floats, gains: Floats, damping: float, root: Floats, step: Floats) -> bool:
    """The damped step, by Cholesky's factors; False when the matrix has none."""
    n = gains.size
    for j in range(n):
        for i in range(j + 1):
            total = squares[j, i]
            if i == j:
                total *= 1.0 + damping
            for m in range(i):
                total -= root[j, m] * root[i, m]
            if i < j:
                root[j, i] = total / root[i, i]
            elif total <= 0.0:
                return False
            else:
                root[j, j] = math.sqrt(total)
    for j in range(n):
        total = gains[j]
        for m in range(j):
            total -= root[j, m] * step[m]
        step[j] = total / root[j, j]
    for j in range(n - 1, -1, -1):
        total = step[j]
        for m in range(j + 1, n):
            total -= root[m, j] * step[m]
        step[j] = total / root[j, j]
    return True


@kept
def fitted(start: Floats, k: Floats, mid: Floats, half: Floats, scale: float) -> tuple[Floats, float]:
    """The parameters that fit the quotes best from a start (Levenberg and Marquardt), and their cost."""
    x, trial = start.copy(), np.empty(PARAMETERS)
    squares, root = np.empty((PARAMETERS, PARAMETERS)), np.empty((PARAMETERS, PARAMETERS))
    gains, step = np.empty(PARAMETERS), np.empty(PARAMETERS)
    cost, damping = _cost(x, k, mid, half, scale), 1e-2
    fresh = True
    for _ in range(STEPS_MOST):
        if fresh:
            _normal_equations(x, (k, mid, half), scale, squares, gains)
        fresh = False
        if _solved(squares, gains, damping, root, step):
            promise = 0.0
            for j in range(PARAMETERS):
                trial[j] = x[j] + step[j]
                promise += gains[j] * step[j]
            if promise <= GAIN_LEAST + GAIN_SHARE * cost:
                break
            better = _cost(trial, k, mid, half, scale)
            fresh = better < cost
        if fresh:
            x[:], cost, damping = trial, better, max(damping * 0.2, 1e-9)
        else:
            damping *= 8.0
    return x, cost


@kept
def fit_all(
    quotes: tuple[Floats, Floats, Floats], starts: Ints, surfaces: Ints, scale: Floats
) -> tuple[Floats, Floats, Floats]:
    """The components [expiry, component] of every expiry that has a scale.

    An expiry is also begun from what fits the one before it in its surface; the better of both stands.
    """
    shape = (scale.size, COMPONENTS)
    weights, means, deviations = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    for surface in range(surfaces.size - 1):
        before = START
        for e in range(surfaces[surface], surfaces[surface + 1]):
            if math.isnan(scale[e]):
                continue
            part = slice(starts[e], starts[e + 1])
            k, mid, half = quotes[0][part], quotes[1][part], quotes[2][part]
            x, cost = fitted(before, k, mid, half, scale[e])
            if cost > k.size and before is not START:
                again, other = fitted(START, k, mid, half, scale[e])
                if other < cost:
                    x = again
            components(x, scale[e], weights[e], means[e], deviations[e])
            before = x
    return weights, means, deviations
