"""Raw rows in PostgreSQL: appended with their corrections, read as of a moment.

What belongs here: how rows of a `Frame` get in and out, by Arrow alone, and bulk inserts into ledgers.
What does not: fetching or judging rows (`market`), and files (`store.lake`).

A row that is known is dropped, a row that is new keeps its own `available_at`, and a row that differs
from the latest known one becomes a correction that is available from its receipt on, so that no earlier
reading changes. There is no read without `as_of`.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from butter_pipeline.store import Store
from butter_pipeline.store.conform import conformed, shaped
from butter_pipeline.store.terms import Origin, Reading

if TYPE_CHECKING:
    from adbc_driver_postgresql.dbapi import Cursor
    from sqlalchemy import Table

    from butter_pipeline.frame import Frame

BATCH_ROWS = 8192
"""So many rows are handed to the server at once: it takes some in while the next are written out."""

_STORED = "select exists (select from {target} where vendor = {vendor} and session between {first} and {last})"

_LOCK = """\
select pg_advisory_xact_lock(hashtextextended({lock} || ' ' || year, 0))
from generate_series({first_year}::int, {last_year}::int) as year"""

_APPEND = """\
with latest as (
    select distinct on ({key}) * from {target}
    where vendor = {vendor} and session between {first} and {last}
    order by {key}, available_at desc
), changed as (
    select arrived.*, latest.available_at as stored_at
    from arrived left join latest using ({key})
    where latest.available_at is null or ({arrived_values}) is distinct from ({latest_values})
), inserted as (
    insert into {target} (vendor, {key}, {values}, available_at, {origin})
    select vendor, {key}, {values},
        case when stored_at is null then available_at
            else greatest({received_at}, available_at, stored_at + interval '1 microsecond') end,
        {origin}
    from changed
)
select count(*) filter (where stored_at is null), count(stored_at) from changed"""

_READ = """\
select distinct on ({key}) {columns} from {target}
where vendor = {vendor} and session between {first} and {last} and available_at <= {as_of}{only}
order by {key}, available_at desc"""

_INSERT = """\
with inserted as (insert into {target} ({columns}) select {columns} from arrived on conflict do nothing returning 1)
select count(*) from inserted"""


@dataclass(frozen=True)
class Appended:
    """What became of the rows that were handed in."""

    new: int
    corrected: int
    unchanged: int
    alone: bool = field(default=False, compare=False)
    """Whether nothing of the vendor was there before in these sessions: what stands are the rows handed in."""


def append(store: Store, frame: "Frame", table: pa.Table, origin: Origin) -> Appended:
    """Keep rows of a frame, in one transaction; repeating it, or racing another writer, adds nothing twice."""
    from butter_pipeline.store import schema
    from butter_pipeline.store.migrations.time_partitions import ensure_year_partitions

    rows = conformed(table, frame)
    if not rows.num_rows:
        return Appended(0, 0, 0)
    names = _names(frame, rows, origin)
    target = schema.table(frame.table)
    first, last = names["first"].year, names["last"].year
    if schema.is_partitioned(target) and first < last:
        ensure_year_partitions(store.engine, frame.table, range(first, last + 1))
    rows = _with_origin(rows, target, origin)
    names["origin"] = [name for name in rows.column_names if name not in (*frame.schema.names, "vendor")]
    with store.adbc() as connection, connection.cursor() as cursor:
        # One writer per frame, vendor and year: what the next one compares with is then committed.
        _run(cursor, _LOCK, lock=f"{frame.table} {origin.vendor}", first_year=first, last_year=last)
        if schema.is_partitioned(target) and _year_loaded(cursor, frame, rows, last):
            connection.commit()
            return Appended(rows.num_rows, 0, 0, alone=True)
        if not _row(cursor, _STORED, names)[0]:
            cursor.adbc_ingest(frame.name, rows.to_reader(BATCH_ROWS), mode="append", db_schema_name=frame.stage)
            connection.commit()
            return Appended(rows.num_rows, 0, 0, alone=True)
        _stage(cursor, rows)
        new, corrected = _row(cursor, _APPEND, names)
        connection.commit()
    return Appended(new, corrected, rows.num_rows - new - corrected)


def _year_loaded(cursor: "Cursor", frame: "Frame", rows: pa.Table, year: int) -> bool:
    """Make a year's partition out of its first rows; not where it exists, nor where the server makes its own."""
    from butter_pipeline.store.migrations.time_partitions import LOCK, loaded_year_statements, year_is_missing

    told = [name for name in rows.column_names if name not in frame.schema.names]  # of all rows alike
    missing = year_is_missing(frame.table, year)
    if not _row(cursor, missing, {})[0]:
        return False
    _run(cursor, _LOCK, lock=LOCK + frame.table, first_year=year, last_year=year)
    if not _row(cursor, missing, {})[0]:  # another writer was faster
        return False
    constant = {name: _sql("{value}", {"value": rows[name][0].as_py()}) for name in told}
    before, after = loaded_year_statements(frame.table, year, constant)
    for statement in before:
        cursor.execute(statement)
    own = rows.drop_columns(told).to_reader(BATCH_ROWS)
    cursor.adbc_ingest(f"{frame.name}_{year}", own, mode="append", db_schema_name=frame.stage)
    for statement in after:
        cursor.execute(statement)
    return True


def read(store: Store, frame: "Frame", reading: Reading, *, symbols: Collection[str] | None = None) -> pa.Table:
    """The rows as they were known at the reading's `as_of`, in the frame's schema, sorted by its key.

    `symbols` narrows to instruments (or series, for context).
    """
    query = _READ.replace("{only}", "" if symbols is None else f" and {frame.key[1]} = any({{symbols}}::text[])")
    names = asdict(reading) | {"symbols": sorted(symbols or ())}
    with store.adbc() as connection, connection.cursor() as cursor:
        cursor.execute(_sql(query, names | _identifiers(frame, columns=frame.schema.names)))
        found = cursor.fetch_arrow_table()
    return pa.table(found.columns, schema=frame.schema)


def any_stored(store: Store, frame: "Frame", reading: Reading) -> bool:
    """Whether any row of a vendor stands in some sessions, whenever it is known."""
    with store.adbc() as connection, connection.cursor() as cursor:
        return bool(_row(cursor, _STORED, asdict(reading) | _identifiers(frame))[0])


def enter(store: Store, frame: "Frame", table: pa.Table, origin: Origin) -> int:
    """Enter rows of a frame into its ledger, and say how many were new.

    A row whose key is there already stands as it was first written: somebody may have acted on it.
    """
    from butter_pipeline.store import schema

    return insert(store, frame.table, _with_origin(conformed(table, frame), schema.table(frame.table), origin))


def insert(store: Store, name: str, table: pa.Table) -> int:
    """Add rows to a ledger such as `trading.decisions`, and say how many were new.

    A row whose key is there already is left as it was first written.
    """
    from butter_pipeline.store import schema

    target = schema.table(name)
    if schema.is_partitioned(target):
        raise ValueError(f"{name} is kept apart by time; use append")
    needed = {column.name for column in target.columns if not column.nullable}
    unknown = set(table.column_names) - set(target.columns.keys())
    if unknown or needed - set(table.column_names):
        missing = sorted(needed - set(table.column_names))
        raise ValueError(f"{name}: columns missing: {missing or 'none'}; columns too many: {sorted(unknown) or 'none'}")
    if not table.num_rows:
        return 0
    rows = shaped(table, schema.base.to_arrow(target, table.column_names), name)
    with store.adbc() as connection, connection.cursor() as cursor:
        _stage(cursor, rows)
        (count,) = _row(cursor, _INSERT, {"target": tuple(name.split(".")), "columns": rows.column_names})
        connection.commit()
    return int(count)


def _names(frame: "Frame", rows: pa.Table, origin: Origin) -> dict[str, Any]:
    """What the statements about these rows name."""
    import pyarrow.compute as pc

    span = pc.min_max(rows.column("session")).as_py()
    written = {"vendor": origin.vendor, "received_at": origin.received_at}
    return {**written, "first": span["min"], "last": span["max"], **_identifiers(frame, values=frame.values)}


def _identifiers(frame: "Frame", **columns: Collection[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"target": (frame.stage, frame.name), "key": list(frame.key)}
    for name, members in columns.items():
        found |= {name: list(members)}
        found |= {f"{side}_{name}": [(side, member) for member in members] for side in ("arrived", "latest")}
    return found


def _with_origin(rows: pa.Table, target: "Table", origin: Origin) -> pa.Table:
    """The rows with those columns of the target that tell where they come from."""
    from butter_pipeline.store.schema import base

    names = [n for n in ("vendor", "code_version", "config_hash", "recorded_at") if n in target.c]
    for column in base.to_arrow(target, names):
        value = pa.scalar(getattr(origin, column.name), column.type)
        rows = rows.append_column(column, pa.repeat(value, rows.num_rows))
    return rows


def _stage(cursor: "Cursor", rows: pa.Table) -> None:
    """Put the rows into a temporary table called `arrived`, gone with the connection."""
    cursor.adbc_ingest("arrived", rows, mode="create", temporary=True)
    _run(cursor, "analyze arrived")


def _row(cursor: "Cursor", query: str, names: dict[str, Any]) -> tuple[Any, ...]:
    cursor.execute(_sql(query, names))
    row = cursor.fetchone()
    assert row is not None
    return tuple(row)


def _run(cursor: "Cursor", statement: str, **names: Any) -> None:
    """Run a statement within the transaction: `executescript` would commit first, and let the locks go."""
    cursor.execute(_sql(statement, names))


def _sql(query: str, names: dict[str, Any]) -> str:
    """The query with its names quoted: Arrow's fast path takes no parameters.

    Lists under a name are columns and a tuple is one qualified name; anything else is a value, and so is
    the list called `symbols`.
    """
    from psycopg import sql

    def part(name: str, value: Any) -> sql.Composable:
        if isinstance(value, tuple):
            return sql.Identifier(*value)
        if isinstance(value, list) and name != "symbols":
            return sql.SQL(", ").join(part("", m) if isinstance(m, tuple) else sql.Identifier(m) for m in value)
        return sql.Literal(value)

    return sql.SQL(query).format(**{name: part(name, value) for name, value in names.items()}).as_string(None)
