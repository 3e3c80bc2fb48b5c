"""Conditional volatility: GARCH(1,1), fitted once a month and filtered in between.

What belongs here: which returns a month's fit rests on, the fit, and the variance it gives every session. What does
not: which of it are features (`families.volatility`).

The parameters of a calendar month rest on the returns within the 501 sessions before it, at least 120 of them. So a
value depends on the symbol's last rows and the calendar alone, whichever sessions are asked for. A fit that does not
converge gives way to an exponential average of squared returns that keeps 0.94 of itself every session.
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from butter_pipeline.features.garch_likelihood import Series, fit
from butter_pipeline.features.registry import Floats, Integers
from butter_pipeline.features.smoothing import log_returns
from butter_pipeline.features.windows import NOWHERE, View
from butter_pipeline.market.sessions import calendar

FIT_SESSIONS = 501
LEAST_RETURNS = 120
MONTH_SESSIONS = 23
LOOKBACK_ROWS = FIT_SESSIONS + MONTH_SESSIONS
KEPT = 0.94
"""What the fallback keeps of its variance from one session to the next, as RiskMetrics does."""


@dataclass(frozen=True)
class Fit:
    """What a month's fit hands on, in percent: the law of the variance, and where it stood as the month began."""

    mean: float
    constant: float
    shock: float
    persistence: float
    converged: float
    last_variance: float
    last_shock: float


@dataclass(frozen=True)
class Filtered:
    """By row: the variance of the next session, the law it goes on by, and whether the month's fit converged."""

    constant: Floats
    shock: Floats
    persistence: Floats
    next_variance: Floats
    converged: Floats

    def mean_variance(self, sessions: int) -> Floats:
        """The mean of the expected variances of the next sessions."""
        variance, added = self.next_variance, np.zeros(len(self.next_variance))
        for _ in range(sessions):
            added = added + variance
            variance = self.constant + (self.shock + self.persistence) * variance
        return added / sessions


def filtered(view: View) -> Filtered:
    """The conditional variance after every wanted row's session, in squared percent."""
    returns, begins = 100.0 * log_returns(view["bars.close"]), _month_begins(view.place)
    fits = _fits(returns, view, begins)
    mean, constant, shock, persistence, converged, variance, last = fits
    squared = last**2
    for each, place in zip(returns[-MONTH_SESSIONS:], view.places[-MONTH_SESSIONS:], strict=True):
        month = place >= begins
        variance = np.where(month, constant + shock * squared + persistence * variance, variance)
        squared = np.where(month, (each - mean) ** 2, squared)
    following = constant + shock * squared + persistence * variance
    return Filtered(constant, shock, persistence, np.where(following > 0.0, following, np.nan), converged)


def fitted(returns: Floats) -> Fit:
    """GARCH(1,1) of returns in percent, about their mean, by maximum likelihood; the fallback where that fails."""
    mean = float(returns.mean())
    shocks = np.ascontiguousarray(returns - mean)
    series = Series.of(shocks)
    law = fit(series) if shocks.any() else None
    if law is not None:
        last = float(series.variances(law)[-1])
        return Fit(mean, law.constant, law.shock, law.persistence, 1.0, last, float(shocks[-1]))
    variance = float(shocks.var())
    for each in shocks[:-1]:
        variance = KEPT * variance + (1.0 - KEPT) * float(each) ** 2
    return Fit(mean, 0.0, 1.0 - KEPT, KEPT, 0.0, variance, float(shocks[-1]))


def _fits(returns: Floats, view: View, begins: Integers) -> Floats:
    """The fit of every row's symbol and month, [part of the fit, row]; NaN where the returns are too few."""
    places = view.places
    sample = (places[1:] < begins) & (places[:-1] >= np.maximum(begins - FIT_SESSIONS, 0))
    month = np.where(places[-1] == NOWHERE, NOWHERE, view.symbol * len(calendar()) + begins)
    _, first, which = np.unique(month, return_index=True, return_inverse=True)
    parts = np.full((len(Fit.__dataclass_fields__), len(first)), np.nan)
    for number, row in enumerate(first):
        chosen = returns[sample[:, row], row]
        if len(chosen) >= LEAST_RETURNS:
            found = fitted(chosen)
            parts[:, number] = [getattr(found, name) for name in Fit.__dataclass_fields__]
    return np.ascontiguousarray(parts[:, which])


def _month_begins(place: Integers) -> Integers:
    """The calendar place of the first session of every row's month."""
    days, day = np.unique(place, return_inverse=True)
    begins = [bisect_left(calendar(), calendar()[each].replace(day=1)) for each in days]
    return np.array(begins, dtype=np.int64)[day]
