"""Small option markets for the tests: quotes of known laws, and quotes that contradict each other."""

import numpy as np
from scipy import special

from butter_pipeline.options.surface.parity import Expiries, Quotes
from butter_pipeline.options.surface.slices import Slices


def lognormal(deviation):
    return mixed([1.0], [1.0], [deviation])


def mixed(weights, means, deviations):
    """A law: means are given up to the factor that makes them average to one."""
    weights, means = np.array([weights], dtype=float), np.array([means], dtype=float)
    weights = weights / weights.sum()
    return Slices(weights, means / np.sum(weights * means), np.array([deviations], dtype=float))


def black_call(k, deviation):
    upper = 0.5 * deviation - k / deviation
    return special.ndtr(upper) - np.exp(k) * special.ndtr(upper - deviation)


def quoted(laws, years, *, forward=100.0, rate=0.03, strikes=None, half=0.02):
    """One surface's quotes around the exact prices of its laws, half a spread to each side."""
    years = np.asarray(years, dtype=float)
    parts = []
    for place, (law, time) in enumerate(zip(laws, years, strict=True)):
        wide = 3.0 * law.at_the_money()[0]
        strike = forward * np.exp(np.linspace(-wide, wide, 21)) if strikes is None else np.asarray(strikes, dtype=float)
        unit = forward * np.exp(-rate * time)
        k = np.log(strike / forward)
        call, put = unit * law.calls(k)[0], unit * law.puts(k)[0]
        sides = [np.maximum(call - half, 0.0), call + half, np.maximum(put - half, 0.0), put + half]
        parts.append((np.full(strike.size, place), strike, *sides))
    return Quotes(*(np.concatenate(each) for each in zip(*parts, strict=True))), Expiries(
        np.zeros(len(years), int), years
    )


def joined(markets):
    """Several surfaces' quotes and expiries, one after another."""
    quotes, surfaces, years, count = [], [], [], 0
    for number, (each, expiries) in enumerate(markets):
        quotes.append((each.expiry + count, *list(vars(each).values())[1:]))
        surfaces.append(np.full(len(expiries), number))
        years.append(expiries.years)
        count += len(expiries)
    return (
        Quotes(*(np.concatenate(each) for each in zip(*quotes, strict=True))),
        Expiries(np.concatenate(surfaces), np.concatenate(years)),
    )
