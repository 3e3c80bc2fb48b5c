"""Servers and databases for the tests; each test worker has its own, and none needs the network."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import hypothesis
import psycopg
import pytest
from psycopg import sql

from butter_pipeline.settings import with_database
from butter_pipeline.store import Store
from butter_pipeline.store.database import ensure_database, migrate
from butter_pipeline.store.embedded import EmbeddedServer

# no test is timed: a first call may import and compile
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give every test session a temporary folder of its own.

    pytest's shared one is closed to other accounts whenever a session begins, and servers that a root user
    runs under another account would lose their data from under them.
    """
    if config.option.basetemp is None:
        config.option.basetemp = tempfile.mkdtemp(prefix="butter-tests-")
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server: `make check` leaves it out."""
    needs = {"server_url", "postgres15_url"}
    for item in items:
        if needs & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")


POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")
PASSWORD = "p@ss:w/rd %1"
_numbers = count()


def _run(url: str, statement: str, name: str) -> None:
    with psycopg.connect(with_database(url, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded server: the URL of its `postgres` database."""
    server = EmbeddedServer(tmp_path_factory.mktemp("server") / "data")
    yield server.start()
    server.stop()


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    """An empty database of the test's own."""
    name = f"empty_{next(_numbers)}"
    _run(server_url, "create database {}", name)
    yield with_database(server_url, name)
    _run(server_url, "drop database if exists {} with (force)", name)


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """The name of a migrated database that nobody connects to."""
    url = with_database(server_url, "butter_template")
    ensure_database(url)
    migrate(url)
    return "butter_template"


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """A migrated database of the test's own."""
    name = f"butter_{next(_numbers)}"
    _run(server_url, f"create database {{}} template {template}", name)
    yield with_database(server_url, name)
    _run(server_url, "drop database if exists {} with (force)", name)


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store on a migrated database and an empty lake."""
    made = Store(database_url, str(tmp_path / "lake"))
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def postgres15_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL 15 over TCP that wants a password: the URL of its `postgres` database."""
    if not (POSTGRES_15 / "initdb").exists():
        pytest.skip(f"no PostgreSQL 15 in {POSTGRES_15}")
    folder = tmp_path_factory.mktemp("postgres15")
    account = _account_for(folder)
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    options = ["-A", "scram-sha-256", f"--pwfile={password}", "-U", "butter", "--locale=C", "-E", "UTF8", "-N"]
    command = [POSTGRES_15 / "initdb", "-D", folder / "data", *options]
    subprocess.run(command, check=True, capture_output=True, user=account, cwd="/")
    port = _free_port()
    command = [POSTGRES_15 / "postgres", "-D", folder / "data", "-p", str(port), "-h", "127.0.0.1", "-k", "", "-F"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, user=account, cwd="/", stdout=log, stderr=log)
    url = f"postgresql://butter:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
    try:
        _wait_for(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def _account_for(folder: Path) -> int | None:
    """Whom the server must run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("running as root, and there is no account `postgres` to run PostgreSQL 15 as")
    os.chown(folder, account.pw_uid, account.pw_gid)
    for parent in folder.parents[: len(folder.parents) - 2]:
        parent.chmod(parent.stat().st_mode | 0o011)
    return account.pw_uid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
