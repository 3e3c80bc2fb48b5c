"""Variances filtered through returns and forecast, with what unsure parameters do to them, compiled.

What belongs here: from laws as people write them (mean, constant, shock, leverage, persistence) and returns to expected
variances. What does not: fitting them.

How unsure a forecast is comes from how unsure its law is (the delta method): the whole filter is run again with every
parameter a little aside, so that the state it has reached moves with it.
"""

from math import erfc

import numpy as np

from butter_pipeline.features.models.kernels.algebra import copied
from butter_pipeline.features.models.kernels.compiled import inner, kernel
from butter_pipeline.features.models.kernels.egarch import MEAN_SIZE
from butter_pipeline.features.models.kernels.likelihoods import EGARCH
from butter_pipeline.features.registry import Floats, Integers

Samples = tuple[Floats, Integers, Floats]
After = tuple[Floats, Integers]

PARAMETERS = 5
TRIED = 2 * PARAMETERS + 1
"""The law itself, and the law with every parameter above and below."""
ASIDE = 1e-3
"""How far a parameter is put aside, in its standard errors."""


@inner
def begun(model: int, law: Floats, before: float) -> float:
    """The state as the first session begins: its variance, for EGARCH the logarithm of that."""
    if model == EGARCH:
        return float(law[1] + law[4] * np.log(before))
    return float(law[1] + (law[2] + 0.5 * law[3] + law[4]) * before)


@inner
def passed(model: int, law: Floats, state: float, value: float) -> float:
    """The state after a session with this return."""
    shock = value - law[0]
    if model == EGARCH:
        z = shock * np.exp(-0.5 * state)
        return float(law[1] + law[2] * (abs(z) - MEAN_SIZE) + law[3] * z + law[4] * state)
    return float(law[1] + (law[2] + (law[3] if shock < 0.0 else 0.0)) * shock * shock + law[4] * state)


@inner
def mean_growth(law: Floats, share: float) -> float:
    """The expected exponential of a share of what a normal shock adds to the logarithm of the variance."""
    up, down = share * (law[2] + law[3]), share * (law[2] - law[3])
    above = np.exp(0.5 * up * up) * 0.5 * erfc(-up / np.sqrt(2.0))
    below = np.exp(0.5 * down * down) * 0.5 * erfc(-down / np.sqrt(2.0))
    return float(np.exp(-share * law[2] * MEAN_SIZE) * (above + below))


@inner
def mean_ahead(model: int, law: Floats, state: float, sessions: int) -> float:
    """The mean of the expected variances of the next sessions."""
    added, growth, share = 0.0, 1.0, 1.0
    for _ in range(sessions):
        if model == EGARCH:
            added += np.exp(state) * growth
            growth *= mean_growth(law, share)
            share *= law[4]
            state = law[1] + law[4] * state
        else:
            added += state
            state = law[1] + (law[2] + 0.5 * law[3] + law[4]) * state
    return added / sessions


@inner
def laws_aside(law: Floats, covariance: Floats) -> Floats:
    """The law, and the law with every parameter above and below by a little."""
    found = np.zeros((TRIED, PARAMETERS))
    found[:] = law
    for axis in range(PARAMETERS):
        step = ASIDE * np.sqrt(covariance[axis, axis])
        found[1 + 2 * axis, axis] += step
        found[2 + 2 * axis, axis] -= step
    return found


@inner
def unsure(told: Floats, covariance: Floats) -> float:
    """The standard error of the logarithm of the first of the forecasts, the others being those of the laws aside."""
    slopes = np.zeros(PARAMETERS)
    for axis in range(PARAMETERS):
        if covariance[axis, axis] > 0.0:
            width = 2.0 * ASIDE * np.sqrt(covariance[axis, axis])
            slopes[axis] = (told[1 + 2 * axis] - told[2 + 2 * axis]) / width
    added = 0.0
    for row in range(PARAMETERS):
        for column in range(PARAMETERS):
            added += slopes[row] * covariance[row, column] * slopes[column]
    return float(np.sqrt(max(added, 0.0)) / told[0])


@kernel
def states_after(
    model: int, laws: Floats, covariances: Floats, samples: Samples, part: tuple[int, int], found: Floats
) -> None:
    """Fills in, for every law of the part and the same put aside, the state that its sample leads to.

    `samples` are the returns, how many each has and the variance before them.
    """
    returns, counts, before = samples
    for number in range(part[0], part[1]):
        tried = laws_aside(laws[number], covariances[number])
        for each in range(len(tried)):
            state = begun(model, tried[each], before[number])
            for place in range(counts[number]):
                state = passed(model, tried[each], state, returns[number, place])
            found[number, each] = state


@kernel
def forecasts(
    model: int,
    laws: Floats,
    covariances: Floats,
    states: Floats,
    after: After,
    horizons: Integers,
    part: tuple[int, int],
    found: Floats,
) -> None:
    """Fills in, for every row of the part and every horizon, the mean variance and the standard error of its logarithm.

    `states` are those that the samples lead to; `after` the returns that followed, NaN where there are none, and which
    law each row goes by.
    """
    later, which = after
    told = np.zeros(states.shape[1])
    for row in range(part[0], part[1]):
        number = which[row]
        tried = laws_aside(laws[number], covariances[number])
        reached = copied(states[number])
        for each in range(len(tried)):
            for value in later[row]:
                if not np.isnan(value):
                    reached[each] = passed(model, tried[each], reached[each], value)
        for place in range(len(horizons)):
            for each in range(len(tried)):
                told[each] = mean_ahead(model, tried[each], reached[each], horizons[place])
            found[row, place, 0] = told[0]
            found[row, place, 1] = unsure(told, covariances[number])
