"""Small tables and moments that several tests of the store share."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from butter_pipeline.market.frames import BARS, CHAINS
from butter_pipeline.market.sessions import as_of
from butter_pipeline.store.terms import Origin, Reading

MONDAY, TUESDAY, WEDNESDAY = date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 6)
SETTLED = {session: as_of(session) for session in (MONDAY, TUESDAY, WEDNESDAY)}
RECEIVED = datetime(2024, 3, 10, 12, tzinfo=UTC)
RECORDED = datetime(2025, 1, 1, tzinfo=UTC)
LATER = timedelta(days=1)


def origin(vendor: str = "v", received_at: datetime = RECEIVED) -> Origin:
    """Where a test's rows come from."""
    return Origin(
        vendor=vendor, received_at=received_at, recorded_at=RECORDED, code_version="code", config_hash="config"
    )


def week(as_of: datetime = RECORDED, vendor: str = "v") -> Reading:
    """All three sessions as known at that moment."""
    return Reading(vendor=vendor, first=MONDAY, last=WEDNESDAY, as_of=as_of)


def day(session: date, as_of: datetime = RECORDED, vendor: str = "v") -> Reading:
    """One session as known at that moment."""
    return Reading.of_session(session, vendor=vendor, as_of=as_of)


def bars(rows: Iterable[tuple[date, str, float]]) -> pa.Table:
    """Bars of which only the close matters, available when their session has settled."""
    made = [
        {
            "session": session,
            "symbol": symbol,
            "open": 1.0,
            "high": 2.0,
            "low": 0.5,
            "close": close,
            "volume": 100.0,
            "available_at": as_of(session),
        }
        for session, symbol, close in rows
    ]
    return pa.Table.from_pylist(made, schema=BARS.schema)


def chain(session: date, bids: Iterable[float], symbol: str = "ES") -> pa.Table:
    """A chain of calls with strikes 1, 2, 3, ... of which only the bids matter."""
    made = [
        {
            "session": session,
            "symbol": symbol,
            "expiry": session + timedelta(days=30),
            "strike": float(strike),
            "right": "C",
            "bid": bid,
            "ask": bid + 0.1,
            "last": None,
            "volume": 0.0,
            "open_interest": 10.0,
            "vendor_iv": None,
            "underlying_price": 5000.0,
            "available_at": as_of(session),
        }
        for strike, bid in enumerate(bids, start=1)
    ]
    return pa.Table.from_pylist(made, schema=CHAINS.schema)


def closes(table: pa.Table) -> list[tuple[date, str, float]]:
    """Session, symbol and close of every row, in the table's order."""
    return [(row["session"], row["symbol"], row["close"]) for row in table.to_pylist()]
