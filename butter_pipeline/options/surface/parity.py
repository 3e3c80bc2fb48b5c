"""Forward and discount of every expiry, from calls and puts of the same strike.

What belongs here: what put-call parity says, how surely, and why it says nothing. What does not: volatility.

A call less a put of one strike is worth discount x (forward - strike). A regression of that difference on the strike
gives both, weighted by the quotes' spreads and by nearness to the money, with outliers held back (Huber), and rates of
a surface's expiries drawn together as far as each is uncertain: over a few days no quote tells a discount from one.

Exercise before expiry breaks parity for American options: a put deep in the money is worth more. Near the money the
difference is a small part of the interest on the strike, which is why quotes count less the further they lie from it
(`REACH`). What is left moves the forward by less than the spread for short expiries, and by up to about half the
interest or dividends on the strike for long ones.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from butter_pipeline.options.surface.slices import Floats, Ints

OK, FEW_PAIRS, INCONSISTENT, NO_TIME = 0, 1, 2, 3
REASONS = {
    FEW_PAIRS: "fewer than {least} strikes are quoted on both sides near the money",
    INCONSISTENT: "calls and puts agree on no forward: most pairs near the money leave it out of their quotes",
    NO_TIME: "it expires with the session",
}
PAIRS_LEAST = 3
REACH = 1.5
"""Deviations from the money at which a pair still counts for a third."""

TICK_SHARE = 2e-5
"""Of the strike: no pair is known better than this."""

UNQUOTED_SHARE = 0.02
"""Of call and put together: how well prices without a spread between bid and ask are taken to be known."""


@dataclass(frozen=True)
class Expiries:
    """What is to be fitted: the expiries of surfaces, one element each, sorted by surface and then by time."""

    surface: Ints
    years: Floats

    def __len__(self) -> int:
        """How many expiries there are."""
        return len(self.years)


@dataclass(frozen=True)
class Quotes:
    """Strikes of expiries, one element each, sorted by expiry and strike; nan where there is no quote."""

    expiry: Ints  # position in the expiries
    strike: Floats
    call_bid: Floats
    call_ask: Floats
    put_bid: Floats
    put_ask: Floats

    def take(self, wanted: Any) -> "Quotes":
        """The quotes at these positions."""
        return Quotes(**{each.name: getattr(self, each.name)[wanted] for each in fields(self)})


@dataclass(frozen=True)
class Forwards:
    """What parity says of each expiry; nan where it says nothing."""

    forward: Floats
    forward_error: Floats  # one standard error
    discount: Floats
    rate: Floats  # continuously compounded a year
    rate_error: Floats
    lowest: Floats  # the bounds that bids and asks leave the forward; crossed where quotes contradict each other
    highest: Floats
    pairs: Ints  # near the money
    status: Ints


def reason(status: int) -> str | None:
    """Why there is no forward; None where there is one."""
    return None if status == OK else REASONS[status].format(least=PAIRS_LEAST)


def forwards(quotes: Quotes, expiries: Expiries) -> Forwards:
    """Forward and discount of every expiry."""
    from butter_pipeline.options.surface.kernels import parity as kernel

    paired = quotes.take(np.flatnonzero(_paired(quotes)))
    difference = 0.5 * (paired.call_bid + paired.call_ask - paired.put_bid - paired.put_ask)
    straddle = 0.5 * (paired.call_bid + paired.call_ask + paired.put_bid + paired.put_ask)
    half = 0.5 * (paired.call_ask - paired.call_bid + paired.put_ask - paired.put_bid)
    half = np.where(half > 0.0, half, UNQUOTED_SHARE * straddle)
    starts = np.searchsorted(paired.expiry, np.arange(len(expiries) + 1))
    surfaces = np.flatnonzero(np.diff(expiries.surface, prepend=-1, append=-1))
    numbers, near, status = kernel.forwards(
        (paired.strike, difference, straddle, half + TICK_SHARE * paired.strike), starts, surfaces, expiries.years
    )
    forward, error, discount, rate, rate_error, lowest, highest = numbers
    return Forwards(forward, error, discount, rate, rate_error, lowest, highest, near, status)


def _paired(quotes: Quotes) -> Any:
    """Strikes with an ask on both sides and bids, nought included, that do not cross them."""
    with np.errstate(invalid="ignore"):
        whole = (quotes.strike > 0.0) & (quotes.call_bid >= 0.0) & (quotes.put_bid >= 0.0)
        whole &= (quotes.call_ask >= quotes.call_bid) & (quotes.put_ask >= quotes.put_bid)
        whole &= (quotes.call_ask > 0.0) & (quotes.put_ask > 0.0)
    return whole & np.isfinite(quotes.strike + quotes.call_ask + quotes.put_ask)
