"""Claims: ten years of bars of 500 symbols from CSV files, and 1,280,000 contracts, judged and kept in seconds.

Bars go the whole way of a backfill: files, quality, PostgreSQL, outcomes; the bare peer ingests the same rows, already
in memory, into a table without keys. Chains are judged, given volatilities and Greeks, and written a file a session;
the same again with ten times the sessions shows that memory does not grow with history.
"""

import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import ROOT, Result, temporary_home
from benchmarks.storage import FIRST, LAST, SYMBOLS, chain

if TYPE_CHECKING:
    from butter_pipeline.store import Store

RUNS = 3
BARS_RATIO = 3.0
CHAINS_SECONDS, CHAINS_MB = 5.0, 2048.0
CONTRACTS = 256
SESSIONS = 10
"""Of 500 symbols with 256 contracts each: 1,280,000 rows."""


def _write_files(folder: Path) -> None:
    """A file for each symbol, as somebody would hand them over: a walk to the cent, no two volumes alike."""
    import numpy as np

    from butter_pipeline.market.sessions import sessions_between

    days = [f"{day}" for day in sessions_between(FIRST, LAST)]
    draws = np.random.default_rng(7)
    (folder / "bars").mkdir(parents=True)
    for number in range(SYMBOLS):
        close = np.round(100 * np.exp(np.cumsum(0.012 * draws.standard_normal(len(days)))), 2)
        start = np.round(np.concatenate([[100.0], close[:-1]]) * np.exp(0.004 * draws.standard_normal(len(days))), 2)
        top, bottom = np.maximum(start, close), np.minimum(start, close)
        high = np.maximum(np.round(top * (1 + 0.005 * draws.random(len(days))), 2), top)
        low = np.minimum(np.round(bottom * (1 - 0.005 * draws.random(len(days))), 2), bottom)
        volume = np.round(1e6 * np.exp(0.3 * draws.standard_normal(len(days))))
        columns = [column.tolist() for column in (start, high, low, close, volume)]
        lines = [f"{d},{o},{h},{lo},{c},{v:.0f}" for d, o, h, lo, c, v in zip(days, *columns, strict=True)]
        text = "\n".join(["date,open,high,low,close,volume", *lines])
        (folder / "bars" / f"S{number:03}.csv").write_text(text + "\n")


def _from_files(folder: str) -> None:
    """Printed by a fresh process: seconds of ours, seconds of the bare ingest, whether equal, peak memory in MB."""
    from butter_pipeline.derivation import Run
    from butter_pipeline.market.frames import BARS
    from butter_pipeline.market.intake import take_in
    from butter_pipeline.market.sessions import sessions_between
    from butter_pipeline.market.vendors.csv_folder import CsvFolder
    from butter_pipeline.store import Store, frames
    from butter_pipeline.store.terms import Reading

    with tempfile.TemporaryDirectory() as home, temporary_home(Path(home)) as environment:
        store = Store(environment["BUTTER_DATABASE_URL"], environment["BUTTER_LAKE_URL"])
        vendor, now = CsvFolder(Path(folder), timedelta(minutes=30)), datetime.now(UTC)
        run = Run(vendor=vendor.name, received_at=now, recorded_at=now, code_version="", config_hash="", run_id="r")
        began = time.perf_counter()
        made = list(take_in(store, vendor, BARS, sessions_between(FIRST, LAST), run))
        ours = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows = frames.read(store, BARS, Reading(vendor=vendor.name, first=FIRST, last=LAST, as_of=now))
        whole = rows.num_rows == SYMBOLS * len(made) and all(outcome.status == "done" for outcome in made)
        began = time.perf_counter()
        with store.adbc() as connection, connection.cursor() as cursor:
            cursor.adbc_ingest("bare", rows, mode="create")
            connection.commit()
        bare = time.perf_counter() - began
        with store.adbc() as connection, connection.cursor() as cursor:
            cursor.execute("select count(*) from bare")
            (count,) = cursor.fetchone() or (0,)
    sys.stdout.write(f"{ours} {bare} {int(whole and count == rows.num_rows)} {peak}\n")


def _said(code: str) -> list[float]:
    """The numbers that a fresh process prints last."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split("\n")[-2].split()]


def _bars_claim() -> Result:
    with tempfile.TemporaryDirectory() as folder:
        _write_files(Path(folder) / "feed")
        code = f"from benchmarks.market_intake import _from_files; _from_files({str(Path(folder) / 'feed')!r})"
        runs = [_said(code) for _ in range(RUNS)]
    equal = all(run[2] for run in runs)
    made = Result.against(
        "ten years of bars of 500 symbols from CSV files, judged and kept: at most 3 times a bare ingest",
        f"{SYMBOLS} files, {SYMBOLS * 2521:,} rows, through quality into PostgreSQL",
        "ADBC ingest of the same rows from memory into a table without keys",
        [(run[0], run[1]) for run in runs],
        BARS_RATIO,
    )
    return replace(made.only_if(equal, equal=equal), peak_rss_mb=round(max(run[3] for run in runs)))


def _chains_run(count: int) -> None:
    """Printed by a fresh process: seconds to judge, value and write so many sessions, rows, peak memory in MB."""
    from butter_pipeline.market.sessions import sessions_between

    sessions = sessions_between(date(2019, 1, 2), date(2019, 12, 31))[:count]
    with tempfile.TemporaryDirectory() as home, temporary_home(Path(home)) as environment:
        from butter_pipeline.store import Store

        store = Store(environment["BUTTER_DATABASE_URL"], environment["BUTTER_LAKE_URL"])
        _chains_once(store, sessions[:1])  # compiled formulas are kept from one process to the next
        spent, rows = 0.0, 0
        for first in range(0, count, SESSIONS):
            seconds, made = _chains_once(store, sessions[first : first + SESSIONS])
            spent, rows = spent + seconds, rows + made
            gc.collect()
    sys.stdout.write(f"{spent} {rows} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}\n")


def _chains_once(store: "Store", sessions: Sequence[date]) -> tuple[float, int]:
    """Seconds and rows of one stretch: judged as intake judges, completed, valued, and written a file a session."""
    from butter_pipeline.configs import value
    from butter_pipeline.derivation import by_session
    from butter_pipeline.market.frames import CHAINS
    from butter_pipeline.market.quality import Expectation, Thresholds, judge
    from butter_pipeline.market.sessions import as_of
    from butter_pipeline.market.valuation import with_greeks, with_volatility
    from butter_pipeline.store import lake
    from butter_pipeline.store.terms import Origin

    now = datetime.now(UTC)
    origin = Origin(vendor="bench", received_at=now, recorded_at=now, code_version="", config_hash="")
    import pyarrow as pa

    given = pa.concat_tables([chain(day, SYMBOLS, CONTRACTS) for day in sessions])
    names = frozenset(f"S{number:03}" for number in range(SYMBOLS))
    expected = Expectation(
        sessions=tuple(sessions),
        keys=dict.fromkeys(sessions, names),
        thresholds=Thresholds.from_config(value("market", "quality", dict)),
    )
    began = time.perf_counter()
    verdict = judge(CHAINS, given, expected)
    valued = with_greeks(with_volatility(verdict.accepted))
    cut = by_session(valued, sessions)
    lake.write(store, "chains.valued", (lake.Content(day, rows, as_of(day)) for day, rows in cut.items()), origin)
    seconds = time.perf_counter() - began
    if valued.num_rows != given.num_rows or valued["vendor_iv"].null_count or valued["delta"].null_count:
        raise RuntimeError(f"{given.num_rows} contracts given, {valued.num_rows} kept; {verdict.sessions[sessions[0]]}")
    return seconds, valued.num_rows


def _chains_claims() -> list[Result]:
    code = "from benchmarks.market_intake import _chains_run; _chains_run({})"
    runs = [_said(code.format(SESSIONS)) for _ in range(RUNS)]
    long = _said(code.format(10 * SESSIONS))
    peak = max(run[2] for run in runs)
    short = Result.alone(
        "1,280,000 contracts judged, valued and written in at most 5 s and 2 GB",
        f"{SESSIONS} sessions of {SYMBOLS} symbols with {CONTRACTS} contracts: volatility and six Greeks of each",
        [run[0] for run in runs],
        CHAINS_SECONDS,
        peak,
    )
    flat = Result.of_memory(
        "memory of chains does not grow with history: ten times the sessions, at most 1.2 times the peak",
        f"{10 * SESSIONS} sessions, a stretch of {SESSIONS} at a time",
        f"{SESSIONS} sessions",
        (long[0], long[2], peak),
        1.2,
    )
    return [short.only_if(peak <= CHAINS_MB), flat]


def measure() -> list[Result]:
    """Bars, then chains; each run in a process of its own."""
    return [_bars_claim(), *_chains_claims()]
