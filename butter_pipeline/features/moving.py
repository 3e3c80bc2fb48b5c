"""Sums, means and extremes that move along a window, lines through it, and the shape of what it holds.

What belongs here: arithmetic that gives a value at several ages, or describes a whole window, and that several formulas
need. What does not: sums over a whole window and recursive averages (`smoothing`), and any one formula.

Every step is elementwise over the rows, as in `smoothing`. What moves has a value at every age that lies at least
`span - 1` after the window's oldest.
"""

import numpy as np

from butter_pipeline.features.registry import Floats
from butter_pipeline.features.smoothing import mean, total


def moving_total(values: Floats, span: int) -> Floats:
    """The sum of the last `span` values at every age.

    >>> moving_total(np.array([[1.0], [2.0], [4.0]]), 2).ravel()
    array([3., 6.])
    """
    count = len(values) - span + 1
    added = np.zeros((count, values.shape[1]))
    for start in range(span):
        added = added + values[start : start + count]
    return added


def moving_mean(values: Floats, span: int) -> Floats:
    """The plain average of the last `span` values at every age."""
    return moving_total(values, span) / span


def moving_highest(values: Floats, span: int) -> Floats:
    """The greatest of the last `span` values at every age."""
    count = len(values) - span + 1
    found = values[:count]
    for start in range(1, span):
        found = np.maximum(found, values[start : start + count])
    return found


def moving_lowest(values: Floats, span: int) -> Floats:
    """The least of the last `span` values at every age."""
    return -moving_highest(-values, span)


def moving_deviation(values: Floats, span: int) -> Floats:
    """The standard deviation of the last `span` values at every age, about their mean, with span - 1 freedom."""
    count = len(values) - span + 1
    last = values[span - 1 :]
    apart = [values[start : start + count] - last for start in range(span)]
    level = np.zeros(last.shape)
    for each in apart:
        level = level + each
    level = level / span
    squares = np.zeros(last.shape)
    for each in apart:
        squares = squares + (each - level) ** 2
    return np.sqrt(squares / (span - 1))


def slope(values: Floats) -> Floats:
    """What the line of least squares rises by from one age to the next.

    >>> slope(np.array([[1.0], [3.0], [5.0]]))
    array([2.])
    """
    middle = _middle(len(values))
    found: Floats = total(middle * (values - values[-1])) / float((middle**2).sum())
    return found


def straightness(values: Floats) -> Floats:
    """The share of the values' variance that their line of least squares explains."""
    middle = _middle(len(values))
    apart = values - values[-1]
    apart = apart - mean(apart)
    explained = total(middle * apart) ** 2 / float((middle**2).sum())
    return np.minimum(explained / total(apart**2), 1.0)


def moment(values: Floats, power: int) -> Floats:
    """The standardised central moment of some power: 3 is skewness, 4 kurtosis."""
    apart = values - values[-1]
    apart = apart - mean(apart)
    return mean(apart**power) / mean(apart**2) ** (power / 2)


def since_highest(values: Floats) -> Floats:
    """How many ages ago the greatest value was, the latest one of equals; NaN where a value is missing."""
    level, age = values[0], np.zeros(values.shape[1])
    for each in values[1:]:
        age = np.where(each >= level, 0.0, age + 1.0)
        level = np.maximum(level, each)
    return np.where(np.isnan(level), np.nan, age)


def ordered(values: Floats) -> Floats:
    """The values of every window by size; all NaN where one is missing."""
    return np.where(np.isnan(values).any(axis=0), np.nan, np.sort(values, axis=0))


def _middle(count: int) -> Floats:
    found: Floats = np.arange(count, dtype=np.float64)[:, None] - (count - 1) / 2.0
    return found
