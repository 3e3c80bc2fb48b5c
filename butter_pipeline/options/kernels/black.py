"""Black's formula, normalised: time values in units of the root of what is received times what is paid.

What belongs here: the time value as a function of the distance to the forward and the deviation, and the kernel of
prices. What does not: its inverse (`implied`), its derivatives (`greeks`).

With p = |ln(forward / strike)| and s the deviation of the log price at expiry, an option out of the money is worth
b = exp(-p/2) Phi(d1) - exp(p/2) Phi(d2), where d1, d2 = -p/s +- s/2 (Jaeckel 2015, "Let's be rational"). With
a = p/s and t = s/2, Mills' ratio Y and vega v = phi(a) exp(-t^2/2):

    b            = v (Y(a - t) - Y(a + t))    as long as a > t
    exp(-p/2) - b = v (Y(t - a) + Y(t + a))    from there on: what the worth lacks of its bound

so that `per_vega`, either bracket, never needs more than Mills' ratio. Where t is small the difference cancels. There
Y is expanded about a: Y(a - t) - Y(a + t) = 2t (u1 + u3 t^2 + u5 t^4 ...), u_n being the integral of
w^n exp(-aw - w^2/2) / n! over w > 0. These obey u_(n-1) = (n+1) u_(n+1) + a u_n, all of it positive, so they are
taken downwards from the quotient u18 / u17, which was fitted to 3e-17 in 70 digits, and scaled by a u0 + u1 = 1.
"""

import math

import numpy as np

from butter_pipeline.options.kernels.compiled import WIDTH, Floats, inlined, kernel, load, store
from butter_pipeline.options.kernels.elementary import exp, polynomial
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
from butter_pipeline.options.kernels.normal import PER_ROOT_2PI, mills

NEAR = 0.35
"""Up to this t the series serves."""
MOMENTS_ABOVE = (
    4.0051709202093075372e-12,
    2.2825319887202235184e-10,
    6.9219179036734458665e-9,
    1.4299985056671591972e-7,
    2.2051950258606560279e-6,
    0.000026459932437493155323,
    0.00025130956196587370304,
    0.0018899250387144322926,
    0.011069737145366832516,
    0.048485778337122826023,
    0.14510373172686558874,
    0.23245290129196022279,
)
MOMENTS_BELOW = (
    4.0051709202093084028e-12,
    2.2825319887201993207e-10,
    6.9980161511595924481e-9,
    1.4733666134438092915e-7,
    2.335189501291535193e-6,
    0.000029090193351830483921,
    0.00029064034227449758942,
    0.0023418797803907771779,
    0.015111237972753150534,
    0.076381186854388279557,
    0.28885965072710256434,
    0.74202303789414663198,
    1.0,
)
HIGHEST = 18
RESULTS = 2
"""Price and status."""


@inlined
def near_difference(a: float, t: float) -> float:
    """Y(a - t) - Y(a + t) for 0 <= t <= NEAR."""
    far = min(a, 1e15)
    upper, lower = polynomial(far, MOMENTS_ABOVE) / polynomial(far, MOMENTS_BELOW), 1.0
    square, total = t * t, 0.0
    for n in range(HIGHEST - 1, 0, -1):
        if n % 2:
            total = total * square + lower
        upper, lower = lower, (n + 1.0) * upper + far * lower
    # now lower is u0 and upper is u1, both on an arbitrary scale
    return 2.0 * t * (total / (far * lower + upper))


@inlined
def is_lower(a: float, t: float) -> bool:
    """Whether `per_vega` speaks of the worth itself rather than of what it lacks of its bound."""
    return (t <= NEAR) | (a > t)


@inlined
def per_vega(a: float, t: float) -> float:
    """The worth, or what it lacks of its bound, in units of normalised vega."""
    near, far = mills(abs(t - a)), mills(a + t)
    plain = near - far if a > t else near + far
    series = near_difference(a, min(t, NEAR))
    return series if t <= NEAR else plain


@inlined
def time_value(p: float, s: float, largest: float) -> float:
    """What an option out of the money is worth, normalised; `largest` is its bound exp(-p/2)."""
    certain = s < 1e-300
    deviation = 1.0 if certain else s
    a, t = p / deviation, 0.5 * deviation
    vega = PER_ROOT_2PI * exp(-0.5 * (a * a + t * t))
    part = vega * per_vega(a, t)
    worth = part if is_lower(a, t) else largest - part
    return 0.0 if certain else worth


@inlined
def _price(work: Floats) -> None:
    for i in range(WIDTH):
        spot, strike, years = work[SPOT + i], work[STRIKE + i], work[YEARS + i]
        rate, dividend_yield, iv = work[RATE + i], work[DIVIDEND_YIELD + i], work[GIVEN + i]
        received, paid, ahead = discounted(spot, strike, years, rate, dividend_yield)
        unit = math.sqrt(received) * math.sqrt(paid)
        worth = unit * time_value(abs(ahead), iv * math.sqrt(years), min(received, paid) / unit)
        price = worth + max(work[SIGN + i] * (received - paid), 0.0)
        status = valuation_fault(spot, strike, years, rate, dividend_yield, iv)
        work[COLUMNS * WIDTH + i] = price if status == OK else np.nan
        work[COLUMNS * WIDTH + WIDTH + i] = status


@kernel(COLUMNS)
def prices(columns: tuple[Floats, ...], rows: Floats, first: int, last: int) -> None:
    """The prices of contracts, and why there is none where there is none."""
    work = np.empty(WIDTH * (COLUMNS + RESULTS))
    for start in range(first, last, WIDTH):
        load(columns, work, start, last)
        _price(work)
        store(work, COLUMNS, rows, start, last)
