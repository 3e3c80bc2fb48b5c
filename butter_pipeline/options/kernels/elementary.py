"""Exponential and logarithm as plain arithmetic, within about one unit in the last place.

What belongs here: elementary functions. What does not: anything of probability or options.

The library's own would be called for one number at a time. Range reduction follows Cody and Waite (1980): x is a
whole number of ln 2, held in two parts, and a rest whose series is short. Arguments outside of what float64 can
answer end at 0 or infinity; what is not a number must be kept away by the caller.
"""

import numpy as np

from butter_pipeline.options.kernels.compiled import inlined

LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
PER_LN2 = 1.4426950408889634
ROUNDING = 6755399441055744.0
"""1.5 x 2^52: adding it leaves a whole number in the last bits."""
LARGEST, SMALLEST = 709.0, -708.0
FACTORIALS = tuple(1.0 / float(np.prod(np.arange(1.0, n + 1.0))) for n in range(13, 1, -1))
"""1/13! to 1/2!, of the exponential's series."""
ODDS = tuple(2.0 / (2 * n + 1) for n in range(10, 0, -1))
"""2/21 to 2/3, of the logarithm's series in f / (2 + f)."""
SPLITTER = 134217729.0
"""2^27 + 1: splits a number into two halves whose products are exact (Dekker 1971)."""


@inlined
def polynomial(z: float, coefficients: tuple[float, ...]) -> float:
    """Of the coefficients from the highest power down; odd and even powers apart, which halves the waiting."""
    square = z * z
    one, other = coefficients[0], coefficients[1]
    for k in range(2, len(coefficients) - 1, 2):
        one = one * square + coefficients[k]
        other = other * square + coefficients[k + 1]
    if len(coefficients) % 2:
        return (one * square + coefficients[-1]) + other * z
    return one * z + other


@inlined
def exp(x: float) -> float:
    """The exponential of x; nothing below -708, infinity above 709."""
    held = min(max(x, SMALLEST), LARGEST)
    shifted = held * PER_LN2 + ROUNDING
    whole = shifted - ROUNDING
    rest = (held - whole * LN2_HIGH) - whole * LN2_LOW
    series = 1.0 + (rest + rest * rest * polynomial(rest, FACTORIALS))
    bits = np.int64(np.float64(shifted).view(np.int64)) << np.int64(52)
    power = np.int64(bits + np.int64(0x3FF0000000000000)).view(np.float64)
    scaled = series * power
    return 0.0 if x < SMALLEST else (np.inf if x > LARGEST else scaled)


@inlined
def split(x: float) -> tuple[np.int64, np.float64]:
    """The whole number e and the m between sqrt(1/2) and sqrt(2) of which x = m 2^e; x positive and normal."""
    bits = np.float64(x).view(np.int64)
    # an exponent that counts from sqrt(1/2)
    exponent = (bits - np.int64(0x3FE6A09E667F3BCD)) >> np.int64(52)
    mantissa = np.int64(bits - (exponent << np.int64(52))).view(np.float64)
    return exponent, mantissa


@inlined
def log_of_parts(f: float, exponent: np.int64) -> float:
    """The logarithm of (1 + f) 2^exponent."""
    ratio = f / (2.0 + f)
    square = ratio * ratio
    half = 0.5 * f * f
    series = square * polynomial(square, ODDS)
    whole = np.float64(exponent)
    return whole * LN2_HIGH - ((half - (ratio * (half + series) + whole * LN2_LOW)) - f)


@inlined
def log(x: float) -> float:
    """The natural logarithm of a positive, normal number."""
    exponent, mantissa = split(x)
    return log_of_parts(mantissa - 1.0, exponent)


@inlined
def log_ratio(a: float, b: float) -> float:
    """log(a / b), as exact for neighbours as their difference is."""
    exponent, _ = split(a / b)
    scaled = b * np.int64((exponent + np.int64(1023)) << np.int64(52)).view(np.float64)
    return log_of_parts((a - scaled) / scaled, exponent)


@inlined
def exp_minus_half_square(z: float) -> float:
    """exp(-z^2 / 2) without what rounding the square would cost in the tails."""
    held = min(max(z, -40.0), 40.0)
    square = held * held
    high = held * SPLITTER - (held * SPLITTER - held)
    low = held - high
    lost = ((high * high - square) + 2.0 * high * low) + low * low
    return exp(-0.5 * square) * (1.0 - 0.5 * lost)
