"""Cycles of the log price.

What belongs here: what a Fourier transform of the last rows says, and whether returns remember. What does not: other
forecasts (`price`).

The log price of 128 rows, less its straight line, is split into waves of 64 to 5 sessions. What the strongest waves
say of the sessions ahead is their continuation, which assumes that they last.

Must not see: any bar after the session's own.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from butter_pipeline.features.moving import moving_total
from butter_pipeline.features.registry import Floats, Integers, feature
from butter_pipeline.features.smoothing import changes, highest, log_returns, mean, total
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
    """Period of the strongest wave.

    128 / argmax of a_k^2 + b_k^2, k = 2 .. 25 waves in 128 rows. Source: Schuster (1898), Terrestrial Magnetism 3(1).
    """
    spectrum = bars.shared(spectrum_of)
    periods = LOOKBACK_ROWS / np.array(WAVES, dtype=np.float64)
    return np.where(spectrum.square > 0.0, periods[spectrum.dominant], np.nan)


@feature(CLOSE, LOOKBACK_ROWS, "radians", (-np.pi, np.pi))
def fourier_phase(bars: View) -> Floats:
    """Phase of the strongest wave at the close: 0 at its top, above zero when past it.

    atan2(a sin t - b cos t, a cos t + b sin t), t the turn at the last row. Source: Schuster (1898), Terrestrial
    Magnetism 3(1).
    """
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
    """The strongest wave's share in all movement about the straight line.

    max (a_k^2 + b_k^2) / 2 / mean(x^2). Source: Fisher (1929), Proceedings of the Royal Society A 125.
    """
    spectrum = bars.shared(spectrum_of)
    return np.minimum(highest(spectrum.power) / spectrum.square, 1.0)


@feature(CLOSE, LOOKBACK_ROWS, "percent")
def fourier_7_pct(bars: View) -> Floats:
    """What the two strongest waves add to the log price over the next seven sessions.

    100 sum over two waves of a (cos t7 - cos t0) + b (sin t7 - sin t0). Source: Hurst (1970), The Profit Magic of Stock
    Transaction Timing.
    """
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


@feature(CLOSE, LOOKBACK_ROWS, "share", (0.0, 1.0))
def spectral_entropy(bars: View) -> Floats:
    """How evenly movement is spread over the waves: 1 for noise, near 0 for one wave.

    -sum p_k ln p_k / ln 24, p_k the wave's share in the power of all 24. Source: Inouye et al. (1991),
    Electroencephalography and Clinical Neurophysiology 79(3).
    """
    power = bars.shared(spectrum_of).power
    share = power / total(power)
    told = np.where(share > 0.0, share, 1.0)
    found = np.minimum(np.maximum(-total(told * np.log(told)) / np.log(len(WAVES)), 0.0), 1.0)
    return np.where(np.isnan(total(share)), np.nan, found)


@feature(CLOSE, LOOKBACK_ROWS, "share", (-1.0, 1.0))
def wave_alignment(bars: View) -> Floats:
    """Whether the waves rise or fall together at the close, each by its power: 1 when all rise.

    sum p_k (-sin phase_k) / sum p_k over 24 waves. Source: Hurst (1970), The Profit Magic of Stock Transaction Timing.
    """
    spectrum = bars.shared(spectrum_of)
    cosines, sines = _turns()
    across = spectrum.sine * cosines[-1][:, None] - spectrum.cosine * sines[-1][:, None]
    size = np.sqrt(spectrum.cosine**2 + spectrum.sine**2)
    found = np.minimum(np.maximum(total(size * across) / total(size**2), -1.0), 1.0)
    return np.where(spectrum.square > 0.0, found, np.nan)


@feature(CLOSE, LOOKBACK_ROWS, "share", (0.0, 1.0))
def slow_power_share(bars: View) -> Floats:
    """The share of the waves' power that passes no faster than once in 21 sessions.

    sum of p_k with 128 / k >= 21 over the sum of all p_k. Source: Granger (1966), Econometrica 34(1).
    """
    power = bars.shared(spectrum_of).power
    slow = (LOOKBACK_ROWS / np.array(WAVES) >= 21.0)[:, None]
    return np.minimum(total(np.where(slow, power, 0.0)) / total(power), 1.0)


@feature(CLOSE, 64, "coefficient", (-1.0, 1.0))
def autocorrelation_1_63(bars: View) -> Floats:
    """Correlation of a session's log return with that of the session before, over 63 sessions.

    sum x x[1] / sum x^2, x = r - mean(r). Source: Box and Jenkins (1970), Time Series Analysis.
    """
    return _autocorrelation(bars, 1)


@feature(CLOSE, 64, "coefficient", (-1.0, 1.0))
def autocorrelation_5_63(bars: View) -> Floats:
    """Correlation of a session's log return with that of five sessions before, over 63 sessions.

    sum x x[5] / sum x^2, x = r - mean(r). Source: Box and Jenkins (1970), Time Series Analysis.
    """
    return _autocorrelation(bars, 5)


@feature(CLOSE, 127, "ratio", (0.0, np.inf))
def variance_ratio_5_126(bars: View) -> Floats:
    """The variance of returns over five sessions, over five times that over one: above one in a trend.

    var(sum5 r) / (5 var(r)) over 126 returns, both about the mean return. Source: Lo and MacKinlay (1988), Review of
    Financial Studies 1(1).
    """
    returns = log_returns(bars["bars.close"])
    apart = returns - mean(returns)
    return mean(moving_total(apart, 5) ** 2) / (5.0 * mean(apart**2))


@feature(CLOSE, 252, "exponent")
def hurst_252(bars: View) -> Floats:
    """How the size of moves grows with their length: one half for a random walk, more in a trend.

    least squares slope of ln mean|ln C - ln C[k]| on ln k, k = 1, 2, 4, 8, 16. Source: Di Matteo, Aste and Dacorogna
    (2003), Physica A 324.
    """
    price, lags = np.log(bars["bars.close"]), np.log(np.array([1.0, 2.0, 4.0, 8.0, 16.0]))
    sizes = [np.log(mean(np.abs(price[lag:] - price[:-lag]))) for lag in (1, 2, 4, 8, 16)]
    middle = lags - lags.mean()
    found = np.zeros(len(sizes[0]))
    for weight, size in zip(middle, sizes, strict=True):
        found = found + weight * size
    return found / float((middle**2).sum())


@feature(CLOSE, 126, "sessions", (0.0, np.inf))
def half_life_126_sessions(bars: View) -> Floats:
    """In how many sessions half of a distance from the mean is gone, over 126; null where it does not come back.

    -ln 2 / ln(1 + c), c from x - x[1] = c x[1], x = ln C - mean. Source: Chan (2013), Algorithmic Trading, after
    Uhlenbeck and Ornstein (1930), Physical Review 36.
    """
    price = np.log(bars["bars.close"])
    apart = price - mean(price)
    kept = 1.0 + total(apart[:-1] * changes(apart)) / total(apart[:-1] ** 2)
    return np.where((kept > 0.0) & (kept < 1.0), -np.log(2.0) / np.log(kept), np.nan)


@feature(CLOSE, 64, "deviations")
def runs_z_63(bars: View) -> Floats:
    """Whether rises and falls alternate more (above zero) or less than by chance, over 63 sessions.

    (runs - mean) / sd of the number of runs, given how many rose and fell. Source: Wald and Wolfowitz (1940), Annals of
    Mathematical Statistics 11(2).
    """
    rose = (changes(bars["bars.close"]) > 0.0).astype(np.float64)
    count, up = float(len(rose)), total(rose)
    down = count - up
    runs = 1.0 + total(np.abs(changes(rose)))
    expected = 2.0 * up * down / count + 1.0
    spread = (expected - 1.0) * (expected - 2.0) / (count - 1.0)
    found = (runs - expected) / np.sqrt(np.where(spread > 0.0, spread, np.nan))
    return np.where(np.isnan(total(bars["bars.close"])), np.nan, found)


def _autocorrelation(bars: View, lag: int) -> Floats:
    returns = log_returns(bars["bars.close"])
    apart = returns - mean(returns)
    return total(apart[lag:] * apart[:-lag]) / total(apart**2)


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
