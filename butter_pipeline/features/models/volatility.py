"""GARCH(1,1), GJR-GARCH(1,1) and EGARCH(1,1) with a constant mean: fitted by maximum likelihood, and forecast.

What belongs here: the models as people write them, over many series at once. What does not: the loops (`kernels`), and
which returns a fit rests on (`monthly`).

    GARCH    variance' = constant + shock e^2 + persistence variance
    GJR      the same, plus leverage e^2 after a fall (Glosten, Jagannathan and Runkle 1993)
    EGARCH   log variance' = constant + shock (|z| - E|z|) + leverage z + persistence log variance (Nelson 1991)

with e the return less the mean and z = e over its deviation, normal. The bounds are those of arch, except that EGARCH's
shock is not negative: below nothing, variances drift away from one another instead of forgetting how they began, and
the likelihood is noise. A fit has converged only if its top is proved (`kernels.climbing`). What cannot be fitted is
NaN, with a reason. Standard errors are those of the observed curvature; a parameter at its bound has none.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np

from butter_pipeline.features.models.searching import Findings, Remembered, Search, searched
from butter_pipeline.features.registry import Booleans, Floats, Integers

PARAMETERS = ("mean", "constant", "shock", "leverage", "persistence")
GARCH, EGARCH = 0, 1
"""The numbers of the likelihoods (`kernels.likelihoods`)."""
LEAST_RETURNS = 20
LOG_TWO_PI = float(np.log(2.0 * np.pi))
INTERVAL_SHARE = 0.90
INTERVAL_ERRORS = 1.6448536269514722
"""So many standard errors to either side hold a share of 0.90 of a normal law."""


class Model(StrEnum):
    """The models."""

    GARCH = "garch"
    GJR = "gjr"
    EGARCH = "egarch"


class Reason(IntEnum):
    """Why a fit is no more than it is."""

    FITTED = 0
    UNPROVED = 1
    TOO_SHORT = 2
    NOT_FINITE = 3
    CONSTANT = 4


class Presample(StrEnum):
    """The variance before the first return: arch's weighted mean of the first 75 squares, or the mean square of all."""

    BACKCAST = "backcast"
    MEAN_SQUARE = "mean square"


@dataclass(frozen=True)
class Fits:
    """A fit for each series: parameters [series, PARAMETERS], their covariance, and what was known before the first."""

    model: Model
    parameters: Floats
    covariance: Floats
    log_likelihood: Floats
    presample_variance: Floats
    reason: Integers

    @property
    def converged(self) -> Booleans:
        """Where the top is proved."""
        found: Booleans = self.reason == Reason.FITTED
        return found

    @property
    def standard_errors(self) -> Floats:
        """By the observed curvature; NaN for a parameter at its bound, or not of the model."""
        variances = np.stack([self.covariance[:, each, each] for each in range(len(PARAMETERS))], axis=1)
        found: Floats = np.sqrt(np.where(variances > 0.0, variances, np.nan))
        return found


def fit(
    model: Model,
    returns: Floats,
    counts: Integers | None = None,
    presample: Presample | Floats = Presample.BACKCAST,
    remembered: Remembered | None = None,
) -> Fits:
    """A fit for each row of returns [series, session]; `counts` says how many of a row's returns there are.

    `presample` may also be a variance for each series. What is remembered is not fitted again.
    """
    returns = np.ascontiguousarray(returns, dtype=np.float64)
    counts = np.full(len(returns), returns.shape[1]) if counts is None else np.asarray(counts, dtype=np.int64)
    found = searched(_search(model), returns, counts, _settings(presample, len(returns)), remembered)
    return _written(model, counts, found)


def forecast(
    fits: Fits, returns: Floats, horizons: tuple[int, ...], counts: Integers | None = None
) -> tuple[Floats, Floats]:
    """The mean variance of the next sessions for each series and horizon, and the standard error of its logarithm."""
    none = np.full((len(returns), 1), np.nan)
    return forecast_after(fits, (returns, counts), (none, np.arange(len(returns))), horizons)


def forecast_after(
    fits: Fits, sample: tuple[Floats, Integers | None], after: tuple[Floats, Integers], horizons: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """The same for rows of returns after the fitted ones, NaN where there are none, each by the fit that it names."""
    from butter_pipeline.features.models.kernels.compiled import shared_out
    from butter_pipeline.features.models.kernels.forecasting import TRIED, forecasts, states_after

    returns = np.ascontiguousarray(sample[0], dtype=np.float64)
    counts = np.full(len(returns), returns.shape[1]) if sample[1] is None else np.asarray(sample[1], dtype=np.int64)
    later, which = np.ascontiguousarray(after[0]), np.asarray(after[1], dtype=np.int64)
    model = EGARCH if fits.model == Model.EGARCH else GARCH
    states, found = np.zeros((len(returns), TRIED)), np.full((len(later), len(horizons), 2), np.nan)
    samples, span = (returns, counts, fits.presample_variance), np.array(horizons)
    laws, spread = fits.parameters, fits.covariance
    shared_out(len(returns), lambda first, end: states_after(model, laws, spread, samples, (first, end), states))
    shared_out(
        len(later),
        lambda first, end: forecasts(model, laws, spread, states, (later, which), span, (first, end), found),
    )
    return found[:, :, 0], found[:, :, 1]


def _settings(presample: Presample | Floats, count: int) -> Floats:
    settings = np.zeros((count, 3))
    if isinstance(presample, Presample):
        settings[:, 1] = presample == Presample.MEAN_SQUARE
    else:
        settings[:, 0] = presample
    return settings


def _search(model: Model) -> Search:
    """The box of the search, where it may start, and how many of the starts are tried where one is not enough."""
    if model == Model.EGARCH:
        box = np.array([[-5.0, -20.0, 0.0, -3.0, 0.0], [5.0, 20.0, 3.0, 3.0, 1.0 - 1e-6]])
        starts = [[0.0, 0.0, *each] for each in [*EGARCH_OTHERS, *EGARCH_STARTS]]
        return Search(EGARCH, box, np.array(starts), len(EGARCH_OTHERS), 1, LEAST_RETURNS)
    tilted = model == Model.GJR
    falls = (0.0, 1.0) if tilted else (0.5, 0.5)
    box = np.array([[-5.0, np.log(1e-8), 0.0, 0.0, falls[0]], [5.0, np.log(10.0), 1.0, 1.0, falls[1]]])
    chosen = GJR_OTHERS if tilted else GARCH_OTHERS
    starts = [[0.0, np.log(1.0 - lasting), lasting, *rest] for lasting, *rest in [*chosen, *GARCH_STARTS]]
    return Search(GARCH, box, np.array(starts), len(chosen), 0, LEAST_RETURNS)


GARCH_OTHERS = ((0.999, 0.005, 0.5), (0.15, 0.9, 0.5), (0.95, 0.1, 0.5), (0.98, 0.01, 0.5), (0.5, 0.1, 0.5))
GARCH_STARTS = ((0.8, 0.12, 0.5), (0.94, 0.25, 0.5), (0.985, 0.04, 0.5), (0.985, 0.12, 0.5), (0.8, 0.35, 0.5))
GJR_OTHERS = (
    (0.95, 0.06, 0.95),
    (0.55, 0.5, 0.5),
    *GARCH_OTHERS,
    (0.6, 0.15, 0.95),
    (0.95, 0.06, 0.1),
    (0.5, 0.2, 0.1),
)
"""Persistence, the shocks' share in it, the falls' share in that; the first half finds most."""
EGARCH_OTHERS = (
    (0.02, -0.05, 0.99),
    (0.1, 0.0, 0.5),
    (0.02, 0.05, 0.98),
    (0.1, 0.0, 0.98),
    (0.05, -0.1, 0.95),
    (0.25, 0.0, 0.9),
    (0.1, -0.1, 0.7),
)
EGARCH_STARTS = ((0.1, -0.1, 0.98), (0.1, -0.1, 0.9), (0.25, 0.0, 0.98), (0.25, -0.1, 0.95), (0.25, 0.0, 0.5))
"""Shock, leverage, persistence."""


def _written(model: Model, counts: Integers, found: Findings) -> Fits:
    """From the axes of the search, in units of the series' deviation, to parameters in units of the returns."""
    points, covariance = found.points, found.covariances
    mean, deviation, first = found.scales.T
    square = deviation**2
    slopes = np.zeros((*points.shape, points.shape[1]))
    slopes[:, 0, 0] = deviation
    if model == Model.EGARCH:
        level, kept = points[:, 1] + np.log(square), points[:, 4]
        constant, rest = level * (1.0 - kept), (points[:, 2], points[:, 3], kept)
        slopes[:, 1, 1], slopes[:, 1, 4] = 1.0 - kept, -level
        slopes[:, 2, 2] = slopes[:, 3, 3] = slopes[:, 4, 4] = 1.0
    else:
        constant = square * np.exp(points[:, 1])
        lasting, share, falls = points[:, 2], points[:, 3], points[:, 4]
        rest = (2.0 * lasting * share * (1.0 - falls), lasting * share * (4.0 * falls - 2.0), lasting * (1.0 - share))
        slopes[:, 1, 1] = constant
        slopes[:, 2, 2], slopes[:, 3, 2], slopes[:, 4, 2] = (
            2.0 * share * (1.0 - falls),
            share * (4.0 * falls - 2.0),
            1.0 - share,
        )
        slopes[:, 2, 3], slopes[:, 3, 3], slopes[:, 4, 3] = (
            2.0 * lasting * (1.0 - falls),
            lasting * (4.0 * falls - 2.0),
            -lasting,
        )
        slopes[:, 2, 4], slopes[:, 3, 4] = -2.0 * lasting * share, 4.0 * lasting * share
    parameters = np.stack([mean + deviation * points[:, 0], constant, *rest], axis=1)
    likelihood = found.values - counts * (np.log(deviation) + 0.5 * LOG_TWO_PI)
    return Fits(model, parameters, _turned(slopes, covariance), likelihood, first * square, found.reasons)


def _turned(slopes: Floats, covariance: Floats) -> Floats:
    """The covariance of what has these slopes; step by step, so that a row's bits do not depend on its neighbours."""
    size = slopes.shape[1]
    half, whole = np.zeros(covariance.shape), np.zeros(covariance.shape)
    for row in range(size):
        for each in range(size):
            half[:, row] += slopes[:, row, each, None] * covariance[:, each]
    for row in range(size):
        for each in range(size):
            whole[:, row] += half[:, row, each, None] * slopes[:, :, each]
    return whole
