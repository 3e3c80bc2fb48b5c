"""The heterogeneous autoregression of realised volatility (Corsi 2009), on what a daily bar tells of a session.

What belongs here: the session's volatility, and forecasts of it. What does not: which rows a fit rests on (`monthly`).

    mean volatility of the next sessions = a + b daily + c weekly + d monthly

with the means of the last 1, 5 and 22 volatilities, by least squares, directly for every horizon. A session's variance
is the square of its night and Rogers and Satchell's estimate (1991) of its day, which no drift disturbs. With less than
nothing of movement on some days the weights cannot be told apart: then there is no forecast.
"""

import numpy as np

from butter_pipeline.features.models.monthly import Samples
from butter_pipeline.features.registry import Floats

LEAST_VALUES = 120


def session_volatility(opened: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
    """The volatility of every session but the oldest, from logarithms of prices, [age, row]."""
    night = opened[1:] - close[:-1]
    day = ((high - close) * (high - opened) + (low - close) * (low - opened))[1:]
    return np.sqrt(night**2 + np.maximum(day, 0.0))


def forecast(samples: Samples, ahead: int) -> Floats:
    """The expected mean volatility of the next sessions, by row; NaN where there is no fit."""
    from butter_pipeline.features.models.kernels.har import har_forecasts

    found = np.full(len(samples.after), np.nan)
    har_forecasts((samples.values, samples.counts), (samples.after, samples.which), ahead, LEAST_VALUES, found)
    return found
