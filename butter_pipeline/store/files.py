"""Files on any file system: written whole or not at all, Parquet read with its checksums.

What belongs here: bytes and paths. What does not: which file holds what (`store.lake`).
"""

import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from butter_pipeline.errors import ButterError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


SMALL_BYTES = 16_384
GROUP_ROWS = 8_192
"""Rows of a file that share statistics: a few symbols' contracts, so that a part of a large session is read alone."""


class LakeError(ButterError):
    """The lake cannot give what was asked; the message is one line with its remedy."""


@dataclass(frozen=True)
class Folder:
    """A folder on a file system: local, or wherever fsspec reaches."""

    system: "AbstractFileSystem"
    path: str
    is_local: bool

    def full(self, uri: str) -> str:
        """The file's path on the file system."""
        return f"{self.path}/{uri}"

    def size(self, uri: str) -> int | None:
        """The file's size; none when there is no such file."""
        try:
            return int(self.system.size(self.full(uri)))
        except FileNotFoundError:
            return None

    def put(self, uri: str, data: bytes) -> int:
        """Write a file and return its size; a crash leaves the whole file or none."""
        path = self.full(uri)
        if not self.is_local:
            self.system.pipe_file(path, data)  # object stores show an object when it is complete
            return len(data)
        draft = Path(f"{path}.{os.getpid()}.{threading.get_ident()}.draft")
        draft.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # the manifest row that follows is durable: so must be what it names
        draft.replace(path)
        return len(data)

    def get(self, uri: str) -> bytes:
        """The file's bytes."""
        return bytes(self.system.cat_file(self.full(uri)))

    def is_intact(self, uri: str, rows: int) -> bool:
        """Whether the file is there, every page passes its checksum, and it has that many rows."""
        import pyarrow.parquet as pq

        try:
            with self.system.open(self.full(uri), "rb") as file:
                return bool(pq.read_table(file, page_checksum_verification=True).num_rows == rows)
        except (OSError, pa.ArrowException):
            return False

    def table(self, uris: Sequence[str], schema: pa.Schema | None, columns: list[str] | None, where: Any) -> pa.Table:
        """The files' rows, file by file in the order given; statistics spare what `where` rules out."""
        if self.is_local and where is None and (rows := self._alike(uris, schema, columns)) is not None:
            return rows
        import pyarrow.dataset as ds
        from pyarrow.fs import FSSpecHandler, LocalFileSystem, PyFileSystem

        system = LocalFileSystem() if self.is_local else PyFileSystem(FSSpecHandler(self.system))
        options = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
        files = ds.ParquetFileFormat(default_fragment_scan_options=options)
        found = ds.dataset([self.full(uri) for uri in uris], schema, files, system)
        if schema is None:
            _same_columns(found.get_fragments(), columns)
        return found.to_table(columns, where)

    def _alike(self, uris: Sequence[str], schema: pa.Schema | None, columns: list[str] | None) -> pa.Table | None:
        """The rows of files with the very same columns, at two thirds of a dataset's cost; none when they differ."""
        import pyarrow.parquet as pq

        parts: list[pa.Table] = []
        for uri in uris:
            with pq.ParquetFile(self.full(uri), page_checksum_verification=True) as file:
                schema = file.schema_arrow if schema is None else schema
                if not file.schema_arrow.equals(schema) or not set(columns or ()) <= set(schema.names):
                    return None
                parts.append(file.read(columns, use_threads=False))
        rows = pa.concat_tables(parts)
        return rows if columns is None else rows.select(columns)


def _same_columns(fragments: Iterable[Any], columns: list[str] | None) -> None:
    """Refuse files that differ in what is asked for: the first one's columns would stand for all."""
    kept = None
    for fragment in fragments:
        schema = fragment.physical_schema
        chosen = schema if columns is None else pa.schema([schema.field(n) for n in columns if n in schema.names])
        if kept is not None and not chosen.equals(kept):
            raise LakeError(f"{fragment.path}: its columns differ from earlier files'; read those sessions apart")
        kept = chosen


@lru_cache
def folder(root: str) -> Folder:
    """The folder that a path or fsspec URL names."""
    from fsspec.core import url_to_fs
    from fsspec.implementations.local import LocalFileSystem

    try:
        system, path = url_to_fs(root)
    except (ImportError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise LakeError(f"{root}: cannot be reached ({reason}); set BUTTER_LAKE_URL to a folder or URL") from None
    return Folder(system, path.rstrip("/"), isinstance(system, LocalFileSystem))


def encoded(table: pa.Table) -> bytes:
    """The table as a Parquet file: text as dictionaries, numbers plain, checksums on every page.

    Compressed, unless it is so small that nothing would come of it but the time that it takes.
    """
    import pyarrow.parquet as pq

    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(None),
        sink,
        compression="zstd" if table.nbytes > SMALL_BYTES else "none",
        row_group_size=GROUP_ROWS,
        use_dictionary=texts,
        write_page_checksum=True,
        store_schema=True,
    )
    return bytes(sink.getvalue())
