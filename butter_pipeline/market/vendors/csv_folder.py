"""A folder of CSV or Parquet files as a vendor.

Which files make a dataset is `tabular.places`' affair, the form of a file `tabular`'s. A dataset without a file is
empty. Instruments and series are expected where the session before or the session itself names them: a hole is
noticed, a listing is not, and an ending costs one session that lacks it.

What belongs here: cutting sessions out of files. What does not: reading a file (`tabular`), and any repair: duplicates
and bad values are handed over for quality to judge, unreadable rows apart for intake to keep.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import ACTIONS, BARS, CHAINS, CONTEXT, FRAMES, INTRADAY
from butter_pipeline.market.sessions import calendar, session_from
from butter_pipeline.market.vendors.action_files import action_paths, read_actions
from butter_pipeline.market.vendors.order import in_order
from butter_pipeline.market.vendors.protocol import REFUSED, VendorError
from butter_pipeline.market.vendors.tabular.form import Form
from butter_pipeline.market.vendors.tabular.places import File, listing, places, stamped, unread

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from butter_pipeline.settings import Settings

    Numbers = NDArray[Any]

Seen = TypeVar("Seen")

AS_FILES_SAY = Form()
"""Nothing is said about files but what they say themselves."""


def from_settings(settings: "Settings", lag: timedelta, config: Mapping[str, Any]) -> "CsvFolder":
    """The folder that `BUTTER_CSV_FOLDER` names."""
    if settings.csv_folder is None:
        raise VendorError("BUTTER_CSV_FOLDER: not set, and the csv vendor needs it; set it to the folder of bars.csv")
    return CsvFolder(settings.csv_folder, lag, Form.from_config(config))


class CsvFolder:
    """The rows of a folder; a file that changes is read again."""

    def __init__(self, folder: Path, lag: timedelta, form: Form = AS_FILES_SAY) -> None:
        """A vendor of `folder` whose rows can be known `lag` after the close, unless they say otherwise."""
        self._folder = folder
        self._lag = lag
        self._form = form
        self._seen: dict[str, Any] | None = None

    def still(self) -> Self:
        """The folder as it is now: what was looked for once is not looked for again."""
        if self._seen is not None:
            return self
        found = copy(self)
        found._seen = {}
        return found

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
            others = unread(self._folder)
            told = f" (not read, by their endings: {', '.join(others[:3])})" if others else ""
            raise VendorError(f"{self._folder}: no rows in any session{told}; put bars.csv or bars/<SYMBOL>.csv there")
        return min(firsts)

    @property
    def datasets(self) -> frozenset[str]:
        """Those that have a file in the folder; bars are always expected."""
        offered = self._once("datasets", lambda: _offered(self._folder, self._files(), self._form))
        return frozenset({BARS.name, *offered, *({ACTIONS.name} if self._actions().sessions else set())})

    def symbols(self, session: date) -> Sequence[str]:
        """The instruments whose bars the session has or the one before had."""
        return self._dataset(BARS).alive(session)

    def intraday_names(self, session: date) -> Sequence[str]:
        """The instruments whose bars within the day the session has or the one before had."""
        return self._dataset(INTRADAY).alive(session)

    def underlyings(self, session: date) -> Sequence[str]:
        """The instruments whose chains the session has or the one before had."""
        return self._dataset(CHAINS).alive(session)

    def series(self, session: date) -> Sequence[str]:
        """The series whose values the session has or the one before had."""
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

    def intraday(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' bars within the day."""
        return self._dataset(INTRADAY).cut(sessions)

    def actions(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' splits, dividends and rolls."""
        return self._actions().cut(sessions)

    def refused(self, frame: Frame, sessions: Sequence[date]) -> "pa.Table":
        """The rows of some sessions' files that could not be read."""
        return (self._actions() if frame is ACTIONS else self._dataset(frame)).refused(sessions)

    def _actions(self) -> "Dataset":
        def made() -> Dataset:
            told = tuple(map(stamped, action_paths(self._folder)))
            return _read_actions(told, self._folder, self._files(), (self._lag, self._form))

        return self._once(ACTIONS.name, made)

    def _files(self) -> tuple[File, ...]:
        if not self._folder.is_dir():
            raise VendorError(f"{self._folder}: no such folder; set BUTTER_CSV_FOLDER to the folder of bars.csv")
        return self._once("files", lambda: listing(self._folder))

    def _dataset(self, frame: Frame) -> "Dataset":
        how = (self._lag, self._form)
        found: Dataset = self._once(frame.name, lambda: _read(frame.name, self._folder, self._files(), how))
        return found

    def _once(self, what: str, look: "Callable[[], Seen]") -> "Seen":
        if self._seen is None:
            return look()
        if what not in self._seen:
            self._seen[what] = look()
        return cast(Seen, self._seen[what])


@dataclass(frozen=True)
class Dataset:
    """One frame's rows in the order of its key, and its unreadable ones; cut by session."""

    name: str
    table: "pa.Table"
    unreadable: "pa.Table"

    @cached_property
    def sessions(self) -> tuple[date, ...]:
        """The sessions that hold rows, in order."""
        return tuple(self._bounds)

    def alive(self, session: date) -> Sequence[str]:
        """The names that the session or the last one before it had, sorted; an unreadable row counts.

        Nothing later counts: what is expected is the same on the evening and years on.
        """
        import numpy as np

        place = bisect_left(self.sessions, session)
        near = [*self.sessions[max(place - 1, 0) : place], session]
        codes, names = self._coded
        held = np.zeros(len(names), dtype=bool)
        for day in near:
            first, last = self._bounds.get(day, (0, 0))
            held[codes[first:last]] = True
        mark = held.tobytes()
        if mark not in self._groups:
            self._groups[mark] = [names[code] for code in np.flatnonzero(held)]
        unread = {name for day in near for name in self._unreadable_names.get(day, ())}
        return sorted(unread.union(self._groups[mark])) if unread else self._groups[mark]

    def cut(self, sessions: Sequence[date]) -> "pa.Table":
        """The rows of some sessions, with those dated on days without a session just before them."""
        import pyarrow as pa

        bounds = [self._bounds[session] for session in sorted(set(sessions)) if session in self._bounds]
        if not bounds:
            return self.table.slice(0, 0)
        return pa.concat_tables([self.table.slice(first, last - first) for first, last in bounds]).combine_chunks()

    def refused(self, sessions: Sequence[date]) -> "pa.Table":
        """The unreadable rows that go with some sessions."""
        import pyarrow as pa

        if not self.unreadable.num_rows:
            return self.unreadable
        wanted = set(sessions)
        return self.unreadable.filter(pa.array([day in wanted for day in self._unreadable_sessions]))

    @cached_property
    def _bounds(self) -> Mapping[date, tuple[int, int]]:
        return _bounds(self.table["session"].to_numpy())

    @cached_property
    def _unreadable_sessions(self) -> list[date | None]:
        return [None if day is None else session_from(day) for day in self.unreadable["session"].to_pylist()]

    @cached_property
    def _coded(self) -> "tuple[Numbers, list[str]]":
        """Each row's name as a number, and the names in order."""
        import numpy as np
        import pyarrow.compute as pc

        names = self.table[FRAMES[self.name].key[1]].combine_chunks().dictionary_encode()
        order = pc.sort_indices(names.dictionary)
        ranks = np.empty(len(order), dtype=np.int32)
        ranks[order.to_numpy()] = np.arange(len(order), dtype=np.int32)
        return ranks[names.indices.to_numpy()], cast("pa.Array", names.dictionary).take(order).to_pylist()

    @cached_property
    def _groups(self) -> dict[bytes, list[str]]:
        """The names of sessions that were asked for, once for all that have the same ones."""
        return {}

    @cached_property
    def _unreadable_names(self) -> Mapping[date, set[str]]:
        names: dict[date, set[str]] = {}
        for day, name in zip(self._unreadable_sessions, self.unreadable["symbol"].to_pylist(), strict=True):
            if day is not None and name:
                names.setdefault(day, set()).add(name)
        return names


def _bounds(days: "Numbers") -> Mapping[date, tuple[int, int]]:
    """Where the rows of each session begin and end, given every row's date, in order."""
    import numpy as np

    unique, starts = np.unique(days, return_index=True)
    ends = [*starts.tolist(), len(days)][1:]
    bounds: dict[date, tuple[int, int]] = {}
    for day, start, end in zip(unique.tolist(), starts.tolist(), ends, strict=True):
        session = session_from(day)
        # What the calendar does not reach, nobody can ask for; what lies past it, `tabular` refuses.
        if day >= calendar()[0] and session is not None:
            bounds[session] = (bounds.get(session, (start, end))[0], end)
    return bounds


@lru_cache(maxsize=8)
def _offered(folder: Path, files: tuple[File, ...], form: Form) -> frozenset[str]:
    """The datasets that some files make."""
    return frozenset(name for name, frame in FRAMES.items() if places(folder, files, frame, form))


@lru_cache(maxsize=8)
def _read(name: str, folder: Path, files: tuple[File, ...], how: tuple[timedelta, Form]) -> Dataset:
    """The dataset of some files, read once for each state that they are in."""
    import pyarrow as pa

    from butter_pipeline.market.vendors.tabular.rows import Task
    from butter_pipeline.market.vendors.tabular.together import read_all

    frame, (lag, form) = FRAMES[name], how
    sheets = list(read_all(places(folder, files, frame, form), frame, Task(form, lag)))
    rows = pa.concat_tables([sheet.rows for sheet in sheets]) if sheets else frame.schema.empty_table()
    refused = pa.concat_tables([REFUSED.empty_table(), *(sheet.refused for sheet in sheets)])
    return Dataset(name, in_order(rows, (*frame.key, "available_at")), refused)


@lru_cache(maxsize=8)
def _read_actions(
    told: tuple[File, ...], folder: Path, files: tuple[File, ...], how: tuple[timedelta, Form]
) -> Dataset:
    """What files of actions say, and the rolls of continuous futures, read once for each state that they are in."""
    import pyarrow as pa

    from butter_pipeline.market.vendors.tabular.futures import rolls
    from butter_pipeline.market.vendors.tabular.rows import Task

    lag, form = how
    tables = [read_actions([Path(each.path) for each in told])]
    bars = places(folder, files, BARS, form)
    tables += [rolls(each.path, Task(form, lag, each.name, each.minutes)) for each in bars]
    rows = in_order(pa.concat_tables(tables), (*ACTIONS.key, "available_at"))
    return Dataset(ACTIONS.name, rows, REFUSED.empty_table())
