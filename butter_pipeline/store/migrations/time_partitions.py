"""Tables kept apart by time: the one probe of TimescaleDB, and the one branch on its answer.

What belongs here: hypertable or native yearly partitions, and making a year's partition, before its first rows or of
them. What does not: which tables are kept apart (`store.schema`).

Native partitions are made on demand, attached so that writers and readers of other years go on, and there
is no default partition: it would have to be scanned, and locked, for every new year.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

from butter_pipeline.store.schema.ddl import PARTITION_MARK

CHUNK = "interval '365 days'"
"""About a native partition's span; TimescaleDB wants a length without months in it."""
COMPRESSED_AFTER = "interval '400 days'"
"""When a chunk is over and its corrections have come; a later one is still taken, at the price of unpacking."""
SEGMENTS = ("vendor", "symbol", "series")
"""What readers narrow to: a segment of these is unpacked alone."""

LOCK = "years "
"""Before the name of a table and a year: one at a time makes that year of it."""

PROBE = """\
select exists (select from pg_extension where extname = 'timescaledb') as installed,
    exists (select from pg_available_extensions where name = 'timescaledb') as available,
    coalesce((select setting from pg_settings where name = 'shared_preload_libraries'), '')
        like '%timescaledb%' as preloaded,
    has_database_privilege(current_database(), 'create') as may_create"""


@dataclass(frozen=True)
class Timescale:
    """Whether hypertables can be had here, and why not."""

    installed: bool
    may_install: bool
    reason: str


def probe(connection: "Connection") -> Timescale:
    """What the server offers; changes nothing."""
    found = connection.execute(text(PROBE)).one()
    if found.installed:
        return Timescale(True, False, "timescaledb is installed")
    if not found.available:
        return Timescale(False, False, "the server does not have timescaledb")
    if not found.preloaded:
        # Trying all the same would end the session: the extension insists on being preloaded.
        return Timescale(False, False, "timescaledb is not in shared_preload_libraries, or this role may not see it")
    if not found.may_create:
        return Timescale(False, False, "this role may not create extensions; ask for `create extension timescaledb`")
    return Timescale(False, True, "timescaledb can be installed")


def decided(connection: "Connection") -> Timescale:
    """Whether hypertables are used, after installing the extension where that is allowed."""
    found = probe(connection)
    if not found.may_install:
        return found
    from sqlalchemy.exc import DBAPIError

    try:
        with connection.begin_nested():
            connection.execute(text("create extension timescaledb"))
    except DBAPIError as error:
        return Timescale(False, False, f"timescaledb could not be installed: {str(error.orig).splitlines()[0]}")
    return Timescale(True, False, "timescaledb is installed")


def statements(table: str, create: str, *, hypertables: bool) -> Sequence[str]:
    """What makes one table kept apart by session: the branch. `create` holds the mark after its columns."""
    if hypertables:
        convert = (
            f"select create_hypertable('{table}', 'session', chunk_time_interval => {CHUNK}, "
            "create_default_indexes => false)"
        )
        segments, order = _segments_and_order(create)
        compress = (
            f"alter table {table} set (timescaledb.compress, timescaledb.compress_segmentby = '{segments}', "
            f"timescaledb.compress_orderby = '{order}')"
        )
        policy = f"select add_compression_policy('{table}', compress_after => {COMPRESSED_AFTER})"
        return (create.replace(PARTITION_MARK, "").rstrip(), convert, compress, policy)
    return (create.replace(PARTITION_MARK, "partition by range (session)"),)


def _segments_and_order(create: str) -> tuple[str, str]:
    """The columns that a hypertable is compressed by: all of its key, for a unique key is kept only so."""
    found = re.search(r"primary key \(([^)]*)\)", create, re.IGNORECASE)
    if found is None:
        raise ValueError(f"no primary key in {create.splitlines()[0]!r}; a table kept apart by time needs one")
    key = [name.strip() for name in found[1].split(",")]
    return ", ".join(n for n in key if n in SEGMENTS), ", ".join(n for n in key if n not in SEGMENTS)


def year_statements(table: str, year: int) -> Sequence[str]:
    """What makes one year's native partition: attaching leaves other writers and readers alone."""
    name = f"{table}_{year}"
    return f"create table {name} (like {table} including all)", _attached(table, year)


def loaded_year_statements(table: str, year: int, constant: Mapping[str, str]) -> tuple[Sequence[str], Sequence[str]]:
    """What makes a year's native partition, before and after its first rows.

    Its key is built over them all when it is attached, in half the time. `constant` holds columns, as SQL, that are
    the same in all of these rows: they need not be sent with each.
    """
    name = f"{table}_{year}"
    create = f"create table {name} (like {table} including all excluding indexes)"
    given = ", ".join(f"alter {column} set default {value}" for column, value in constant.items())
    dropped = ", ".join(f"alter {column} drop default" for column in constant)
    return (create, f"alter table {name} {given}"), (f"alter table {name} {dropped}", _attached(table, year))


def _attached(table: str, year: int) -> str:
    name = f"{table}_{year}"
    return f"alter table {table} attach partition {name} for values from ('{year}-01-01') to ('{year + 1}-01-01')"


def ensure_year_partitions(engine: "Engine", table: str, years: Iterable[int]) -> None:
    """Make the years' partitions that are missing, in a transaction of their own; harmless when repeated."""
    with engine.begin() as connection:
        missing = _missing(connection, table, sorted(set(years)))
        for year in missing:  # all of them first, in order: nobody who waits holds what another one waits for
            name = {"name": f"{LOCK}{table} {year}"}
            connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), name)
        for year in _missing(connection, table, missing):
            for statement in year_statements(table, year):
                connection.execute(text(statement))


def _missing(connection: "Connection", table: str, years: Sequence[int]) -> Sequence[int]:
    """Years without a partition; none for a hypertable, which makes its own."""
    return [year for year in years if connection.execute(text(year_is_missing(table, year))).scalar_one()]


def year_is_missing(table: str, year: int) -> str:
    """Asks whether a year's native partition is wanting.

    Not by to_regclass: a transaction that has found a name missing goes on to, whoever makes it meanwhile.
    """
    schema, name = table.split(".")
    return (
        f"select exists (select from pg_class where oid = '{table}'::regclass and relkind = 'p') and not exists "
        f"(select from pg_class join pg_namespace on pg_namespace.oid = relnamespace "
        f"where nspname = '{schema}' and relname = '{name}_{year}')"
    )
