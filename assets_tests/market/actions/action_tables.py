"""Actions and bars of made-up symbols, in a few words."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from butter_pipeline.market.frames import ACTIONS, BARS
from butter_pipeline.market.sessions import as_of, open_at, sessions_between

DAYS = sessions_between(date(2024, 3, 4), date(2024, 3, 29))


def action(session: date, kind: str = "split", symbol: str = "AAA", **values: Any) -> dict[str, Any]:
    """An action; known from the opening bell of its session unless it says otherwise."""
    return {"session": session, "symbol": symbol, "kind": kind, "available_at": open_at(session), **values}


def actions(*rows: Mapping[str, Any]) -> pa.Table:
    """The rows of ACTIONS."""
    return pa.Table.from_pylist([{n: row.get(n) for n in ACTIONS.schema.names} for row in rows], ACTIONS.schema)


def bars(closes: Sequence[float], symbol: str = "AAA", volume: float = 1000.0, first: int = 0) -> pa.Table:
    """A bar a session; open, high and low stand around the close."""
    rows = [
        {
            "session": DAYS[first + place],
            "symbol": symbol,
            "open": close - 1.0,
            "high": close + 2.0,
            "low": close - 2.0,
            "close": close,
            "volume": volume,
            "available_at": as_of(DAYS[first + place]),
        }
        for place, close in enumerate(closes)
    ]
    return pa.Table.from_pylist(rows, BARS.schema)


def moment(day: int) -> datetime:
    """When the day of that number has settled."""
    return as_of(DAYS[day])
