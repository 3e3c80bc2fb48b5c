"""What comes of a point on the axes of ARMA's search: its law and its forecasts, compiled.

What belongs here: the mean and both parts as people write them, their covariances, and what they expect. What does not:
the likelihood (`arma`), and differences (`arima`).
"""

import numpy as np

from butter_pipeline.features.models.kernels.algebra import copied, inside
from butter_pipeline.features.models.kernels.arma import ASIDE, own_part, shock_part, shocks_of
from butter_pipeline.features.models.kernels.compiled import inner, kernel
from butter_pipeline.features.registry import Floats, Integers

Samples = tuple[Floats, Integers]
After = tuple[Floats, Integers]


@kernel
def arma_forecasts(laws: Floats, setting: Floats, samples: Samples, after: After, found: Floats) -> None:
    """Fills in what the law (mean, own part, shock part) that each row goes by expects of the next values; NaN: none.

    `samples` are the values and how many each has, by law; `after` those that followed, NaN where there are none, and
    which law each row goes by.
    """
    p, ahead = int(setting[0]), found.shape[1]
    values, counts = samples
    later, which = after
    own, moving = np.empty(p), np.ones(laws.shape[1] - p)
    for row in range(len(found)):
        law, count = laws[which[row]], counts[which[row]]
        if np.isnan(law[0]):
            continue
        for lag in range(p):
            own[lag] = law[1 + lag]
        for lag in range(1, len(moving)):
            moving[lag] = law[p + lag]
        whole = np.empty(count + later.shape[1] + ahead)
        for place in range(count):
            whole[place] = values[which[row], place] - law[0]
        for value in later[row]:
            if not np.isnan(value):
                whole[count] = value - law[0]
                count += 1
        shocks, sizes = np.empty(count + ahead), np.empty(count + ahead)
        shocks_of(own, moving, whole[: count + ahead], count, shocks, sizes)
        for place in range(ahead):
            found[row, place] = whole[count + place] + law[0]


@inner
def law_of(point: Floats, setting: Floats) -> Floats:
    """The mean, the own part and the shock part, in units of the series' deviation."""
    own, shocks = own_part(point, setting), shock_part(point, setting)
    law = np.zeros(len(own) + len(shocks))
    law[0] = point[0] if setting[2] > 0.0 else 0.0
    for lag in range(len(own)):
        law[1 + lag] = own[lag]
    for lag in range(1, len(shocks)):
        law[len(own) + lag] = shocks[lag]
    return law


@kernel
def arma_laws(
    setting: Floats, points: Floats, covariances: Floats, scales: Floats, laws: Floats, spread: Floats
) -> None:
    """Fills in the laws of points and their covariances, in units of the values."""
    axes, size = points.shape[1], laws.shape[1]
    slopes, half = np.zeros((size, axes)), np.zeros((size, axes))
    for number in range(len(points)):
        if np.isnan(scales[number, 1]):
            continue
        point, here = copied(points[number]), law_of(points[number], setting)
        for axis in range(axes):
            point[axis] += ASIDE
            above = law_of(point, setting)
            point[axis] -= 2.0 * ASIDE
            below = law_of(point, setting)
            point[axis] = points[number, axis]
            for row in range(size):
                slopes[row, axis] = (above[row] - below[row]) / (2.0 * ASIDE)
        for row in range(size):
            unit = scales[number, 1] if row == 0 else 1.0
            laws[number, row] = here[row] * unit + (scales[number, 0] if row == 0 else 0.0)
            for axis in range(axes):
                half[row, axis] = inside(slopes[row], covariances[number, axis])
            for column in range(row + 1):
                other = scales[number, 1] if column == 0 else 1.0
                spread[number, row, column] = inside(half[row], slopes[column]) * unit * other
                spread[number, column, row] = spread[number, row, column]
