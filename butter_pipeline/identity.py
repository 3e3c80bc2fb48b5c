"""What makes two things the same: ids, content hashes and code versions, all sha256.

What belongs here: how names and hashes are computed. What does not: which columns a table has
(`store.schema`) or what a configuration holds (`configs`).

Ids come from natural keys, never from counters or chance, so that a result recomputed elsewhere has
the same name. A content hash covers a table's columns, types and values in the order of its key, and
nothing of how the table is chunked, compressed or when it was written.
"""

import hashlib
import importlib.util
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Part = Callable[[int, int], bytes]
    """The bytes that stand for some rows, from one to before another."""

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
    if key:
        table = _decoded(table).sort_by([(name, "ascending") for name in key])
    return content_hashes(table, [(0, table.num_rows)])[0]


def content_hashes(table: "pa.Table", cuts: Sequence[tuple[int, int]]) -> list[str]:
    """The content hash of each cut of a table, from its first row to before its last; every column is read once."""
    table = _decoded(table)
    names = [name for name in table.column_names if name not in PROVENANCE]
    heads = [f"\x1f{name}\x1e{_type_name(table.schema.field(name).type)}\x1e".encode() for name in names]
    parts = [(_validity(table[name]), _content(table[name])) for name in names]
    hashes = []
    for first, end in cuts:
        digest = hashlib.sha256(str(end - first).encode())
        for head, (validity, content) in zip(heads, parts, strict=True):
            digest.update(head)
            digest.update(validity(first, end))
            for part in content:
                digest.update(part(first, end))
        hashes.append(digest.hexdigest())
    return hashes


def _decoded(table: "pa.Table") -> "pa.Table":
    """The table with its texts in full: a dictionary is another way to hold the same ones."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
    return table


def _type_name(kind: "pa.DataType") -> str:
    import pyarrow as pa

    return "string" if pa.types.is_large_string(kind) else str(kind)


def _validity(column: "pa.ChunkedArray") -> "Part":
    """A bit for each value that there is, the last byte filled up with noughts."""
    import numpy as np

    if not column.null_count:
        return lambda first, end: _all_valid(end - first)
    valid = column.is_valid().to_numpy()
    return lambda first, end: np.packbits(valid[first:end]).tobytes()


def _content(column: "pa.ChunkedArray") -> "Sequence[Part]":
    """What the values are, in parts that follow each other."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        return [_cut(_floats(column))]
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _texts(column)
    if pa.types.is_boolean(column.type):
        flags = pc.fill_null(column, False).to_numpy()
        return [lambda first, end: np.packbits(flags[first:end]).tobytes()]
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    numbers = column.cast(pa.int64())
    numbers = pc.fill_null(numbers, 0) if numbers.null_count else numbers
    return [_cut(numbers.to_numpy().astype("<i8", copy=False))]


def _cut(values: "NDArray[Any]") -> "Part":
    return lambda first, end: values[first:end].tobytes()


def _floats(column: "pa.ChunkedArray") -> "NDArray[Any]":
    """The values, every NaN the same and nought where there is none."""
    import numpy as np

    values = column.to_numpy().astype("<f8", copy=False)  # null is nan here, as is any other
    strange = np.isnan(values)
    if strange.any():
        values = np.where(strange, np.nan, values)
        if column.null_count:
            values[~column.is_valid().to_numpy()] = 0.0
    return np.asarray(values)


def _texts(column: "pa.ChunkedArray") -> "Sequence[Part]":
    """The lengths of all texts, then the texts, read where Arrow keeps them."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = (pc.fill_null(column, "") if column.null_count else column).cast(pa.large_string()).combine_chunks()
    if not len(texts):
        return []
    _, ends, letters = texts.buffers()
    edge = np.frombuffer(ends, "<i8", len(texts) + 1, 8 * texts.offset)
    held = memoryview(letters) if letters is not None else memoryview(b"")
    return [_cut(np.diff(edge)), lambda first, end: held[edge[first] : edge[end]].tobytes()]


@lru_cache(maxsize=64)
def _all_valid(rows: int) -> bytes:
    full, rest = divmod(rows, 8)
    return b"\xff" * full + (bytes([0xFF << (8 - rest) & 0xFF]) if rest else b"")


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
