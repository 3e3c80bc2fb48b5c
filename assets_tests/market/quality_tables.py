"""Tiny tables for the tests of quality: literal rows in, names of what was found out."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from butter_pipeline.configs import load
from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import BARS, CHAINS, CONTEXT
from butter_pipeline.market.quality import Expectation, Thresholds, Verdict, judge
from butter_pipeline.market.sessions import close_at, is_session, sessions_between

DAYS = tuple(sessions_between(date(2024, 3, 4), date(2024, 3, 8)))
MON, TUE, WED, THU, FRI = DAYS
LAG = timedelta(minutes=15)


def known(session: date) -> datetime:
    """When a first delivery can be known; for a day without a session, any moment will do."""
    return (
        close_at(session) + LAG
        if is_session(session)
        else datetime(session.year, session.month, session.day, tzinfo=UTC)
    )


def table(frame: Frame, rows: Iterable[Sequence[Any]]) -> pa.Table:
    """Literal rows in the order of the frame's columns; `available_at` may be left out."""
    names = frame.schema.names
    records = [dict(zip(names, row, strict=False)) for row in rows]
    for record in records:
        record.setdefault("available_at", known(record["session"]) if record["session"] else None)
    return pa.Table.from_pylist(records, frame.schema)


def bar(session: Any, symbol: Any = "AAA", close: float = 10.0, **changes: Any) -> tuple[Any, ...]:
    """A sound bar around a close, but for the columns named."""
    row = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close, "volume": 100.0 + session.day}
    return (session, symbol, *(row | changes).values())


def bars(rows: Iterable[Sequence[Any]]) -> pa.Table:
    """A table of bars."""
    return table(BARS, rows)


def closes(*values: float, symbol: str = "AAA", days: Sequence[date] = DAYS) -> pa.Table:
    """One symbol's bars, one close a session."""
    return bars(bar(day, symbol, close) for day, close in zip(days, values, strict=False))


def quote(session: date = MON, strike: float = 100.0, right: str = "C", **changes: Any) -> tuple[Any, ...]:
    """A sound quote of AAA at 100, 32 days from expiry, in parity with the one across; but for the columns named."""
    mid = 5.0 + max(100.0 - strike, 0.0) if right == "C" else 5.0 + max(strike - 100.0, 0.0)
    row = {
        "symbol": "AAA",
        "expiry": date(2024, 4, 5),
        "strike": strike,
        "right": right,
        "bid": mid - 0.1,
        "ask": mid + 0.1,
        "last": mid,
        "volume": 10.0,
        "open_interest": 50.0,
        "vendor_iv": None,
        "underlying_price": 100.0,
    }
    return (session, *(row | changes).values())


def chain(rows: Iterable[Sequence[Any]]) -> pa.Table:
    """A table of quotes."""
    return table(CHAINS, rows)


def context(rows: Iterable[Sequence[Any]]) -> pa.Table:
    """A table of context series."""
    return table(CONTEXT, rows)


def thresholds() -> Thresholds:
    """The delivered thresholds."""
    return Thresholds.from_config(load("market").values["quality"])


def judged(
    frame: Frame, rows: pa.Table, names: Iterable[str] = ("AAA",), days: Sequence[date] = (), **more: Any
) -> Verdict:
    """The verdict on a table, by default on the sessions that it holds."""
    sessions = tuple(days) or tuple(sorted({d for d in rows["session"].to_pylist() if d and is_session(d)}))
    keys = dict.fromkeys(sessions, frozenset(names))
    return judge(frame, rows, Expectation(sessions, keys, thresholds(), **more))


def found(rows: pa.Table) -> list[tuple[Any, ...]]:
    """The session, name and reason of each rejected or flagged row, in order."""
    name = next(column for column in ("symbol", "series") if column in rows.column_names)
    return sorted(zip(rows["session"].to_pylist(), rows[name].to_pylist(), rows["reason"].to_pylist(), strict=True))


def reasons(rows: pa.Table) -> list[str]:
    """The distinct reasons, sorted."""
    return sorted(set(rows["reason"].to_pylist()))
