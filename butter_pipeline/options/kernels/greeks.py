"""Derivatives of prices, all in closed form.

What belongs here: the kernels of Greeks. What does not: prices (`black`), and Greeks of positions.

Formulas as in Haug (2007), "The Complete Guide to Option Pricing Formulas", chapter 2, with a continuous dividend
yield; what changes with time is per year that passes. Where no deviation is left the first derivatives are those of
the intrinsic value, halfway at the money, and the higher ones nothing.
"""

import math

import numpy as np

from butter_pipeline.options.kernels.compiled import WIDTH, Floats, inlined, kernel, load, store
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
from butter_pipeline.options.kernels.normal import FARTHEST, below, density

FIRST = ("delta", "gamma", "vega", "theta", "rho", "epsilon")
HIGHER = (
    "vanna", "volga", "charm", "veta", "vera", "dual_delta", "dual_gamma", "speed", "zomma", "color", "ultima",
)  # fmt: skip
"""The rows of results, in order."""


@inlined
def places(ahead: float, deviation: float) -> tuple[float, float]:
    """d1 and d2; as far as it takes to be certain, and 0 where the forward is the strike and nothing can change."""
    certain = deviation < 1e-300
    middle = ahead / (1.0 if certain else deviation)
    middle = (FARTHEST if ahead > 0.0 else (-FARTHEST if ahead < 0.0 else 0.0)) if certain else middle
    middle = min(max(middle, -FARTHEST), FARTHEST)
    half = min(0.5 * deviation, FARTHEST)
    return middle + half, middle - half


@inlined
def _first(work: Floats) -> None:
    for i in range(WIDTH):
        sign, spot, strike, years = work[SIGN + i], work[SPOT + i], work[STRIKE + i], work[YEARS + i]
        rate, dividend_yield, iv = work[RATE + i], work[DIVIDEND_YIELD + i], work[GIVEN + i]
        received, paid, ahead = discounted(spot, strike, years, rate, dividend_yield)
        root = math.sqrt(years)
        deviation = iv * root
        upper, lower = places(ahead, deviation)
        dense = density(upper)
        got = sign * received * below(sign * upper, dense)
        given = sign * paid * below(sign * lower, density(lower))
        vega = received * dense * root
        spread = spot * deviation
        status = valuation_fault(spot, strike, years, rate, dividend_yield, iv)
        blank = 0.0 if status == OK else np.nan
        at = COLUMNS * WIDTH + i
        work[at] = got / spot + blank
        work[at + WIDTH] = (received * dense / (spot * spread) if spread > 0.0 else 0.0) + blank
        work[at + 2 * WIDTH] = vega + blank
        decay = 0.5 * iv * received * dense / root if deviation > 0.0 else 0.0
        work[at + 3 * WIDTH] = dividend_yield * got - rate * given - decay + blank
        work[at + 4 * WIDTH] = years * given + blank
        work[at + 5 * WIDTH] = -years * got + blank


@kernel(COLUMNS)
def first(columns: tuple[Floats, ...], rows: Floats, begin: int, last: int) -> None:
    """The Greeks of `FIRST`."""
    work = np.empty(WIDTH * (COLUMNS + len(FIRST)))
    for start in range(begin, last, WIDTH):
        load(columns, work, start, last)
        _first(work)
        store(work, COLUMNS, rows, start, last)


@inlined
def _higher(work: Floats) -> None:
    for i in range(WIDTH):
        sign, spot, strike, years = work[SIGN + i], work[SPOT + i], work[STRIKE + i], work[YEARS + i]
        rate, dividend_yield, iv = work[RATE + i], work[DIVIDEND_YIELD + i], work[GIVEN + i]
        received, paid, ahead = discounted(spot, strike, years, rate, dividend_yield)
        root = math.sqrt(years)
        deviation = iv * root
        upper, lower = places(ahead, deviation)
        dense, below_lower = density(upper), density(lower)
        live = deviation > 0.0
        width, volatility, time = (deviation, iv, years) if live else (1.0, 1.0, 1.0)
        per_spot = received / spot * (dense if live else 0.0)
        vega, gamma = per_spot * spot * root, per_spot / (spot * width)
        delta = sign * received / spot * below(sign * upper, dense)
        # how the places move with time to expiry
        drift = ((rate - dividend_yield) / width - 0.5 * lower / time) if live else 0.0
        product = upper * lower
        status = valuation_fault(spot, strike, years, rate, dividend_yield, iv)
        blank = 0.0 if status == OK else np.nan
        at = COLUMNS * WIDTH + i
        work[at] = -per_spot * lower / volatility + blank
        work[at + WIDTH] = vega * product / volatility + blank
        work[at + 2 * WIDTH] = dividend_yield * delta - per_spot * drift + blank
        work[at + 3 * WIDTH] = vega * (dividend_yield + upper * drift - 0.5 / time) + blank
        work[at + 4 * WIDTH] = -years * per_spot * spot * upper / volatility + blank
        work[at + 5 * WIDTH] = -sign * paid / strike * below(sign * lower, below_lower) + blank
        work[at + 6 * WIDTH] = paid / strike * (below_lower if live else 0.0) / (strike * width) + blank
        work[at + 7 * WIDTH] = -gamma / spot * (upper / width + 1.0) + blank
        work[at + 8 * WIDTH] = gamma * (product - 1.0) / volatility + blank
        work[at + 9 * WIDTH] = gamma * (dividend_yield + upper * drift + 0.5 / time) + blank
        bent = product * (1.0 - product) + upper * upper + lower * lower
        work[at + 10 * WIDTH] = -vega / (volatility * volatility) * bent + blank


@kernel(COLUMNS)
def higher(columns: tuple[Floats, ...], rows: Floats, begin: int, last: int) -> None:
    """The Greeks of `HIGHER`."""
    work = np.empty(WIDTH * (COLUMNS + len(HIGHER)))
    for start in range(begin, last, WIDTH):
        load(columns, work, start, last)
        _higher(work)
        store(work, COLUMNS, rows, start, last)
