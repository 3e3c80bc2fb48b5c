"""Claims: one symbol or one session is read back within twice the time of bare SQL or bare Parquet.

Ours is read as of a moment, each key once, in the order of the key and checked; bare is the plainest statement that
gives the same rows of the same table over the same driver, or pyarrow's own reading of the same file.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Result, temporary_home
from benchmarks.storage import FIRST, LAST, bars

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.store import Store

LIMIT_RATIO = 2.0
RUNS = 9
Read = Callable[[], "pa.Table"]
VENDOR, SYMBOL, SESSION = "v", "S123", date(2019, 3, 5)
SYMBOLS, CONTRACTS = 500, 256


def _pairs(ours: Read, bare: Read) -> tuple[list[tuple[float, float]], bool]:
    """Seconds of ours and of bare, in turn, and whether both gave the same rows."""
    pairs, equal = [], ours().equals(bare())
    for _ in range(RUNS):
        moments = [time.perf_counter()]
        for read in (ours, bare):
            read()
            moments.append(time.perf_counter())
        pairs.append((moments[1] - moments[0], moments[2] - moments[1]))
    return pairs, equal


def _rows(store: "Store") -> list[Result]:
    """A symbol over ten years, and a session of 500 symbols, from PostgreSQL."""
    from butter_pipeline.market.frames import BARS
    from butter_pipeline.store import frames
    from butter_pipeline.store.terms import Origin, Reading

    now = datetime.now(UTC)
    origin = Origin(vendor=VENDOR, received_at=now, recorded_at=now, code_version="", config_hash="")
    frames.append(store, BARS, bars(), origin)
    with store.adbc() as connection, connection.cursor() as cursor:
        cursor.executescript("analyze market.bars")
        connection.commit()

    def bare(where: str) -> "pa.Table":
        import pyarrow as pa

        names = ", ".join(BARS.schema.names)
        query = f"select {names} from market.bars where vendor = '{VENDOR}' and {where} order by session, symbol"
        with store.adbc() as connection, connection.cursor() as cursor:
            cursor.execute(query)
            found = cursor.fetch_arrow_table()
        return pa.table(found.columns, schema=BARS.schema)

    symbol = Reading(vendor=VENDOR, first=FIRST, last=LAST, as_of=datetime.now(UTC))
    session = Reading.of_session(SESSION, vendor=VENDOR, as_of=datetime.now(UTC))
    asked: dict[str, tuple[Read, Read]] = {
        f"one symbol, {(LAST - FIRST).days // 365} years of bars": (
            lambda: frames.read(store, BARS, symbol, symbols=[SYMBOL]),
            lambda: bare(f"session between '{FIRST}' and '{LAST}' and symbol = '{SYMBOL}'"),
        ),
        "one session of bars, 500 symbols": (
            lambda: frames.read(store, BARS, session),
            lambda: bare(f"session = '{SESSION}'"),
        ),
    }
    return [_result(what, "the plainest SQL over the same driver", *_pairs(*both)) for what, both in asked.items()]


def _result(what: str, peer: str, pairs: list[tuple[float, float]], equal: bool) -> Result:
    made = Result.against(f"reading back {what}: at most 2 times bare", what, peer, pairs, LIMIT_RATIO)
    return made.only_if(equal, equal=equal)


def _files(store: "Store") -> list[Result]:
    """A session's whole chain, and one symbol of it, from the lake."""
    import pyarrow.parquet as pq

    from benchmarks.storage import chain
    from butter_pipeline.market.frames import CHAINS
    from butter_pipeline.market.sessions import as_of
    from butter_pipeline.store import lake
    from butter_pipeline.store.files import folder
    from butter_pipeline.store.terms import Origin, Part, Reading

    now = datetime.now(UTC)
    origin = Origin(vendor=VENDOR, received_at=now, recorded_at=now, code_version="", config_hash="")
    content = lake.Content(SESSION, chain(SESSION, SYMBOLS, CONTRACTS), as_of(SESSION))
    (made,) = lake.write(store, CHAINS, [content], origin)
    path = folder(store.lake).full(made.uri)
    reading = Reading.of_session(SESSION, vendor=VENDOR, as_of=now)

    def bare(**more: object) -> "pa.Table":
        return pq.read_table(path, **more).cast(CHAINS.schema)

    rows = f"{SYMBOLS * CONTRACTS:,} contracts"
    asked: dict[str, tuple[Read, Read]] = {
        f"one session's chain, {rows}": (lambda: lake.read(store, CHAINS, reading), bare),
        f"one symbol of a session's chain, {CONTRACTS} of {rows}": (
            lambda: lake.read(store, CHAINS, reading, part=Part(symbols=[SYMBOL])),
            lambda: bare(filters=[("symbol", "=", SYMBOL)]),
        ),
    }
    return [_result(what, "pyarrow.parquet.read_table of the file", *_pairs(*both)) for what, both in asked.items()]


def measure() -> list[Result]:
    """On one server and one lake."""
    from butter_pipeline.store import Store

    with tempfile.TemporaryDirectory() as folder, temporary_home(Path(folder)) as environment:
        store = Store(environment["BUTTER_DATABASE_URL"], environment["BUTTER_LAKE_URL"])
        return [*_rows(store), *_files(store)]
