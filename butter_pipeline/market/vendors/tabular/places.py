"""Which files of a folder make which dataset, and which instrument a file's name tells.

What belongs here: names of files and folders. What does not: their content, except the header of a file whose name
says nothing, and whether its first rows lie within one day.

A dataset is one file of its name (`bars.csv`), or a folder with a file for each instrument (`bars/SPY.csv`); files that
lie loose in the folder (`ES_bt.csv`) belong where their header says. Endings are .csv, .tsv and .parquet, the first
two also compressed (.gz, .zst, .bz2).

The instrument is the file's name in capitals, without what tells of the file rather than of the instrument: parts after
`_` or `-` such as bt, daily, 1D, 5min, continuous, 2014-06, and a market's ending such as .US.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

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

_MINUTES = re.compile(r"(\d{1,2})(m|min|mins|minute|minutes|h|hr|hour)")
_ABOUT_FILE = re.compile(
    r"bt|daily|day|1d|d1|eod|hourly|minute|minutes|intraday|cont|continuous|ohlcv?|bars?|hist|history|historical|data|"
    r"prices?|chains?|options?|full|\d{4}|\d{4}-\d{2}(-\d{2})?|\d{6}|\d{8}|\d{2}"
)
_MARKET = re.compile(r"\.(us|usa|nyse|nasdaq)$", re.IGNORECASE)


@dataclass(frozen=True)
class File:
    """A file as it is now: one that changes is another one."""

    path: Path
    changed_ns: int
    size: int


@dataclass(frozen=True)
class Place:
    """A file, the dataset that it belongs to, and the instrument and length of bars that its name tells."""

    file: File
    dataset: str
    name: str | None = None
    minutes: int | None = None


def places(folder: Path, frame: Frame, form: Form) -> tuple[Place, ...]:
    """The files of a dataset, as they are now."""
    found = [place for place in _all(folder, form) if place.dataset == frame.name]
    single = [place for place in found if place.name is None]
    stems = [_bare(place.file.path).lower() for place in found]
    if len(found) > 1 and (single or len(set(stems)) < len(stems)):
        shown = ", ".join(each.file.path.name for each in found[:4])
        raise VendorError(f"{folder}: {frame.name} stand in more than one form; keep one of: {shown}")
    return tuple(found)


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
    if found := re.fullmatch(r"(.+)[_-](\d{4}-\d{2}(?:-\d{2})?)", name):
        return found[1], "_", found[2]
    place = max(name.rfind("_"), name.rfind("-"))
    return (name[:place], name[place], name[place + 1 :]) if place > 0 else (name, "", "")


def _all(folder: Path, form: Form) -> Sequence[Place]:
    found = []
    for path in _tables(folder):
        stem = _bare(path)
        if stem.lower() in FOLDERS:
            found.append(Place(_file(path), stem.lower()))
        elif stem.lower() not in OTHERS:
            found.append(_named(path, _kind(_file(path), form)))
    for dataset, names in FOLDERS.items():
        for sub in (folder / name for name in names):
            for path in _tables(sub) if sub.is_dir() else ():
                kind = _kind(_file(path), form) if dataset == "bars" else dataset
                found.append(_named(path, kind))
    return found


def _tables(folder: Path) -> Sequence[Path]:
    """The folder's files of rows, by name; hidden ones and companions are left out."""
    held = [path for path in folder.iterdir() if path.is_file() and _bare(path) != path.name]
    return sorted(p for p in held if not p.name.startswith(".") and not _bare(p).lower().endswith(COMPANIONS))


def _bare(path: Path) -> str:
    """The name without its endings; the whole name where they are no file's of rows."""
    name = path.name
    for packed in PACKED:
        name = name.removesuffix(packed)
    for ending in ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return path.name


def _named(path: Path, dataset: str) -> Place:
    return Place(_file(path), dataset, *instrument(_bare(path)))


def _file(path: Path) -> File:
    now = path.stat()
    return File(path, now.st_mtime_ns, now.st_size)


@lru_cache(maxsize=10_000)
def _kind(file: File, form: Form) -> str:
    """The dataset of a file by its header; bars of which two lie within a day are intraday."""
    path = file.path
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
    rows = _first_rows(path, header, wanted)
    if not any(":" in cell or (cell.isdigit() and len(cell) > 8) or len(columns.stamp) > 1 for cell, *_ in rows):
        return False
    times: dict[tuple[str, ...], set[str]] = {}
    for stamp, *rest in rows:
        day, clock = _day_and_clock(" ".join([stamp, *rest[: len(columns.stamp) - 1]]))
        times.setdefault((day, *rest[len(columns.stamp) - 1 :]), set()).add(clock)
    return any(len(clocks) > 1 for clocks in times.values())


def _day_and_clock(stamp: str) -> tuple[str, str]:
    if stamp.isdigit() and len(stamp) > 8:
        seconds = int(stamp[:10] if len(stamp) != 9 else stamp)
        return str(seconds // 86_400), str(seconds)
    parts = re.split(r"[T ](?=[\d:]+)", stamp.strip(), maxsplit=1)
    return parts[0], parts[-1]


def _first_rows(path: Path, header: Sequence[str], places: Sequence[int]) -> list[tuple[str, ...]]:
    """The first rows' cells at some places."""
    import csv

    from butter_pipeline.market.vendors.tabular import source
    from butter_pipeline.market.vendors.tabular.raw.dialect import dialect_of, opened

    if source.is_parquet(path):
        import pyarrow.parquet as pq

        names = [header[place] for place in places]
        batch = next(pq.ParquetFile(path).iter_batches(SAMPLE_ROWS, columns=names), None)
        rows = [] if batch is None else batch.to_pylist()
        return [tuple(str(row[name]) for name in names) for row in rows]
    dialect = dialect_of(path)
    with opened(path, dialect.encoding) as text:
        lines = islice(csv.reader(text, delimiter=dialect.separator), dialect.skipped, dialect.skipped + SAMPLE_ROWS)
        return [tuple(cells[place] for place in places) for cells in lines if len(cells) == len(header)]
