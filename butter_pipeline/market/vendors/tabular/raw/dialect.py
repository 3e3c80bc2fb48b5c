"""The outer form of a text file: compression, encoding, separator, header.

What belongs here: what must be known before a cell can be read. What does not: the cells (`text`).
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.market.vendors.tabular.spellings import is_header

HEAD_BYTES = 1 << 16
SEPARATORS = (",", ";", "\t", "|")
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
BROKEN = (OSError, EOFError, csv.Error)
"""What reading a damaged file raises."""


@dataclass(frozen=True)
class Dialect:
    """How a file is written; `skipped` lines stand before the header's end."""

    separator: str
    encoding: str
    skipped: int
    header: tuple[str, ...]


@contextmanager
def opened(path: Path, encoding: str = "utf-8") -> Iterator[io.TextIOWrapper]:
    """The file's text, unpacked; what is not text shows as a replacement character."""
    import pyarrow as pa

    with pa.input_stream(str(path), compression="detect") as stream:
        name = "utf-8-sig" if encoding == "utf-8" else encoding
        yield io.TextIOWrapper(stream, encoding=name, errors="replace", newline="")


def dialect_of(path: Path) -> Dialect:
    """How a file is written, from its first lines; looked at once for each state that it is in."""
    try:
        now = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from None
    return _dialect(path, now.st_mtime_ns, now.st_size)


@lru_cache(maxsize=10_000)
def _dialect(path: Path, _changed_ns: int, _size: int) -> Dialect:
    import pyarrow as pa

    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            head = stream.read(HEAD_BYTES)
    except BROKEN as error:
        raise _unreadable(path, error) from None
    encoding = _MARKS.get(head[:2], "utf-8")
    text = head.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
    lines = [*(line.rstrip("\n") for line in islice(io.StringIO(text, newline=None), 2)), "", ""]
    skipped = 1 if lines[0].lower().startswith("sep=") else 0
    first = lines[skipped]
    if not first.strip():
        raise VendorError(f"{path}: row {skipped + 1}: is empty, must name the columns; put a header and rows there")
    separator = _separator(first)
    header = tuple(cell.strip() for cell in next(csv.reader([first], delimiter=separator)))
    if not is_header(header):
        raise VendorError(
            f"{path}: row {skipped + 1}: {first[:60]!r} is no header; put a line with the columns' names there"
        )
    return Dialect(separator, encoding, skipped + 1, header)


def _separator(line: str) -> str:
    """The separator that makes most columns of the header."""
    unquoted = "".join(part for place, part in enumerate(line.split('"')) if place % 2 == 0)
    counts = Counter({mark: unquoted.count(mark) for mark in SEPARATORS})
    return counts.most_common(1)[0][0]


def _unreadable(path: Path, error: BaseException) -> VendorError:
    return VendorError(f"{path}: cannot be read ({' '.join(str(error).split())}); restore the file")
