"""Sums, averages and deviations along windows, step by step.

What belongs here: arithmetic along the first axis of [age, row] arrays that several formulas need. What does not:
any one formula.

Every step is elementwise over the rows, in the order of age; a library's own sum along an axis may add in another
order for another shape. NaN within the rows that are needed gives NaN. Recursive averages begin with the plain mean
of the first values that a window holds, as the trade's own tables do.
"""

import numpy as np

from butter_pipeline.features.registry import Booleans, Floats

ROUNDING = 1e-10
"""Of a price or an average, so much is less than any tick, and far more than what its last bits add up to."""


def total(values: Floats) -> Floats:
    """The sum over all ages.

    >>> total(np.array([[1.0, 10.0], [2.0, 20.0]]))
    array([ 3., 30.])
    """
    added = np.zeros(values.shape[1])
    for each in values:
        added = added + each
    return added


def latest(values: Floats) -> Floats:
    """The values of the wanted rows themselves."""
    found: Floats = values[-1]
    return found


def oldest(values: Floats) -> Floats:
    """The values that are furthest back."""
    found: Floats = values[0]
    return found


def mean(values: Floats) -> Floats:
    """The mean over all ages."""
    return total(values) / len(values)


def variance(values: Floats, *, freedom: int = 1) -> Floats:
    """The variance over all ages: squared distances over their number less `freedom`; exactly 0 for equal values."""
    apart = values - values[-1]
    return total((apart - mean(apart)) ** 2) / (len(values) - freedom)


def beyond_rounding(spread: Floats, size: Floats | float = 1.0) -> Floats:
    """A spread to divide by: NaN where it is so small against what it was reckoned from that only rounding is left."""
    return np.where(spread > ROUNDING * np.abs(size), spread, np.nan)


def covariance(one: Floats, other: Floats) -> Floats:
    """The covariance over all ages."""
    here, there = one - one[-1], other - other[-1]
    return total((here - mean(here)) * (there - mean(there))) / (len(one) - 1)


def changes(values: Floats) -> Floats:
    """Every value less the one before."""
    return values[1:] - values[:-1]


def log_returns(prices: Floats) -> Floats:
    """The logarithm of every price over the one before."""
    return changes(np.log(prices))


def exponential(values: Floats, span: int) -> Floats:
    """The exponential average at every age: weight 2 / (span + 1) for the new value."""
    return _recursive(values, span, 2.0 / (span + 1.0))


def wilder(values: Floats, span: int) -> Floats:
    """Wilder's average at every age: weight 1 / span for the new value."""
    return _recursive(values, span, 1.0 / span)


def _recursive(values: Floats, span: int, weight: float) -> Floats:
    """Starts with the mean of the first `span` values; the NaN at the old end of a short window come before those."""
    averages = np.full(values.shape, np.nan)
    seen, begun, level = np.zeros(values.shape[1]), np.zeros(values.shape[1]), averages[0]
    never, settled = (~np.isnan(values)).sum(axis=0) < span, False
    for age, each in enumerate(values):
        if settled:  # what has not begun by now never does, and stays NaN by this as well
            level = level + weight * (each - level)
        else:
            here = ~np.isnan(each)
            seen = np.where(here, seen + 1.0, seen)
            begun = np.where(here & (seen <= span), begun + each, begun)
            begin = np.where(here & (seen == span), begun / span, np.nan)
            level = np.where(seen > span, level + weight * (each - level), begin)
            settled = bool(np.all((seen > span) | never))
        averages[age] = level
    return averages


def highest(values: Floats) -> Floats:
    """The greatest over all ages; a window too short has none."""
    found: Floats = values[0]
    for each in values[1:]:
        found = np.maximum(found, each)
    return found


def lowest(values: Floats) -> Floats:
    """The least over all ages; a window too short has none."""
    found: Floats = values[0]
    for each in values[1:]:
        found = np.minimum(found, each)
    return found


def share_below(values: Floats, level: Floats) -> Floats:
    """The share of the values that are below a level, of those that are numbers; NaN where none is."""
    return _counted(values < level) / _counted(~np.isnan(values))


def _counted(held: Booleans) -> Floats:
    return total(held.astype(np.float64))
