"""The oracle: what butterflies are worth under the truth, next to what the market makers ask for them.

What belongs here: exact values with the true hidden state and the true drift, and their summary.
What does not: anything a strategy may use. The oracle reads the true state; it is for tests, reports
and for knowing how much there was to find.

A break to come is foreseen by nobody, the oracle included: values before it hold today's law fixed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from butter_pipeline.market.simulator.chains import growth
from butter_pipeline.market.simulator.contracts import listed_groups
from butter_pipeline.market.simulator.law import LONGEST, Density
from butter_pipeline.market.simulator.parameters import Floats, Ints
from butter_pipeline.market.simulator.path import Path
from butter_pipeline.market.simulator.pricing import PAD, put_prices

STANDARD_SESSIONS = 8
LEGS = (1.0, -2.0, 1.0)


@dataclass(frozen=True)
class Butterflies:
    """Long put butterflies: bought wings, twice the sold body."""

    session: Ints  # session index
    symbol: Ints  # column
    expiry: Ints  # session index
    strikes: Floats  # [butterfly, 3]


@dataclass(frozen=True)
class ButterflyEdge:
    """Per butterfly, in currency: its value under the truth, its mid in the market, and the difference."""

    value: Floats
    price: Floats
    edge: Floats


@dataclass(frozen=True)
class EdgeSize:
    """Edges of the standard butterfly in per cent of its debit."""

    mean_abs_pct: float
    rms_pct: float
    mean_pct: float
    largest_of_spot: float  # the largest absolute edge per unit of spot
    count: int


def butterfly_edge(
    path: Path, session_index: int, symbol: str, strikes: tuple[float, float, float], expiry: date
) -> ButterflyEdge:
    """Return the edge of one butterfly; every array has one element."""
    if expiry not in path.sessions:
        raise ValueError(f"expiry: was {expiry}, must be a session of the path")
    one = Butterflies(
        session=np.array([session_index]),
        symbol=np.array([path.column(symbol)]),
        expiry=np.array([path.sessions.index(expiry)]),
        strikes=np.array([strikes], dtype=np.float64),
    )
    return butterfly_edges(path, one)


def butterfly_edges(path: Path, wanted: Butterflies) -> ButterflyEdge:
    """Return the edges of many butterflies at once, each held to its expiry."""
    ahead = wanted.expiry - wanted.session
    if np.any((ahead < 1) | (ahead > LONGEST)):
        raise ValueError(f"expiry: was {ahead.min()} to {ahead.max()} sessions ahead, must be 1 to {LONGEST}")
    spot = path.bars.close[wanted.session, wanted.symbol]
    priced = path.priced_situations(wanted.session, wanted.symbol, ahead)
    true = path.true_situations(wanted.session, wanted.symbol, ahead)
    drifting = path.world.mode == "edge"
    cycle = np.cumsum(path.cycle, axis=0)
    drift = cycle[wanted.expiry, wanted.symbol] - cycle[wanted.session, wanted.symbol]
    drift = np.where(path.after_break(wanted.session), -drift, drift)
    # a drift that is known for certain moves the law as a higher spot would
    moved = spot * np.exp(drift)
    present = 1.0 / growth(path)[ahead]
    price = present * _payoffs(path.laws.densities(priced, drifted=False), spot, wanted.strikes)
    value = present * _payoffs(path.laws.densities(true, drifted=drifting), moved, wanted.strikes)
    return ButterflyEdge(value, price, value - price)


def _payoffs(density: Density, spot: Floats, strikes: Floats) -> Floats:
    """Return expected payoffs, undiscounted."""
    padded = np.pad(strikes, ((0, 0), (0, PAD - strikes.shape[1])), mode="edge")
    puts = put_prices(density, np.ascontiguousarray(padded / spot[:, None]))
    return np.asarray(spot * (LEGS[0] * puts[:, 0] + LEGS[1] * puts[:, 1] + LEGS[2] * puts[:, 2]))


def standard_butterflies(path: Path, indices: Sequence[int]) -> Butterflies:
    """Per session and stock the butterfly at the money in the expiry nearest to eight sessions away.

    Its wings are one standard deviation to expiry (as priced) away, in whole steps of the grid.
    """
    groups = listed_groups(path, indices)
    stocks = np.array([each.own_variance > 0.0 for each in path.world.listings])
    groups = groups.take(np.flatnonzero(stocks[groups.symbol] & (groups.ahead > 0)))
    lane = groups.session * stocks.size + groups.symbol
    order = np.lexsort((groups.expiry, np.abs(groups.ahead - STANDARD_SESSIONS), lane))
    first = np.append(True, lane[order][1:] != lane[order][:-1])
    chosen = groups.take(order[first])
    situations = path.priced_situations(chosen.session, chosen.symbol, chosen.ahead)
    _, dispersion = path.laws.log_moments(situations, drifted=False)
    spot = path.bars.close[chosen.session, chosen.symbol]
    body = np.rint(spot / chosen.step)
    wing = np.maximum(np.rint(dispersion * spot / chosen.step), 1.0)
    # a strike of zero or less does not exist; only penny stocks come near
    wing = np.minimum(wing, np.maximum(body - 1.0, 1.0))
    strikes = np.stack([body - wing, body, body + wing], axis=1) * chosen.step[:, None]
    return Butterflies(chosen.session, chosen.symbol, chosen.expiry, strikes)


def edge_size(path: Path, indices: Sequence[int]) -> EdgeSize:
    """How much edge the standard butterflies of these sessions held."""
    wanted = standard_butterflies(path, indices)
    found = butterfly_edges(path, wanted)
    share = 100.0 * found.edge / found.price
    spot = path.bars.close[wanted.session, wanted.symbol]
    return EdgeSize(
        mean_abs_pct=float(np.mean(np.abs(share))),
        rms_pct=float(np.sqrt(np.mean(share * share))),
        mean_pct=float(np.mean(share)),
        largest_of_spot=float(np.max(np.abs(found.edge) / spot)),
        count=share.size,
    )
