"""Claim: appending 1.26 M bar rows costs at most three times a bare ADBC ingest of the same rows."""

import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Result, temporary_home

if TYPE_CHECKING:
    import pyarrow as pa

LIMIT_RATIO = 3.0
SYMBOLS, FIRST, LAST = 500, date(2013, 1, 2), date(2023, 1, 5)


def bars() -> "pa.Table":
    """Ten years of daily bars of 500 symbols."""
    import numpy as np
    import pyarrow as pa

    from butter_pipeline.market.frames import BARS
    from butter_pipeline.market.sessions import as_of, sessions_between

    sessions = sessions_between(FIRST, LAST)
    rows = len(sessions) * SYMBOLS
    close = 100 * np.exp(0.01 * np.random.default_rng(7).standard_normal(rows))
    columns = [
        pa.array(np.repeat(np.array(sessions, "M8[D]"), SYMBOLS)),
        pa.array([f"S{number:03}" for number in range(SYMBOLS)] * len(sessions)),
        *(pa.array(close * factor) for factor in (1.0, 1.01, 0.99, 1.0)),
        pa.array(np.full(rows, 1e6)),
        pa.array([moment for session in sessions for moment in [as_of(session)] * SYMBOLS], pa.timestamp("us", "UTC")),
    ]
    return pa.table(columns, schema=BARS.schema)


def chain(session: date, symbols: int, contracts: int) -> "pa.Table":
    """One session's chain of plausible quotes: so many contracts for each symbol, over four expiries."""
    import numpy as np
    import pyarrow as pa

    from butter_pipeline.market.frames import CHAINS
    from butter_pipeline.market.sessions import as_of
    from butter_pipeline.options import black_scholes

    strikes, rows = contracts // 8, symbols * contracts
    days = np.repeat(np.array([21, 49, 77, 168]), 2 * strikes)
    years = (np.busday_count(np.datetime64(session), np.datetime64(session) + days)) / 252.0
    places = np.tile(np.repeat(np.linspace(-2.5, 2.5, strikes), 2), 4)  # in standard deviations to expiry
    iv = 0.2 + 0.01 * places**2
    strike, call = 100.0 * np.exp(places * iv * np.sqrt(years)), np.tile(np.array([True, False]), contracts // 2)
    worth = black_scholes.price(black_scholes.Contracts(call, np.full(contracts, 100.0), strike, years, iv))
    days, strike, call, mid = (np.tile(each, symbols) for each in (days, strike, call, worth))
    columns = [
        pa.array([session] * rows, pa.date32()),
        pa.array(np.repeat([f"S{number:03}" for number in range(symbols)], contracts)),
        pa.array(np.datetime64(session) + days),
        pa.array(strike),
        pa.array(np.where(call, "C", "P")),
        pa.array(mid * 0.995),
        pa.array(mid * 1.005),
        pa.nulls(rows, pa.float64()),
        pa.array(np.full(rows, 10.0)),
        pa.array(np.full(rows, 100.0)),
        pa.nulls(rows, pa.float64()),
        pa.array(np.full(rows, 100.0)),
        pa.repeat(pa.scalar(as_of(session), pa.timestamp("us", "UTC")), rows),
    ]
    return pa.table(columns, schema=CHAINS.schema)


def measure() -> Result:
    """In turn on one server, each time into an empty table; the rows read back must be equal."""
    from butter_pipeline.market.frames import BARS
    from butter_pipeline.store import Store, frames
    from butter_pipeline.store.terms import Origin, Reading

    rows, pairs = bars(), []
    with tempfile.TemporaryDirectory() as folder, temporary_home(Path(folder)) as environment:
        store = Store(environment["BUTTER_DATABASE_URL"], environment["BUTTER_LAKE_URL"])
        for number in range(3):
            now = datetime.now(UTC)
            origin = Origin(vendor=f"v{number}", received_at=now, recorded_at=now, code_version="", config_hash="")
            began = time.perf_counter()
            frames.append(store, BARS, rows, origin)
            ours = time.perf_counter() - began
            began = time.perf_counter()
            with store.adbc() as connection, connection.cursor() as cursor:
                cursor.adbc_ingest(f"bare_{number}", rows, mode="create")
                connection.commit()
            pairs.append((ours, time.perf_counter() - began))
        read = frames.read(store, BARS, Reading(vendor="v0", first=FIRST, last=LAST, as_of=datetime.now(UTC)))
        equal = bool(read.equals(rows))
    result = Result.against(
        claim="appending bars costs at most 3 times a bare ADBC ingest",
        workload=f"{rows.num_rows:,} rows into an empty partitioned table",
        peer="ADBC ingest into a table without keys",
        pairs=pairs,
        limit=LIMIT_RATIO,
    )
    return result.only_if(equal, equal=equal)
