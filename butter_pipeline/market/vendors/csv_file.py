"""One CSV file of raw rows.

A header line names the columns of `market.frames`, in any order and letter case; `date` stands for
`session`. Dates are YYYY-MM-DD or YYYYMMDD. `available_at` may be left out or empty (close + lag) or holds ISO
moments with a zone. Columns that may be null may be left out; other columns are ignored. In a file of one
instrument there is no `symbol`, and an index may do without `volume`, which is then 0. An empty cell
is a missing value for quality to judge, except in a column of the key, where the file is malformed.

What belongs here: the form of a file, and the fault of one that cannot be read. What does not: which files
there are (`csv_folder`) and whether their values make sense (`market.quality`).
"""

import csv
import gzip
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from butter_pipeline.frame import INSTANT, Frame
from butter_pipeline.market.sessions import calendar, close_at
from butter_pipeline.market.vendors.protocol import VendorError

if TYPE_CHECKING:
    import pyarrow as pa

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}")
_NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf(inity)?)", re.IGNORECASE)


def read(path: Path, frame: Frame, lag: timedelta, symbol: str | None = None) -> "pa.Table":
    """The file's rows in the frame's schema, in the file's order; `symbol` for a file of one instrument."""
    import pyarrow as pa
    import pyarrow.compute as pc

    places = _header(path, frame, symbol)
    raw = _columns(path, frame, places)
    columns: dict[str, Any] = {}
    for field in frame.schema:
        if field.name in _PARSERS and field.name in raw.column_names:
            columns[field.name] = _decoded(raw[field.name], _PARSERS[field.name], field.type)
        elif field.name in raw.column_names:
            columns[field.name] = raw[field.name].cast(field.type)
    stated = _decoded(raw["session"], _known_after_close(lag), INSTANT)
    given = columns.get("available_at")
    columns["available_at"] = stated if given is None else pc.coalesce(given, stated)
    if symbol is not None:
        columns["symbol"] = pa.repeat(symbol, raw.num_rows)
        columns.setdefault("volume", pa.repeat(0.0, raw.num_rows))
    for field in frame.schema:
        columns.setdefault(field.name, pa.nulls(raw.num_rows, field.type))
    return pa.table([columns[name] for name in frame.schema.names], schema=frame.schema)


def _open(path: Path) -> IO[str]:
    opener: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    stream: IO[str] = opener(path, "rt", encoding="utf-8-sig", newline="")
    return stream


def _header(path: Path, frame: Frame, symbol: str | None) -> list[str]:
    """The frame's column for each of the file's, or an empty name for one that is ignored."""
    try:
        with _open(path) as stream:
            cells = next(csv.reader(stream), [])
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise VendorError(f"{path}: cannot be read ({error}); restore the file") from None
    spelled = [cell.strip().lower() for cell in cells]
    names = ["session" if cell == "date" else cell for cell in spelled]
    given = {"symbol", "volume"} if symbol is not None else set()
    needed = [f.name for f in frame.schema if not f.nullable and f.name not in {"available_at", *given}]
    absent = [name for name in needed if name not in names]
    if absent:
        raise VendorError(f"{path}: row 1: no column {absent[0]!r} in {','.join(cells)!r}; add it to the header")
    kept = [name if name in frame.schema.names and not (symbol and name == "symbol") else "" for name in names]
    twice = [name for name in kept if name and kept.count(name) > 1]
    if twice:
        raise VendorError(f"{path}: row 1: column {twice[0]!r} stands there twice; keep one")
    return kept


def _columns(path: Path, frame: Frame, places: list[str]) -> "pa.Table":
    """The wanted columns; dates and moments still as text, which is known to parse."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    wanted = [name for name in places if name]
    text = pa.dictionary(pa.int32(), pa.string())
    kinds = pa.schema([(name, text if _is_text(frame, name) else pa.float64()) for name in wanted])
    options = pacsv.ConvertOptions(
        column_types=kinds, include_columns=wanted, null_values=[""], strings_can_be_null=True
    )
    names = [name or f"_{place}" for place, name in enumerate(places)]
    try:
        raw = pacsv.read_csv(path, pacsv.ReadOptions(column_names=names, skip_rows=1), convert_options=options)
        raw = raw.unify_dictionaries()
        if any(raw[name].null_count for name in frame.key if name in wanted):
            raise ValueError("a cell of the key is empty")
        for name in _PARSERS.keys() & set(wanted):
            for cell in _distinct(raw[name]):
                _PARSERS[name](cell)
    except (ValueError, OSError) as error:  # pyarrow's errors are ValueErrors
        if "Empty CSV file" in str(error):
            return kinds.empty_table()
        raise _fault(path, frame, places, str(error)) from None
    return raw


def _distinct(column: "pa.ChunkedArray") -> list[str]:
    """The distinct texts of a column whose chunks share one dictionary."""
    return column.chunk(0).dictionary.to_pylist() if column.num_chunks else []


def _decoded(column: "pa.ChunkedArray", parse: Callable[[str], Any], kind: "pa.DataType") -> "pa.ChunkedArray":
    """The column with every distinct text parsed once."""
    import pyarrow as pa

    values = pa.array([parse(cell) for cell in _distinct(column)], kind)
    return pa.chunked_array([values.take(chunk.indices) for chunk in column.chunks], kind)


def _is_text(frame: Frame, name: str) -> bool:
    import pyarrow as pa

    return not pa.types.is_floating(frame.schema.field(name).type)


def _fault(path: Path, frame: Frame, places: list[str], otherwise: str) -> VendorError:
    """The first thing wrong with the file, found by reading it slowly."""
    with _open(path) as stream:
        try:
            rows = csv.reader(stream)
            next(rows)
            for cells in rows:
                for fault in _row_faults(frame, places, cells) if cells else ():
                    return VendorError(f"{path}: row {rows.line_num}: {fault}; correct the file")
        except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
            otherwise = str(error)
    return VendorError(f"{path}: {' '.join(otherwise.split())}; correct the file")


def _row_faults(frame: Frame, places: list[str], cells: list[str]) -> Iterator[str]:
    if len(cells) != len(places):
        yield f"has {len(cells)} columns where the header has {len(places)}"
        return
    for name, cell in zip(places, cells, strict=True):
        if not name:
            continue
        if not cell:
            if name in frame.key:
                yield f"column {name}: is empty, must name the row"
        elif name in _PARSERS:
            try:
                _PARSERS[name](cell)
            except ValueError as error:
                yield f"column {name}: {error}"
        elif not _is_text(frame, name) and not _NUMBER.fullmatch(cell.strip()):
            yield f"column {name}: must be a number, was {cell!r}"


def _day(cell: str) -> date:
    if not _DATE.fullmatch(cell):
        raise ValueError(f"must be a date YYYY-MM-DD or YYYYMMDD, was {cell!r}")
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"must be a date of the calendar, was {cell!r}") from None


def _calendar_day(cell: str) -> date:
    day = _day(cell)
    if day > calendar()[-1]:
        raise ValueError(f"must not lie past the exchange calendar's end on {calendar()[-1]}, was {cell!r}")
    return day


def _moment(cell: str) -> datetime:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"must be an ISO moment such as 2024-03-05T21:30:00Z, was {cell!r}") from None
    if moment.tzinfo is None:
        raise ValueError(f"must carry a time zone such as Z, was {cell!r}")
    return moment.astimezone(UTC)  # Arrow ignores other zones where PYARROW_IGNORE_TIMEZONE is set


def _known_after_close(lag: timedelta) -> Callable[[str], datetime]:
    """When rows of a date can be known; rows dated on no session, with the session that follows."""

    def known(cell: str) -> datetime:
        sessions = calendar()
        # Before the calendar nobody can ask for the row, so nobody sees this moment.
        return close_at(sessions[bisect_left(sessions, _day(cell))]) + lag

    return known


_PARSERS: dict[str, Callable[[str], Any]] = {"session": _calendar_day, "expiry": _day, "available_at": _moment}
