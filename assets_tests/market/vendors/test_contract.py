"""Every vendor passes the one contract."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from assets_tests.market.vendors import dbn_files
from assets_tests.market.vendors.contract import CHECKS, Case
from assets_tests.market.vendors.loopback import serving
from assets_tests.market.vendors.tradier_server import TOKEN, TradierServer
from butter_pipeline.configs import load
from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import FRAMES
from butter_pipeline.market.sessions import EXCHANGE_ZONE, close_at, open_at, sessions_between
from butter_pipeline.market.simulator.world import World, world_from_config
from butter_pipeline.market.vendors.csv_folder import CsvFolder
from butter_pipeline.market.vendors.databento import DbnFolder
from butter_pipeline.market.vendors.http import JsonService
from butter_pipeline.market.vendors.simulated import SimulatedVendor
from butter_pipeline.market.vendors.tabular.form import Form
from butter_pipeline.market.vendors.tradier import Tradier, Wanted

LAG = timedelta(minutes=15)
SESSIONS = sessions_between(date(2024, 6, 28), date(2024, 7, 8))
"""With a half day and a holiday inside."""


@lru_cache
def world() -> World:
    return world_from_config(load("simulator").values)


def source() -> SimulatedVendor:
    return SimulatedVendor(world(), LAG)


def simulated(folder: Path, stack: ExitStack) -> Case:
    return Case(source, SESSIONS)


def csv(folder: Path, stack: ExitStack) -> Case:
    """The simulated market written to a folder; one file compressed, none with `available_at`."""
    for name in ("bars", "chains", "context"):
        table = getattr(source(), name)(SESSIONS).drop_columns(["available_at"])
        pacsv.write_csv(table, folder / f"{name}.csv")
    packed = gzip.compress((folder / "chains.csv").read_bytes())
    (folder / "chains.csv").unlink()
    (folder / "chains.csv.gz").write_bytes(packed)
    return Case(lambda: CsvFolder(folder, LAG), SESSIONS)


def parquet(folder: Path, stack: ExitStack) -> Case:
    """The same as Parquet, a file for each instrument; chains a file for each session."""
    bars, chains = source().bars(SESSIONS).to_pandas(), source().chains(SESSIONS).to_pandas()
    (folder / "chains").mkdir()
    for symbol, rows in bars.groupby("symbol"):
        rows.drop(columns=["symbol", "available_at"]).to_parquet(folder / f"{symbol}_daily.parquet")
    for session, rows in chains.groupby("session"):
        rows.drop(columns=["available_at"]).to_parquet(folder / "chains" / f"chains_{session}.parquet")
    pq.write_table(source().context(SESSIONS), folder / "context.parquet")
    return Case(lambda: CsvFolder(folder, LAG), SESSIONS)


def minutes(session: date, length: int) -> list[datetime]:
    span = int((close_at(session) - open_at(session)) / timedelta(minutes=length))
    return [open_at(session) + timedelta(minutes=length * step) for step in range(span)]


def intraday(folder: Path, stack: ExitStack) -> Case:
    """Half hours of two instruments, stamped in New York without a zone, a file for each."""
    for symbol, price in (("AAA", 100.0), ("BBB", 50.0)):
        lines = ["Date,Time,O,H,L,C,V"]
        for session in SESSIONS:
            for begins in minutes(session, 30):
                local = begins.astimezone(EXCHANGE_ZONE)
                lines.append(f"{local:%m/%d/%Y},{local:%H:%M},{price},{price + 1},{price - 1},{price + 0.5},1000")
        (folder / f"{symbol}_bt.csv").write_text("\n".join(lines))
    form = Form(zone="America/New_York")
    return Case(lambda: CsvFolder(folder, LAG, form), SESSIONS, frozenset({"intraday"}))


def tradier(folder: Path, stack: ExitStack) -> Case:
    series = {"vol_index": "VIX", "index_level": "IDX"}
    server = TradierServer(source(), SESSIONS, series)
    url, _ = stack.enter_context(serving(server))
    wanted = Wanted(tuple(source().symbols(SESSIONS[0])[:3]), (), series, 90, SESSIONS[0])
    service = JsonService("tradier", url, TOKEN, "set the token")
    now = datetime(2024, 7, 9, tzinfo=UTC)
    return Case(lambda: Tradier(service, wanted, LAG, lambda: now), SESSIONS, frozenset({"bars", "context"}))


def databento(folder: Path, stack: ExitStack) -> Case:
    """Bars and one underlying's chains; the quotes hold more than the close."""
    dbn_files.write_bars(folder / "bars.dbn.zst", source(), SESSIONS)
    dbn_files.write_chains(folder, source(), SESSIONS, source().symbols(SESSIONS[0])[0])
    return Case(lambda: DbnFolder(folder, LAG), SESSIONS, frozenset({"bars", "chains"}))


MAKERS = {
    simulated: ("bars", "chains", "context"),
    csv: ("bars", "chains", "context"),
    parquet: ("bars", "chains", "context"),
    intraday: ("intraday",),
    tradier: ("bars", "context"),
    databento: ("bars", "chains"),
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Case]]:
    """Each vendor's case, made once."""
    with ExitStack() as stack:
        yield lru_cache(lambda make: make(tmp_path_factory.mktemp("vendor"), stack))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    ("make", "frame"),
    [(make, FRAMES[name]) for make, names in MAKERS.items() for name in names],
    ids=lambda part: getattr(part, "name", None) or part.__name__,
)
def test_vendor(
    cases: Callable[..., Case], make: Callable[..., Case], frame: Frame, check: Callable[[Case, Frame], None]
) -> None:
    case = cases(make)
    assert case.datasets == set(MAKERS[make])
    check(case, frame)


@pytest.mark.parametrize("make", [csv, parquet])
def test_a_folder_hands_over_what_was_written_to_the_bit(tmp_path: Path, make: Callable[..., Case]) -> None:
    folder = make(tmp_path, ExitStack()).make()
    for name in ("bars", "chains", "context"):
        assert getattr(folder, name)(SESSIONS).equals(getattr(source(), name)(SESSIONS))


def test_dbn_files_hand_over_the_bars_and_closing_quotes_that_were_written(tmp_path: Path) -> None:
    vendor = databento(tmp_path, ExitStack()).make()
    assert vendor.bars(SESSIONS).drop_columns(["volume"]).equals(source().bars(SESSIONS).drop_columns(["volume"]))
    (symbol,) = vendor.underlyings(SESSIONS[0])
    wanted = [row for row in source().chains(SESSIONS).to_pylist() if row["symbol"] == symbol]
    got = vendor.chains(SESSIONS).to_pylist()
    names = ("session", "symbol", "expiry", "strike", "right", "bid", "ask", "volume", "open_interest", "available_at")
    assert [[row[n] for n in names] for row in got] == [[row[n] for n in names] for row in wanted]
