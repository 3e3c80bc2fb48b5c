"""Forecasts of volatility by models that are fitted once a month and filtered in between, per cent a year.

What belongs here: what GARCH, GJR-GARCH, EGARCH and HAR say of the sessions ahead, how sure their parameters are, and
whether they were found. What does not: estimators without a forecast (`volatility`), the models (`features.models`).

The parameters of a calendar month rest on the returns within the 501 sessions before it, at least 120 of them; the
sessions of the month are filtered. Where a fit does not converge, an exponential average of squared returns that keeps
0.94 of itself every session stands in for it, and there is no interval. Intervals hold a share of 0.90 and are those of
unsure parameters (the delta method on the logarithm of the mean variance), not of what returns may come.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from butter_pipeline.features.models import har
from butter_pipeline.features.models.monthly import LOOKBACK_ROWS, Samples, samples
from butter_pipeline.features.models.volatility import (
    INTERVAL_ERRORS,
    Fits,
    Model,
    fit,
    forecast_after,
)
from butter_pipeline.features.registry import Booleans, Floats, feature
from butter_pipeline.features.smoothing import log_returns
from butter_pipeline.features.windows import View

INPUTS = ("bars",)
CLOSE = ("bars.close",)
PRICES = ("bars.open", "bars.high", "bars.low", "bars.close")
YEAR_SESSIONS = 252.0
ANY = (0.0, np.inf)
LEAST_RETURNS = 120
KEPT = 0.94
"""What the fallback keeps of its variance from one session to the next, as RiskMetrics does."""
HORIZONS = (1, 7)


@dataclass(frozen=True)
class Outlook:
    """By row: the mean variance of 1 and 7 sessions in squared percent, the standard error of its logarithm, the law."""

    variance: Floats
    error: Floats
    leverage: Floats
    converged: Floats

    def volatility_pct(self, horizon: int) -> Floats:
        """The forecast, per cent a year."""
        return np.sqrt(YEAR_SESSIONS * self.variance[:, HORIZONS.index(horizon)])

    def width_pct(self, horizon: int) -> Floats:
        """The width of the forecast's interval."""
        apart = 0.5 * INTERVAL_ERRORS * self.error[:, HORIZONS.index(horizon)]
        return self.volatility_pct(horizon) * (np.exp(apart) - np.exp(-apart))


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY)
def garch_1_pct(bars: View) -> Floats:
    """GARCH(1,1) forecast for the next session."""
    return bars.shared(garch).volatility_pct(1)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY)
def garch_7_pct(bars: View) -> Floats:
    """GARCH(1,1) forecast for the next seven sessions."""
    return bars.shared(garch).volatility_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY)
def garch_width_1_pct(bars: View) -> Floats:
    """Width of the 90 % interval of the GARCH forecast for the next session."""
    return bars.shared(garch).width_pct(1)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY)
def garch_width_7_pct(bars: View) -> Floats:
    """Width of the 90 % interval of the GARCH forecast for the next seven sessions."""
    return bars.shared(garch).width_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "1 or 0", (0.0, 1.0))
def garch_converged(bars: View) -> Floats:
    """1 where the month's GARCH fit converged, 0 where an exponential average stands in for it."""
    return bars.shared(garch).converged


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY)
def gjr_1_pct(bars: View) -> Floats:
    """GJR-GARCH(1,1) forecast for the next session."""
    return bars.shared(gjr).volatility_pct(1)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY)
def gjr_7_pct(bars: View) -> Floats:
    """GJR-GARCH(1,1) forecast for the next seven sessions."""
    return bars.shared(gjr).volatility_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY)
def gjr_width_7_pct(bars: View) -> Floats:
    """Width of the 90 % interval of the GJR forecast for the next seven sessions."""
    return bars.shared(gjr).width_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "coefficient")
def gjr_leverage(bars: View) -> Floats:
    """What a fall adds to a squared shock's weight in the next variance (GJR); nothing where the fit did not converge."""
    return bars.shared(gjr).leverage


@feature(CLOSE, LOOKBACK_ROWS, "1 or 0", (0.0, 1.0))
def gjr_converged(bars: View) -> Floats:
    """1 where the month's GJR fit converged, 0 where an exponential average stands in for it."""
    return bars.shared(gjr).converged


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY)
def egarch_1_pct(bars: View) -> Floats:
    """EGARCH(1,1) forecast for the next session."""
    return bars.shared(egarch).volatility_pct(1)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY)
def egarch_7_pct(bars: View) -> Floats:
    """EGARCH(1,1) forecast for the next seven sessions."""
    return bars.shared(egarch).volatility_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "percent a year", ANY)
def egarch_width_7_pct(bars: View) -> Floats:
    """Width of the 90 % interval of the EGARCH forecast for the next seven sessions."""
    return bars.shared(egarch).width_pct(7)


@feature(CLOSE, LOOKBACK_ROWS, "coefficient")
def egarch_leverage(bars: View) -> Floats:
    """What a shock's sign adds to the next log variance (EGARCH); below nothing where falls disturb more than rises."""
    return bars.shared(egarch).leverage


@feature(CLOSE, LOOKBACK_ROWS, "1 or 0", (0.0, 1.0))
def egarch_converged(bars: View) -> Floats:
    """1 where the month's EGARCH fit converged, 0 where an exponential average stands in for it."""
    return bars.shared(egarch).converged


@feature(PRICES, LOOKBACK_ROWS, "percent a year", ANY)
def har_1_pct(bars: View) -> Floats:
    """HAR forecast of the next session's volatility, from its night and its range."""
    return 100.0 * np.sqrt(YEAR_SESSIONS) * har.forecast(bars.shared(ranges), 1)


@feature(PRICES, LOOKBACK_ROWS, "percent a year", ANY)
def har_7_pct(bars: View) -> Floats:
    """HAR forecast of the mean volatility of the next seven sessions, from their nights and ranges."""
    return 100.0 * np.sqrt(YEAR_SESSIONS) * har.forecast(bars.shared(ranges), 7)


def ranges(bars: View) -> Samples:
    """The volatility of every session, as HAR is given it."""
    opened, high, low, close = (np.log(bars[name]) for name in PRICES)
    return samples(har.session_volatility(opened, high, low, close), bars)


def garch(bars: View) -> Outlook:
    """What GARCH says of every row."""
    return outlook(Model.GARCH, bars)


def gjr(bars: View) -> Outlook:
    """What GJR-GARCH says of every row."""
    return outlook(Model.GJR, bars)


def egarch(bars: View) -> Outlook:
    """What EGARCH says of every row."""
    return outlook(Model.EGARCH, bars)


def returns_of(bars: View) -> Samples:
    """Log returns in percent."""
    return samples(100.0 * log_returns(bars["bars.close"]), bars)


def outlook(model: Model, bars: View) -> Outlook:
    """The forecasts of every row by its month's fit, or by what stands in for that."""
    known = bars.shared(returns_of)
    enough = known.counts >= LEAST_RETURNS
    fits = fit(model, known.values, np.where(enough, known.counts, 0))
    sample, after = (known.values, known.counts), (known.after, known.which)
    variance, error = forecast_after(fits, sample, after, HORIZONS)
    standing = forecast_after(stand_in(known, enough), sample, after, HORIZONS)[0]
    found = fits.converged[known.which][:, None]
    told = Outlook(
        np.where(found, variance, standing),
        np.where(found, error, np.nan),
        np.where(fits.converged, fits.parameters[:, 3], np.nan)[known.which],
        np.where(enough, fits.converged.astype(np.float64), np.nan)[known.which],
    )
    return replace(told, variance=np.where(told.variance > 0.0, told.variance, np.nan))


def stand_in(known: Samples, enough: Booleans) -> Fits:
    """The exponential average about the mean, beginning with the sample's variance, as if it were a fit."""
    held = np.arange(known.values.shape[1]) < known.counts[:, None]
    added = partial(_along, held, known.counts)
    mean = added(known.values)
    variance = added((known.values - mean[:, None]) ** 2)
    laws = np.zeros((len(mean), 5))
    laws[:, 0], laws[:, 2], laws[:, 4] = mean, 1.0 - KEPT, KEPT
    laws[~enough] = np.nan
    nothing = np.full(len(mean), np.nan)
    return Fits(Model.GARCH, laws, np.zeros((len(mean), 5, 5)), nothing, variance, np.zeros(len(mean), dtype=np.int64))


def _along(held: Booleans, counts: Floats, values: Floats) -> Floats:
    """The mean over the values that are held, session by session."""
    added = np.zeros(len(values))
    for each, there in zip(values.T, held.T, strict=True):
        added = np.where(there, added + each, added)
    return added / counts
