"""The likelihood of EGARCH(1,1) with a constant mean, and its slopes, compiled.

What belongs here: the likelihood over the axes of the search. What does not: the search (`climbing`), the parameters
as people write them (`volatility`).

The axes are the mean, the level about which the logarithm of the variance moves, the shocks' size, the shocks' sign
and the persistence: tomorrow's log variance is the level, plus persistence x (today's less the level), plus size x
(|z| - its mean) plus sign x z, z being today's shock in units of its deviation. The likelihood has a kink in the mean
at every return, for |z| has one at nothing. Series come in units of their own deviation, about their mean. `setting`
is as for GARCH.
"""

import numpy as np

from butter_pipeline.features.models.kernels.compiled import inner
from butter_pipeline.features.registry import Floats

MEAN_SIZE = np.sqrt(2.0 / np.pi)
"""The mean of |z| under a normal law."""
LOG_MOST = 60.0
"""Beyond this the logarithm of a variance, in units of the series' own, is no law of anything."""


@inner
def egarch_value(point: Floats, series: Floats, setting: Floats) -> float:
    """The normal log likelihood, less its constant."""
    mean, level, by_size, by_sign, kept = point[0], point[1], point[2], point[3], point[4]
    apart = kept * (np.log(setting[0] + setting[1] * mean * mean) - level)
    likelihood = 0.0
    for number in range(len(series)):
        logarithm = level + apart
        if not -LOG_MOST < logarithm < LOG_MOST:
            return -np.inf
        z = (series[number] - mean) * np.exp(-0.5 * logarithm)
        likelihood -= logarithm + z * z
        apart = kept * apart + by_size * (abs(z) - MEAN_SIZE) + by_sign * z
    return 0.5 * likelihood


@inner
def egarch_slopes(point: Floats, series: Floats, setting: Floats, gradient: Floats) -> float:
    """The likelihood; fills in its gradient, gathered backwards: what a session's variance does to all later ones."""
    mean, level, by_size, by_sign, kept = point[0], point[1], point[2], point[3], point[4]
    before = setting[0] + setting[1] * mean * mean
    count = len(series)
    aparts, inverses = np.empty(count), np.empty(count)
    apart, likelihood = kept * (np.log(before) - level), 0.0
    for number in range(count):
        logarithm = level + apart
        if not -LOG_MOST < logarithm < LOG_MOST:
            return -np.inf
        inverse = np.exp(-0.5 * logarithm)
        z = (series[number] - mean) * inverse
        aparts[number], inverses[number] = apart, inverse
        likelihood -= logarithm + z * z
        apart = kept * apart + by_size * (abs(z) - MEAN_SIZE) + by_sign * z
    g_mean, g_level, g_size, g_sign, g_kept, later = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for number in range(count - 1, -1, -1):
        inverse = inverses[number]
        z = (series[number] - mean) * inverse
        size = abs(z)
        told = by_size * np.sign(z) + by_sign
        g_mean += inverse * (z - later * told)
        g_size += later * (size - MEAN_SIZE)
        g_sign += later * z
        g_kept += later * aparts[number]
        surprise, pulled = 0.5 * (z * z - 1.0), 0.5 * (by_size * size + by_sign * z)
        g_level += surprise - later * pulled
        later = surprise + later * (kept - pulled)
    gradient[0] = g_mean + later * kept * 2.0 * setting[1] * mean / before
    gradient[1] = g_level - later * kept
    gradient[2], gradient[3] = g_size, g_sign
    gradient[4] = g_kept + later * (np.log(before) - level)
    return 0.5 * likelihood


@inner
def egarch_information(point: Floats, series: Floats, setting: Floats, information: Floats) -> None:
    """Fills in the expected curvature."""
    mean, level, by_size, by_sign, kept = point[0], point[1], point[2], point[3], point[4]
    before = setting[0] + setting[1] * mean * mean
    apart = kept * (np.log(before) - level)
    slopes = np.zeros(5)
    slopes[0] = kept * 2.0 * setting[1] * mean / before
    slopes[1] = 1.0 - kept
    slopes[4] = np.log(before) - level
    for row in range(5):
        for column in range(5):
            information[row, column] = 0.0
    for number in range(len(series)):
        inverse = np.exp(-0.5 * (level + apart))
        z = (series[number] - mean) * inverse
        for row in range(5):
            for column in range(row + 1):
                information[row, column] += 0.5 * slopes[row] * slopes[column]
        information[0, 0] += inverse * inverse
        pulled = by_size * abs(z) + by_sign * z
        for row in range(5):
            slopes[row] *= kept - 0.5 * pulled
        slopes[0] -= (by_size * np.sign(z) + by_sign) * inverse
        slopes[1] += 1.0 - kept
        slopes[2] += abs(z) - MEAN_SIZE
        slopes[3] += z
        slopes[4] += apart
        apart = kept * apart + pulled - by_size * MEAN_SIZE
    for row in range(5):
        for column in range(row):
            information[column, row] = information[row, column]
