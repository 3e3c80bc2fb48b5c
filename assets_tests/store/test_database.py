"""A database is created, brought to today's schema whole or not at all, and refused with a remedy."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from butter_pipeline.settings import with_database
from butter_pipeline.store import Store, database
from butter_pipeline.store import migrations as migrations_folder
from butter_pipeline.store.database import HEAD, DatabaseError, downgrade, ensure_database, migrate, probe, revision
from butter_pipeline.store.migrations import time_partitions
from butter_pipeline.store.schema import METADATA, SCHEMAS

OURS = "select count(*) from pg_namespace where nspname = any(%s)"


def schemas(url: str) -> int:
    """How many of our schemas the database has."""
    with psycopg.connect(url) as connection:
        row = connection.execute(OURS, [list(SCHEMAS)]).fetchone()
    assert row is not None
    return int(row[0])


def arrow(url: str) -> None:
    """Open and close an Arrow connection."""
    with Store(url, "").adbc():
        pass


def run(url: str, statement: str) -> None:
    """Run one statement."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_the_head_constant_is_the_newest_script() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations_folder.__file__)).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_up_down_and_up_again(empty_url: str) -> None:
    assert revision(empty_url) is None
    migrate(empty_url)
    assert revision(empty_url) == HEAD and schemas(empty_url) == len(SCHEMAS)
    downgrade(empty_url, "base")
    assert revision(empty_url) is None and schemas(empty_url) == 0
    downgrade(empty_url, "base")
    migrate(empty_url)
    migrate(empty_url)
    assert revision(empty_url) == HEAD


def test_down_drops_every_table_of_ours_with_its_rows(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("create table public.alembic_version (version_num text)")  # as Dagster's may stand there
    downgrade(database_url, "base")
    assert schemas(database_url) == 0 and len(METADATA.tables) == 26
    run(database_url, "select * from public.alembic_version")


def test_down_is_undone_while_others_build_on_our_tables(database_url: str) -> None:
    run(database_url, "create view public.theirs as select * from market.bars")
    with pytest.raises(DatabaseError, match="the migration was undone: cannot drop table market.bars"):
        downgrade(database_url, "base")
    assert revision(database_url) == HEAD and schemas(database_url) == len(SCHEMAS)


def test_a_migration_that_dies_midway_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time_partitions.statements

    def broken(table: str, create: str, *, hypertables: bool) -> tuple[str, ...]:
        extra = ("select 1 / 0",) if table == "market.context" else ()
        return (*real(table, create, hypertables=hypertables), *extra)

    monkeypatch.setattr(time_partitions, "statements", broken)
    with pytest.raises(DatabaseError, match="the migration was undone: division by zero"):
        migrate(empty_url)
    assert revision(empty_url) is None and schemas(empty_url) == 0
    monkeypatch.undo()
    migrate(empty_url)
    assert revision(empty_url) == HEAD


def test_a_database_of_newer_code_is_refused_and_left_alone(database_url: str) -> None:
    run(database_url, "update operations.schema_version set version_num = '9999'")
    for act in (migrate, lambda url: downgrade(url, "base")):
        with pytest.raises(DatabaseError, match=r"written by a newer butter_pipeline \(revision 9999.*update the code"):
            act(database_url)
    assert revision(database_url) == "9999" and schemas(database_url) == len(SCHEMAS)


def test_migrations_that_race_come_out_as_one(empty_url: str) -> None:
    start = Barrier(3)

    def race(_: int) -> None:
        start.wait()
        migrate(empty_url)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(race, range(3), timeout=60))
    assert revision(empty_url) == HEAD


def test_a_database_at_head_is_left_without_importing_alembic(database_url: str) -> None:
    code = f"""\
import sys
from butter_pipeline.store import database
database.migrate({database_url!r})
assert "alembic" not in sys.modules and "sqlalchemy" not in sys.modules, "imported"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    before = time.perf_counter()
    migrate(database_url)
    assert time.perf_counter() - before < 0.15


def test_importing_the_store_is_cheap() -> None:
    code = """\
import sys
import butter_pipeline.store.terms
heavy = {"sqlalchemy", "alembic", "pyarrow", "pandas", "adbc_driver_manager", "psycopg", "fsspec"} & set(sys.modules)
assert not heavy, heavy"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_missing_database_is_created_once_by_however_many(server_url: str) -> None:
    url = with_database(server_url, "fresh%20name%25")
    start = Barrier(3)

    def race(_: int) -> None:
        start.wait()
        ensure_database(url)

    try:
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(race, range(3), timeout=60))
        with psycopg.connect(url) as connection:
            assert connection.info.dbname == "fresh name%"
    finally:
        run(server_url, 'drop database if exists "fresh name%"')


def test_a_user_without_rights_is_told_what_an_administrator_must_run(server_url: str, empty_url: str) -> None:
    run(server_url, "create role guest login")
    guest = empty_url.replace("postgres@", "guest@")
    name = empty_url.split("?")[0].rsplit("/", 1)[1]
    try:
        with pytest.raises(
            DatabaseError, match='may not create one; have an administrator run: create database "none"'
        ):
            ensure_database(with_database(guest, "none"))
        with pytest.raises(DatabaseError, match=f"administrator run: grant create on database {name} to guest"):
            migrate(guest)
        assert probe(guest).may_create_schemas is False
    finally:
        run(server_url, "drop role guest")


def test_a_server_that_is_down_is_named_with_a_remedy(tmp_path: Path) -> None:
    url = f"postgresql://postgres:secret@/butter?host={tmp_path}"
    acts = (ensure_database, migrate, probe, arrow, lambda url: Store(url, "").engine.connect())
    for act in acts:
        with pytest.raises(DatabaseError, match=r"No such file.*start that server") as caught:
            act(url)
        assert "secret" not in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(DatabaseError, match=r"at 127.0.0.1:1/butter: .*refused.*start that server"):
        ensure_database("postgresql://postgres@127.0.0.1:1/butter")


def test_a_wrong_password_is_said_to_be_one(postgres15_url: str) -> None:
    wrong = "postgresql://butter:wrong@" + postgres15_url.rsplit("@", 1)[1]
    for act in (ensure_database, migrate, probe, arrow, lambda url: Store(url, "").engine.connect()):
        with pytest.raises(DatabaseError, match="password authentication failed.*set user and password") as caught:
            act(wrong)
        assert "wrong" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("password", ["se%zzcret", "se/cret", "se@cret"])
def test_a_url_that_cannot_be_read_is_refused_without_repeating_it(password: str) -> None:
    for act in (ensure_database, migrate, probe, arrow, lambda url: Store(url, "").engine.connect()):
        with pytest.raises(DatabaseError, match="percent-encode special characters") as caught:
            act(f"postgresql://butter:{password}@127.0.0.1/butter")
        assert "cret" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_server_that_is_too_old_is_refused(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MINIMUM_MAJOR", 99)
    with pytest.raises(DatabaseError, match="is version 18.*; use PostgreSQL 99 or later"):
        migrate(empty_url)


def test_the_probe_says_what_the_server_is(empty_url: str) -> None:
    found = probe(empty_url)
    assert (found.major, found.may_create_schemas) == (18, True)
    assert str(found) == f"PostgreSQL {found.version}; the server does not have timescaledb"
