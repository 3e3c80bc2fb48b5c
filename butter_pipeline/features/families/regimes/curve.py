"""The curve of expected variance: near, middle and far, as the volatility indices tell.

What belongs here: variance of fixed stretches of sessions, and what principal components make of its volatilities. What
does not: states (`states`).

An index over 9, 30 or 93 calendar days covers more or fewer sessions as holidays fall. The mean variance up to 6, 21
and 64 sessions follows from the three by a parabola, so that the calendar does not show as a change of regime.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import numpy as np

from butter_pipeline.features.registry import Floats, Integers, feature
from butter_pipeline.features.transforms import Transform, applied
from butter_pipeline.features.windows import View
from butter_pipeline.market.sessions import calendar

INDICES = ("context.vol_index_9d", "context.vol_index", "context.vol_index_3m")
DAYS = (9, 30, 93)
STRETCHES = (6.0, 21.0, 64.0)
SAMPLE_SESSIONS = 501
LEAST_ROWS = 120
LOOKBACK_ROWS = SAMPLE_SESSIONS + 23


@dataclass(frozen=True)
class Axes:
    """Where standardised rows are seen from: their means and deviations, and principal axes, [axis, column]."""

    means: Floats
    deviations: Floats
    axes: Floats


def fit_axes(sample: Floats) -> Axes:
    """Scale and principal axes of a sample; an axis points where its greatest weight is above zero."""
    means, deviations = sample.mean(axis=0), sample.std(axis=0)
    scaled = (sample - means) / np.where(deviations > 0.0, deviations, 1.0)
    _, vectors = np.linalg.eigh(np.einsum("ij,ik->jk", scaled, scaled) / len(scaled))
    axes = vectors.T[::-1]
    greatest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    return Axes(means, deviations, axes * np.sign(greatest)[:, None])


def scores(axes: Axes, rows: Floats) -> Floats:
    """The rows along the axes."""
    scaled = (rows - axes.means) / np.where(axes.deviations > 0.0, axes.deviations, np.nan)
    found = np.zeros((len(rows), len(axes.axes)))
    for column in range(rows.shape[1]):
        found = found + scaled[:, column, None] * axes.axes[None, :, column]
    return found


def standardised(axes: Axes, rows: Floats) -> Floats:
    """The rows in deviations from the sample's means."""
    return (rows - axes.means) / np.where(axes.deviations > 0.0, axes.deviations, np.nan)


PRINCIPAL = Transform("curve_components", fit_axes, scores, SAMPLE_SESSIONS, LEAST_ROWS, 3)
SCALE = Transform("curve_scale", fit_axes, standardised, SAMPLE_SESSIONS, LEAST_ROWS, 3)


@feature(INDICES, LOOKBACK_ROWS, "deviations", None, LEAST_ROWS + 24)
def curve_level(view: View) -> Floats:
    """The first principal component of the log volatility indices: how high all of them are.

    w1 (ln VIX - mean) / sd, axes of the 501 sessions before the month. Source: Litterman and Scheinkman (1991), Journal
    of Fixed Income 1(1).
    """
    found: Floats = view.shared(_components)[0]
    return found


@feature(INDICES, LOOKBACK_ROWS, "deviations", None, LEAST_ROWS + 24)
def curve_slope(view: View) -> Floats:
    """The second principal component of the log volatility indices: how they are tilted.

    w2 (ln VIX - mean) / sd, axes of the 501 sessions before the month. Source: Litterman and Scheinkman (1991), Journal
    of Fixed Income 1(1).
    """
    found: Floats = view.shared(_components)[1]
    return found


@feature(INDICES, LOOKBACK_ROWS, "deviations", None, LEAST_ROWS + 24, formula="z_score")
def vol_index_z_501(view: View) -> Floats:
    """The log volatility index in deviations from its mean, both of the 501 sessions before the month.

    (ln VIX - mean) / sd. Source: Whaley (2000), Journal of Portfolio Management 26(3).
    """
    found: Floats = of_market(view, INDICES, _scaled)[1]
    return found


def of_market(view: View, series: Sequence[str], work: Callable[[Sequence[Floats], Integers], Floats]) -> Floats:
    """What is made of the market's own series, [output, row]: once for all symbols that have rows in the same sessions.

    `work` is given the series, each [age, row], and the places of their rows.
    """
    places, first = view.places, dict[bytes, int]()
    alike = np.array([first.setdefault(column.tobytes(), row) for row, column in enumerate(places.T)], dtype=np.int64)
    rows, which = np.unique(alike, return_inverse=True)
    found: Floats = work([view[name][:, rows] for name in series], places[:, rows])[:, which]
    return found


def variances(indices: Sequence[Floats], places: Integers) -> list[Floats]:
    """Mean variance a session, in squared per cent, up to 6, 21 and 64 sessions ahead: each [age, row]."""
    points = [index**2 / 252.0 for index in indices]
    reach = [_sessions_ahead(places, days) for days in DAYS]
    return [sum_of_three(points, reach, wanted) for wanted in STRETCHES]


def sum_of_three(points: list[Floats], reach: list[Floats], wanted: float) -> Floats:
    """The parabola through three points, at another place."""
    found = np.zeros(points[0].shape)
    for own in range(3):
        weight = np.ones(points[0].shape)
        for other in range(3):
            if other != own:
                weight = weight * (wanted - reach[other]) / (reach[own] - reach[other])
        found = found + weight * points[own]
    return found


def _components(view: View) -> Floats:
    return of_market(view, INDICES, lambda told, places: applied(PRINCIPAL, [np.log(each) for each in told], places))


def _scaled(told: Sequence[Floats], places: Integers) -> Floats:
    return applied(SCALE, [np.log(each) for each in told], places)


def _sessions_ahead(places: Integers, days: int) -> Floats:
    """How many sessions lie within so many calendar days of each; NaN where there is no row."""
    held, which = np.unique(places, return_inverse=True)
    found = np.array([_ahead(int(place), days) if place >= 0 else np.nan for place in held], dtype=np.float64)
    return found[which].reshape(places.shape)


@lru_cache(maxsize=16384)
def _ahead(place: int, days: int) -> float:
    return float(bisect_right(calendar(), calendar()[place] + timedelta(days=days)) - 1 - place)
