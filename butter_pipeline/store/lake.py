"""The lake: immutable Parquet files named by their content, and the manifest that knows them.

What belongs here: which file holds what, from when on, and reading as of a moment. What does not: bytes
and paths (`store.files`), or rows in PostgreSQL (`store.frames`).

A file is written before its manifest row, so a crash between them leaves a file that nobody reads and
the next writing adopts. Equal content adds nothing; different content is a correction, a further row,
available from its receipt on. There is no read without `as_of`.
"""

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from butter_pipeline.identity import content_hash
from butter_pipeline.store import Store
from butter_pipeline.store.conform import conformed
from butter_pipeline.store.files import Folder, LakeError, encoded, folder
from butter_pipeline.store.terms import Origin, Part, Reading, aware

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from butter_pipeline.frame import Frame

__all__ = ["Content", "LakeError", "Manifest", "manifests", "read", "verify", "write"]

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_NO_VENDOR = "any"
_TICK = timedelta(microseconds=1)
WRITERS = 4


@dataclass(frozen=True)
class Content:
    """What one session's file is to hold, and when the market could know it."""

    session: date
    table: pa.Table
    available_at: datetime


@dataclass(frozen=True)
class Manifest:
    """One file of the lake."""

    what: str
    vendor: str
    session: date
    hash: str
    rows: int
    uri: str
    bytes: int
    available_at: datetime
    code_version: str
    config_hash: str
    recorded_at: datetime


def write(store: Store, what: "Frame | str", contents: Iterable[Content], origin: Origin) -> list[Manifest]:
    """Keep sessions' contents: file by file, then every manifest row in one transaction.

    Returns the row that stands for each session. A session's first content is available when it says,
    though never before its latest row; a correction not before it was received.
    """
    name = _plain(_name(what), "what")
    place = f"{name}/{_plain(origin.vendor or _NO_VENDOR, 'vendor')}"
    root = folder(store.lake)

    def kept(content: Content) -> Manifest:
        table = content.table if isinstance(what, str) else _of_session(content, what)
        uri, digest, size = _keep(root, place, content.session, table)
        return Manifest(
            what=name,
            vendor=origin.vendor,
            session=content.session,
            hash=digest,
            rows=table.num_rows,
            uri=uri,
            bytes=size,
            available_at=_not_before_its_rows(table, aware(content.available_at, "available_at")),
            code_version=origin.code_version,
            config_hash=origin.config_hash,
            recorded_at=origin.recorded_at,
        )

    # Most of writing a small file is waiting for the disk to have it.
    with ThreadPoolExecutor(WRITERS) as writers:
        made = list(writers.map(kept, contents))
    with store.engine.begin() as connection:
        return _register(connection, made, origin.received_at)


def manifests(store: Store, what: "Frame | str", reading: Reading) -> list[Manifest]:
    """The file that stood for each session at the reading's `as_of`, by session."""
    from sqlalchemy import text

    query = text(f"""\
        select distinct on (session) {", ".join(field.name for field in fields(Manifest))} from lake.manifest
        where what = :what and vendor = :vendor and session between :first and :last and available_at <= :as_of
        order by session, available_at desc""")
    with store.engine.connect() as connection:
        found = connection.execute(query, {"what": _name(what), **asdict(reading)})
        return [Manifest(**row) for row in found.mappings()]


def read(
    store: Store,
    what: "Frame | str",
    reading: Reading,
    *,
    columns: Sequence[str] | None = None,
    part: Part | None = None,
) -> pa.Table:
    """The sessions' contents as they were known at the reading's `as_of`, session by session in key order.

    Of a part, files' stretches whose statistics rule it out are not read at all.
    """
    found = manifests(store, what, reading)
    schema = None if isinstance(what, str) else what.schema
    names = list(columns) if columns is not None else None
    if found:
        return _rows(folder(store.lake), found, schema, names, part)
    if schema is None:
        asked = f"from {reading.first} to {reading.last} as of {reading.as_of.isoformat()}"
        raise LakeError(f"nothing called {what} {asked}; make it first")
    kept = schema if names is None else pa.schema([schema.field(name) for name in names])
    return kept.empty_table()


def verify(store: Store, what: "Frame | str", reading: Reading) -> None:
    """Raise for the first file of a reading that is missing or does not hold what its name says."""
    _check(folder(store.lake), manifests(store, what, reading))


def _of_session(content: Content, frame: "Frame") -> pa.Table:
    """The content in the frame's form; every row must be of the session whose file it goes into."""
    import pyarrow.compute as pc

    table = conformed(content.table, frame)
    held = [session for session in pc.unique(table["session"]).to_pylist() if session != content.session]
    if held:
        raise ValueError(f"{frame.name}: rows of session {held[0]} in the content of session {content.session}")
    return table


def _keep(root: Folder, place: str, session: date, table: pa.Table) -> tuple[str, str, int]:
    """Have the content in its file, writing it unless an intact one is there."""
    digest = content_hash(table)
    uri = f"{place}/{session.year}/{session}/{digest}.parquet"
    size = root.size(uri)
    if size is None or not root.is_intact(uri, table.num_rows):
        size = root.put(uri, encoded(table))
    return uri, digest, size


def _register(connection: "Connection", made: Sequence[Manifest], received_at: datetime) -> list[Manifest]:
    """Add the rows that say something new; one writer per content and vendor at a time."""
    from sqlalchemy import insert, text

    from butter_pipeline.store.schema.raw import MANIFEST

    if not made:
        return []
    lock = {"lock": f"manifest {made[0].what} {made[0].vendor}"}
    connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:lock, 0))"), lock)
    latest = _latest(connection, made)
    added, standing = [], []
    for row in made:
        before = latest.get(row.session)
        if before is not None and before.hash == row.hash:
            standing.append(before)
            continue
        if before is not None:
            later = max(row.available_at, received_at, before.available_at + _TICK)
            row = replace(row, available_at=later)
        latest[row.session] = row
        added.append(vars(row))
        standing.append(row)
    if added:
        connection.execute(insert(MANIFEST), added)
    return standing


def _latest(connection: "Connection", made: Sequence[Manifest]) -> dict[date, Manifest]:
    from sqlalchemy import text

    query = text(f"""\
        select distinct on (session) {", ".join(field.name for field in fields(Manifest))} from lake.manifest
        where what = :what and vendor = :vendor and session = any(:sessions)
        order by session, available_at desc""")
    values = {"what": made[0].what, "vendor": made[0].vendor, "sessions": [row.session for row in made]}
    return {row["session"]: Manifest(**row) for row in connection.execute(query, values).mappings()}


def _rows(
    root: Folder, found: Sequence[Manifest], schema: pa.Schema | None, names: list[str] | None, part: Part | None
) -> pa.Table:
    try:
        table = root.table([row.uri for row in found], schema, names, _where(part))
    except (OSError, pa.ArrowException):
        _check(root, found)
        raise
    if schema is None:
        return table
    return pa.table(table.columns, schema=pa.schema([schema.field(name) for name in table.column_names]))


def _where(part: Part | None) -> Any:
    """The part as a condition on rows; none when all is wanted."""
    import pyarrow.compute as pc

    conditions = []
    if part is not None and part.symbols is not None:
        conditions.append(pc.field("symbol").isin(pa.array(sorted(part.symbols), pa.string())))
    for name, span in (("expiry", part.expiries), ("strike", part.strikes)) if part is not None else ():
        if span is not None:
            conditions.append((pc.field(name) >= span[0]) & (pc.field(name) <= span[1]))
    return reduce(and_, conditions) if conditions else None


def _check(root: Folder, found: Iterable[Manifest]) -> None:
    """Raise for the first file that is missing or does not hold what its name says."""
    for row in found:
        try:
            ok = content_hash(root.table([row.uri], None, None, None)) == row.hash
            said = "its content is not what its name says"
        except FileNotFoundError:
            ok, said = False, "the file is missing"
        except (OSError, pa.ArrowException):
            ok, said = False, "the file is corrupt"
        if not ok:
            raise LakeError(f"{root.full(row.uri)}: {said}; run `butter backfill --again` for session {row.session}")


def _not_before_its_rows(table: pa.Table, available_at: datetime) -> datetime:
    """The moment, or that of the latest row if it is later: no file shows a row before its time."""
    import pyarrow.compute as pc

    if "available_at" not in table.column_names or not table.num_rows:
        return available_at
    latest = pc.max(table.column("available_at")).as_py()
    return available_at if latest is None else max(available_at, latest)


def _name(what: "Frame | str") -> str:
    return what if isinstance(what, str) else what.name


def _plain(name: str, meaning: str) -> str:
    """The name, which becomes part of a path."""
    if not _PLAIN.fullmatch(name):
        raise ValueError(f"{meaning} must be letters, digits, '_', '.' or '-', was {name!r}")
    return name
