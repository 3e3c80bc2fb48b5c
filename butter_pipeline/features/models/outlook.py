"""What models of volatility say of every row of a window, by the fits of its month.

What belongs here: bringing the models (`volatility`, `har`) together with months (`monthly`), and what stands in for a
fit that did not converge. What does not: which of it is a feature (`families.volatility.models`).

The parameters of a calendar month rest on the returns within the 501 sessions before it, at least 120 of them; the
sessions of the month are filtered. Where a fit does not converge, an exponential average of squared returns that keeps
0.94 of itself every session stands in for it, and there is no interval. Intervals hold a share of 0.90 and are those of
unsure parameters (the delta method on the logarithm of the mean variance), not of what returns may come. Where the
parameters are so unsure that the method does not hold, as for prices that hardly move, there is no interval.
"""

from dataclasses import dataclass

import numpy as np

from butter_pipeline.features.models import har
from butter_pipeline.features.models.monthly import LEAST_RETURNS, Samples, returns_of, samples
from butter_pipeline.features.models.volatility import INTERVAL_ERRORS, Fits, Model, fit, forecast_after
from butter_pipeline.features.registry import Booleans, Floats, Integers
from butter_pipeline.features.smoothing import ROUNDING
from butter_pipeline.features.windows import View

PRICES = ("bars.open", "bars.high", "bars.low", "bars.close")
YEAR_SESSIONS = 252.0
KEPT = 0.94
"""What the fallback keeps of its variance from one session to the next, as RiskMetrics does."""
HORIZONS = (1, 7)
LEAST_VARIANCE = (100.0 * ROUNDING) ** 2
"""Less is but the rounding of prices."""
ERROR_MOST = 1.0
"""Of the logarithm of a variance: real returns leave at most three quarters of this."""


@dataclass(frozen=True)
class Outlook:
    """By row: mean variances of 1 and 7 sessions in squared percent, standard errors of their logarithms, the law."""

    variance: Floats
    error: Floats
    leverage: Floats
    converged: Floats

    def volatility_pct(self, horizon: int) -> Floats:
        """The forecast, per cent a year."""
        found: Floats = np.sqrt(YEAR_SESSIONS * self.variance[:, HORIZONS.index(horizon)])
        return found

    def width_pct(self, horizon: int) -> Floats:
        """The width of the forecast's interval."""
        apart = 0.5 * INTERVAL_ERRORS * self.error[:, HORIZONS.index(horizon)]
        width: Floats = self.volatility_pct(horizon) * (np.exp(apart) - np.exp(-apart))
        return width


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


def outlook(model: Model, bars: View) -> Outlook:
    """The forecasts of every row by its month's fit, or by what stands in for that."""
    known = bars.shared(returns_of)
    enough = known.counts >= LEAST_RETURNS
    fits = fit(model, known.values, np.where(enough, known.counts, 0), remembered=bars.remembered)
    variance, error = forecast_after(fits, (known.values, known.counts), (known.after, known.which), HORIZONS)
    found = fits.converged[known.which][:, None]
    told = np.where(found, variance, bars.shared(standing))
    return Outlook(
        np.where(told > LEAST_VARIANCE, told, np.nan),
        np.where(found & (error <= ERROR_MOST), error, np.nan),
        np.where(fits.converged, fits.parameters[:, 3], np.nan)[known.which],
        np.where(enough, fits.converged.astype(np.float64), np.nan)[known.which],
    )


def standing(bars: View) -> Floats:
    """What the exponential average says of every row, which stands in where no fit is proved."""
    known = bars.shared(returns_of)
    sample, after = (known.values, known.counts), (known.after, known.which)
    return forecast_after(stand_in(known), sample, after, HORIZONS)[0]


def stand_in(known: Samples) -> Fits:
    """The exponential average about the mean, beginning with the sample's variance, as if it were a fit."""
    enough = known.counts >= LEAST_RETURNS
    held = np.arange(known.values.shape[1]) < known.counts[:, None]
    mean = _along(held, known.counts, known.values)
    variance = _along(held, known.counts, (known.values - mean[:, None]) ** 2)
    laws = np.zeros((len(mean), 5))
    laws[:, 0], laws[:, 2], laws[:, 4] = mean, 1.0 - KEPT, KEPT
    laws[~enough] = np.nan
    nothing = np.full(len(mean), np.nan)
    return Fits(Model.GARCH, laws, np.zeros((len(mean), 5, 5)), nothing, variance, np.zeros(len(mean), dtype=np.int64))


def _along(held: Booleans, counts: Integers, values: Floats) -> Floats:
    """The mean over the values that are held, session by session."""
    added = np.zeros(len(values))
    for each, there in zip(values.T, held.T, strict=True):
        added = np.where(there, added + each, added)
    return added / counts
