"""Signals: what every strategy says of every symbol's session.

What belongs here: running strategies over bars and features, and naming what they say. What does not: the
strategies (`strategies`), and what came of their signals (`labels`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from butter_pipeline.identity import natural_id
from butter_pipeline.opportunities.columns import Index, days, numbers, of_sessions, settled_at, table_of, taken
from butter_pipeline.opportunities.frames import SIGNALS
from butter_pipeline.strategies.protocol import Seen, Strategy


@dataclass(frozen=True)
class Desk:
    """Whose market is looked at, and by which strategies."""

    vendor: str
    strategies: Sequence[Strategy]


def signals(bars: pa.Table, features: pa.Table, sessions: Sequence[date], desk: Desk) -> pa.Table:
    """The rows of SIGNALS of these sessions."""
    bars = of_sessions(bars, sessions)
    rows = Index(features, ("session", "symbol")).rows(bars)
    needed = sorted({name for strategy in desk.strategies for name in strategy.needs})
    seen = Seen(numbers(bars, "close"), {name: taken(numbers(features, name), rows) for name in needed})
    given = [_given(bars, seen, strategy, desk.vendor) for strategy in desk.strategies]
    table = pa.concat_tables([SIGNALS.schema.empty_table(), *given])
    return table.sort_by([(name, "ascending") for name in SIGNALS.key])


def _given(bars: pa.Table, seen: Seen, strategy: Strategy, vendor: str) -> pa.Table:
    said = strategy.signals(seen)
    where = np.flatnonzero(said.side)
    of = bars.take(pa.array(where))
    keys = zip(of["session"].to_pylist(), of["symbol"].to_pylist(), strict=True)
    ids = [natural_id("signal", vendor, session, symbol, strategy.name) for session, symbol in keys]
    columns = {
        "session": of["session"],
        "signal_id": pa.array(ids, pa.string()),
        "symbol": of["symbol"],
        "strategy": pa.array([strategy.name] * len(ids), pa.string()),
        "side": pa.array(np.where(said.side[where] > 0, "long", "short").tolist(), pa.string()),
        "entry_price": of["close"],
        "stop_price": said.stop_price[where],
        "target_price": said.target_price[where],
        "confidence": said.confidence[where],
        "confirmations": said.confirmations[where],
        "available_at": settled_at(days(of, "session")),
    }
    return table_of(SIGNALS.schema, columns)
