"""The volatility that a price implies, to the last bits of what the price can tell.

What belongs here: the inverse of `black`. What does not: American options, and smoothing over strikes.

The search is for the deviation s at which the logarithm of the time value, or of what it lacks of its bound where
it is more than half of it, is the price's (the objectives of Jaeckel 2015). It begins at a guess that is within 1 %
for s below a half and within a factor of two everywhere: the volatility of a normal law with the same price, from a
fitted inverse of its formula, or above half of the bound the normal quantile of what is lacking. Each Householder
step of order three multiplies the correct digits by four. Two are enough but for a few prices in ten thousand; three
are always made, so that every contract has the same arithmetic. The logarithm is taken of the quotient of both worths
rather than of each, so that its error stays in the last bits.
"""

import math

import numpy as np

from butter_pipeline.options.kernels.black import is_lower, per_vega
from butter_pipeline.options.kernels.compiled import WIDTH, Floats, inlined, kernel, load, store
from butter_pipeline.options.kernels.elementary import exp, log, polynomial
from butter_pipeline.options.kernels.inputs import (
    COLUMNS,
    DIVIDEND_YIELD,
    GIVEN,
    LEAST,
    MOST,
    OK,
    RATE,
    SIGN,
    SPOT,
    STRIKE,
    YEARS,
    contract_fault,
    discounted,
)
from butter_pipeline.options.kernels.normal import PER_ROOT_2PI
from butter_pipeline.options.status import Status

STEPS = 3
RESULTS = 2
IV, STATUS, DEVIATION, APART, WORTH, LACKING, SHARE = (WIDTH * (COLUMNS + row) for row in range(7))
"""Where the results and then what is only needed on the way stand."""
UNCERTAINTY_MOST = 1e-6
"""Of a volatility, relative, for a price that is off by its own rounding."""
ROUNDING = 2.0**-52
NORMAL_ABOVE = (0.020081631099263657, 0.03579155003485724, 0.014708814538146064, 0.39882995415317144)
NORMAL_BELOW = (0.014226597270039675, 0.024434235809687177, 0.11199540472814058, 0.030530732414624274, 1.0)
"""y R(sqrt(y)) is the strike's distance in normal deviations where y = log(1 + distance / price); within 3e-4."""
QUANTILE_ABOVE = (0.022542996561575976, 1.577161565706681, -0.89118961164240176)
QUANTILE_BELOW = (0.024432607198084706, 1.0)
"""R(sqrt(y)) is the normal quantile of 1 - exp(-y) / 1.5; within 3e-3 for y above log 2."""

BAD_PRICE, NO_TIME, UNRESOLVED = float(Status.BAD_PRICE), float(Status.NO_TIME), float(Status.UNRESOLVED)
BELOW_INTRINSIC, ABOVE_MAXIMUM = float(Status.BELOW_INTRINSIC), float(Status.ABOVE_MAXIMUM)


@inlined
def first_guess(p: float, worth: float, lacking: float, largest: float) -> float:
    """A deviation to begin from; all normalised, p >= 0, the others positive."""
    apart = max(p, 1e-7 * worth)
    # the distance of forward and strike in the units of the worth; the same as p to first order
    distance = max(1.0 / largest - largest, 1e-7 * worth)
    y = log(1.0 + min(distance / worth, 1e300))
    root = math.sqrt(y)
    low = apart * polynomial(root, NORMAL_BELOW) / (y * polynomial(root, NORMAL_ABOVE))
    root = math.sqrt(max(-log(min(lacking / largest, 0.5)), 0.0))
    quantile = polynomial(root, QUANTILE_ABOVE) / polynomial(root, QUANTILE_BELOW)
    high = quantile + math.sqrt(quantile * quantile + 2.0 * p)
    return low if lacking > worth else high


@inlined
def improved(s: float, p: float, worth: float, lacking: float) -> float:
    """One step of Householder's method of order three."""
    a, t = p / s, 0.5 * s
    bracket, lower = per_vega(a, t), is_lower(a, t)
    sought = worth if lower else lacking
    off = log(bracket * PER_ROOT_2PI / sought) - 0.5 * (a * a + t * t)
    slope = (1.0 if lower else -1.0) / bracket
    bend = a * a / s - 0.25 * s
    second = bend - slope
    third = second * (second - slope) - (3.0 * a * a / (s * s) + 0.25)
    newton = -off / slope
    step = newton * (1.0 + 0.5 * newton * second) / (1.0 + newton * (second + newton * third / 6.0))
    return min(max(s + step, 0.25 * s), 4.0 * s)


@inlined
def _normalise(work: Floats) -> None:
    """Time values in units of both sides' root, harmless ones where there is none, and first guesses."""
    for i in range(WIDTH):
        spot, strike, years = work[SPOT + i], work[STRIKE + i], work[YEARS + i]
        rate, dividend_yield, price = work[RATE + i], work[DIVIDEND_YIELD + i], work[GIVEN + i]
        received, paid, ahead = discounted(spot, strike, years, rate, dividend_yield)
        inner = work[SIGN + i] * (received - paid)
        unit, bound = math.sqrt(received) * math.sqrt(paid), min(received, paid)
        worth = price - max(inner, 0.0)
        rounding = ROUNDING * (max(received, paid) if inner > 0.0 else price)
        fault = contract_fault(spot, strike, years, rate, dividend_yield)
        fault = BAD_PRICE if (fault == OK) & (not (abs(price) <= MOST)) else fault
        status = OK if (worth > LEAST) & (worth > rounding) & (bound - worth > rounding) else UNRESOLVED
        status = BELOW_INTRINSIC if worth < -rounding else status
        status = ABOVE_MAXIMUM if bound - worth < -rounding else status
        status = status if years > 0.0 else NO_TIME
        status = status if fault == OK else fault
        within = status == OK
        p, some = abs(ahead) if within else 0.1, worth / unit if within else 0.01
        lacking, largest = (bound - worth) / unit if within else 0.94, bound / unit if within else 0.95
        work[APART + i], work[WORTH + i], work[LACKING + i] = p, some, lacking
        work[SHARE + i], work[STATUS + i] = rounding / unit, status
        work[DEVIATION + i] = first_guess(p, some, lacking, largest)


@inlined
def _improve(work: Floats) -> None:
    for i in range(WIDTH):
        work[DEVIATION + i] = improved(work[DEVIATION + i], work[APART + i], work[WORTH + i], work[LACKING + i])


@inlined
def _conclude(work: Floats) -> None:
    """Volatilities, but for those that the price's own rounding would move."""
    for i in range(WIDTH):
        s, status = work[DEVIATION + i], work[STATUS + i]
        a, t = work[APART + i] / s, 0.5 * s
        vega = PER_ROOT_2PI * exp(-0.5 * (a * a + t * t))
        resolved = work[SHARE + i] <= UNCERTAINTY_MOST * vega * s
        status = UNRESOLVED if (status == OK) & (not resolved) else status
        work[IV + i] = s / math.sqrt(work[YEARS + i]) if status == OK else np.nan
        work[STATUS + i] = status


@kernel(COLUMNS)
def volatilities(columns: tuple[Floats, ...], rows: Floats, first: int, last: int) -> None:
    """The implied volatilities of prices, and why there is none where there is none."""
    work = np.empty(WIDTH * (COLUMNS + RESULTS + 5))
    for start in range(first, last, WIDTH):
        load(columns, work, start, last)
        _normalise(work)
        for _ in range(STEPS):
            _improve(work)
        _conclude(work)
        store(work, COLUMNS, rows, start, last)
