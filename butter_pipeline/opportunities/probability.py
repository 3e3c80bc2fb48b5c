"""The probability of a profit as option prices imply it: what any model must beat.

What belongs here: the market's own view. What does not: forecasts and scores (`scores`).

The underlying at the exit is lognormal about today's spot with the body's implied volatility, over the sessions
until the exit; interest over so few sessions is left out. There each leg is worth what Black and Scholes say, at
the implied volatility it has today, for the time then left; closing costs what it would cost today.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from butter_pipeline.opportunities.columns import Floats
from butter_pipeline.opportunities.search import EXIT_AGE_SESSIONS
from butter_pipeline.options import butterfly
from butter_pipeline.options.black_scholes import SESSIONS_PER_YEAR

QUANTILES = 101
_AT_ONCE = 1024


@dataclass(frozen=True)
class Offer:
    """Butterflies as they can be had today: what they are, and per share what they cost and what closing takes."""

    butterflies: butterfly.Butterflies
    cost: Floats  # of opening one, all in
    closing: Floats  # off its value, for half the spread and the commission


def market_probability(offer: Offer) -> Floats:
    """The share of the law's equally likely exits at which closing fetches more than opening costs today."""
    count = offer.cost.size
    parts = [_share(offer, slice(start, start + _AT_ONCE)) for start in range(0, count, _AT_ONCE)]
    return np.concatenate(parts) if parts else np.empty(0)


def _share(offer: Offer, part: slice) -> Floats:
    at_exit = _at_exit(offer.butterflies, part)
    left = butterfly.value(at_exit) - offer.closing[part, None]
    # counting is exact, in whatever order
    return np.asarray(np.count_nonzero(left > offer.cost[part, None], axis=1) / QUANTILES)


def _at_exit(today: butterfly.Butterflies, part: slice) -> butterfly.Butterflies:
    """The butterflies at every quantile of the spot at the exit, [butterfly, quantile]."""
    held = EXIT_AGE_SESSIONS / SESSIONS_PER_YEAR
    deviation = (today.ivs.body[part] * np.sqrt(held))[:, None]
    normal = special.ndtri((np.arange(QUANTILES) + 0.5) / QUANTILES)
    return butterfly.Butterflies(
        is_call=today.is_call[part, None],
        spot=today.spot[part, None] * np.exp(deviation * normal - 0.5 * deviation * deviation),
        strikes=_columns(today.strikes, part),
        years=np.maximum(today.years[part, None] - held, 0.0),
        ivs=_columns(today.ivs, part),
    )


def _columns(legs: butterfly.Strikes, part: slice) -> butterfly.Strikes:
    return butterfly.Strikes(legs.lower[part, None], legs.body[part, None], legs.upper[part, None])
