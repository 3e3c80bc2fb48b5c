"""Whether prices admit arbitrage between strikes or between expiries.

What belongs here: the conditions, each on its own and free of any model. What does not: mending (`kernels.order`), and
rules for raw quotes (`market.quality`).

Prices are in units of the forward and undiscounted, strikes logarithms `k` of strike over forward, so that the same
`k` means the same moneyness at every expiry. Without arbitrage a call lies between its intrinsic value and the
forward, falls with the strike by no more than the strike rises, is convex in it, and at the same moneyness is worth
no less at a later expiry. In volatility the last says that total variance does not fall with time, and convexity that
Gatheral's function is not negative; far out, total variance rises by no more than two per unit of `k` (Lee).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from butter_pipeline.options.surface.slices import Floats, Ints, Slices, implied_deviations

ROUNDING = 1e-13
"""Of the forward: what sums of rounded prices may differ by."""

LEE_MOST = 2.0
POINTS, REACH, CROWDING = 41, 8.0, 2.5
"""Of the grid on which slices are judged: how many, how many deviations to each side, how much denser inside."""


@dataclass(frozen=True)
class Findings:
    """By expiry, the worst that was found of each kind: nought or less where there is nothing, nan for no slice.

    All but the wings are in units of the forward; butterflies are per distance of their strikes.
    """

    bounds: Floats  # beyond intrinsic value or the forward
    butterfly: Floats  # concavity: by how much a call lies above the line between its neighbours
    calendar: Floats  # below the expiry before
    wings: Floats  # slope of total variance beyond Lee's bound

    @property
    def free(self) -> NDArray[np.bool_]:
        """Whether nothing was found; where there is no slice there is nothing to find."""
        worst = [np.nan_to_num(each, nan=-np.inf) for each in (self.bounds, self.butterfly, self.calendar)]
        return np.asarray((np.max(worst, axis=0) <= ROUNDING) & ~(self.wings > 0.0))


def of_slices(slices: Slices, surface: Ints) -> Findings:
    """Judge slices, sorted by surface and time, each on a grid of its own and against the one before it.

    A slice of nan is passed over, as if it were not there.
    """
    found = np.full((4, len(slices)), np.nan)
    there = np.flatnonzero(np.isfinite(slices.deviations[:, 0]) & (slices.weights.sum(axis=1) > 0.0))
    if there.size:
        kept = slices[there]
        k = kept.at_the_money()[:, None] * _grid()
        prices = kept.out_of_the_money(k)
        calls = prices + np.maximum(-np.expm1(k), 0.0)
        found[0, there], found[1, there] = outside_bounds(k, calls), concavity(np.exp(k), calls)
        before = np.maximum(np.arange(there.size) - 1, 0)
        follows = surface[there] == surface[there[before]]
        follows[0] = False
        fallen = np.max(kept[before].out_of_the_money(k) - prices, axis=1)
        found[2, there] = np.where(follows, fallen, np.nan)
        found[3, there] = _wings(kept)
    return Findings(*found)


def outside_bounds(k: Floats, calls: Floats) -> Floats:
    """By expiry, the most by which a call [expiry, strike] lies beyond its intrinsic value or the forward."""
    intrinsic = np.maximum(-np.expm1(k), 0.0)
    return np.asarray(np.max(np.maximum(intrinsic - calls, calls - 1.0), axis=-1))


def concavity(strike: Floats, calls: Floats) -> Floats:
    """By expiry, the most by which a call [expiry, strike] lies above the line between its neighbours.

    The line to the left of the lowest strike falls by one per unit, to the right of the highest by nothing: this
    also finds calls that fall too steeply, or that rise.
    """
    below, above = strike[..., :1] - 1.0, strike[..., -1:] + 1.0
    strike = np.concatenate([below, strike, above], axis=-1)
    calls = np.concatenate([calls[..., :1] + 1.0, calls, calls[..., -1:]], axis=-1)
    width = np.diff(strike, axis=-1)
    share = width[..., :-1] / (width[..., :-1] + width[..., 1:])
    line = calls[..., :-2] + share * (calls[..., 2:] - calls[..., :-2])
    return np.asarray(np.max(calls[..., 1:-1] - line, axis=-1))


def least_by_earlier(strike: Floats, earlier: Floats, wanted: Floats) -> Floats:
    """What calls of an earlier expiry, at its strikes, leave for a later call at the wanted ones: at least so much.

    Strikes in units of each expiry's forward. Convexity alone is used: a line through two neighbouring calls bounds
    every call beyond them from below, so a later call under it can be had against the two for nothing.
    """
    strike = np.concatenate([[0.0], strike, [strike[-1] + 1.0, strike[-1] + 2.0]])
    calls = np.concatenate([[1.0], earlier, [0.0, 0.0]])
    slopes = np.diff(calls) / np.diff(strike)
    place = np.searchsorted(strike, wanted, side="right") - 1
    least = np.maximum(1.0 - wanted, 0.0)
    left = np.clip(place - 1, 0, None)
    right = np.clip(place + 1, None, len(slopes) - 1)
    from_left = calls[left + 1] + slopes[left] * (wanted - strike[left + 1])
    from_right = calls[right] + slopes[right] * (wanted - strike[right])
    least = np.where(place >= 1, np.maximum(least, from_left), least)
    least = np.where(place + 1 < len(slopes) - 1, np.maximum(least, from_right), least)
    exact = strike[np.clip(place, 0, len(strike) - 1)] == wanted
    known = exact & (place >= 1) & (place <= len(earlier))
    return np.asarray(np.where(known, calls[np.clip(place, 0, len(calls) - 1)], least))


def lee_excess(k: Floats, variance: Floats) -> Floats:
    """By expiry, how much faster total variance [expiry, strike] rises outside than Lee allows.

    Only far out does it mean anything. Where prices had no digits left, a variance is nan and nothing is found.
    """
    slopes = np.abs(np.diff(variance, axis=1) / np.diff(k, axis=1))[:, [0, -1]]
    return np.asarray(np.max(np.nan_to_num(slopes), axis=1) - LEE_MOST)


def gatheral(k: Floats, variance: Floats, slope: Floats, curvature: Floats) -> Floats:
    """Gatheral's function of a smile of total variance: the density is this times a positive number."""
    first = 1.0 - 0.5 * k * slope / variance
    return np.asarray(first**2 - 0.25 * slope**2 * (1.0 / variance + 0.25) + 0.5 * curvature)


def _wings(slices: Slices) -> Floats:
    """By slice, by how much total variance rises faster than Lee allows, beyond its widest component's reach."""
    widest = np.max(np.where(slices.weights != 0.0, slices.deviations, 0.0), axis=1)
    k = widest[:, None] * np.array([-1.25 * REACH, -REACH, REACH, 1.25 * REACH])
    return lee_excess(k, implied_deviations(k, slices.out_of_the_money(k)) ** 2)


def _grid() -> Floats:
    places = np.linspace(-1.0, 1.0, POINTS)
    return np.asarray(REACH * np.sinh(CROWDING * places) / np.sinh(CROWDING))
