"""The columns of a file by the names of a frame, whatever kind of file it is.

What belongs here: choosing the reader, numbers as numbers, stamps as stamps, and the raw lines of what is refused. What
does not: what the columns mean together (`rows`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butter_pipeline.frame import Frame
from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.market.vendors.tabular.clock.moments import last_day
from butter_pipeline.market.vendors.tabular.clock.stamps import NEVER, Stamps, understood
from butter_pipeline.market.vendors.tabular.clock.zones import DAY_US, to_local
from butter_pipeline.market.vendors.tabular.faults import Faults
from butter_pipeline.market.vendors.tabular.form import Form
from butter_pipeline.market.vendors.tabular.raw import parquet, text
from butter_pipeline.market.vendors.tabular.raw.dialect import Dialect, dialect_of
from butter_pipeline.market.vendors.tabular.raw.numbers import convention, numbers
from butter_pipeline.market.vendors.tabular.refused import Refusal, refused_table
from butter_pipeline.market.vendors.tabular.spellings import Columns, columns_of

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

FIRST_READABLE = -25_567
"""1900-01-01 as days since 1970."""
_ZONES = {"utc": "UTC", "gmt": "UTC", "z": "UTC", "et": "America/New_York", "eastern": "America/New_York"}


@dataclass(frozen=True)
class Found:
    """A file's columns: numbers as float64, the rest as the file has it; with the faults found so far."""

    path: Path
    header: Sequence[str]
    columns: "dict[str, pa.ChunkedArray]"
    stamps: Stamps
    faults: Faults
    headers: dict[str, str]
    zone_hint: str | None = None
    dialect: Dialect | None = None
    misfits: int = 0
    """How many lines have too few or too many cells."""

    @property
    def count(self) -> int:
        """How many rows have as many cells as the header."""
        return len(self.stamps.day)


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet, by its ending."""
    return path.suffix == ".parquet"


def found(path: Path, frame: Frame, form: Form, needed: Sequence[str]) -> Found:
    """The columns of a file."""
    dialect = None if is_parquet(path) else dialect_of(path)
    header = parquet.header_of(path) if dialect is None else dialect.header
    columns = columns_of(header, frame, form, path)
    absent = [name for name in needed if name not in columns.places]
    if not columns.stamp:
        absent.insert(0, "session")
    if absent:
        raise VendorError(f"{path}: row 1: no column {absent[0]!r} in {','.join(header)!r}; add it to the header")
    if dialect is None:
        return _of_parquet(path, frame, columns, form)
    return _of_text(path, frame, (columns, dialect), form)


def is_text(kind: "pa.DataType") -> bool:
    """Whether a column holds texts, encoded or not."""
    import pyarrow as pa

    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain))


def as_text(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """The column as plain texts."""
    import pyarrow as pa

    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def stamps_of(column: "pa.ChunkedArray", form: Form, path: Path) -> Stamps:
    """The stamps of a column of texts, dates, moments or numbers; a missing one has no day."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_date(column.type):
        days = np.asarray(column.cast(pa.date32()).cast(pa.int32()).fill_null(0), dtype=np.int64)
        never = np.full(len(days), NEVER)
        return Stamps(np.where(_mask(column.is_null()), NEVER, days), never, never)
    if pa.types.is_timestamp(column.type):
        return _of_moments(column)
    cells = encoded(column)
    texts = pa.concat_arrays([cells.dictionary, pa.array([""], pa.string())])
    return understood(texts, form, path).take(np.asarray(cells.indices.fill_null(len(texts) - 1)))


def encoded(column: "pa.ChunkedArray") -> "pa.DictionaryArray":
    """A column of texts as its distinct ones and their places."""
    import pyarrow as pa

    if column.type == pa.dictionary(pa.int32(), pa.string()):
        return column.unify_dictionaries().combine_chunks()
    return as_text(column).combine_chunks().dictionary_encode()


def _of_moments(column: "pa.ChunkedArray") -> Stamps:
    from zoneinfo import ZoneInfo

    import numpy as np
    import pyarrow as pa

    us = np.asarray(column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64()).fill_null(0))
    missing = _mask(column.is_null())
    if column.type.tz is None:
        offset, local = np.full(len(us), NEVER), us
    else:
        local = us if column.type.tz.upper() in ("UTC", "+00:00", "Z") else to_local(us, ZoneInfo(column.type.tz))
        offset = local - us
    return Stamps(np.where(missing, NEVER, local // DAY_US), local % DAY_US, offset)


def _of_parquet(path: Path, frame: Frame, columns: Columns, form: Form) -> Found:
    import numpy as np
    import pyarrow as pa

    places = sorted({*columns.places.values(), *columns.stamp})
    raw = parquet.columns_at(path, columns.header, places)
    stamps = _joined([raw[place] for place in columns.stamp], form, path)
    faults = Faults(len(stamps.day))
    values = {}
    for name, place in columns.places.items():
        column = raw[place]
        if not _is_number(frame, name):
            values[name] = column
        elif is_text(column.type):
            texts = as_text(column)
            values[name], wrong = numbers(texts, convention([texts], form, path), units=name == "volume")
            faults.mark(_mask(wrong), name, "must be a number")
        else:
            values[name] = column.cast(pa.float64(), safe=False)
    assert np.ndim(stamps.day) == 1
    return Found(path, columns.header, values, stamps, faults, _headers(columns), _zone(columns))


def _of_text(path: Path, frame: Frame, of: tuple[Columns, Dialect], form: Form) -> Found:
    columns, dialect = of
    kinds = kinds_of(columns, frame)
    plain = None if form.decimal == "comma" else text.plain_columns(path, dialect, kinds)
    if plain is None:
        return of_columns(path, frame, of, text.text_columns(path, dialect, sorted(kinds)), form)
    return of_columns(path, frame, of, (plain, 0), form)


def kinds_of(columns: Columns, frame: Frame) -> "dict[int, pa.DataType]":
    """What Arrow should make of a text file's columns, by place."""
    import pyarrow as pa

    coded = pa.dictionary(pa.int32(), pa.string())
    kinds = dict.fromkeys(columns.stamp, coded)
    return kinds | {place: pa.float64() if _is_number(frame, name) else coded for name, place in columns.places.items()}


def of_columns(
    path: Path, frame: Frame, of: tuple[Columns, Dialect], read: "tuple[dict[int, pa.ChunkedArray], int]", form: Form
) -> Found:
    """The columns of a text file, from those at each place as numbers or as texts, and how many lines are no rows."""
    columns, dialect = of
    plain, misfits = read
    stamps = _joined([plain[place] for place in columns.stamp], form, path)
    faults = Faults(len(stamps.day))
    named = {name: place for name, place in columns.places.items() if _is_number(frame, name)}
    texts = [plain[place] for place in named.values() if is_text(plain[place].type)]
    decimal = convention(texts, form, path)
    values = {name: plain[place] for name, place in columns.places.items()}
    for name in named:
        if is_text(values[name].type):
            values[name], wrong = numbers(values[name], decimal, units=name == "volume")
            faults.mark(_mask(wrong), name, "must be a number")
    return Found(path, columns.header, values, stamps, faults, _headers(columns), _zone(columns), dialect, misfits)


def _is_number(frame: Frame, name: str) -> bool:
    import pyarrow as pa

    kind = frame.schema.field(name).type
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _headers(columns: Columns) -> dict[str, str]:
    """What the file calls the frame's columns."""
    stamp = " ".join(columns.header[place] for place in columns.stamp)
    return {name: columns.header[place] for name, place in columns.places.items()} | {
        "session": stamp,
        "starts_at": stamp,
    }


def _zone(columns: Columns) -> str | None:
    """The zone that the stamp's header names, when it is a zone and has one meaning."""
    hint = (columns.zone_hint or "").lower()
    return _ZONES.get(hint) or (columns.zone_hint if "/" in hint else None)


def _joined(columns: "Sequence[pa.ChunkedArray]", form: Form, path: Path) -> Stamps:
    """The stamps of one column, or of a date and a time of day."""
    import pyarrow.compute as pc

    if len(columns) == 1:
        return stamps_of(columns[0], form, path)
    days, times = as_text(columns[0]), pc.utf8_trim_whitespace(as_text(columns[1]))
    times = pc.replace_substring_regex(times, r"^(\d{3}|\d{5})$", r"0\1")
    return stamps_of(pc.binary_join_element_wise(days, times, " "), form, path)


def refused(path: Path, found: Found, days: "Numbers") -> "pa.Table":
    """The rows at fault and the lines that are no rows, each with the session of the readable row before it."""
    import numpy as np

    rows = found.faults.rows
    readable = np.flatnonzero((days >= FIRST_READABLE) & (days <= last_day()))
    lines, misfits = _lines(found, rows)

    def session(before: int) -> date | None:
        if not len(readable):
            return None
        place = readable[max(int(np.searchsorted(readable, before, side="right")) - 1, 0)]
        return date(1970, 1, 1) + timedelta(days=int(days[place]))

    symbols = found.columns.get("symbol", found.columns.get("series"))
    refusals = []
    for row, line in zip(rows.tolist(), lines, strict=True):
        column, wanted = found.faults.of(row)
        header = found.headers.get(column, column)
        cells = dict(zip(found.header, line.cells, strict=False))
        was = " ".join(cells.get(part, "") for part in ([header] if header in cells else header.split()))
        told = f"column {header}: {wanted}, was {was!r}" if was else f"column {header}: is empty, {wanted}"
        symbol = symbols[row].as_py() if symbols is not None else None
        refusals.append(Refusal(line.row, header, told, cells, session(row), symbol))
    count = len(found.header)
    for line in misfits:
        told = f"has {len(line.cells)} columns where the header has {count}"
        cells = {str(place): cell for place, cell in enumerate(line.cells, 1)}
        refusals.append(Refusal(line.row, "", told, cells, session(line.before - 1)))
    return refused_table(path, refusals)


def _lines(found: Found, rows: "Numbers") -> tuple[Sequence[text.Line], Sequence[text.Line]]:
    """The lines of the rows at fault; of a Parquet file, its rows counted from 1."""
    if found.dialect is not None:
        return text.lines_of(found.path, found.dialect, rows)
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.ParquetFile(found.path).read().take(pa.array(rows))
    cells = [["" if cell is None else str(cell) for cell in row.values()] for row in table.to_pylist()]
    return [text.Line(row + 1, row, each) for row, each in zip(rows.tolist(), cells, strict=True)], ()


def _mask(flags: "pa.ChunkedArray") -> "Numbers":
    import numpy as np

    return np.asarray(flags.to_numpy(), dtype=bool)
