"""American options: the boundary of early exercise by collocation, and what follows from it.

What belongs here: the kernel of values with delta and gamma. What does not: volatilities implied by American prices
and other derivatives (`options.american`), which ask this kernel several times.

The method is that of Andersen, Lake and Offengenden (2016), "High-performance American option pricing". A call is
a put with spot and strike, rate and yield exchanged (McDonald and Schroder 1998). The put's boundary B as a function
of time to expiry solves Kim's equation in the form B = K exp(-(r - q) tau) N / D, with

    N = Phi(d-(tau, B/K)) + r int exp(ru) Phi(d-(tau - u, B/B(u))) du,
    D = Phi(d+(tau, B/K)) + q int exp(qu) Phi(d+(tau - u, B/B(u))) du,

which is iterated `STEPS` times from a guess in the manner of Barone-Adesi and Whaley (1987). ln(B/X)^2, X being the
boundary at expiry, is a polynomial in sqrt(tau) through Chebyshev's nodes. With u = tau sin^2 both ends of the
integrals are smooth, and Gauss and Legendre's nodes stand at the same places for every contract.

Where the rate is nothing or less and the yield no less than it, exercise never pays and the value is European. Where
the yield is below a rate below nothing, it pays between two boundaries: such contracts are refused with a status.
"""

import math

import numpy as np

from butter_pipeline.options.kernels.black import time_value
from butter_pipeline.options.kernels.compiled import WIDTH, Floats, called, inlined, kernel, load, store
from butter_pipeline.options.kernels.elementary import exp, log
from butter_pipeline.options.kernels.greeks import places
from butter_pipeline.options.kernels.inputs import (
    COLUMNS,
    DIVIDEND_YIELD,
    GIVEN,
    OK,
    RATE,
    SIGN,
    SPOT,
    STRIKE,
    YEARS,
    discounted,
    valuation_fault,
)
from butter_pipeline.options.kernels.normal import below, density
from butter_pipeline.options.status import Status

NODES, POINTS, VALUE_POINTS, STEPS = 12, 24, 40, 16
TWO_BOUNDARIES, NOT_CONVERGED = float(Status.TWO_BOUNDARIES), float(Status.NOT_CONVERGED)
RESULTS = ("price", "delta", "gamma", "boundary", "status")


def _interpolation(places: Floats) -> Floats:
    """What each node but the one at expiry, where nothing is left, weighs at these places, [place, node]."""
    nodes = 0.5 * (1.0 + np.cos(np.pi * np.arange(NODES + 1) / NODES))
    signs = (-1.0) ** np.arange(NODES + 1) * np.where(np.arange(NODES + 1) % NODES == 0, 0.5, 1.0)
    apart = places[:, None] - nodes
    met = np.abs(apart) < 1e-14
    weights = np.where(met.any(axis=1, keepdims=True), met, signs / np.where(met, 1.0, apart))
    return np.asarray((weights / weights.sum(axis=1, keepdims=True))[:, :NODES])


def _quadrature(points: int) -> tuple[Floats, Floats]:
    """Angles between nothing and a right one, and their weights."""
    roots, weights = np.polynomial.legendre.leggauss(points)
    return 0.25 * np.pi * (roots + 1.0), 0.25 * np.pi * weights


ROOTS = 0.5 * (1.0 + np.cos(np.pi * np.arange(NODES) / NODES))
"""The nodes as roots of shares of the time to expiry; the first is all of it."""
_ANGLES, _WEIGHTS = _quadrature(POINTS)
SINES, COSINES, SHARES = np.sin(_ANGLES), np.cos(_ANGLES), 2.0 * np.sin(_ANGLES) * np.cos(_ANGLES) * _WEIGHTS
_VALUE_ANGLES, _VALUE_WEIGHTS = _quadrature(VALUE_POINTS)
VALUE_COSINES = np.cos(_VALUE_ANGLES)
VALUE_SHARES = 2.0 * np.sin(_VALUE_ANGLES) * np.cos(_VALUE_ANGLES) * _VALUE_WEIGHTS
CARRIED = np.concatenate([_interpolation((ROOTS[:, None] * SINES).ravel()), _interpolation(np.sin(_VALUE_ANGLES))])
"""What the nodes weigh at every point of every node's integrals, then at those of the value's."""

CERTAIN = 1e-6
"""Up to this deviation the spot is as good as known in advance."""
WORTHLESS = 1e-10
"""What exercising early may gain, relative to the strike, and still be left out."""
UNSETTLED_MOST = 1e-7
"""Of the square of the boundary's last change, relative, times what it moves: near the error of a value."""
(
    PUT_RATE, PUT_YIELD, VOLATILITY, TIME, AHEAD, TOP, USUAL, OFF, FAULT, ABOVE, BELOW, PREMIUM, SLOPE, BEND, HERE,
) = (WIDTH * (COLUMNS + len(RESULTS) + row) for row in range(15))  # fmt: skip
"""Rows of the put of strike 1 that a contract is, and of sums on the way."""
SQUARES = WIDTH * (COLUMNS + len(RESULTS) + 15)
LOGS = SQUARES + WIDTH * NODES
"""Rows, one for each node, of the logarithm of the boundary over its value at expiry, and of its square."""
ROWS = COLUMNS + len(RESULTS) + 15 + 2 * NODES
PRICE, DELTA, GAMMA, CRITICAL, STATUS = (WIDTH * (COLUMNS + row) for row in range(len(RESULTS)))


@inlined
def _prepare(work: Floats) -> None:
    """The put of strike 1 that each contract is, or a harmless one where there is no boundary to look for."""
    for i in range(WIDTH):
        spot, strike, years, iv = work[SPOT + i], work[STRIKE + i], work[YEARS + i], work[GIVEN + i]
        is_put = work[SIGN + i] < 0.0
        rate, dividend_yield = work[RATE + i], work[DIVIDEND_YIELD + i]
        fault = valuation_fault(spot, strike, years, rate, dividend_yield, iv)
        paid, lost = (rate, dividend_yield) if is_put else (dividend_yield, rate)
        fault = TWO_BOUNDARIES if (fault == OK) & (paid < 0.0) & (lost < paid) else fault
        early = (paid >= 0.0) & ((paid - min(lost, 0.0)) * years > WORTHLESS)
        usual = (fault == OK) & early & (iv * math.sqrt(years) > CERTAIN)
        work[FAULT + i], work[USUAL + i] = fault, 1.0 if usual else 0.0
        work[PUT_RATE + i], work[PUT_YIELD + i] = paid if usual else 0.05, lost if usual else 0.02
        work[VOLATILITY + i], work[TIME + i] = iv if usual else 0.2, years if usual else 0.5
        moneyness = spot / strike if is_put else strike / spot
        work[AHEAD + i] = log(moneyness if usual else 1.0)
        work[TOP + i] = log(paid / lost if usual & (lost > paid) & (paid > 0.0) else 1.0)


@inlined
def _guess(work: Floats) -> None:
    """From the perpetual option's boundary to that at expiry, after Barone-Adesi and Whaley."""
    for j in range(NODES):
        for i in range(WIDTH):
            rate, volatility = work[PUT_RATE + i], work[VOLATILITY + i]
            drift, variance = rate - work[PUT_YIELD + i], volatility * volatility
            lean = drift - 0.5 * variance
            power = -(lean + math.sqrt(lean * lean + 2.0 * variance * rate)) / variance
            forever = min(power / (power - 1.0), 1.0 - 1e-9)
            time = ROOTS[j] * ROOTS[j] * work[TIME + i]
            fade = (drift * time - 2.0 * volatility * math.sqrt(time)) / (1.0 - forever)
            at_expiry = exp(work[TOP + i])
            boundary = forever + (at_expiry - forever) * exp(min(fade, 0.0))
            guess = min(log(max(boundary / at_expiry, 1e-6)), -1e-9)
            work[LOGS + j * WIDTH + i], work[SQUARES + j * WIDTH + i] = guess, guess * guess


@inlined
def _weights(carried: Floats, at: int) -> tuple[float, ...]:
    """Of one point, as numbers that no loop has to read again."""
    w = carried[at]
    return w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11]


@inlined
def _square_at(work: Floats, weights: tuple[float, ...], i: int) -> float:
    """The squared logarithm of the boundary at a point."""
    square = 0.0
    for m in range(NODES):
        square += weights[m] * work[SQUARES + m * WIDTH + i]
    return max(square, 0.0)


@called
def _add_point(work: Floats, root: float, k: int, weights: tuple[float, ...]) -> None:
    """What one point adds to both integrals of a node."""
    cosine, sine, part = COSINES[k], SINES[k], SHARES[k]
    for i in range(WIDTH):
        rate, dividend_yield = work[PUT_RATE + i], work[PUT_YIELD + i]
        time = root * root * work[TIME + i]
        left, gone = time * cosine * cosine, time * sine * sine
        ahead = work[HERE + i] + math.sqrt(_square_at(work, weights, i))
        upper, lower = places(ahead + (rate - dividend_yield) * left, work[VOLATILITY + i] * math.sqrt(left))
        share = time * part
        work[ABOVE + i] += rate * share * exp(rate * gone) * below(lower, density(lower))
        work[BELOW + i] += dividend_yield * share * exp(dividend_yield * gone) * below(upper, density(upper))


@inlined
def _begin(work: Floats, root: float) -> None:
    """What both sums of a node begin with."""
    for i in range(WIDTH):
        time = root * root * work[TIME + i]
        drift = (work[PUT_RATE + i] - work[PUT_YIELD + i]) * time
        upper, lower = places(work[HERE + i] + work[TOP + i] + drift, work[VOLATILITY + i] * math.sqrt(time))
        work[ABOVE + i], work[BELOW + i] = below(lower, density(lower)), below(upper, density(upper))


@inlined
def _settle(work: Floats, root: float) -> None:
    """The boundary of a node from its sums; as it was where both are too small to tell."""
    for i in range(WIDTH):
        above, under, before = work[ABOVE + i], work[BELOW + i], work[HERE + i]
        drift = (work[PUT_RATE + i] - work[PUT_YIELD + i]) * root * root * work[TIME + i]
        told = (above > 1e-280) & (under > 1e-280)
        found = log(above / under if told else 1.0) - drift - work[TOP + i]
        settled = min(max(found, -20.0), -1e-12) if told else before
        work[OFF + i] = max(work[OFF + i], abs(settled - before) if told else 1.0)
        work[HERE + i] = settled


@inlined
def _improve(work: Floats, carried: Floats) -> None:
    """One pass over the nodes, each with what the others were before."""
    points = (len(carried) - VALUE_POINTS) // NODES  # a count that the compiler does not know, or it would unroll
    for i in range(WIDTH):
        work[OFF + i] = 0.0
    for j in range(ROOTS.size):
        root = ROOTS[j]
        for i in range(WIDTH):
            work[HERE + i] = work[LOGS + j * WIDTH + i]
        _begin(work, root)
        for k in range(points):
            _add_point(work, root, k, _weights(carried, j * points + k))
        _settle(work, root)
        for i in range(WIDTH):
            work[LOGS + j * WIDTH + i] = work[HERE + i]
    for at in range(len(ROOTS) * WIDTH):
        work[SQUARES + at] = work[LOGS + at] * work[LOGS + at]


@inlined
def _value(work: Floats, carried: Floats) -> None:
    """The premium for early exercise, and its first and second derivative by moneyness."""
    for i in range(WIDTH):
        work[PREMIUM + i], work[SLOPE + i], work[BEND + i] = 0.0, 0.0, 0.0
    first = len(carried) - VALUE_POINTS
    for k in range(len(carried) - first):
        weights = _weights(carried, first + k)
        for i in range(WIDTH):
            rate, dividend_yield = work[PUT_RATE + i], work[PUT_YIELD + i]
            left = work[TIME + i] * VALUE_COSINES[k] * VALUE_COSINES[k]
            deviation, moneyness = work[VOLATILITY + i] * math.sqrt(left), exp(work[AHEAD + i])
            ahead = work[AHEAD + i] - work[TOP + i] + math.sqrt(_square_at(work, weights, i))
            upper, lower = places(ahead + (rate - dividend_yield) * left, deviation)
            dense_upper, dense_lower = density(upper), density(lower)
            share = work[TIME + i] * VALUE_SHARES[k]
            interest = share * rate * exp(-rate * left)
            dividends = share * dividend_yield * exp(-dividend_yield * left)
            kept, given = below(-lower, dense_lower), below(-upper, dense_upper)
            work[PREMIUM + i] += interest * kept - dividends * moneyness * given
            per = 1.0 / (moneyness * deviation)
            work[SLOPE + i] -= interest * dense_lower * per + dividends * (given - dense_upper / deviation)
            work[BEND + i] += interest * dense_lower * (lower / deviation + 1.0) * per / moneyness
            work[BEND + i] += dividends * dense_upper * (1.0 - upper / deviation) * per


@inlined
def _known_in_advance(moneyness: float, years: float, rate: float, dividend_yield: float) -> float:
    """What a put of strike 1 is worth when the spot is certain: the best time to exercise, at an end or between."""
    best = max(1.0 - moneyness, exp(-rate * years) - moneyness * exp(-dividend_yield * years))
    lean = dividend_yield - rate
    turns = (dividend_yield * rate > 0.0) & (lean != 0.0)
    turn = log(dividend_yield * moneyness / rate if turns else 1.0) / (lean if lean != 0.0 else 1.0)
    between = min(max(turn, 0.0), years)
    best = max(best, exp(-rate * between) - moneyness * exp(-dividend_yield * between))
    return max(best, 0.0)


@inlined
def _conclude(work: Floats) -> None:
    """European values and premiums, or what exercising pays, in the contract's own units."""
    for i in range(WIDTH):
        spot, strike, years, iv = work[SPOT + i], work[STRIKE + i], work[YEARS + i], work[GIVEN + i]
        is_put, usual, fault = work[SIGN + i] < 0.0, work[USUAL + i] > 0.0, work[FAULT + i]
        rate = work[RATE + i] if is_put else work[DIVIDEND_YIELD + i]
        dividend_yield = work[DIVIDEND_YIELD + i] if is_put else work[RATE + i]
        unit, moneyness = (strike, spot / strike) if is_put else (spot, strike / spot)
        received, paid, ahead = discounted(moneyness, 1.0, years, rate, dividend_yield)
        deviation = iv * math.sqrt(years)
        upper, _ = places(ahead, deviation)
        root = math.sqrt(received) * math.sqrt(paid)
        european = root * time_value(abs(ahead), deviation, min(received, paid) / root) + max(paid - received, 0.0)
        dense = density(upper)
        slope = -received / moneyness * below(-upper, dense)
        bend = received * dense / (moneyness * moneyness * deviation) if deviation > CERTAIN else 0.0
        certain = deviation <= CERTAIN
        boundary = exp(work[TOP + i] + work[LOGS + i]) if usual else 0.0
        early = (rate > 0.0) | ((rate == 0.0) & (dividend_yield < 0.0))
        exercised = (usual & (moneyness <= boundary)) | (certain & early & (moneyness < 1.0))
        premium = work[PREMIUM + i] if usual else 0.0
        value = european + max(premium, 0.0)
        value = _known_in_advance(moneyness, years, rate, dividend_yield) if certain else value
        exercise = strike - spot if is_put else spot - strike
        slope = -1.0 if exercised else slope + (work[SLOPE + i] if usual else 0.0)
        bend = 0.0 if exercised else bend + (work[BEND + i] if usual else 0.0)
        moved = work[OFF + i] * work[OFF + i] * (abs(rate) + abs(dividend_yield)) * years
        fault = NOT_CONVERGED if usual & (not (moved <= UNSETTLED_MOST)) else fault
        blank = 0.0 if fault == OK else np.nan
        work[PRICE + i] = (exercise if exercised & usual else max(unit * value, exercise)) + blank
        work[DELTA + i] = (slope if is_put else value - moneyness * slope) + blank
        work[GAMMA + i] = (bend if is_put else moneyness * moneyness * bend) / unit + blank
        work[CRITICAL + i] = (strike * boundary if is_put else strike / boundary) + blank
        work[STATUS + i] = fault


@kernel(COLUMNS, tables=1)
def values(columns: tuple[Floats, ...], rows: Floats, first: int, last: int, carried: Floats) -> None:
    """Price, delta, gamma, the spot from which on exercise is best, and why there is none where there is none."""
    work = np.empty(WIDTH * ROWS)
    for start in range(first, last, WIDTH):
        load(columns, work, start, last)
        _prepare(work)
        _guess(work)
        for _ in range(STEPS):
            _improve(work, carried)
        _value(work, carried)
        _conclude(work)
        store(work, COLUMNS, rows, start, last)
