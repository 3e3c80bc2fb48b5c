"""Which butterflies a strip of contracts offers: bodies near the spot, wings of listed strikes, the cheaper right.

What belongs here: from listed strikes to butterflies that can be traded. What does not: which of them are kept
(`butterflies`), and what they are worth a look for (`scores`).

What is found of one session and symbol depends on its own contracts alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from butter_pipeline.backtest.fills import Costs, Quotes, close_value_usd, open_cost_usd
from butter_pipeline.opportunities.columns import Floats, Ints
from butter_pipeline.opportunities.search import Search
from butter_pipeline.opportunities.strips import RIGHTS, Strip
from butter_pipeline.options.black_scholes import SESSIONS_PER_YEAR

_SAME = 1e-9
"""Relative; strikes are sums of steps, so that a middle may be off by rounding."""


@dataclass(frozen=True)
class Candidates:
    """One element per butterfly; legs are [lower, body, upper]."""

    group: Ints  # in the strip's groups
    width: Ints  # which of the wanted widths
    right: Ints  # CALL or PUT
    strikes: Floats
    ivs: Floats
    quotes: Quotes

    def take(self, where: Ints) -> "Candidates":
        """The butterflies at these positions."""
        return Candidates(
            group=self.group[where],
            width=self.width[where],
            right=self.right[where],
            strikes=self.strikes[:, where],
            ivs=self.ivs[:, where],
            quotes=Quotes(self.quotes.bid[:, where], self.quotes.ask[:, where]),
        )


def candidates_of(strip: Strip, search: Search, costs: Costs) -> Candidates:
    """Every butterfly within the bounds that is quoted, in the strip's order."""
    sigma = _sigma_to_expiry(strip)
    legs, width = _triples(strip, search, sigma)
    found = [_of_right(strip, legs, width, right) for right in range(len(RIGHTS))]
    tradable = np.array([_tradable(each, search, costs) for each in found])
    spread = np.array([_spread(each.quotes) for each in found])
    cheaper = np.argmin(np.where(tradable, spread, np.inf), axis=0)  # the first, a call, when they are equal
    kept = np.flatnonzero(tradable.any(axis=0))
    chosen = [each.take(kept) for each in found]
    return _either(chosen, cheaper[kept])


def _sigma_to_expiry(strip: Strip) -> Floats:
    """Per group the standard deviation of the log price until expiry, from the volatility nearest the money."""
    iv = np.where(np.isnan(strip.iv[0]), strip.iv[1], strip.iv[0])
    distance = np.abs(strip.strike - strip.groups.spot[strip.group])
    distance = np.where(iv > 0.0, distance, np.inf)
    order = np.lexsort((strip.strike, distance, strip.group))
    nearest = order[np.searchsorted(strip.group, np.arange(strip.groups.session.size))]
    return np.asarray(np.where(iv > 0.0, iv, np.nan)[nearest] * np.sqrt(strip.groups.ahead / SESSIONS_PER_YEAR))


def _triples(strip: Strip, search: Search, sigma: Floats) -> tuple[Ints, Ints]:
    """Elements of the strip that make butterflies, [lower, body, upper], and which width each has."""
    spot = strip.groups.spot[strip.group]
    deviation = sigma[strip.group] * spot
    near = np.abs(strip.strike - spot) <= search.body_sigmas_max * deviation
    within = near & (strip.groups.rank[strip.group] < search.expiries)
    body = np.flatnonzero(within[:-1] & (strip.group[1:] == strip.group[:-1])) if within.size else np.empty(0, np.int64)
    step = strip.strike[body + 1] - strip.strike[body]
    legs, widths, before = [], [], np.zeros(body.size, dtype=np.int64)
    for width, sigmas in enumerate(search.width_sigmas):
        steps = np.maximum(np.rint(sigmas * deviation[body] / step), 1.0).astype(np.int64)
        fits = (steps > before) & _symmetric(strip, body, steps)
        legs.append(np.stack([body - steps, body, body + steps])[:, fits])
        widths.append(np.full(legs[-1].shape[1], width))
        before = steps
    return np.concatenate(legs, axis=1), np.concatenate(widths)


def _symmetric(strip: Strip, body: Ints, steps: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether both strikes so many steps away are listed, equally far from the body."""
    size = strip.group.size
    inside = (body - steps >= 0) & (body + steps < size)
    lower, upper = np.maximum(body - steps, 0), np.minimum(body + steps, size - 1)
    together = (strip.group[lower] == strip.group[body]) & (strip.group[upper] == strip.group[body])
    middle = 0.5 * (strip.strike[lower] + strip.strike[upper])
    return np.asarray(inside & together & (np.abs(middle - strip.strike[body]) <= _SAME * strip.strike[body]))


def _of_right(strip: Strip, legs: Ints, width: Ints, right: int) -> Candidates:
    return Candidates(
        group=strip.group[legs[1]],
        width=width,
        right=np.full(width.size, right),
        strikes=strip.strike[legs],
        ivs=strip.iv[right][legs],
        quotes=Quotes(strip.bid[right][legs], strip.ask[right][legs]),
    )


def _tradable(found: Candidates, search: Search, costs: Costs) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Legs quoted and valued, somebody bidding for the body, and neither costs nor price taking all."""
    valued = (found.ivs[0] > 0.0) & (found.ivs[1] > 0.0) & (found.ivs[2] > 0.0)
    cost, value = open_cost_usd(found.quotes, costs), close_value_usd(found.quotes, costs)
    most = (found.strikes[1] - found.strikes[0]) * costs.multiplier
    worth_it = (cost > 0.0) & (cost < most) & (100.0 * (cost - value) <= search.cost_share_pct_max * cost)
    return np.asarray(valued & (found.quotes.bid[1] > 0.0) & worth_it)


def _spread(quotes: Quotes) -> Floats:
    """The legs' spreads together, to a millionth: equal ones must not differ by how they were rounded."""
    spread = quotes.ask - quotes.bid
    return np.asarray(np.rint((spread[0] + 2.0 * spread[1] + spread[2]) * 1e6) / 1e6)


def _either(found: Sequence[Candidates], right: Ints) -> Candidates:
    """Each butterfly in its right."""
    calls, puts = found
    call = right == 0
    return Candidates(
        group=calls.group,
        width=calls.width,
        right=right,
        strikes=calls.strikes,
        ivs=np.where(call, calls.ivs, puts.ivs),
        quotes=Quotes(
            np.where(call, calls.quotes.bid, puts.quotes.bid), np.where(call, calls.quotes.ask, puts.quotes.ask)
        ),
    )
