"""The likelihood of GARCH(1,1) and GJR-GARCH(1,1) with a constant mean, and its slopes, compiled.

What belongs here: the likelihood over the axes of the search. What does not: the search (`climbing`), the parameters
as people write them (`volatility`).

The axes are the mean, the logarithm of the constant, the persistence, the shocks' share in it and the falls' share in
the shocks' part: tomorrow's variance is the constant, plus 2 x persistence x share x (falls' share after a fall, else
the rest) x today's squared shock, plus persistence x (1 - share) x today's variance. On them every bound of the law is
an edge of a box: no weight is negative and persistence is at most 1. GARCH is GJR with the falls' share held at a half.
Series come in units of their own deviation, about their mean. `setting` is the presample variance, and 1 where it is
the mean squared shock and so moves with the mean, else 0.

The slopes are written out axis by axis: as loops over five axes they take twice as long. The variance is walked two
sessions at a time, each pair in terms of the one before it: what is waited for is half as much.
"""

import numpy as np

from butter_pipeline.features.models.kernels.compiled import inner
from butter_pipeline.features.registry import Floats

LOGS_AT_ONCE = 8
"""Variances that are multiplied before a logarithm is taken: cheaper, and no product leaves the range of a float."""


@inner
def garch_variances(point: Floats, series: Floats, setting: Floats, variances: Floats) -> float:
    """The normal log likelihood, less its constant; fills in every session's variance."""
    mean, constant, lasting, share, falls = point[0], np.exp(point[1]), point[2], point[3], point[4]
    after_fall, after_rise = 2.0 * lasting * share * falls, 2.0 * lasting * share * (1.0 - falls)
    kept = lasting * (1.0 - share)
    twice = kept * kept
    variance = constant + lasting * (setting[0] + setting[1] * mean * mean)
    likelihood, product = 0.0, 1.0
    for number in range(0, len(series) - 1, 2):
        one, two = series[number] - mean, series[number + 1] - mean
        added = constant + (after_fall if one < 0.0 else after_rise) * one * one
        following = added + kept * variance
        variances[number], variances[number + 1] = variance, following
        product *= variance * following
        if number % LOGS_AT_ONCE == LOGS_AT_ONCE - 2:
            likelihood -= np.log(product)
            product = 1.0
        likelihood -= one * one / variance + two * two / following
        added = constant + (after_fall if two < 0.0 else after_rise) * two * two + kept * added
        variance = added + twice * variance
    if len(series) % 2 == 1:
        last = series[len(series) - 1] - mean
        variances[len(series) - 1] = variance
        product *= variance
        likelihood -= last * last / variance
    return float(0.5 * (likelihood - np.log(product)))


@inner
def garch_value(point: Floats, series: Floats, setting: Floats) -> float:
    """The normal log likelihood, less its constant."""
    return garch_variances(point, series, setting, np.empty(len(series)))


@inner
def told_backwards(
    mean: float, kept: float, after_fall: float, after_rise: float, series: Floats, variances: Floats
) -> tuple[float, float, float, float, float, float]:
    """What the likelihood gains by the mean, the constant, the variance before, squares, those of falls, the first."""
    by_mean, by_constant, by_kept, by_square, by_fall, later = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    twice = kept * kept
    for number in range(len(series) - 1, 0, -2):
        one, two = series[number] - mean, series[number - 1] - mean
        variance, earlier = variances[number], variances[number - 1]
        inverse, before = 1.0 / variance, 1.0 / earlier
        gain = 0.5 * (one * one * inverse - 1.0) * inverse
        sooner = gain + kept * later
        squares, sooner_squares = later * one * one, sooner * two * two
        by_mean += one * (inverse - 2.0 * later * (after_fall if one < 0.0 else after_rise))
        by_mean += two * (before - 2.0 * sooner * (after_fall if two < 0.0 else after_rise))
        by_constant += later + sooner
        by_kept += later * variance + sooner * earlier
        by_square += squares + sooner_squares
        by_fall += (squares if one < 0.0 else 0.0) + (sooner_squares if two < 0.0 else 0.0)
        later = 0.5 * (two * two * before - 1.0) * before + kept * gain + twice * later
    if len(series) % 2 == 1:
        one, inverse = series[0] - mean, 1.0 / variances[0]
        by_mean += one * (inverse - 2.0 * later * (after_fall if one < 0.0 else after_rise))
        by_constant += later
        by_kept += later * variances[0]
        by_square += later * one * one
        by_fall += later * one * one if one < 0.0 else 0.0
        later = 0.5 * (one * one * inverse - 1.0) * inverse + kept * later
    return by_mean, by_constant, by_kept, by_square, by_fall, later


@inner
def garch_slopes(point: Floats, series: Floats, setting: Floats, gradient: Floats) -> float:
    """The likelihood; fills in its gradient, gathered backwards: what a session's variance does to all later ones."""
    variances = np.empty(len(series))
    likelihood = garch_variances(point, series, setting, variances)
    mean, constant, lasting, share, falls = point[0], np.exp(point[1]), point[2], point[3], point[4]
    after_fall, after_rise = 2.0 * lasting * share * falls, 2.0 * lasting * share * (1.0 - falls)
    before = setting[0] + setting[1] * mean * mean
    by_mean, by_constant, by_kept, by_square, by_fall, first = told_backwards(
        mean, lasting * (1.0 - share), after_fall, after_rise, series, variances
    )
    by_rise = by_square - by_fall
    shocks = by_fall * falls + by_rise * (1.0 - falls)
    gradient[0] = by_mean + first * lasting * 2.0 * setting[1] * mean
    gradient[1] = (by_constant + first) * constant
    gradient[2] = 2.0 * share * shocks + (1.0 - share) * by_kept + first * before
    gradient[3] = lasting * (2.0 * shocks - by_kept)
    gradient[4] = 2.0 * lasting * share * (by_fall - by_rise)
    return likelihood


@inner
def garch_information(point: Floats, series: Floats, setting: Floats, information: Floats) -> None:
    """Fills in the expected curvature."""
    mean, constant, lasting, share, falls = point[0], np.exp(point[1]), point[2], point[3], point[4]
    fall_side, rise_side = 2.0 * falls, 2.0 * (1.0 - falls)
    shocks, kept = lasting * share, lasting * (1.0 - share)
    before = setting[0] + setting[1] * mean * mean
    variance = constant + lasting * before
    by_mean, by_constant, by_lasting = 2.0 * lasting * setting[1] * mean, constant, before
    by_share, by_falls = 0.0, 0.0
    for row in range(5):
        for column in range(5):
            information[row, column] = 0.0
    for number in range(len(series)):
        shock = series[number] - mean
        square = shock * shock
        inverse = 1.0 / variance
        known = (by_mean * inverse, by_constant * inverse, by_lasting * inverse, by_share * inverse, by_falls * inverse)
        for row in range(5):
            for column in range(row + 1):
                information[row, column] += 0.5 * known[row] * known[column]
        information[0, 0] += inverse
        side = fall_side if shock < 0.0 else rise_side
        turn = 2.0 if shock < 0.0 else -2.0
        weighed = side * square
        by_mean = kept * by_mean - 2.0 * shocks * side * shock
        by_constant = kept * by_constant + constant
        by_lasting = kept * by_lasting + share * weighed + (1.0 - share) * variance
        by_share = kept * by_share + lasting * (weighed - variance)
        by_falls = kept * by_falls + shocks * turn * square
        variance = constant + shocks * weighed + kept * variance
    for row in range(5):
        for column in range(row):
            information[column, row] = information[row, column]
