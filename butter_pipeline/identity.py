"""What makes two things the same: ids, content hashes and code versions, all sha256.

What belongs here: how names and hashes are computed. What does not: which columns a table has
(`store.schema`) or what a configuration holds (`configs`).

Ids come from natural keys, never from counters or chance, so that a result recomputed elsewhere has
the same name. A content hash covers a table's columns, types and values in the order of its key, and
nothing of how the table is chunked, compressed or when it was written.
"""

import hashlib
import importlib.util
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

PROVENANCE = frozenset({"recorded_at", "code_version", "config_hash", "run_id"})
"""Columns that say how a row came about, not what it says; they are outside every content hash."""


def natural_id(kind: str, *key: str | int | float | date | datetime) -> str:
    """The id of one thing: sha256 over its kind and its natural key, each part with its type and length.

    >>> natural_id("decision", "ButterA", date(2024, 3, 5))[:12]
    '823689a3ca8a'
    """
    digest = hashlib.sha256()
    for part in (kind, *key):
        name, text = _plain(part)
        encoded = text.encode()
        digest.update(f"{name}:{len(encoded)}:".encode() + encoded)
    return digest.hexdigest()


def _plain(part: str | int | float | date | datetime) -> tuple[str, str]:
    """The type and the exact text of one part; a number from an array names what Python's own does."""
    if isinstance(part, str):
        return "str", str(part)
    if isinstance(part, datetime):
        moment = part if part.tzinfo is None else part.astimezone(UTC)
        return "datetime", moment.isoformat(timespec="microseconds")
    if isinstance(part, date):
        return "date", part.isoformat()
    if isinstance(part, bool):
        return "bool", str(part)
    if isinstance(part, float):
        return "float", float(part).hex()
    return "int", str(index(part))


def content_hash(table: "pa.Table", *, key: Sequence[str] = ()) -> str:
    """The sha256 of a table's content, the same for every chunking, slicing and encoding of equal rows.

    Rows are put in the order of `key` first; columns count in the order of the schema. Nulls are told
    apart from values, every NaN counts as the same, and -0.0 differs from 0.0.
    """
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
    if key:
        table = table.sort_by([(name, "ascending") for name in key])
    digest = hashlib.sha256(str(table.num_rows).encode())
    for name, column in zip(table.column_names, table.itercolumns(), strict=True):
        if name not in PROVENANCE:
            _update_with_column(digest, name, column)
    return digest.hexdigest()


def _update_with_column(digest: "hashlib._Hash", name: str, column: "pa.ChunkedArray") -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_large_string(column.type):
        column = column.cast(pa.string())
    digest.update(f"\x1f{name}\x1e{column.type}\x1e".encode())
    whole = column.null_count == 0
    digest.update(_all_valid(len(column)) if whole else np.packbits(column.is_valid().to_numpy()).tobytes())
    if pa.types.is_floating(column.type):
        values = column.to_numpy().astype("<f8", copy=False)  # null is nan here, as is any other
        strange = np.isnan(values)
        if strange.any():
            values = np.where(strange, np.nan, values)
            if not whole:
                values[~column.is_valid().to_numpy()] = 0.0
        digest.update(values.tobytes())
    elif pa.types.is_string(column.type):
        _update_with_text(digest, column if whole else pc.fill_null(column, ""))
    elif pa.types.is_boolean(column.type):
        flags = column if whole else pc.fill_null(column, False)
        digest.update(np.packbits(flags.to_numpy()).tobytes())
    else:
        if pa.types.is_date32(column.type):
            column = column.cast(pa.int32())
        numbers = column.cast(pa.int64())
        digest.update((numbers if whole else pc.fill_null(numbers, 0)).to_numpy().astype("<i8", copy=False).tobytes())


@lru_cache(maxsize=64)
def _all_valid(rows: int) -> bytes:
    """What is said of a column without nulls: a bit per row, the last byte filled up with noughts."""
    full, rest = divmod(rows, 8)
    return b"\xff" * full + (bytes([0xFF << (8 - rest) & 0xFF]) if rest else b"")


def _update_with_text(digest: "hashlib._Hash", column: "pa.ChunkedArray") -> None:
    """The lengths of all texts, then the texts, read where Arrow keeps them."""
    import numpy as np

    kept = []
    for chunk in column.chunks:
        if len(chunk):
            _, ends, letters = chunk.buffers()
            edge = np.frombuffer(ends, "<i4", len(chunk) + 1, 4 * chunk.offset)
            digest.update(np.diff(edge).astype("<i8").tobytes())
            kept.append(memoryview(letters)[edge[0] : edge[-1]] if letters is not None else b"")
    for part in kept:
        digest.update(part)


def combined_hash(hashes: Iterable[str]) -> str:
    """One hash over many, in the order given."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


@lru_cache
def code_version(*modules: str) -> str:
    """The version of a stage's code: a hash over the source of modules and packages, 16 hexadecimal digits.

    It changes with any edit of those files and with nothing else, so it needs no git and no discipline.
    """
    digest = hashlib.sha256()
    for module in modules:
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"no source for {module!r}, which a code version names")
        origin = Path(spec.origin)
        files = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
        for file in files:
            digest.update(f"\x1f{module}\x1e{file.relative_to(origin.parent).as_posix()}\x1e".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
