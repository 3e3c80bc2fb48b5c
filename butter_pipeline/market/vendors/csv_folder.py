"""A folder of CSV files as a vendor.

The folder holds any of `bars.csv`, `chains.csv` and `context.csv`, or a folder `bars` with a file per
instrument, `bars/<SYMBOL>.csv`; each file may end in `.csv.gz`. A dataset without a file is empty.
The form of a file is `csv_file`'s affair; splits, dividends and rolls are that of `action_files`. Instruments and
series are expected from their first row to their last, so a hole is noticed and a listing or delisting is not.

What belongs here: which files make a dataset, and cutting sessions out of it. What does not: reading
a file (`csv_file`), and any repair: duplicates and bad values are handed over for quality to judge.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import ACTIONS, BARS, CHAINS, CONTEXT, FRAMES
from butter_pipeline.market.sessions import calendar
from butter_pipeline.market.vendors.action_files import action_paths, continuous, in_order, read_actions
from butter_pipeline.market.vendors.protocol import VendorError

if TYPE_CHECKING:
    import pyarrow as pa

Stamp = tuple[str, int, int]
"""A file as it is now: its path, time of change and size."""


class CsvFolder:
    """The rows of a folder; a file that changes is read again."""

    def __init__(self, folder: Path, lag: timedelta) -> None:
        """A vendor of `folder` whose rows can be known `lag` after the close, unless they say otherwise."""
        self._folder = folder
        self._lag = lag

    @property
    def name(self) -> str:
        """`csv-<folder>`: two folders that may disagree do not share a name."""
        return "csv-" + (re.sub(r"[^a-z0-9]+", "-", self._folder.name.lower()).strip("-") or "folder")

    @property
    def lag(self) -> timedelta:
        """From the close until rows can be known."""
        return self._lag

    @property
    def first_session(self) -> date:
        """The earliest session of any file."""
        firsts = [data.sessions[0] for data in map(self._dataset, FRAMES.values()) if data.sessions]
        if not firsts:
            raise VendorError(f"{self._folder}: no rows in any session; put bars.csv or bars/<SYMBOL>.csv there")
        return min(firsts)

    @property
    def datasets(self) -> frozenset[str]:
        """Those that have a file in the folder; bars are always expected."""
        found = {name for name, frame in FRAMES.items() if frame is BARS or _files(self._folder, frame)}
        return frozenset(found | ({ACTIONS.name} if self._actions().sessions else set()))

    def symbols(self, session: date) -> Sequence[str]:
        """The instruments whose bars begin by the session and end no earlier."""
        return self._dataset(BARS).alive(session)

    def underlyings(self, session: date) -> Sequence[str]:
        """The instruments whose chains begin by the session and end no earlier."""
        return self._dataset(CHAINS).alive(session)

    def series(self, session: date) -> Sequence[str]:
        """The series whose values begin by the session and end no earlier."""
        return self._dataset(CONTEXT).alive(session)

    def bars(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' bars."""
        return self._dataset(BARS).cut(sessions)

    def chains(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' option chains."""
        return self._dataset(CHAINS).cut(sessions)

    def context(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' context series."""
        return self._dataset(CONTEXT).cut(sessions)

    def actions(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' splits, dividends and rolls."""
        return self._actions().cut(sessions)

    def _actions(self) -> "Dataset":
        self._dataset(BARS)  # says so when there is no such folder
        stamps = tuple(map(_stamp, action_paths(self._folder)))
        return _read_actions(stamps, _files(self._folder, BARS), self._lag)

    def _dataset(self, frame: Frame) -> "Dataset":
        if not self._folder.is_dir():
            raise VendorError(f"{self._folder}: no such folder; set BUTTER_CSV_FOLDER to the folder of bars.csv")
        return _read(frame.name, _files(self._folder, frame), self._lag)


class Dataset:
    """One frame's rows, in order, cut by session."""

    def __init__(self, frame: Frame, table: "pa.Table") -> None:
        """Over rows in the frame's schema; they are put in the order of the key."""
        self._table = table.sort_by([(name, "ascending") for name in (*frame.key, "available_at")])
        days = self._table["session"].to_numpy()
        self._bounds = _bounds(days)
        self._name = frame.key[1]
        self._firsts = _firsts(days, self._table[self._name])

    @property
    def sessions(self) -> tuple[date, ...]:
        """The sessions that hold rows, in order."""
        return tuple(self._bounds)

    def alive(self, session: date) -> Sequence[str]:
        """The names that the last session with rows had, and those that begin in this one, sorted.

        Nothing later counts: what is expected is the same on the evening and years on. A name that ends costs
        one session that lacks it.
        """
        place = bisect_left(self.sessions, session)
        before = self._names(self.sessions[place - 1]) if place else set()
        return sorted(before | {name for name, first in self._firsts.items() if first == session})

    def _names(self, session: date) -> set[str]:
        first, last = self._bounds[session]
        return set(self._table[self._name].slice(first, last - first).to_pylist())

    def cut(self, sessions: Sequence[date]) -> "pa.Table":
        """The rows of some sessions, with those dated on days without a session just before them."""
        import pyarrow as pa

        bounds = [self._bounds[session] for session in sorted(set(sessions)) if session in self._bounds]
        if not bounds:
            return self._table.slice(0, 0)
        return pa.concat_tables([self._table.slice(first, last - first) for first, last in bounds]).combine_chunks()


def _bounds(days: object) -> Mapping[date, tuple[int, int]]:
    """Where the rows of each session begin and end, given every row's date, in order."""
    import numpy as np

    unique, starts = np.unique(np.asarray(days), return_index=True)
    ends = [*starts.tolist(), len(np.asarray(days))][1:]
    bounds: dict[date, tuple[int, int]] = {}
    for day, start, end in zip(unique.tolist(), starts.tolist(), ends, strict=True):
        place = bisect_left(calendar(), day)
        # What the calendar does not reach, nobody can ask for; what lies past it, `csv_file` refuses.
        if day >= calendar()[0] and place < len(calendar()):
            session = calendar()[place]
            bounds[session] = (bounds.get(session, (start, end))[0], end)
    return bounds


def _firsts(days: object, names: "pa.ChunkedArray") -> Mapping[str, date]:
    """The first date of each name."""
    import numpy as np

    codes = names.combine_chunks().dictionary_encode()
    order = np.argsort(codes.indices.to_numpy(), kind="stable")
    dates, sorted_codes = np.asarray(days)[order], codes.indices.to_numpy()[order]
    firsts = np.searchsorted(sorted_codes, np.arange(len(codes.dictionary)))
    return dict(zip(codes.dictionary.to_pylist(), dates[firsts].tolist(), strict=True))


def _files(folder: Path, frame: Frame) -> tuple[Stamp, ...]:
    """The files that make a dataset, as they are now."""
    single = [folder / f"{frame.name}.csv{ending}" for ending in ("", ".gz")]
    found = [path for path in single if path.is_file()]
    many = folder / frame.name
    if frame is BARS and many.is_dir():
        # Files of splits and dividends often lie beside the bars; they are not bars.
        found += sorted(p for p in many.glob("*.csv*") if p.name.endswith((".csv", ".csv.gz")) and _symbol(p))
    names = [path.name.removesuffix(".gz") for path in found]
    if len(found) > 1 and (found[0].parent == folder or len(set(names)) < len(names)):
        raise VendorError(f"{folder}: {frame.name} stand in more than one form; keep one of: {', '.join(names[:4])}")
    return tuple(map(_stamp, found))


def _stamp(path: Path) -> Stamp:
    return str(path), path.stat().st_mtime_ns, path.stat().st_size


def _symbol(path: Path) -> str:
    """The instrument that a file is named after; none for companions such as AAPL_factors.csv."""
    stem = path.name.removesuffix(".gz").removesuffix(".csv")
    return "" if stem.endswith("_factors") else stem


@lru_cache(maxsize=8)
def _read(name: str, files: tuple[Stamp, ...], lag: timedelta) -> Dataset:
    """The dataset of some files, read once for each state that they are in."""
    import pyarrow as pa

    frame = FRAMES[name]
    tables = [_rows(Path(path), frame, lag) for path, _, _ in files]
    if frame is BARS:
        tables = [_raw(Path(path), table) for (path, _, _), table in zip(files, tables, strict=True)]
    return Dataset(frame, pa.concat_tables(tables) if tables else frame.schema.empty_table())


def _raw(path: Path, bars: "pa.Table") -> "pa.Table":
    """A file's bars as they were traded: what is back-adjusted in a file of one future is put back."""
    found = continuous(path, bars) if path.parent.name == BARS.name else None
    return bars if found is None else found.bars


def _rows(path: Path, frame: Frame, lag: timedelta) -> "pa.Table":
    from butter_pipeline.market.vendors.csv_file import read

    return read(path, frame, lag, _symbol(path) if path.parent.name == frame.name else None)


@lru_cache(maxsize=8)
def _read_actions(files: tuple[Stamp, ...], bars: tuple[Stamp, ...], lag: timedelta) -> Dataset:
    """What files of actions say, and the rolls of continuous futures, read once for each state that they are in."""
    import pyarrow as pa

    tables = [read_actions([Path(path) for path, _, _ in files])]
    alone = [Path(path) for path, _, _ in bars if Path(path).parent.name == BARS.name]
    tables += [found.rolls for path in alone if (found := continuous(path, _rows(path, BARS, lag)))]
    return Dataset(ACTIONS, in_order(pa.concat_tables(tables)))
