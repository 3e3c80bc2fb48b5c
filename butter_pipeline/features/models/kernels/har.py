"""Least squares of the heterogeneous autoregression, compiled.

What belongs here: the regression and its forecast. What does not: the volatilities it is of (`har`).
"""

import numpy as np

from butter_pipeline.features.models.kernels.algebra import solved
from butter_pipeline.features.models.kernels.compiled import inner, kernel
from butter_pipeline.features.registry import Floats, Integers

Samples = tuple[Floats, Integers]
After = tuple[Floats, Integers]

SPANS = (1, 5, 22)
TERMS = 4


@inner
def terms_at(values: Floats, last: int, terms: Floats) -> None:
    """Fills in one, and the means of the last 1, 5 and 22 values up to `last`."""
    terms[0] = 1.0
    for number in range(len(SPANS)):
        added = 0.0
        for back in range(SPANS[number]):
            added += values[last - back]
        terms[1 + number] = added / SPANS[number]


@inner
def regressed(values: Floats, count: int, ahead: int, weights: Floats) -> bool:
    """Fills in the weights by which the mean of the next `ahead` values follows; False where they cannot be told."""
    matrix, right, terms = np.zeros((TERMS, TERMS)), np.zeros(TERMS), np.zeros(TERMS)
    for last in range(SPANS[2] - 1, count - ahead):
        terms_at(values, last, terms)
        target = 0.0
        for each in range(ahead):
            target += values[last + 1 + each]
        for row in range(TERMS):
            right[row] += terms[row] * target / ahead
            for column in range(TERMS):
                matrix[row, column] += terms[row] * terms[column]
    return solved(matrix, right, weights)


@kernel
def har_forecasts(samples: Samples, after: After, ahead: int, least: int, found: Floats) -> None:
    """Fills in, for every row, the mean that its fit expects of the next `ahead` values; nothing where it has none.

    A forecast beyond what the sample ever held is one the regression cannot know of: it is cut to that.
    """
    values, counts = samples
    later, which = after
    weights, told = np.zeros((len(values), TERMS)), np.zeros(len(values), dtype=np.bool_)
    for number in range(len(values)):
        if counts[number] >= least:
            told[number] = regressed(values[number], counts[number], ahead, weights[number])
    terms = np.zeros(TERMS)
    for row in range(len(later)):
        number = which[row]
        if not told[number]:
            continue
        known, count = np.empty(counts[number] + later.shape[1]), counts[number]
        least_seen, most_seen = np.inf, -np.inf
        for place in range(count):
            known[place] = values[number, place]
            least_seen, most_seen = min(least_seen, known[place]), max(most_seen, known[place])
        for value in later[row]:
            if not np.isnan(value):
                known[count] = value
                count += 1
        terms_at(known, count - 1, terms)
        expected = 0.0
        for place in range(TERMS):
            expected += weights[number, place] * terms[place]
        found[row] = min(max(expected, least_seen), most_seen)
