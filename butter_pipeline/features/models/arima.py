"""ARIMA(p, d, q) by exact maximum likelihood, and its forecasts with their band.

What belongs here: the model as people write it, over many series at once. What does not: the loops (`kernels`), and
which prices a fit rests on (`families.price`).

    (y - mean)' = own (y - mean) + ... + e' + shock e + ...

of the values, or of their first differences. Own parts are stationary and shock parts invertible; a fit that ends at
the edge of that (a unit root, an overdifferenced series) has converged all the same and says so. Where own and shock
part nearly cancel, the coefficients mean little, though forecasts and likelihood do. Bands are those of the fitted law:
the parameters' own uncertainty is not in them.
"""

from dataclasses import dataclass

import numpy as np

from butter_pipeline.features.models.searching import Findings, Remembered, Search, searched
from butter_pipeline.features.models.volatility import LOG_TWO_PI, Reason
from butter_pipeline.features.registry import Booleans, Floats, Integers

ARMA = 2
"""The number of the likelihood (`kernels.likelihoods`)."""
OWN_MOST = 1.0 - 2e-5
"""How near to a unit root an own part is sought, as a partial correlation."""
LEAST_VALUES = 20
OTHERS = (
    (-0.95, -0.95),
    (-0.6, 0.6),
    (-0.95, 0.95),
    (0.97, -0.9),
    (-0.95, -0.2),
    (-0.95, 0.6),
    (0.6, 0.95),
    (0.7, -0.5),
    (-0.7, 0.5),
)
STARTS = (
    (0.0, 0.0),
    (0.95, 0.0),
    (0.5, 0.3),
    (0.3, -0.6),
    (-0.3, -0.5),
    (0.9, -0.5),
    (-0.4, 0.0),
    (0.2, 0.6),
    (0.99, -0.3),
)
"""First partial correlations of own and shock part; the others begin at nothing."""
CANCELLING = 0.1
"""Own and shock parts whose roots are nearer than this nearly cancel."""


@dataclass(frozen=True)
class Order:
    """How many own lags, differences (0 or 1) and shock lags, and whether about a mean."""

    own: int
    differences: int
    shocks: int
    mean: bool = True

    def __post_init__(self) -> None:
        """Refuses what is not covered."""
        if not (0 <= self.own <= 8 and 0 <= self.shocks <= 8 and self.differences in (0, 1)):
            raise ValueError(
                f"ARIMA({self.own}, {self.differences}, {self.shocks}): at most 8 lags and one difference; choose less"
            )


@dataclass(frozen=True)
class Fits:
    """A fit for each series: laws [series, mean and own and shock part], the shocks' variance, how they were found."""

    order: Order
    laws: Floats
    variance: Floats
    covariance: Floats
    log_likelihood: Floats
    reason: Integers
    edge: Booleans

    @property
    def converged(self) -> Booleans:
        """Where the top is proved."""
        found: Booleans = self.reason == Reason.FITTED
        return found

    @property
    def mean(self) -> Floats:
        """The mean of the values, or of their differences; nothing where the order has none."""
        found: Floats = self.laws[:, 0]
        return found

    @property
    def own(self) -> Floats:
        """Coefficients of the last values, [series, lag]."""
        return self.laws[:, 1 : 1 + self.order.own]

    @property
    def shocks(self) -> Floats:
        """Coefficients of the last shocks, [series, lag]."""
        return self.laws[:, 1 + self.order.own :]

    @property
    def standard_errors(self) -> Floats:
        """Of the laws, by the observed curvature; NaN at an edge."""
        variances = np.stack([self.covariance[:, each, each] for each in range(self.laws.shape[1])], axis=1)
        found: Floats = np.sqrt(np.where(variances > 0.0, variances, np.nan))
        return found

    @property
    def cancelling(self) -> Booleans:
        """Where a root of the own part is nearly one of the shock part."""
        return np.array([_near(own, shocks) for own, shocks in zip(self.own, self.shocks, strict=True)], dtype=np.bool_)

    def band(self, ahead: int) -> Floats:
        """The standard error of each forecast, [series, session ahead]."""
        weights = self._weights(ahead)
        return self._error(np.cumsum(weights, axis=1) if self.order.differences else weights)[:, :ahead]

    def of_sums(self, ahead: int) -> Floats:
        """The standard error of the sum of the next values, by series."""
        return self._error(np.cumsum(self._weights(ahead), axis=1))[:, -1]

    def _error(self, weights: Floats) -> Floats:
        return np.sqrt(self.variance[:, None] * np.cumsum(weights**2, axis=1))

    def _weights(self, ahead: int) -> Floats:
        """By how much a shock moves the value so many sessions later."""
        weights = np.zeros((len(self.laws), ahead))
        for session in range(ahead):
            added = np.ones(len(self.laws)) if session == 0 else np.zeros(len(self.laws))
            if 0 < session <= self.order.shocks:
                added = added + self.shocks[:, session - 1]
            for lag in range(1, min(session, self.order.own) + 1):
                added = added + self.own[:, lag - 1] * weights[:, session - lag]
            weights[:, session] = added
        return weights


def fit(order: Order, values: Floats, counts: Integers | None = None, remembered: Remembered | None = None) -> Fits:
    """A fit for each row of values [series, session]; `counts` says how many of a row's values there are.

    What is remembered is not fitted again.
    """
    series, counts = _differenced(order, values, counts)
    settings = np.tile(_setting(order), (len(series), 1))
    return _written(order, counts, searched(_search(order), series, counts, settings, remembered))


def forecast(fits: Fits, values: Floats, ahead: int, counts: Integers | None = None) -> Floats:
    """What is expected of the next values, [series, session ahead]; with a difference, of the values themselves."""
    series, counted = _differenced(fits.order, values, counts)
    found = forecast_after(fits, (series, counted), (np.full((len(series), 1), np.nan), np.arange(len(series))), ahead)
    if not fits.order.differences:
        return found
    last = np.asarray(values, dtype=np.float64)[np.arange(len(series)), counted]
    levels: Floats = last[:, None] + np.cumsum(found, axis=1)
    return levels


def forecast_after(fits: Fits, sample: tuple[Floats, Integers], after: tuple[Floats, Integers], ahead: int) -> Floats:
    """The same of values without a difference, for rows of what followed the fitted ones, each by the fit it names.

    NaN is where nothing followed.
    """
    from butter_pipeline.features.models.kernels.arma_laws import arma_forecasts

    found = np.full((len(after[1]), ahead), np.nan)
    arma_forecasts(fits.laws, _setting(fits.order), sample, after, found)
    return found


def _differenced(order: Order, values: Floats, counts: Integers | None) -> tuple[Floats, Integers]:
    values = np.ascontiguousarray(values, dtype=np.float64)
    counted = np.full(len(values), values.shape[1]) if counts is None else np.asarray(counts, dtype=np.int64)
    if order.differences:
        with np.errstate(invalid="ignore"):
            return np.ascontiguousarray(np.diff(values, axis=1)), np.maximum(counted - 1, 0)
    return values, counted


def _setting(order: Order) -> Floats:
    return np.array([float(order.own), float(order.shocks), float(order.mean)])


def _search(order: Order) -> Search:
    """The box of the search and where it may start."""
    most = [5.0] * order.mean + [OWN_MOST] * order.own + [1.0] * order.shocks
    starts = np.zeros((len(OTHERS) + len(STARTS), len(most)))
    for number, (own, shock) in enumerate([*OTHERS, *STARTS]):
        if order.own:
            starts[number, int(order.mean)] = own
        if order.shocks:
            starts[number, int(order.mean) + order.own] = shock
    box = np.array([[-each for each in most], most])
    return Search(ARMA, box, starts, len(OTHERS), 0, max(LEAST_VALUES, 3 * (len(most) + 1)))


def _written(order: Order, counts: Integers, found: Findings) -> Fits:
    """From the axes of the search, in units of the series' deviation, to coefficients and the shocks' variance."""
    from butter_pipeline.features.models.kernels.arma_laws import arma_laws

    count, size, first = len(found.points), 1 + order.own + order.shocks, int(order.mean)
    laws, spread = np.full((count, size), np.nan), np.full((count, size, size), np.nan)
    arma_laws(_setting(order), found.points, found.covariances, found.scales, laws, spread)
    deviation = found.scales[:, 1]
    # at the likeliest variance of the shocks the value is -(n log variance + logarithms) / 2: both stand in it
    likelihood = found.values - counts * (np.log(deviation) + 0.5 * (LOG_TWO_PI + 1.0))
    edge = np.any(np.abs(found.points[:, first:]) >= _search(order).box[1, first:], axis=1)
    return Fits(order, laws, found.scales[:, 2] * deviation**2, spread, likelihood, found.reasons, edge)


def _near(own: Floats, shocks: Floats) -> bool:
    if not (len(own) and len(shocks) and np.isfinite(own).all() and np.isfinite(shocks).all()):
        return False
    mine, theirs = np.roots([1.0, *-own]), np.roots([1.0, *shocks])
    return bool(np.min(np.abs(mine[:, None] - theirs)) < CANCELLING)
