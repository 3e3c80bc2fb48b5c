"""Option prices from cosine densities, and Black-76 volatilities from prices.

What belongs here: payoffs against densities, for blocks of [situation, strike].
What does not: where densities come from (`law`), and which strikes are listed or how they are quoted.

Prices here are undiscounted and per unit of spot. A block's width must be a multiple of PAD: vectorised
elementary functions may treat the end of an array apart, and bits must not depend on the block.
"""

import numpy as np
from scipy import special

from butter_pipeline.market.simulator.law import TERMS, Density
from butter_pipeline.market.simulator.parameters import Floats

PAD = 16
SMALLEST_TIME_VALUE = 1e-6  # per unit of spot; below it an implied volatility means nothing
_STEPS = 40
_LOWEST_SIGMA, _HIGHEST_SIGMA = 1e-5, 8.0


def put_prices(density: Density, ratio: Floats) -> Floats:
    """Undiscounted puts per unit of spot, of strike / spot [situation, strike].

    The payoff's cosine coefficients are known in closed form, so that a price is a trigonometric
    polynomial in the log strike; Clenshaw's recurrence evaluates it with products and sums alone.
    """
    half = density.half_width[:, None]
    place = np.log(ratio)
    inside = np.clip(place, -half, half)
    bound = np.exp(inside)
    angle = (inside + half) * (np.pi / 2.0) / half
    frequency = np.arange(1, TERMS) * (np.pi / 2.0) / half
    flat = density.coefficients[:, 1:] / (1.0 + frequency * frequency)
    sines, cosines = _series(np.array([flat / frequency, flat]), np.cos(angle))
    bottom = np.exp(-half)
    price = bound * (np.sin(angle) * sines - cosines) + bottom * np.sum(flat, axis=1)[:, None]
    price = price + density.coefficients[:, :1] * (bound * (inside + half) - (bound - bottom))
    # outside the range the density holds nothing: a put is worth nothing below it, and linear above it
    price = np.where(place < -half, 0.0, price + np.where(place > half, ratio - bound, 0.0))
    return np.maximum(price, 0.0)


def _series(terms: Floats, cosine: Floats) -> tuple[Floats, Floats]:
    """Sum of terms[0] sin(k x) / sin x, and of terms[1] cos(k x), k from 1."""
    columns = np.ascontiguousarray(terms.transpose(2, 0, 1))[:, :, :, None]
    double = 2.0 * cosine
    ahead = np.zeros((2, *cosine.shape))
    here, spare = np.zeros_like(ahead), np.empty_like(ahead)
    for k in range(TERMS - 2, -1, -1):
        np.multiply(double, here, out=spare)
        spare -= ahead
        spare += columns[k]
        ahead, here, spare = here, spare, ahead
    return here[0], cosine * here[1] - ahead[1]


def implied_sigmas(price: Floats, log_strike: Floats, start: Floats) -> Floats:
    """Black-76 standard deviations to expiry of out-of-the-money prices per unit of forward; nan for none.

    log_strike is ln(strike / forward): a put below zero, a call from zero on. Newton's method on the
    logarithm of the price, kept inside a bracket; an element that has converged is left alone, so
    that its neighbours cannot change its bits.
    """
    side = np.abs(log_strike)
    growth = np.exp(side)
    # a put at -x is e^x calls at +x
    target = np.where(log_strike < 0.0, price * growth, price)
    usable = (target > 0.0) & (target < 1.0)
    goal = np.where(usable, target, 0.5)
    aim = np.log(goal)
    low, high = np.full_like(goal, _LOWEST_SIGMA), np.full_like(goal, _HIGHEST_SIGMA)
    sigma = np.clip(start, 2e-5, 4.0)
    moving = usable
    for _ in range(_STEPS):
        value, slope = _call(side, growth, sigma)
        above = value > goal
        high, low = np.where(moving & above, sigma, high), np.where(moving & ~above, sigma, low)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = (aim - np.log(value)) * value / slope
            trial = sigma + step
        trial = np.where((trial > low) & (trial < high), trial, 0.5 * (low + high))
        done = np.abs(trial - sigma) <= 1e-10 * sigma
        sigma = np.where(moving, trial, sigma)
        moving = moving & ~done
        if not moving.any():
            break
    return np.where(usable, sigma, np.nan)


def _call(side: Floats, growth: Floats, sigma: Floats) -> tuple[Floats, Floats]:
    """Return a Black-76 call per unit of forward, and its slope in sigma."""
    upper = 0.5 * sigma - side / sigma
    value = special.ndtr(upper) - growth * special.ndtr(upper - sigma)
    return np.maximum(value, 0.0), normal_density(upper)


def normal_density(place: Floats) -> Floats:
    """Return the standard normal density."""
    return np.asarray(np.exp(-0.5 * place * place) * 0.3989422804014327)
