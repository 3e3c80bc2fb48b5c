"""Time partitions: hypertables where the extension is, native years elsewhere."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pytest
from sqlalchemy import text

from assets_tests.store.examples import MONDAY, bars, origin
from butter_pipeline.market.frames import BARS
from butter_pipeline.store import Store
from butter_pipeline.store.frames import Appended, append
from butter_pipeline.store.migrations import time_partitions
from butter_pipeline.store.migrations.statements import frozen
from butter_pipeline.store.migrations.time_partitions import (
    PARTITION_MARK,
    Timescale,
    decided,
    ensure_year_partitions,
    probe,
    statements,
)

COLUMNS = "(vendor text, session date, symbol text, primary key (vendor, session, symbol))"
CREATE = f"create table market.bars {COLUMNS} {PARTITION_MARK}"


def years(store: Store) -> list[str]:
    """The partitions of market.bars."""
    query = "select inhrelid::regclass::text from pg_inherits where inhparent = 'market.bars'::regclass order by 1"
    with store.engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


def test_native_partitions_are_declared_with_the_table() -> None:
    native = statements("market.bars", CREATE, hypertables=False)
    assert native == (f"create table market.bars {COLUMNS} partition by range (session)",)


def test_hypertables_are_made_of_plain_tables_with_chunks_of_a_year_that_are_compressed_when_over() -> None:
    assert statements("market.bars", CREATE, hypertables=True) == (
        f"create table market.bars {COLUMNS}",
        (
            "select create_hypertable('market.bars', 'session', chunk_time_interval => interval '365 days', "
            "create_default_indexes => false)"
        ),
        (
            "alter table market.bars set (timescaledb.compress, timescaledb.compress_segmentby = 'vendor, symbol', "
            "timescaledb.compress_orderby = 'session')"
        ),
        "select add_compression_policy('market.bars', compress_after => interval '400 days')",
    )


def test_every_migration_says_by_what_its_hypertables_are_compressed() -> None:
    versions = Path(time_partitions.__file__).with_name("versions")
    marked = [s for file in sorted(versions.glob("*.sql")) for s in frozen(file) if PARTITION_MARK in s]
    assert len(marked) >= 5
    for statement in marked:
        *_, compress, _ = statements(statement.split()[2], statement, hypertables=True)
        assert "compress_segmentby = 'vendor" in compress and "available_at" in compress


def test_a_table_kept_apart_by_time_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="no primary key in 'create table t"):
        statements("t", f"create table t (session date) {PARTITION_MARK}", hypertables=True)


def test_this_server_has_no_timescale_and_says_so(database: Store) -> None:
    with database.engine.connect() as connection:
        assert probe(connection) == Timescale(False, False, "the server does not have timescaledb")
        assert decided(connection).installed is False


@pytest.mark.parametrize(
    ("installed", "available", "preloaded", "may_create", "expected"),
    [
        (True, True, True, False, Timescale(True, False, "timescaledb is installed")),
        (False, True, True, True, Timescale(False, True, "timescaledb can be installed")),
        (False, True, False, True, Timescale(False, False, "timescaledb is not in shared_preload_libraries, or")),
        (False, True, True, False, Timescale(False, False, "this role may not create extensions; ask for")),
    ],
)
def test_the_probe_knows_what_can_be_had(
    database: Store,
    monkeypatch: pytest.MonkeyPatch,
    installed: bool,
    available: bool,
    preloaded: bool,
    may_create: bool,
    expected: Timescale,
) -> None:
    answer = (
        f"select {installed} as installed, {available} as available, {preloaded} as preloaded, "
        f"{may_create} as may_create"
    )
    monkeypatch.setattr(time_partitions, "PROBE", answer)
    with database.engine.connect() as connection:
        found = probe(connection)
    assert (found.installed, found.may_install) == (expected.installed, expected.may_install)
    assert found.reason.startswith(expected.reason)


def test_an_extension_that_cannot_be_created_after_all_leaves_native_partitions(
    database: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = "select false as installed, true as available, true as preloaded, true as may_create"
    monkeypatch.setattr(time_partitions, "PROBE", answer)
    with database.engine.begin() as connection:
        found = decided(connection)
        assert found.installed is False and found.reason.startswith("timescaledb could not be installed: extension")
        assert connection.execute(text("select 1")).scalar_one() == 1


def test_years_are_made_once_on_demand(database: Store) -> None:
    assert years(database) == []
    ensure_year_partitions(database.engine, "market.bars", [2021, 2020, 2020])
    ensure_year_partitions(database.engine, "market.bars", [2021])
    assert years(database) == ["market.bars_2020", "market.bars_2021"]


def test_a_year_made_of_its_first_rows_is_the_same_as_one_made_before_them(database: Store) -> None:
    ensure_year_partitions(database.engine, "market.bars", [2023])
    append(database, BARS, bars([(MONDAY, "ES", 1.0)]), origin())
    assert years(database) == ["market.bars_2023", "market.bars_2024"]
    query = text("""\
        select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull and not a.atthasdef,
            col_description(c.oid, a.attnum)
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.oid = to_regclass(:name) and a.attnum > 0
        union all select c.relname, indexdef, '', true, i.schemaname from pg_indexes i join pg_class c
            on c.relname = i.tablename and c.oid = to_regclass(:name)
        union all select c.relname, conname, pg_get_constraintdef(k.oid), true, '' from pg_constraint k
            join pg_class c on c.oid = k.conrelid and c.oid = to_regclass(:name)
        union all select c.relname, t.tgname, pg_get_triggerdef(t.oid), true, '' from pg_trigger t
            join pg_class c on c.oid = t.tgrelid and c.oid = to_regclass(:name)
        order by 2""")
    with database.engine.connect() as connection:
        before, after = (
            [str(row).replace(year, "") for row in connection.execute(query, {"name": f"market.bars_{year}"})]
            for year in ("2023", "2024")
        )
    assert before == after and any("append_only" in row for row in after) and any("_pk" in row for row in after)


def test_writers_who_all_come_first_in_a_year_all_keep_their_rows(database: Store) -> None:
    start = Barrier(4)

    def write(number: int) -> Appended:
        start.wait()
        return append(database, BARS, bars([(MONDAY, "ES", 1.0)]), replace(origin(), vendor=f"v{number}"))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, range(4), timeout=20)) == [Appended(1, 0, 0)] * 4
    with database.engine.connect() as connection:
        assert connection.execute(text("select count(*) from market.bars_2024")).scalar_one() == 4


def test_writers_of_neighbouring_years_go_on_side_by_side_and_nobody_waits_for_ever(database: Store) -> None:
    earlier = MONDAY.replace(year=2022, month=3, day=7)
    tables = [bars([(MONDAY, "ES", 1.0)]), bars([(earlier, "ES", 1.0)])]
    tables.append(pa.concat_tables(tables[::-1]))
    start = Barrier(6)

    def write(number: int) -> None:
        start.wait()
        append(database, BARS, tables[number % 3], replace(origin(), vendor=f"v{number % 2}"))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6), timeout=20))
    with database.engine.connect() as connection:
        query = "select vendor, session, count(*) from market.bars group by vendor, session"
        assert {tuple(row) for row in connection.execute(text(query))} == {
            (vendor, session, 1) for vendor in ("v0", "v1") for session in (MONDAY, earlier)
        }


def test_years_can_be_made_while_another_writer_is_at_work_and_by_many_at_once(database: Store) -> None:
    ensure_year_partitions(database.engine, "market.bars", [2020])
    start = Barrier(4)

    def ensure(_: int) -> None:
        start.wait()
        ensure_year_partitions(database.engine, "market.bars", range(2010, 2026))

    with database.engine.connect() as writer, ThreadPoolExecutor(4) as pool:
        writer.execute(text("lock table market.bars in row exclusive mode"))  # what every insert holds
        list(pool.map(ensure, range(4), timeout=20))
    assert len(years(database)) == 16


def test_a_hypertable_needs_no_years_of_ours(database: Store) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("create table market.plain (session date not null)"))
    ensure_year_partitions(database.engine, "market.plain", [2020])
    with database.engine.connect() as connection:
        assert connection.execute(text("select to_regclass('market.plain_2020')")).scalar_one() is None
