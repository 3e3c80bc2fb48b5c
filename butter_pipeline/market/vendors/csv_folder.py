"""A folder of CSV or Parquet files as a vendor.

Which files make a dataset is `tabular.places`' affair, the form of a file `tabular`'s. A dataset without a file is
empty. Instruments and series are expected where the session before or the session itself names them: a hole is
noticed, a listing is not, and an ending costs one session that lacks it.

What belongs here: cutting sessions out of files. What does not: reading a file (`tabular`), and any repair: duplicates
and bad values are handed over for quality to judge, unreadable rows apart for intake to keep.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import ACTIONS, BARS, CHAINS, CONTEXT, FRAMES, INTRADAY
from butter_pipeline.market.vendors.action_files import action_paths, read_actions, refused_actions
from butter_pipeline.market.vendors.order import in_order
from butter_pipeline.market.vendors.protocol import REFUSED, VendorError
from butter_pipeline.market.vendors.tabular.dataset import Dataset
from butter_pipeline.market.vendors.tabular.form import Form
from butter_pipeline.market.vendors.tabular.places import File, listing, places, stamped, unplaced, unread

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.settings import Settings

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
        firsts: list[date] = []
        faults: list[VendorError] = []
        for frame in FRAMES.values():
            try:
                firsts += self._dataset(frame).sessions[:1]
            except VendorError as error:  # whoever asks for that dataset is told
                faults.append(error)
        if not firsts and faults:
            raise faults[0]
        if not firsts:
            others = unread(self._folder)
            told = f" (not read, by their endings: {', '.join(others[:3])})" if others else ""
            raise VendorError(f"{self._folder}: no rows in any session{told}; put bars.csv or bars/<SYMBOL>.csv there")
        return min(firsts)

    @property
    def datasets(self) -> frozenset[str]:
        """Those that have a file in the folder, and bars unless there are bars within the day alone.

        One whose files cannot be read is offered: whoever asks for it is told why it cannot be had.
        """
        offered: frozenset[str] = self._once("datasets", lambda: _offered(self._folder, self._files(), self._form))
        return offered | {ACTIONS.name} if self._has_actions() else offered

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

    def instruments(self) -> Sequence[str]:
        """Every instrument that has bars, in whichever session."""
        return self._dataset(BARS).names

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

    def _has_actions(self) -> bool:
        try:
            told = self._actions()
        except VendorError:
            return True
        return bool(told.sessions or told.unreadable.num_rows)

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


@lru_cache(maxsize=8)
def _offered(folder: Path, files: tuple[File, ...], form: Form) -> frozenset[str]:
    """The datasets that some files make."""

    def has(frame: Frame) -> bool:
        try:
            return bool(places(folder, files, frame, form))
        except VendorError:
            return True

    found = {name for name, frame in FRAMES.items() if has(frame)}
    return frozenset(found if INTRADAY.name in found else {BARS.name, *found})


@lru_cache(maxsize=8)
def _read(name: str, folder: Path, files: tuple[File, ...], how: tuple[timedelta, Form]) -> Dataset:
    """The dataset of some files, read once for each state that they are in."""
    import pyarrow as pa

    from butter_pipeline.market.vendors.tabular.refused import refused_file
    from butter_pipeline.market.vendors.tabular.rows import Task
    from butter_pipeline.market.vendors.tabular.together import read_all

    frame, (lag, form) = FRAMES[name], how
    sheets = read_all(places(folder, files, frame, form), frame, Task(form, lag))
    rows = pa.concat_tables([sheet.rows for sheet in sheets]) if sheets else frame.schema.empty_table()
    told_here = name == BARS.name or (name == INTRADAY.name and BARS.name not in _offered(folder, files, form))
    strays = unplaced(folder, files, form) if told_here else []
    named = [refused_file(stray.path, stray.error, stray.name) for stray in strays]
    refused = pa.concat_tables([REFUSED.empty_table(), *named, *(sheet.refused for sheet in sheets)])
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
    paths = [Path(each.path) for each in told]
    tables, refused = [read_actions(paths)], refused_actions(paths)
    with suppress(VendorError):  # what keeps bars from being read is told of the bars
        for each in places(folder, files, BARS, form):
            with suppress(VendorError):
                rolled = rolls(each.path, Task(form, lag, each.name, each.minutes))
                tables += [rolled] if rolled is not None else []
    rows = in_order(pa.concat_tables(tables), (*ACTIONS.key, "available_at"))
    return Dataset(ACTIONS.name, rows, refused)
