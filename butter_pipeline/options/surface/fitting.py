"""From quotes to surfaces: which quotes count, the fit of every expiry, and what each came to.

What belongs here: the batch, in arrays over expiries and quotes. What does not: loops (`kernels`), the
forwards (`parity`), and questions to one surface (`surface`).

A quote counts on the side out of the money, with a bid, not crossed, within reach of the money. It pulls by its
distance in half spreads, so that what is quoted tightly is met closely, and no quote pulls harder than three of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from butter_pipeline.options.surface.parity import OK, Expiries, Forwards, Quotes, reason
from butter_pipeline.options.surface.slices import COMPONENTS, Floats, Ints, Slices, implied_deviations

FEW_QUOTES, NO_VOLATILITY = 11, 12
QUOTES_LEAST = 2
REASONS = {
    FEW_QUOTES: f"fewer than {QUOTES_LEAST} strikes have a bid out of the money",
    NO_VOLATILITY: "no quote near the money has a volatility",
}

HALF_LEAST = 0.0008
"""Of the deviation at the money, in units of the forward: a fifth of a per cent of volatility. No quote is known
better than this."""

DEVIATIONS_MOST = 8.0
"""From the money, beyond which a quote says nothing."""


@dataclass(frozen=True)
class Used:
    """The quotes that count, in units of the forward, one element each."""

    expiry: Ints
    k: Floats
    bid: Floats
    ask: Floats
    deviation: Floats  # to expiry, that the middle implies

    @property
    def mid(self) -> Floats:
        """Half way."""
        return np.asarray(0.5 * (self.bid + self.ask))


@dataclass(frozen=True)
class Fitted:
    """Every expiry with its slice and with how well that meets the quotes; nan where there is no slice."""

    expiries: Expiries
    forwards: Forwards
    own: Slices  # as fitted, before they are put in order
    slices: Slices
    share_before: Floats  # of the slice before, widened, that had to be mixed in
    widening: Floats  # variance by which that is widened
    status: Ints
    used: Used

    def why_not(self) -> Sequence[str | None]:
        """By expiry, why it has no slice; None where it has one."""
        return [REASONS.get(code) or reason(code) for code in self.status.tolist()]


def fit(quotes: Quotes, expiries: Expiries, forwards: Forwards) -> Fitted:
    """Fit every surface; a surface's bits do not depend on which others are fitted with it."""
    from butter_pipeline.options.surface.kernels import fit, order

    used, scale = _used(quotes, forwards)
    status = _status(forwards, used, scale)
    starts = np.searchsorted(used.expiry, np.arange(len(expiries) + 1))
    surfaces = np.flatnonzero(np.diff(expiries.surface, prepend=-1, append=-1))
    half = np.maximum(0.5 * (used.ask - used.bid), HALF_LEAST * scale[used.expiry])
    own = fit.fit_all((used.k, used.mid, half), starts, surfaces, np.where(status == OK, scale, np.nan))
    longest = int(np.diff(surfaces).max(initial=1))
    shape = (len(expiries), COMPONENTS * longest)
    into = (np.zeros(shape), np.ones(shape), np.ones(shape))
    share, widening = order.ordered(own, status == OK, surfaces, into)
    return Fitted(expiries, forwards, Slices(*own), Slices(*into), share, widening, status, used)


def _status(forwards: Forwards, used: Used, scale: Floats) -> Ints:
    counts = np.bincount(used.expiry, minlength=len(forwards.status))
    found = np.where(counts < QUOTES_LEAST, FEW_QUOTES, np.where(np.isfinite(scale), OK, NO_VOLATILITY))
    return np.asarray(np.where(forwards.status == OK, found, forwards.status), dtype=np.int64)


def _used(quotes: Quotes, forwards: Forwards) -> tuple[Used, Floats]:
    """The quotes that count, and every expiry's deviation at the money."""
    of = quotes.expiry
    forward = forwards.forward[of]
    unit = forward * forwards.discount[of]
    with np.errstate(invalid="ignore", divide="ignore"):
        k = np.log(quotes.strike / forward)
        bid = np.where(k < 0.0, quotes.put_bid, quotes.call_bid) / unit
        ask = np.where(k < 0.0, quotes.put_ask, quotes.call_ask) / unit
        told = np.isfinite(k + bid + ask) & (bid > 0.0) & (ask >= bid) & (ask < np.minimum(1.0, np.exp(k)))
    kept = np.flatnonzero(told)
    of, k, bid, ask = of[kept], k[kept], bid[kept], ask[kept]
    deviation = implied_deviations(k, 0.5 * (bid + ask))
    scale = _at_the_money(of, k, deviation, len(forwards.status))
    near = np.flatnonzero(np.abs(k) <= DEVIATIONS_MOST * scale[of])
    return Used(of[near], k[near], bid[near], ask[near], deviation[near]), scale


def _at_the_money(of: Ints, k: Floats, deviation: Floats, count: int) -> Floats:
    """By expiry, the deviation at the money: between the quotes on both sides of it, or that of the nearest."""
    starts = np.searchsorted(of, np.arange(count + 1))
    there = np.flatnonzero(np.diff(starts))
    first, last = starts[there], starts[there + 1] - 1
    middle = first + np.bincount(of, k < 0.0, count).astype(np.int64)[there]
    low, high = np.clip(middle - 1, first, last), np.clip(middle, first, last)
    width = k[high] - k[low]
    share = np.where(width > 0.0, -k[low] / np.where(width > 0.0, width, 1.0), 0.0)
    found = np.full(count, np.nan)
    found[there] = deviation[low] + share * (deviation[high] - deviation[low])
    return found


@dataclass(frozen=True)
class Errors:
    """By expiry, how far the slice is from the quotes that count; nan where there is no slice.

    Volatility is told only of quotes within `TOLD_DEVIATIONS` of the money: beyond them a cent is many points.
    """

    quotes: Ints
    inside_pct: Floats  # share of quotes whose bid and ask hold the surface's price
    rmse_points: Floats  # of volatility, per cent a year, between the surface and the middle of the quotes
    largest_points: Floats
    rmse_half_spreads: Floats  # of the price, over all quotes


TOLD_DEVIATIONS = 2.0


def errors(fitted: Fitted) -> Errors:
    """How well every slice meets its quotes."""
    used, slices = fitted.used, fitted.slices
    price = slices.prices_at(used.k, used.expiry)
    half = np.maximum(0.5 * (used.ask - used.bid), 1e-12)
    money = slices.at_the_money()
    near = np.abs(used.k) <= TOLD_DEVIATIONS * money[used.expiry]
    of, years = used.expiry[near], fitted.expiries.years[used.expiry[near]]
    points = implied_deviations(used.k[near], price[near]) - used.deviation[near]
    points = 100.0 * points / np.sqrt(years)
    count = len(fitted.status)
    largest = np.zeros(count)
    np.maximum.at(largest, of, np.abs(points))
    inside = (price >= used.bid) & (price <= used.ask)
    found = (
        100.0 * _mean(used.expiry, inside.astype(np.float64), count),
        np.sqrt(_mean(of, points**2, count)),
        np.where(np.bincount(of, minlength=count) > 0, largest, np.nan),
        np.sqrt(_mean(used.expiry, ((price - used.mid) / half) ** 2, count)),
    )
    there = fitted.status == OK
    return Errors(np.bincount(used.expiry, minlength=count), *(np.where(there, each, np.nan) for each in found))


def _mean(of: Ints, values: Floats, count: int) -> Floats:
    """By expiry, added up in the order of the quotes."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(of, values, count) / np.bincount(of, minlength=count))
