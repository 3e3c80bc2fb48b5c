"""Implied volatility against its own past and against realised volatility.

What belongs here: what the history of `surface` and the same session's `volatility` and its forecasts say together.
What does not: any of them alone.
"""

import numpy as np

from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.smoothing import latest, oldest, share_below, total
from butter_pipeline.features.windows import View

INPUTS = ("surface", "volatility", "volatility_models")
IV = "surface.atm_iv_30d_pct"
YEAR_SESSIONS = 252
LEAST_SESSIONS = 60
"""Of the past year's sessions, how many must have a volatility before a rank means anything."""


@feature((IV,), YEAR_SESSIONS, "percent", (0.0, 100.0))
def iv_rank_252(view: View) -> Floats:
    """Where implied volatility stands between its least and its greatest of the past year, at least 60 sessions."""
    history = _known(view)
    lowest, highest = oldest(history), oldest(history)
    for each in history[1:]:
        lowest, highest = np.fmin(lowest, each), np.fmax(highest, each)
    return 100.0 * (latest(history) - lowest) / (highest - lowest)


@feature((IV,), YEAR_SESSIONS, "percent", (0.0, 100.0))
def iv_percentile_252(view: View) -> Floats:
    """The share of the past year's sessions, at least 60, with a lower implied volatility."""
    history = _known(view)
    return np.where(np.isnan(latest(history)), np.nan, 100.0 * share_below(history[:-1], latest(history)))


@feature((IV,), 6, "percent a year")
def iv_change_5_pct(view: View) -> Floats:
    """Implied volatility less that of five sessions before."""
    return latest(view[IV]) - oldest(view[IV])


@feature((IV, "volatility.hv_21_pct"), 1, "percent a year")
def iv_hv_spread_pct(view: View) -> Floats:
    """Implied volatility 30 days ahead less the realised one of 21 sessions."""
    return latest(view[IV]) - latest(view["volatility.hv_21_pct"])


@feature((IV, "volatility_models.garch_7_pct"), 1, "percent a year")
def iv_garch_spread_pct(view: View) -> Floats:
    """Implied volatility 30 days ahead less the GARCH forecast over seven sessions."""
    return latest(view[IV]) - latest(view["volatility_models.garch_7_pct"])


def _known(view: View) -> Floats:
    history = view[IV]
    enough = total((~np.isnan(history)).astype(np.float64)) >= LEAST_SESSIONS
    return np.where(enough, history, np.nan)
