"""Which files of a folder make which dataset, and which instrument a file's name tells.

What belongs here: names of files and folders. What does not: their content, except the header of a file whose name
says nothing, and whether its first rows lie within one day.

A dataset is one file of its name (`bars.csv`), or a folder with a file for each instrument (`bars/SPY.csv`); files that
lie loose in the folder (`ES_bt.csv`) belong where their header says. Endings are .csv, .tsv and .parquet, the first
two also compressed (.gz, .zst, .bz2).

The instrument is the file's name in capitals, without what tells of the file rather than of the instrument: parts after
`_`, `-` or a space such as bt, daily, 1D, 5min, continuous, 2014-06, and a market's ending such as .US.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from butter_pipeline.frame import Frame
from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.market.vendors.tabular.form import Form

FOLDERS = {
    "bars": ("bars", "daily", "futures"),
    "intraday": ("intraday", "minute", "hour"),
    "chains": ("chains", "options"),
    "context": ("context",),
}
OTHERS = ("actions", "candidates")
"""Files and folders of these names belong to others."""
COMPANIONS = ("_factors", "_splits", "_dividends")
"""What ends so lies beside an instrument's file and holds no bars."""
ENDINGS = (".csv", ".tsv", ".parquet")
PACKED = (".gz", ".zst", ".bz2")
SAMPLE_ROWS = 300
DATED = re.compile(r"[_-]\d{4}")
"""Files whose names tell a date are parts of one history."""

_MINUTES = re.compile(r"(\d{1,2})(m|min|mins|minute|minutes|h|hr|hour)")
_ABOUT_FILE = re.compile(
    r"bt|daily|day|1d|d1|eod|hourly|minute|minutes|intraday|cont|continuous|ohlcv?|bars?|hist|history|historical|data|"
    r"prices?|chains?|options?|full|\d{4}|\d{4}-\d{2}(-\d{2})?|\d{6}|\d{8}|\d{2}"
)
_MARKET = re.compile(r"\.(us|usa|nyse|nasdaq)$", re.IGNORECASE)


class File(NamedTuple):
    """A file as it is now: one that changes is another one. A plain tuple, since folders of thousands are compared."""

    path: str
    changed_ns: int
    size: int


@dataclass(frozen=True)
class Place:
    """A file, the dataset that it belongs to, and the instrument and length of bars that its name tells."""

    path: Path
    dataset: str
    name: str | None = None
    minutes: int | None = None


@dataclass(frozen=True)
class Stray:
    """A file that belongs nowhere: the instrument that its name tells, and why it cannot be placed."""

    path: Path
    name: str | None
    error: VendorError


def listing(folder: Path) -> tuple[File, ...]:
    """The files of rows in a folder and its folders of datasets, by name, as they are now."""
    found = list(_files(folder))
    for names in FOLDERS.values():
        for name in names:
            found += _files(folder / name)
    return tuple(sorted(found))


def unread(folder: Path) -> list[str]:
    """The names of a folder's files that are none of rows, such as prices in an .xlsx; hidden ones are left out."""
    names = sorted(each.name for each in folder.iterdir() if each.is_file())
    return [name for name in names if _bare(name) == name and not name.startswith(".")]


def stamped(path: Path) -> File:
    """A file as it is now."""
    now = path.stat()
    return File(str(path), now.st_mtime_ns, now.st_size)


def places(folder: Path, files: Sequence[File], frame: Frame, form: Form) -> Sequence[Place]:
    """Those of a folder's files that make a dataset; one that belongs nowhere is refused where no other makes bars."""
    placed, strays = _sorted_out(folder, files, form)
    found = [place for place in placed if place.dataset == frame.name]
    if strays and not found and frame.name == "bars":
        raise strays[0].error
    _refuse_twice(folder, found, frame)
    return found


def unplaced(folder: Path, files: Sequence[File], form: Form) -> Sequence[Stray]:
    """The files that cannot be told to belong to any dataset."""
    return _sorted_out(folder, files, form)[1]


def _sorted_out(folder: Path, files: Sequence[File], form: Form) -> tuple[Sequence[Place], Sequence[Stray]]:
    placed, strays = [], []
    for file in files:
        try:
            place = _place(folder, file, form)
        except VendorError as error:
            path = Path(file.path)
            name = instrument(_bare(path.name))[0] if path.parent != folder else None
            strays.append(Stray(path, name, error))
        else:
            placed += [place] if place is not None else []
    return placed, strays


def _refuse_twice(folder: Path, found: Sequence[Place], frame: Frame) -> None:
    """Refuse a dataset in more than one file of its own, or an instrument in more than one that tells no date."""
    keys = [place.name and (_bare(place.path.name) if DATED.search(place.path.name) else place.name) for place in found]
    marks = [(key, place.minutes) for key, place in zip(keys, found, strict=True)]
    if len(found) > 1 and (None in keys or (frame.name != "chains" and len(set(marks)) < len(marks))):
        twice = [place.path.name for place, mark in zip(found, marks, strict=True) if marks.count(mark) > 1]
        shown = ", ".join((twice or [place.path.name for place in found])[:4])
        raise VendorError(f"{folder}: {frame.name} stand in more than one form; keep one of: {shown}")


def instrument(stem: str) -> tuple[str, int | None]:
    """The instrument that a file is named after, and the length of its bars in minutes where the name tells.

    >>> [instrument(stem)[0] for stem in ("ES_bt", "spy.US", "BRK-B", "AAPL_2014-06")], instrument("NQ_5min")
    (['ES', 'SPY', 'BRK-B', 'AAPL'], ('NQ', 5))
    """
    name, minutes = stem, None
    while True:
        shorter = _MARKET.sub("", name)
        head, separator, last = _last_part(shorter)
        length = _MINUTES.fullmatch(last.lower())
        if separator and head and (length or _ABOUT_FILE.fullmatch(last.lower())):
            if length:
                minutes = int(length[1]) * (60 if length[2].startswith("h") else 1)
            shorter = head
        if shorter == name:
            return name.upper(), minutes
        name = shorter


def _last_part(name: str) -> tuple[str, str, str]:
    """A name split before its last part; a year and month count as one."""
    if found := re.fullmatch(r"(.+)[_ -](\d{4}-\d{2}(?:-\d{2})?)", name):
        return found[1], "_", found[2]
    place = max(name.rfind(mark) for mark in "_- ")
    return (name[:place], name[place], name[place + 1 :]) if place > 0 else (name, "", "")


def _files(folder: Path) -> Iterator[File]:
    """A folder's files of rows; hidden ones and companions are left out."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            stem = _bare(entry.name)
            if stem == entry.name or stem.startswith(".") or stem.lower().endswith(COMPANIONS) or not entry.is_file():
                continue
            now = entry.stat()
            yield File(entry.path, now.st_mtime_ns, now.st_size)


def _bare(name: str) -> str:
    """A file's name without its endings; the whole name where they are no file's of rows."""
    bare = name
    for packed in PACKED:
        bare = bare.removesuffix(packed)
    for ending in ENDINGS:
        if bare.lower().endswith(ending):
            return bare[: -len(ending)]
    return name


@lru_cache(maxsize=10_000)
def _place(folder: Path, file: File, form: Form) -> Place | None:
    """Where a file belongs; none for one that belongs to others."""
    path = Path(file.path)
    stem = _bare(path.name)
    if path.parent != folder:
        dataset = next(dataset for dataset, names in FOLDERS.items() if path.parent.name in names)
        return Place(path, _kind(path, form) if dataset == "bars" else dataset, *instrument(stem))
    if stem.lower() in FOLDERS:
        return Place(path, stem.lower())
    return None if stem.lower() in OTHERS else Place(path, _kind(path, form), *instrument(stem))


def _kind(path: Path, form: Form) -> str:
    """The dataset of a file by its header; bars of which two lie within a day are intraday."""
    from butter_pipeline.market.vendors.tabular import source
    from butter_pipeline.market.vendors.tabular.raw.dialect import dialect_of
    from butter_pipeline.market.vendors.tabular.raw.parquet import header_of
    from butter_pipeline.market.vendors.tabular.spellings import frame_kind

    header = header_of(path) if source.is_parquet(path) else dialect_of(path).header
    kind = frame_kind(header)
    if kind is None:
        raise VendorError(
            f"{path}: row 1: {','.join(header)[:80]!r} names neither bars (open, high, low, close) nor chains (expiry, "
            "strike, right) nor context (series, value); mend the header or move the file elsewhere"
        )
    return "intraday" if kind == "bars" and _within_days(path, form) else kind


def _within_days(path: Path, form: Form) -> bool:
    """Whether two of the first rows of one instrument share a day."""
    from butter_pipeline.market.frames import BARS
    from butter_pipeline.market.vendors.tabular import source
    from butter_pipeline.market.vendors.tabular.raw import parquet
    from butter_pipeline.market.vendors.tabular.raw.dialect import dialect_of
    from butter_pipeline.market.vendors.tabular.spellings import columns_of

    header = parquet.header_of(path) if source.is_parquet(path) else dialect_of(path).header
    columns = columns_of(header, BARS, form, path)
    wanted = [*columns.stamp, *([columns.places["symbol"]] if "symbol" in columns.places else [])]
    if not columns.stamp:
        return False
    first = _first_rows(path, header, wanted[:1], 1)
    if len(columns.stamp) == 1 and not (first and _day_and_clock(first[0][0].strip())[1]):
        return False
    times: dict[tuple[str, ...], set[str]] = {}
    for cells in _first_rows(path, header, wanted, SAMPLE_ROWS):
        parts, rest = cells[: len(columns.stamp)], cells[len(columns.stamp) :]
        day, clock = parts if len(parts) == 2 else _day_and_clock(parts[0].strip())
        times.setdefault((day, *rest), set()).add(clock)
    return any(len(clocks) > 1 for clocks in times.values())


def _day_and_clock(stamp: str) -> tuple[str, str]:
    """A stamp's day, and what tells moments of that day apart."""
    if re.fullmatch(r"\d{9,19}(\.\d+)?", stamp):
        whole = stamp.split(".")[0]
        seconds = int(whole[: len(whole) - 3 * ((len(whole) - 8) // 3)])
        return str(seconds // 86_400), stamp
    if found := re.fullmatch(r"(\d{8})[T ](\d{4}|\d{6})\D?.*|(.+?)[T ]+(\d{1,2}:\d{2}.*)", stamp):
        return found[1] or found[3], found[2] or found[4]
    return stamp, ""


def _first_rows(path: Path, header: Sequence[str], places: Sequence[int], count: int) -> list[tuple[str, ...]]:
    """The first rows' cells at some places."""
    import csv

    from butter_pipeline.market.vendors.tabular import source
    from butter_pipeline.market.vendors.tabular.raw.dialect import dialect_of, opened

    if source.is_parquet(path):
        import pyarrow.parquet as pq

        names = [header[place] for place in places]
        batch = next(pq.ParquetFile(path).iter_batches(count, columns=names), None)
        rows = [] if batch is None else batch.to_pylist()
        return [tuple(str(row[name]) for name in names) for row in rows]
    dialect = dialect_of(path)
    with opened(path, dialect.encoding) as text:
        lines = islice(csv.reader(text, delimiter=dialect.separator), dialect.skipped, dialect.skipped + count)
        return [tuple(cells[place] for place in places) for cells in lines if len(cells) == len(header)]
