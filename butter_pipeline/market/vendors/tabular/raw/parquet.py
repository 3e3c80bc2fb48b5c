"""The columns of a Parquet file.

What belongs here: reading what a frame wants of it. What does not: what the columns are called (`spellings`) or mean.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from butter_pipeline.market.vendors.protocol import VendorError

if TYPE_CHECKING:
    import pyarrow as pa


def header_of(path: Path) -> tuple[str, ...]:
    """The names of the file's columns."""
    import pyarrow.parquet as pq

    try:
        return tuple(pq.read_schema(path).names)
    except (ValueError, OSError) as error:
        raise VendorError(f"{path}: cannot be read ({' '.join(str(error).split())}); restore the file") from None


def columns_at(path: Path, header: Sequence[str], places: Sequence[int]) -> "dict[int, pa.ChunkedArray]":
    """The columns at some places as the file holds them."""
    import pyarrow.parquet as pq

    names = [header[place] for place in places]
    try:
        table = pq.ParquetFile(path).read(columns=names)
    except (ValueError, OSError) as error:
        raise VendorError(f"{path}: cannot be read ({' '.join(str(error).split())}); restore the file") from None
    return {place: table[header[place]] for place in places}
