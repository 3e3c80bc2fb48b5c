"""Cycles of the log price.

What belongs here: what a Fourier transform of the last rows says. What does not: other forecasts (`price`).

The log price of 128 rows, less its straight line, is split into waves of 64 to 5 sessions. What the strongest waves
say of the sessions ahead is their continuation, which assumes that they last.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from butter_pipeline.features.registry import Floats, Integers, feature
from butter_pipeline.features.smoothing import highest, mean, total
from butter_pipeline.features.windows import View

INPUTS = ("bars",)
CLOSE = ("bars.close",)
LOOKBACK_ROWS = 128
WAVES = tuple(range(2, 26))
"""Waves by how often they pass in the lookback: periods from 64 to 5.12 sessions."""
HORIZON_SESSIONS = 7
STRONGEST = 2


@dataclass(frozen=True)
class Spectrum:
    """Cosine and sine of every wave, [wave, row], and the mean square of what was split."""

    cosine: Floats
    sine: Floats
    square: Floats

    @property
    def power(self) -> Floats:
        """The mean square of every wave."""
        return (self.cosine**2 + self.sine**2) / 2.0

    @property
    def dominant(self) -> Integers:
        """Which wave is the strongest; the slower of two equal ones."""
        found: Integers = np.argmax(self.power, axis=0)
        return found


@feature(CLOSE, LOOKBACK_ROWS, "sessions", (5.0, 64.0))
def fourier_period_sessions(bars: View) -> Floats:
    """Period of the strongest wave."""
    spectrum = bars.shared(spectrum_of)
    periods = LOOKBACK_ROWS / np.array(WAVES, dtype=np.float64)
    return np.where(spectrum.square > 0.0, periods[spectrum.dominant], np.nan)


@feature(CLOSE, LOOKBACK_ROWS, "radians", (-np.pi, np.pi))
def fourier_phase(bars: View) -> Floats:
    """Phase of the strongest wave at the close: 0 at its top, above zero when past it."""
    spectrum = bars.shared(spectrum_of)
    strongest = np.arange(len(WAVES))[:, None] == spectrum.dominant
    turn = 2.0 * np.pi * np.array(WAVES)[spectrum.dominant] * (LOOKBACK_ROWS - 1) / LOOKBACK_ROWS
    cosine = total(np.where(strongest, spectrum.cosine, 0.0))
    sine = total(np.where(strongest, spectrum.sine, 0.0))
    here = cosine * np.cos(turn) + sine * np.sin(turn)
    across = cosine * np.sin(turn) - sine * np.cos(turn)
    return np.where(spectrum.square > 0.0, np.arctan2(across, here), np.nan)


@feature(CLOSE, LOOKBACK_ROWS, "share", (0.0, 1.0))
def fourier_power_share(bars: View) -> Floats:
    """The strongest wave's share in all movement about the straight line."""
    spectrum = bars.shared(spectrum_of)
    return np.minimum(highest(spectrum.power) / spectrum.square, 1.0)


@feature(CLOSE, LOOKBACK_ROWS, "percent")
def fourier_7_pct(bars: View) -> Floats:
    """What the two strongest waves add to the log price over the next seven sessions."""
    spectrum = bars.shared(spectrum_of)
    power, moved = spectrum.power, np.zeros(len(spectrum.square))
    cosines, sines = _turns()
    ahead = (LOOKBACK_ROWS - 1 + HORIZON_SESSIONS) % LOOKBACK_ROWS
    for _ in range(STRONGEST):
        strongest = np.arange(len(WAVES))[:, None] == np.argmax(power, axis=0)
        by_cosine = spectrum.cosine * (cosines[ahead] - cosines[-1])[:, None]
        by_sine = spectrum.sine * (sines[ahead] - sines[-1])[:, None]
        moved = moved + total(np.where(strongest, by_cosine + by_sine, 0.0))
        power = np.where(strongest, -1.0, power)
    return np.where(spectrum.square > 0.0, 100.0 * moved, np.nan)


def spectrum_of(bars: View) -> Spectrum:
    """The waves of every wanted row."""
    close = bars["bars.close"]
    apart = _detrended(np.log(close / close[-1]))
    cosine, sine = np.zeros((len(WAVES), apart.shape[1])), np.zeros((len(WAVES), apart.shape[1]))
    for each, up, across in zip(apart, *_turns(), strict=True):
        cosine = cosine + up[:, None] * each
        sine = sine + across[:, None] * each
    return Spectrum(cosine * (2.0 / LOOKBACK_ROWS), sine * (2.0 / LOOKBACK_ROWS), mean(apart**2))


def _detrended(values: Floats) -> Floats:
    """Values less their straight line of least squares."""
    middle = np.arange(len(values), dtype=np.float64)[:, None] - (len(values) - 1) / 2.0
    level = mean(values)
    slope = total(middle * values) / float((middle**2).sum())
    return values - level - slope * middle


@lru_cache
def _turns() -> tuple[Floats, Floats]:
    """Cosine and sine of every wave at every row of the lookback, [age, wave]."""
    angle = 2.0 * np.pi * np.outer(np.arange(LOOKBACK_ROWS), np.array(WAVES)) / LOOKBACK_ROWS
    return np.cos(angle), np.sin(angle)
