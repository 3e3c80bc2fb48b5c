"""The butterflies of a session: candidates scored, the best kept, and everything said of them.

What belongs here: from chains and features to rows of BUTTERFLIES. What does not: their later marks (`marks`), and
deciding which to trade (`trading`).

Of each expiry and width the best body competes, so that those kept differ in shape; among equal scores the nearer
expiry, then the lower strike comes first. A session's rows depend on that session's chains and features alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from butter_pipeline.backtest.fills import Costs, close_value_usd, mid_usd, open_cost_usd
from butter_pipeline.identity import natural_id
from butter_pipeline.opportunities import scores
from butter_pipeline.opportunities.candidates import Candidates, candidates_of
from butter_pipeline.opportunities.columns import Floats, Index, Ints, dates, of_sessions, settled_at, table_of
from butter_pipeline.opportunities.frames import BUTTERFLIES
from butter_pipeline.opportunities.probability import Offer, market_probability
from butter_pipeline.opportunities.search import Search
from butter_pipeline.opportunities.strips import CALL, RIGHTS, Strip, strip_of
from butter_pipeline.options import butterfly
from butter_pipeline.options.black_scholes import SESSIONS_PER_YEAR

Weigh = Callable[[Sequence[Floats]], Floats]
STRATEGY = "butterfly"
_SCORES = ("price_match", "vol_mispricing", "stability", "fourier")


@dataclass(frozen=True)
class Analyzer:
    """What the search is done with: whose market, the bounds, how the four scores are weighted, and the costs."""

    vendor: str
    search: Search
    weigh: Weigh  # from price match, mispricing, stability and fourier to one score
    costs: Costs


def butterflies(chains: pa.Table, features: pa.Table, sessions: Sequence[date], analyzer: Analyzer) -> pa.Table:
    """The best butterflies of these sessions and of every symbol in their chains, as rows of BUTTERFLIES."""
    strip = strip_of(of_sessions(chains, sessions), analyzer.search.sessions_to_expiry_max)
    found = candidates_of(strip, analyzer.search, analyzer.costs)
    scored = _scored(strip, found, features, analyzer.weigh)
    kept = _best(strip, found, scored["static_score"], analyzer.search.per_symbol)
    columns = {name: values[kept] for name, values in scored.items()}
    columns |= _described(strip, found.take(kept), analyzer)
    return table_of(BUTTERFLIES.schema, columns).sort_by([(name, "ascending") for name in BUTTERFLIES.key])


def _scored(
    strip: Strip, found: Candidates, features: pa.Table, weigh: Callable[[Sequence[Floats]], Floats]
) -> dict[str, Floats]:
    """The four scores and their weighted mean."""
    groups = strip.groups
    names = pa.array(strip.symbols, pa.string()).take(pa.array(groups.symbol))
    seen = pa.table({"session": dates(groups.session), "symbol": names})
    outlook = scores.outlook_of(features, Index(features, ("session", "symbol")).rows(seen)[found.group])
    body_pct = 100.0 * np.log(found.strikes[1] / groups.spot[found.group])
    parts = (
        scores.price_match(body_pct, outlook),
        scores.vol_mispricing(found.ivs[1], outlook),
        scores.stability(outlook),
        scores.fourier(body_pct, outlook),
    )
    named = {f"{name}_score": part for name, part in zip(_SCORES, parts, strict=True)}
    return named | {"static_score": weigh(parts)}


def _best(strip: Strip, found: Candidates, score: Floats, count: int) -> Ints:
    """Positions of the best bodies of each expiry and width, and of these the best of each session and symbol."""
    lower, body, upper = found.strikes
    natural = (upper, body, lower, strip.groups.expiry[found.group])
    order = np.lexsort((*natural, -score, found.width, found.group))
    shape = np.stack([found.group[order], found.width[order]])
    first = np.ones(order.size, dtype=np.bool_)
    first[1:] = np.any(shape[:, 1:] != shape[:, :-1], axis=0)
    best = order[first]
    lane = strip.groups.lane[found.group]
    order = best[np.lexsort((*(key[best] for key in natural), -score[best], lane[best]))]
    place = np.arange(order.size) - np.searchsorted(lane[order], lane[order])
    return np.asarray(order[place < count])


def _described(strip: Strip, found: Candidates, analyzer: Analyzer) -> dict[str, Any]:
    """Every column but the scores."""
    groups, costs = strip.groups, analyzer.costs
    lower, body, upper = found.strikes
    spot, ahead = groups.spot[found.group], groups.ahead[found.group]
    cost, value = open_cost_usd(found.quotes, costs), close_value_usd(found.quotes, costs)
    valued = butterfly.Butterflies(
        is_call=found.right == CALL,
        spot=spot,
        strikes=butterfly.Strikes(lower, body, upper),
        years=ahead / SESSIONS_PER_YEAR,
        ivs=butterfly.Strikes(*found.ivs),
    )
    offer = Offer(valued, cost / costs.multiplier, (mid_usd(found.quotes, costs) - value) / costs.multiplier)
    return {
        **_named(strip, found, analyzer.vendor),
        "sessions_to_expiry": ahead,
        "lower_strike": lower,
        "body_strike": body,
        "upper_strike": upper,
        "spot": spot,
        "body_iv": found.ivs[1],
        "mid_usd": mid_usd(found.quotes, costs),
        "open_cost_usd": cost,
        "cost_share_pct": 100.0 * (cost - value) / cost,
        "width_pct": 100.0 * (body - lower) / spot,
        "moneyness_pct": 100.0 * (body / spot - 1.0),
        "reward_to_risk": butterfly.maximum_profit(valued.strikes, offer.cost) / offer.cost,
        **vars(butterfly.greeks(valued)),
        "market_probability": market_probability(offer),
    }


def _named(strip: Strip, found: Candidates, vendor: str) -> dict[str, Any]:
    """What each butterfly is, its id, and when it can be known."""
    session, expiry = strip.groups.session[found.group], strip.groups.expiry[found.group]
    symbols = pa.array(strip.symbols, pa.string()).take(pa.array(strip.groups.symbol[found.group]))
    rights = pa.array(RIGHTS, pa.string()).take(pa.array(found.right))
    sessions, expiries = dates(session), dates(expiry)
    keys = (
        sessions.to_pylist(),
        symbols.to_pylist(),
        rights.to_pylist(),
        expiries.to_pylist(),
        *found.strikes.tolist(),
    )
    ids = [natural_id(STRATEGY, vendor, *key) for key in zip(*keys, strict=True)]
    return {
        "session": sessions,
        "opportunity_id": pa.array(ids, pa.string()),
        "symbol": symbols,
        "strategy": pa.array([STRATEGY] * len(ids), pa.string()),
        "option_right": rights,
        "expiry": expiries,
        "available_at": settled_at(session),
    }
