"""The exact normal likelihood of ARMA(p, q) about a mean, compiled.

What belongs here: the likelihood over the axes of the search. What does not: the search (`climbing`), and what comes of
the point that it finds (`arma_laws`).

The first values are kept and the others turned into y less what the own part says of it, which is a moving average: so
the covariance has a narrow band, and its Cholesky factor gives the shocks one after another (Ansley 1979). From where
its rows no longer change, they are used again. The axes are the mean and, of either part, the partial correlations,
which lie within -1 and 1 whatever the order (Barndorff-Nielsen and Schou 1973). The shocks' variance is the one that is
likeliest for the rest. `setting` is p, q and 1 where there is a mean. Series come in units of their own deviation.
"""

import numpy as np

from butter_pipeline.features.models.kernels.algebra import copied, eliminated, inside, put
from butter_pipeline.features.models.kernels.arma11 import STEADY, information_11, slopes_11
from butter_pipeline.features.models.kernels.compiled import inner, thin
from butter_pipeline.features.registry import Floats

ASIDE = 1e-5
"""How far aside the likelihood is looked at for its slopes, in units of the distance to the edge."""


@thin
def coefficients(partial: Floats) -> Floats:
    """Of a stationary own part, from its partial correlations (Durbin and Levinson)."""
    count = len(partial)
    found, before = np.empty(count), np.empty(count)
    for order in range(count):
        for lag in range(order):
            before[lag] = found[lag]
        for lag in range(order):
            found[lag] = before[lag] - partial[order] * before[order - 1 - lag]
        found[order] = partial[order]
    return found


@thin
def own_part(point: Floats, setting: Floats) -> Floats:
    """Coefficients of the last values."""
    partial = np.empty(int(setting[0]))
    for lag in range(len(partial)):
        partial[lag] = point[int(setting[2]) + lag]
    return coefficients(partial)


@thin
def shock_part(point: Floats, setting: Floats) -> Floats:
    """Coefficients of the shocks, the present one's first."""
    partial = np.empty(int(setting[1]))
    for lag in range(len(partial)):
        partial[lag] = -point[int(setting[2]) + int(setting[0]) + lag]
    within = coefficients(partial)
    found = np.ones(len(partial) + 1)
    for lag in range(len(partial)):
        found[1 + lag] = -within[lag]
    return found


@inner
def covariances(own: Floats, shocks: Floats) -> tuple[Floats, Floats, Floats]:
    """By lag, in units of the shocks' variance: of the values, of moving averages with values, of moving averages."""
    p, q = len(own), len(shocks) - 1
    longest = max(p, q)
    weights, mixed, moving = np.zeros(q + 1), np.zeros(longest + 1), np.zeros(longest + 1)
    for lag in range(q + 1):
        weights[lag] = shocks[lag]
        for back in range(1, min(lag, p) + 1):
            weights[lag] += own[back - 1] * weights[lag - back]
    for lag in range(q + 1):
        for each in range(lag, q + 1):
            mixed[lag] += shocks[each] * weights[each - lag]
            moving[lag] += shocks[each] * shocks[each - lag]
    matrix = np.zeros((p + 1, p + 1))
    for row in range(p + 1):
        matrix[row, row] += 1.0
        for back in range(1, p + 1):
            matrix[row, abs(row - back)] -= own[back - 1]
    first, values = np.empty(p + 1), np.zeros(longest + 1)
    for lag in range(p + 1):
        first[lag] = mixed[lag]
    eliminated(matrix, first)
    for lag in range(p + 1):
        values[lag] = first[lag]
    for lag in range(p + 1, longest + 1):
        values[lag] = mixed[lag]
        for back in range(1, p + 1):
            values[lag] += own[back - 1] * values[lag - back]
    return values, mixed, moving


@inner
def first_shocks(
    own: Floats, shocks: Floats, series: Floats, known: int, found: Floats, sizes: Floats, last: Floats
) -> int:
    """Fills in shocks and their variances up to where those no longer change, and the factor's last row; how many."""
    values, mixed, moving = covariances(own, shocks)
    band = len(values) - 1
    rows = np.zeros((band + 1, band))  # the rows of the factor, in a ring: [session, how far back - 1]
    steady, number = 0, 0
    while number < len(series) and steady <= band:
        row = rows[number % (band + 1)]
        size = values[0] if number < band else moving[0]
        for back in range(min(band, number), 0, -1):
            other = number - back
            told = values[back] if number < band else (mixed[back] if other < band else moving[back])
            for third in range(max(0, number - band, other - band), other):
                told -= row[number - third - 1] * sizes[third] * rows[other % (band + 1), other - third - 1]
            row[back - 1] = told / sizes[other]
            size -= row[back - 1] ** 2 * sizes[other]
        sizes[number] = size
        still = number > 2 * band and abs(size - sizes[number - 1]) <= STEADY * size
        steady = steady + 1 if still else 0
        expected = 0.0
        if number >= band:
            for back in range(1, len(own) + 1):
                expected += own[back - 1] * series[number - back]
        for back in range(1, min(band, number) + 1):
            expected += row[back - 1] * found[number - back]
        if number >= known:
            series[number] = expected
        found[number] = series[number] - expected
        put(row, last)
        number += 1
    return number


@inner
def shocks_of(own: Floats, shocks: Floats, series: Floats, known: int, found: Floats, sizes: Floats) -> int:
    """Fills in every value's shock, and its variance in units of the steady one; from where on that is the last told.

    Values from `known` on are not known: they are filled in as expected, their shocks being nothing. What past values
    say of one is taken off all of them before the shocks are, for it needs no waiting for the shock before.
    """
    row = np.zeros(max(len(own), len(shocks) - 1))
    begin = first_shocks(own, shocks, series, known, found, sizes, row)
    for number in range(begin, known):
        found[number] = series[number]
        for back in range(1, len(own) + 1):
            found[number] -= own[back - 1] * series[number - back]
    for number in range(begin, known):
        for back in range(1, len(row) + 1):
            found[number] -= row[back - 1] * found[number - back]
    for number in range(max(begin, known), len(series)):
        series[number], found[number] = 0.0, 0.0
        for back in range(1, len(own) + 1):
            series[number] += own[back - 1] * series[number - back]
        for back in range(1, len(row) + 1):
            series[number] += row[back - 1] * found[number - back]
    return begin


@inner
def arma_residuals(point: Floats, series: Floats, setting: Floats, scaled: Floats) -> float:
    """Fills in the shocks in units of their deviation; the sum of the logarithms of their relative variances."""
    sizes, apart = np.empty(len(series)), np.empty(len(series))
    mean = point[0] if setting[2] > 0.0 else 0.0
    for number in range(len(series)):
        apart[number] = series[number] - mean
    begin = shocks_of(own_part(point, setting), shock_part(point, setting), apart, len(series), scaled, sizes)
    logarithms, product = 0.0, 1.0
    for number in range(begin):
        scaled[number] /= np.sqrt(sizes[number])
        product *= sizes[number]
        if number % 8 == 7:
            logarithms += np.log(product)
            product = 1.0
    deviation = np.sqrt(sizes[begin - 1])
    for number in range(begin, len(series)):
        scaled[number] /= deviation
    return float(logarithms + np.log(product) + (len(series) - begin) * np.log(sizes[begin - 1]))


@inner
def arma_value(point: Floats, series: Floats, setting: Floats) -> float:
    """The normal log likelihood at the likeliest variance of the shocks, less its constant."""
    scaled = np.empty(len(series))
    logarithms = arma_residuals(point, series, setting, scaled)
    return float(-0.5 * (len(series) * np.log(inside(scaled, scaled) / len(series)) + logarithms))


@thin
def shock_variance(point: Floats, series: Floats, setting: Floats) -> float:
    """The likeliest variance of the shocks."""
    scaled = np.empty(len(series))
    arma_residuals(point, series, setting, scaled)
    return inside(scaled, scaled) / len(series)


@thin
def step_aside(axis: int, point: Floats, setting: Floats) -> float:
    """How far along an axis to look for slopes: less than to the edge of what is stationary."""
    if setting[2] <= axis < setting[2] + setting[0]:
        return float(ASIDE * max(1.0 - point[axis] * point[axis], ASIDE))
    return ASIDE


@thin
def plain(setting: Floats) -> bool:
    """Whether the order is one own part and one shock part about a mean."""
    return bool(setting[0] == 1.0 and setting[1] == 1.0 and setting[2] == 1.0)


@inner
def arma_slopes(point: Floats, series: Floats, setting: Floats, gradient: Floats) -> float:
    """The likelihood; fills in its gradient, by differences but for the plain order."""
    if plain(setting):
        return slopes_11(point, series, gradient)
    aside = copied(point)
    for axis in range(len(point)):
        step = step_aside(axis, point, setting)
        aside[axis] = point[axis] + step
        above = arma_value(aside, series, setting)
        aside[axis] = point[axis] - step
        gradient[axis] = (above - arma_value(aside, series, setting)) / (2.0 * step)
        aside[axis] = point[axis]
    return arma_value(point, series, setting)


@inner
def arma_information(point: Floats, series: Floats, setting: Floats, information: Floats) -> None:
    """Fills in the curvature that the slopes of the shocks expect (Gauss and Newton)."""
    if plain(setting):
        information_11(point, series, information)
        return
    count, size = len(series), len(point)
    slopes, here, aside = np.zeros((size, count)), np.empty(count), copied(point)
    arma_residuals(point, series, setting, here)
    squares = inside(here, here)
    for axis in range(size):
        step = step_aside(axis, point, setting)
        aside[axis] = point[axis] + step
        arma_residuals(aside, series, setting, slopes[axis])
        aside[axis] = point[axis] - step
        arma_residuals(aside, series, setting, here)
        for number in range(count):
            slopes[axis, number] = (slopes[axis, number] - here[number]) / (2.0 * step)
        aside[axis] = point[axis]
    for row in range(size):
        for column in range(row + 1):
            information[row, column] = inside(slopes[row], slopes[column]) * count / squares
            information[column, row] = information[row, column]
