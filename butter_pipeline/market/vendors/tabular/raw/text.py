"""The cells of a CSV file.

What belongs here: reading columns at once, and finding the line of what cannot be read. What does not: what a file is
called or what its dates mean (`rows`).

A file that is plainly written is read by Arrow straight into numbers. Only where that fails are its cells taken as
texts, understood column by column, and the lines at fault found by reading the file once more.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.market.vendors.tabular.raw.dialect import BROKEN, Dialect, opened

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Line:
    """A line of a file as it stands there: where, and how many readable rows come before it."""

    row: int
    before: int
    cells: Sequence[str]


def plain_columns(
    path: "Path | pa.NativeFile", dialect: Dialect, kinds: "dict[int, pa.DataType]"
) -> "dict[int, pa.ChunkedArray] | None":
    """The columns at some places in their types; none where a cell does not fit its type."""
    import pyarrow as pa

    try:
        return _read(path, dialect, kinds, None)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    except BROKEN as error:
        raise VendorError(f"{path}: cannot be read ({' '.join(str(error).split())}); restore the file") from None


def text_columns(path: Path, dialect: Dialect, places: Sequence[int]) -> "tuple[dict[int, pa.ChunkedArray], int]":
    """The columns at some places as texts, of all lines that have as many cells as the header; how many have not.

    What is not text shows as a replacement character, which no column understands.
    """
    import pyarrow as pa

    misfits: list[object] = []
    try:
        raw = _read(path, dialect, {place: pa.binary() for place in places}, misfits)
    except (ValueError, *BROKEN) as error:
        raise VendorError(f"{path}: cannot be read ({' '.join(str(error).split())}); save it as UTF-8 CSV") from None
    return {place: _decoded(column) for place, column in raw.items()}, len(misfits)


def _decoded(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    import pyarrow as pa

    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        texts = [None if cell is None else cell.decode(errors="replace") for cell in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])


def _read(
    path: "Path | pa.NativeFile", dialect: Dialect, kinds: "dict[int, pa.DataType]", misfits: list[object] | None
) -> "dict[int, pa.ChunkedArray]":
    """The columns; lines with too few or too many cells go into `misfits`, or are an error where there is none."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    def skipped(row: object) -> str:
        assert misfits is not None
        misfits.append(row)
        return "skip"

    names = [f"c{place}" for place in range(len(dialect.header))]
    wanted = {names[place]: kind for place, kind in kinds.items()}
    reading = pacsv.ReadOptions(column_names=names, skip_rows=dialect.skipped, encoding=_encoding(dialect))
    parsing = pacsv.ParseOptions(
        delimiter=dialect.separator,
        newlines_in_values=misfits is not None,
        invalid_row_handler=None if misfits is None else skipped,
    )
    converting = pacsv.ConvertOptions(
        column_types=wanted, include_columns=list(wanted), null_values=[""], strings_can_be_null=True
    )
    try:
        table = pacsv.read_csv(path, reading, parsing, converting, pa.system_memory_pool())
    except pa.ArrowInvalid as error:
        if "Empty CSV file" not in str(error):
            raise
        table = pa.schema(list(wanted.items())).empty_table()
    return {place: table[names[place]] for place in kinds}


def _encoding(dialect: Dialect) -> str:
    return "utf8" if dialect.encoding == "utf-8" else dialect.encoding


def line_numbers(path: Path, dialect: Dialect) -> list[int]:
    """Where the lines below the header stand, as an editor counts; blank lines hold no row."""
    with opened(path, dialect.encoding) as text:
        rows = csv.reader(text, delimiter=dialect.separator)
        return [rows.line_num for number, cells in enumerate(rows) if number >= dialect.skipped and cells]


def lines_of(path: Path, dialect: Dialect, wanted: "NDArray[Any]") -> tuple[list[Line], list[Line]]:
    """The lines of some readable rows (counted from nought), and every line with too few or too many cells."""
    chosen, found, misfits, before = set(wanted.tolist()), [], [], 0
    with opened(path, dialect.encoding) as text:
        rows = csv.reader(text, delimiter=dialect.separator)
        for number, cells in enumerate(rows):
            if number < dialect.skipped or not cells:
                continue
            line = Line(rows.line_num, before, cells)
            if len(cells) != len(dialect.header):
                misfits.append(line)
                continue
            if before in chosen:
                found.append(line)
            before += 1
    return found, misfits
