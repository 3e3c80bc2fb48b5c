"""The folder of DBN files as a vendor.

What belongs here: cutting sessions out of files. What does not: decoding (`files`) and joining chains (`chains`).

A daily bar's session is its day of UTC, as Databento cuts days. A bar within the day belongs to the first session that
closes no earlier than it ends. Bars of contracts that definitions call options are no instruments' bars.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import BARS, CHAINS, FRAMES, INTRADAY
from butter_pipeline.market.sessions import calendar, close_at, session_from
from butter_pipeline.market.vendors.databento.chains import QUOTES, chain_records, contracts
from butter_pipeline.market.vendors.databento.files import DbnFile, moment, price, read
from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.market.vendors.records import Record, rows_of

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.settings import Settings

MINUTES = {"ohlcv-1m": 1, "ohlcv-1h": 60}
SCHEMAS = ("ohlcv-1d", *MINUTES, "definition", "statistics", *QUOTES)
State = tuple[Path, int, int]


def from_settings(settings: "Settings", lag: timedelta, config: Mapping[str, Any]) -> "DbnFolder":
    """The folder that `BUTTER_DATABENTO_FOLDER` names."""
    from butter_pipeline.configs import ConfigError

    if config:
        raise ConfigError(f"market.yml: vendors.databento.{min(config)} is unknown; only lag_minutes can be set")
    if settings.databento_folder is None:
        raise VendorError("BUTTER_DATABENTO_FOLDER: not set, and the databento vendor needs it; set it to a folder")
    return DbnFolder(settings.databento_folder, lag)


@dataclass(frozen=True)
class Dataset:
    """One frame's rows and what could not be read, by session."""

    rows: "pa.Table"
    unreadable: "pa.Table"


class DbnFolder:
    """The rows of a folder; a file that changes is read again."""

    def __init__(self, folder: Path, lag: timedelta) -> None:
        """A vendor of `folder` whose rows can be known `lag` after the close, or a bar's end."""
        self._folder = folder
        self._lag = lag

    @property
    def name(self) -> str:
        """`databento-<folder>`."""
        return "databento-" + (re.sub(r"[^a-z0-9]+", "-", self._folder.name.lower()).strip("-") or "folder")

    @property
    def lag(self) -> timedelta:
        """From the close until rows can be known."""
        return self._lag

    @property
    def first_session(self) -> date:
        """The earliest session of any file."""
        days = [day for frame in (BARS, INTRADAY, CHAINS) for day in self._days(frame)]
        sessions = [session for session in map(session_from, days) if session is not None]
        if not sessions:
            raise VendorError(f"{self._folder}: no bars or quotes in any session; put DBN files there")
        return min(sessions)

    @property
    def datasets(self) -> frozenset[str]:
        """Those of which the folder has rows; bars are always expected."""
        return frozenset({BARS.name, *(frame.name for frame in (INTRADAY, CHAINS) if self._days(frame))})

    def symbols(self, session: date) -> Sequence[str]:
        """The instruments whose bars the session has or the one before had."""
        return self._alive(BARS if self._days(BARS) else INTRADAY, session)

    def underlyings(self, session: date) -> Sequence[str]:
        """The instruments whose chains the session has or the one before had."""
        return self._alive(CHAINS, session)

    def series(self, session: date) -> Sequence[str]:
        """None: Databento has no context series."""
        return ()

    def bars(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' bars."""
        return _cut(self._dataset(BARS).rows, sessions)

    def intraday(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' bars within the day."""
        return _cut(self._dataset(INTRADAY).rows, sessions)

    def chains(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' option chains."""
        return _cut(self._dataset(CHAINS).rows, sessions)

    def context(self, sessions: Sequence[date]) -> "pa.Table":
        """Nothing."""
        return FRAMES["context"].schema.empty_table()

    def refused(self, frame: Frame, sessions: Sequence[date]) -> "pa.Table":
        """What could not be read of some sessions."""
        return _cut(self._dataset(frame).unreadable, sessions)

    def _alive(self, frame: Frame, session: date) -> Sequence[str]:
        days = self._days(frame)
        place = bisect_left(days, session)
        near = [*days[max(place - 1, 0) : place], session]
        return sorted(set(_cut(self._dataset(frame).rows, near)["symbol"].to_pylist()))

    def _days(self, frame: Frame) -> Sequence[date]:
        import pyarrow.compute as pc

        days: list[date] = pc.unique(self._dataset(frame).rows["session"]).to_pylist()
        return days

    def _dataset(self, frame: Frame) -> Dataset:
        if not self._folder.is_dir():
            raise VendorError(f"{self._folder}: no such folder; set BUTTER_DATABENTO_FOLDER to the folder of DBN files")
        paths = sorted(p for p in self._folder.iterdir() if p.name.endswith((".dbn", ".dbn.zst")))
        states = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
        return _dataset(frame.name, states, self._lag)


@lru_cache(maxsize=8)
def _dataset(name: str, states: tuple[State, ...], lag: timedelta) -> Dataset:
    """A frame's rows out of files in some state."""
    files = [read(path, (changed_ns, size)) for path, changed_ns, size in states]
    for file in files:
        if file.schema not in SCHEMAS:
            raise VendorError(
                f"{file.path}: schema {file.schema or 'mixed'!r} is not read; use one of: {', '.join(SCHEMAS)}"
            )
    options = contracts(files)
    records: list[Record] = []
    if name == CHAINS.name:
        bars = _dataset(BARS.name, states, lag).rows.to_pylist()
        closes = {(bar["session"], bar["symbol"]): bar["close"] for bar in bars}
        records = [each for day in chain_records(files, options, closes, lag).values() for each in day]
    elif name in (BARS.name, INTRADAY.name):
        wanted = ("ohlcv-1d",) if name == BARS.name else tuple(MINUTES)
        for file in files:
            if file.schema in wanted:
                records += _bars(file, options, lag)
    return Dataset(*rows_of(FRAMES[name], records))


def _bars(file: DbnFile, options: Mapping[int, Any], lag: timedelta) -> Sequence[Record]:
    """The file's bars; one that has no symbol, and a file's torn end, cannot be rows."""
    found = []
    for row, record in enumerate(file.records, 1):
        if record.instrument_id in options:
            continue
        begins = moment(record.ts_event)
        symbol = file.symbol(record, begins.date())
        fault = "" if symbol else f"instrument {record.instrument_id} has no symbol on {begins.date()}"
        raw = {name: getattr(record, name) for name in ("instrument_id", "ts_event", "open", "high", "low", "close")}
        values = _times(file, begins, lag) | {"symbol": symbol, "volume": float(record.volume)}
        values |= {name: price(getattr(record, name)) for name in ("open", "high", "low", "close")}
        found.append(Record(values, str(file.path), row, raw, fault))
    if file.cut_off:
        last = found[-1].values["session"] if found else None
        torn = {"session": last, "symbol": None}
        fault = "the file ends in the middle of a record; fetch it again"
        found.append(Record(torn, str(file.path), len(file.records) + 1, {}, fault))
    return found


def _times(file: DbnFile, begins: datetime, lag: timedelta) -> dict[str, Any]:
    """Session and moments of a bar that begins then."""
    if file.schema == "ohlcv-1d":
        day = begins.date()
        session = session_from(day)
        return {"session": day, "available_at": None if session is None else close_at(session) + lag}
    minutes = MINUTES[file.schema]
    ends = begins + timedelta(minutes=minutes)
    session = _session_of_end(ends)
    return {"session": session, "minutes": minutes, "starts_at": begins, "available_at": ends + lag}


def _session_of_end(ends: datetime) -> date | None:
    """The first session that closes at a moment or later."""
    session = session_from(ends.astimezone(UTC).date() - timedelta(days=1))
    while session is not None and close_at(session) < ends:
        place = bisect_left(calendar(), session) + 1
        session = calendar()[place] if place < len(calendar()) else None
    return session


def _cut(table: "pa.Table", sessions: Sequence[date]) -> "pa.Table":
    """The rows that go with some sessions: dated on them, or on days without a session before them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = set(sessions)
    days = pc.unique(table["session"]).to_pylist()
    kept = [day for day in days if day is not None and session_from(day) in wanted]
    return table.filter(pc.is_in(table["session"], pa.array(kept, pa.date32()))).combine_chunks()
