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


def _bars() -> "pa.Table":
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


def measure() -> Result:
    """In turn on one server, each time into an empty table; the rows read back must be equal."""
    from butter_pipeline.market.frames import BARS
    from butter_pipeline.store import Store, frames
    from butter_pipeline.store.terms import Origin, Reading

    bars, pairs = _bars(), []
    with tempfile.TemporaryDirectory() as folder, temporary_home(Path(folder)) as environment:
        store = Store(environment["BUTTER_DATABASE_URL"], environment["BUTTER_LAKE_URL"])
        for number in range(3):
            now = datetime.now(UTC)
            origin = Origin(vendor=f"v{number}", received_at=now, recorded_at=now, code_version="", config_hash="")
            began = time.perf_counter()
            frames.append(store, BARS, bars, origin)
            ours = time.perf_counter() - began
            began = time.perf_counter()
            with store.adbc() as connection, connection.cursor() as cursor:
                cursor.adbc_ingest(f"bare_{number}", bars, mode="create")
                connection.commit()
            pairs.append((ours, time.perf_counter() - began))
        read = frames.read(store, BARS, Reading(vendor="v0", first=FIRST, last=LAST, as_of=datetime.now(UTC)))
        equal = bool(read.equals(bars))
    result = Result.against(
        claim="appending bars costs at most 3 times a bare ADBC ingest",
        workload=f"{bars.num_rows:,} rows into an empty partitioned table",
        peer="ADBC ingest into a table without keys",
        pairs=pairs,
        limit=LIMIT_RATIO,
    )
    return result.only_if(equal, equal=equal)
