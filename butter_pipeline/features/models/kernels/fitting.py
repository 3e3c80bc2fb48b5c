"""Fitting a model to many series, one by one, compiled.

What belongs here: from returns to a proved top, the same for every model. What does not: the models'
likelihoods, and anything of arrays of results (`volatility`).
"""

import numpy as np

from butter_pipeline.features.models.kernels.algebra import copied, put
from butter_pipeline.features.models.kernels.arma import shock_variance
from butter_pipeline.features.models.kernels.climbing import climb, proved
from butter_pipeline.features.models.kernels.compiled import kernel, thin
from butter_pipeline.features.models.kernels.likelihoods import ARMA, slopes_at, value_at
from butter_pipeline.features.registry import Floats, Integers

Search = tuple[Floats, Floats, int, int, int]
"""The box, the starts, how many of them are tried as well, how many axes are rough, the least values of a series."""
Results = tuple[Floats, Floats, Floats, Integers, Floats]
"""By series: the point, its covariance, the likelihood, the reason, and mean, deviation and last of the setting."""

FITTED, UNPROVED, TOO_SHORT, NOT_FINITE, CONSTANT = 0, 1, 2, 3, 4
BACKCAST_SESSIONS, BACKCAST_KEPT = 75, 0.94
"""The squares that the backcast is a mean of, and the weight that each has of the one before: those of arch."""
WEAK, FAINT = 20.0, 6.0
"""A law that gains less log likelihood than this over one constant variance may have a likelier one elsewhere: of so
weak ones few do and half of the other starts find it, of so faint ones many do."""
WORTHWHILE = 1e-4
"""The log likelihood that another top must promise to have more."""
SAME, UNLIKE = 1e-9, 1e-3
"""Log likelihoods that differ by less are the same; a top that is not proved must be better by more to count."""
BESIDE = 1e-7
"""How far from a kink the slopes beside it are looked at."""
ALIKE = 1e-9
"""Returns that differ by less than this share of their size do not differ: what is left is the rounding of prices."""


@thin
def standard(series: Floats, about_mean: bool, made: Floats) -> tuple[int, float, float]:
    """Fills in the series, about its mean or nothing, in units of its deviation; why it cannot, and both."""
    count = len(series)
    added, least, most = 0.0, np.inf, -np.inf
    for each in series:
        if not np.isfinite(each):
            return NOT_FINITE, np.nan, np.nan
        added += each
        least, most = min(least, each), max(most, each)
    size = max(abs(least), abs(most))
    if not most - least > ALIKE * size:
        return CONSTANT, np.nan, np.nan
    mean = added / count if about_mean else 0.0
    squares = 0.0
    for each in series:
        apart = (each - mean) / size
        squares += apart * apart
    deviation = size * np.sqrt(squares / count)
    for number in range(count):
        made[number] = (series[number] - mean) / deviation
    return FITTED, mean, deviation


@thin
def best_start(model: int, starts: Floats, series: Floats, setting: Floats) -> int:
    """The likeliest of the starts."""
    best, chosen = -np.inf, 0
    for number in range(len(starts)):
        found = value_at(model, starts[number], series, setting)
        if found > best:
            best, chosen = found, number
    return chosen


@thin
def nearest(series: Floats, level: float) -> float:
    """The value of the series that is nearest to the level."""
    found = series[0]
    for each in series:
        if abs(each - level) < abs(found - level):
            found = each
    return float(found)


@thin
def settled(
    model: int, series: Floats, setting: Floats, box: Floats, rough: int, point: Floats, covariance: Floats
) -> tuple[float, bool]:
    """Climbs from the point; the likelihood reached, and whether it is proved to be a top.

    A top may lie on a kink: then the mean is held there, the rest climbs on, and slopes on both sides lead up to it.
    """
    best = climb(model, point, box[0], box[1], series, setting, -np.inf)
    sure = proved(model, point, box[0], box[1], series, setting, rough, covariance)
    if sure or rough == 0:
        return best, sure
    first = copied(point)
    low, high, upward = copied(box[0]), copied(box[1]), np.zeros(len(point))
    point[0] = nearest(series, point[0])
    low[0], high[0] = point[0], point[0]
    settled_at = climb(model, point, low, high, series, setting, -np.inf)
    if settled_at < best:
        put(first, point)
        return best, False
    sure = proved(model, point, low, high, series, setting, rough, covariance)
    for side in (-1.0, 1.0):
        aside = copied(point)
        aside[0] += side * BESIDE
        slopes_at(model, aside, series, setting, upward)
        sure = sure and side * upward[0] <= 0.0
    return settled_at, sure


@thin
def fit_one(
    model: int,
    series: Floats,
    setting: Floats,
    box: Floats,
    starts: Floats,
    others: int,
    rough: int,
    point: Floats,
    covariance: Floats,
) -> tuple[float, bool]:
    """Moves the point to the likeliest law that is found; its likelihood, and whether it is proved to be a top.

    Where that is at the edge of the box or little likelier than one constant variance, there may be other tops: the
    first of the starts are tried as well.
    """
    put(starts[best_start(model, starts, series, setting)], point)
    best, sure = settled(model, series, setting, box, rough, point, covariance)
    edge = False
    for axis in range(len(point)):
        edge = edge or (box[0, axis] < box[1, axis] and not box[0, axis] < point[axis] < box[1, axis])
    gained = best + (0.0 if model == ARMA else 0.5 * len(series))
    if sure and not edge and gained > WEAK:
        return best, sure
    tried = (others + 1) // 2 if sure and not edge and gained > FAINT else others
    other, spread = np.zeros(len(point)), np.zeros((len(point), len(point)))
    for number in range(tried):
        put(starts[number], other)
        floor = best + WORTHWHILE if sure else -np.inf
        if climb(model, other, box[0], box[1], series, setting, floor) < best + SAME:
            continue
        found, held = settled(model, series, setting, box, rough, other, spread)
        if found > best + SAME and (held or not sure or found > best + UNLIKE):
            best, sure = found, held
            put(other, point)
            for row in range(len(point)):
                put(spread[row], covariance[row])
    return best, sure


@thin
def first_variance(series: Floats, deviation: float, presample: Floats) -> float:
    """The variance before a standard series: the one given, or the weighted mean of the first squares."""
    if presample[0] > 0.0:
        return float(presample[0] / (deviation * deviation))
    added, weights, weight = 0.0, 0.0, 1.0
    for number in range(min(BACKCAST_SESSIONS, len(series))):
        added += weight * series[number] * series[number]
        weights += weight
        weight *= BACKCAST_KEPT
    return added / weights


@thin
def setting_of(model: int, series: Floats, deviation: float, presample: Floats) -> Floats:
    """What the likelihood wants to know besides the series."""
    if model == ARMA:
        return presample
    found = np.zeros(2)
    if presample[1] > 0.0:
        found[0], found[1] = 1.0, 1.0  # the mean square of a standard series, moving with the mean
    else:
        found[0] = first_variance(series, deviation, presample)
    return found


@kernel
def fit_series(
    model: int,
    returns: Floats,
    counts: Integers,
    settings: Floats,
    search: Search,
    part: tuple[int, int],
    results: Results,
) -> None:
    """Every series of the part from its first to its end.

    `settings` are, for volatility, the presample variance (0: the backcast) and 1 where it is the mean square; for ARMA
    those of its kernel.
    """
    box, starts, others, rough, least = search
    points, covariances, values, reasons, scales = results
    size = starts.shape[1]
    point, covariance = np.zeros(size), np.zeros((size, size))
    for number in range(part[0], part[1]):
        reasons[number] = TOO_SHORT
        if counts[number] < least:
            continue
        made, series = np.zeros(counts[number]), np.zeros(counts[number])
        for place in range(counts[number]):
            series[place] = returns[number, place]
        about_mean = model != ARMA or settings[number, 2] > 0.0
        reason, mean, deviation = standard(series, about_mean, made)
        reasons[number] = reason
        if reason != FITTED:
            continue
        setting = setting_of(model, made, deviation, settings[number])
        value, sure = fit_one(model, made, setting, box, starts, others, rough, point, covariance)
        last = shock_variance(point, made, setting) if model == ARMA else setting[0]
        scales[number, 0], scales[number, 1], scales[number, 2] = mean, deviation, last
        values[number] = value
        put(point, points[number])
        for row in range(size):
            put(covariance[row], covariances[number, row])
        reasons[number] = FITTED if sure else UNPROVED
