"""One DBN file: its records, and the symbols that its instruments have.

What belongs here: decoding, fixed-point prices, symbology. What does not: what the records of several files come to
together (`chains`).

Prices are whole numbers of 1e-9; the largest whole number stands for no price.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from butter_pipeline.market.vendors.protocol import VendorError

UNDEF_PRICE = 2**63 - 1
UNDEF_TIME = 2**64 - 1
FIXED = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Intervals = Mapping[str, Sequence[tuple[date, date, str]]]


@dataclass(frozen=True)
class DbnFile:
    """A file's schema, its records in order, its symbology, and whether it ends in the middle of a record."""

    path: Path
    schema: str
    records: Sequence[Any]
    symbols: Intervals
    """By instrument: since when, until when (not included), and its symbol."""
    cut_off: bool

    def symbol(self, record: Any, when: date) -> str | None:
        """The symbol that a record's instrument has on a day, if the file tells."""
        for first, last, symbol in self.symbols.get(str(record.instrument_id), ()):
            if first <= when < last:
                return symbol
        return None


def price(fixed: int) -> float | None:
    """A price as a number; none where there is none.

    >>> price(5_000_250_000_000), price(UNDEF_PRICE)
    (5000.25, None)
    """
    return None if fixed == UNDEF_PRICE else fixed / FIXED


def moment(ns: int) -> datetime:
    """A moment of nanoseconds since 1970, to the microsecond."""
    return _EPOCH + timedelta(microseconds=ns // 1000)


@lru_cache(maxsize=256)
def read(path: Path, _state: tuple[int, int]) -> DbnFile:
    """The file as it is in some state (time of change and size)."""
    try:
        import databento_dbn as dbn
    except ImportError:
        raise VendorError(
            "databento-dbn is not installed, and DBN files need it; install butter_pipeline[databento]"
        ) from None
    packed = path.suffix == ".zst"
    decoder = dbn.DBNDecoder(compression=dbn.Compression.ZSTD if packed else dbn.Compression.NONE)
    try:
        decoder.write(path.read_bytes())
        decoded: list[Any] = decoder.decode()
        metadata, *records = decoded
    except (dbn.DBNError, OSError, ValueError) as error:
        raise VendorError(f"{path}: cannot be read ({' '.join(str(error).split())}); restore the file") from None
    symbols: dict[str, list[tuple[date, date, str]]] = {}
    for symbol, intervals in metadata.mappings.items():
        for each in intervals:
            symbols.setdefault(each["symbol"], []).append((each["start_date"], each["end_date"], symbol))
    return DbnFile(path, str(metadata.schema or ""), records, symbols, bool(decoder.buffer()))
