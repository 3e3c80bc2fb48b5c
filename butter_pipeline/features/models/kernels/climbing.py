"""Climbing to the top of a likelihood within bounds, and proving that it is one.

What belongs here: the search that all models share. What does not: any likelihood, and the little linear algebra that
it needs (`algebra`).

A likelihood is a compiled function of a point, a series and its setting that gives its value and fills in the gradient
and the expected curvature (the information). Steps are damped (Levenberg and Marquardt) and kept within a box; they go
by the expected curvature first and by the observed one near the top, where the gradient's own differences give it.
A top is a point where the gradient is nothing on every axis that is free to move, where it points out of the box on
the others, and where the observed curvature is negative along the free ones.
"""

import numpy as np

from butter_pipeline.features.models.kernels.algebra import inside, put, solved
from butter_pipeline.features.models.kernels.compiled import inner, thin
from butter_pipeline.features.models.kernels.likelihoods import information_at, slopes_at
from butter_pipeline.features.registry import Booleans, Floats

STEPS_MOST = 300
NEAR = 0.3
"""A step that promises less log likelihood than this goes by the observed curvature."""
ARRIVED = 1e-10
"""The search ends when a step promises less log likelihood than this."""
LEFT = 20.0
"""A way leads no higher than so many times what its next step promises."""
PROVED = 1e-7
"""A top is proved when the step that is left promises less than this."""
EASED, HARDENED = 8.0, 6.0
"""By what damping is divided after a step that gained, and multiplied after one that did not."""
DAMPING_FIRST, DAMPING_LEAST, DAMPING_MOST = 1e-3, 1e-12, 1e10
STEP_MOST = 3.0
DIFFERENCE = 1e-5
UNTOLD = 1e-8
"""An axis that curves less than this along with a gradient of nothing is one that the series says nothing about."""


@thin
def observed(
    model: int, point: Floats, fixed: Booleans, series: Floats, setting: Floats, rough: int, curvature: Floats
) -> None:
    """Fills in the negative Hessian, by differences of the gradient; the first `rough` axes keep what they have.

    Of axes that are fixed nothing is asked.
    """
    size = len(point)
    above, below, aside = np.zeros(size), np.zeros(size), np.zeros(size)
    for axis in range(rough, size):
        if fixed[axis]:
            continue
        step = DIFFERENCE * max(1.0, abs(point[axis]))
        put(point, aside)
        aside[axis] = point[axis] + step
        slopes_at(model, aside, series, setting, above)
        aside[axis] = point[axis] - step
        slopes_at(model, aside, series, setting, below)
        for other in range(size):
            told = (below[other] - above[other]) / (2.0 * step)
            curvature[axis, other] = told if other >= axis or other < rough else 0.5 * (told + curvature[other, axis])
            curvature[other, axis] = curvature[axis, other]


@thin
def learned(curvature: Floats, point: Floats, further: Floats, gradient: Floats, tried: Floats) -> None:
    """The curvature, taught by how the gradient turned over a move (Broyden, Fletcher, Goldfarb and Shanno)."""
    size = len(point)
    moved, turned, known = np.zeros(size), np.zeros(size), np.zeros(size)
    for row in range(size):
        moved[row], turned[row] = further[row] - point[row], gradient[row] - tried[row]
    for row in range(size):
        for column in range(size):
            known[row] += curvature[row, column] * moved[column]
    along, held = inside(moved, turned), inside(moved, known)
    if along > 1e-8 * held > 0.0:
        for row in range(size):
            for column in range(size):
                curvature[row, column] += turned[row] * turned[column] / along - known[row] * known[column] / held


@inner
def free_axes(point: Floats, low: Floats, high: Floats, gradient: Floats, curvature: Floats) -> Booleans:
    """The axes along which the point may move: not out of the box, and not where the series says nothing."""
    free = np.ones(len(point), dtype=np.bool_)
    for axis in range(len(point)):
        outward = (point[axis] <= low[axis] and gradient[axis] <= 0.0) or (
            point[axis] >= high[axis] and gradient[axis] >= 0.0
        )
        untold = abs(gradient[axis]) < UNTOLD and abs(curvature[axis, axis]) < UNTOLD
        free[axis] = low[axis] < high[axis] and not outward and not untold
    return free


@inner
def step_of(gradient: Floats, curvature: Floats, scale: Floats, free: Booleans, damping: float, step: Floats) -> float:
    """Fills in the damped step along the free axes; what it promises, or -1 where the curvature is no hill's."""
    chosen, count = np.zeros(len(free), dtype=np.int64), 0
    for axis in range(len(free)):
        step[axis] = 0.0
        if free[axis]:
            chosen[count] = axis
            count += 1
    matrix, right, answer = np.zeros((count, count)), np.zeros(count), np.zeros(count)
    for row in range(count):
        right[row] = gradient[chosen[row]]
        for column in range(count):
            matrix[row, column] = curvature[chosen[row], chosen[column]]
        matrix[row, row] += damping * scale[chosen[row]]
    if not solved(matrix, right, answer):
        return -1.0
    promised = 0.0
    for row in range(count):
        step[chosen[row]] = answer[row]
        promised += 0.5 * answer[row] * right[row]
    return promised


@thin
def longest(step: Floats) -> float:
    """The length of the longest axis of a step."""
    found = 0.0
    for each in step:
        found = max(found, abs(each))
    return found


@inner
def climb(model: int, point: Floats, low: Floats, high: Floats, series: Floats, setting: Floats, floor: float) -> float:
    """Moves the point to the top; gives the likelihood there. A way that will not lead above the floor is left."""
    size = len(point)
    gradient, tried, step, further = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size)
    curvature, scale = np.zeros((size, size)), np.zeros(size)
    best = slopes_at(model, point, series, setting, gradient)
    information_at(model, point, series, setting, curvature)
    damping = DAMPING_FIRST
    for _ in range(STEPS_MOST):
        for axis in range(size):
            scale[axis] = max(curvature[axis, axis], UNTOLD)
        free = free_axes(point, low, high, gradient, curvature)
        promised = step_of(gradient, curvature, scale, free, damping, step)
        shrink = STEP_MOST / max(STEP_MOST, longest(step))
        for axis in range(size):
            further[axis] = min(max(point[axis] + shrink * step[axis], low[axis]), high[axis])
        reached = slopes_at(model, further, series, setting, tried)
        if reached > best:
            if promised < NEAR:
                learned(curvature, point, further, gradient, tried)
            else:
                information_at(model, further, series, setting, curvature)
            best = reached
            put(further, point)
            put(tried, gradient)
            damping = max(damping / EASED, DAMPING_LEAST)
        else:
            damping = max(damping, DAMPING_FIRST) * HARDENED
        if promised < ARRIVED or damping > DAMPING_MOST or (promised < NEAR and best + LEFT * promised < floor):
            break
    return best


@inner
def proved(
    model: int,
    point: Floats,
    low: Floats,
    high: Floats,
    series: Floats,
    setting: Floats,
    rough: int,
    covariance: Floats,
) -> bool:
    """Whether the point is a top; fills in the covariance of its axes, nothing for those that are not free."""
    size = len(point)
    gradient, curvature, step = np.zeros(size), np.zeros((size, size)), np.zeros(size)
    slopes_at(model, point, series, setting, gradient)
    if rough > 0:
        information_at(model, point, series, setting, curvature)
    observed(model, point, high <= low, series, setting, rough, curvature)
    free = free_axes(point, low, high, gradient, curvature)
    left = step_of(gradient, curvature, np.zeros(size), free, 0.0, step)
    for row in range(size):
        for column in range(size):
            covariance[row, column] = 0.0
    if not 0.0 <= left < PROVED:
        return False
    unit = np.zeros(size)
    for axis in range(size):
        if free[axis]:
            unit[axis] = 1.0
            step_of(unit, curvature, gradient, free, 0.0, step)
            put(step, covariance[axis])
            unit[axis] = 0.0
    return True
