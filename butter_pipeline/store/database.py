"""A database of ours: created, brought to today's schema, looked at.

What belongs here: what happens before anybody reads or writes. What does not: the schema itself
(`store.schema`), its history (`store.migrations`), or a server's life (`store.embedded`).

Alembic is imported only when there is something to migrate. Its version table stands in our own schema,
because Dagster keeps one named `alembic_version` in `public`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from butter_pipeline.errors import ButterError
from butter_pipeline.settings import with_database, with_driver

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

HEAD = "0014"
"""The newest revision; a test compares it with the scripts."""

VERSION_SCHEMA = "operations"
VERSION_TABLE = "schema_version"
MINIMUM_MAJOR = 15
CONNECT_TIMEOUT_SECONDS = 10

_LOCK = "select pg_advisory_xact_lock(hashtextextended('butter_pipeline migrations', 0))"

_SERVER = """\
select current_setting('server_version_num') as number, current_setting('server_version') as version,
    has_database_privilege(current_database(), 'create') as may_create,
    (select relkind from pg_class where oid = to_regclass('market.bars')) as kind_of_bars"""

_PARTITIONS = {"p": "native partitions", "r": "hypertables"}
"""What tables kept apart by time are, by what PostgreSQL says of one of them."""


class DatabaseError(ButterError):
    """The database cannot be used; the message is one line with its remedy."""


@dataclass(frozen=True)
class Server:
    """What a server is and lets us do."""

    major: int
    version: str
    partitions: str
    may_create_schemas: bool

    def __str__(self) -> str:
        """One line for people."""
        return f"PostgreSQL {self.version}; {self.partitions}"


def ensure_database(url: str) -> None:
    """Create the database if the server does not have it; harmless when repeated or raced."""
    import psycopg

    try:
        _connect(url).close()
    except psycopg.OperationalError as error:
        if not _can_create(url):
            raise unreachable(url, error) from None
        _create(url)


def migrate(url: str) -> None:
    """Bring the database to `HEAD`, whole or not at all; cheap when it is there already."""
    found = revision(url)
    if found == HEAD:
        return
    _check_version(url)
    from alembic import command

    with _migration(url) as (config, connection):
        _check_known(url, _revision(connection))
        connection.exec_driver_sql(f"create schema if not exists {VERSION_SCHEMA}")
        command.upgrade(config, HEAD)


def downgrade(url: str, target: str) -> None:
    """Take the database back to an earlier revision; `base` leaves nothing of ours."""
    from alembic import command

    with _migration(url) as (config, connection):
        found = _revision(connection)
        _check_known(url, found)
        if found is not None:
            command.downgrade(config, target)
        if target == "base":
            connection.exec_driver_sql(f"drop table if exists {VERSION_SCHEMA}.{VERSION_TABLE}")
            connection.exec_driver_sql(f"drop schema if exists {VERSION_SCHEMA}")


def revision(url: str) -> str | None:
    """The revision that the database is at; none when it has never been migrated."""
    import psycopg

    try:
        with _connect(url) as connection:
            return _revision(connection)
    except psycopg.OperationalError as error:
        raise unreachable(url, error) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseError(f"{place(url)}: {_first_line(error)}; grant it to this user") from None


def probe(url: str) -> Server:
    """What the server is and lets us do; changes nothing."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    from butter_pipeline.store.migrations import time_partitions

    try:
        with create_engine(with_driver(url, "psycopg"), poolclass=NullPool).connect() as connection:
            server = connection.execute(text(_SERVER)).mappings().one()
            found = time_partitions.probe(connection)
    except DBAPIError as error:
        raise unreachable(url, error.orig or error) from None
    native = not (found.installed or found.may_install)
    partitions = _PARTITIONS.get(server["kind_of_bars"]) or f"will have {_PARTITIONS['p' if native else 'r']}"
    told = f"{partitions}: {found.reason}"
    return Server(int(server["number"]) // 10000, server["version"], told, server["may_create"])


def place(url: str) -> str:
    """The database's address without its password, for people."""
    parts = urlsplit(url)
    host = parts.hostname or parse_qs(parts.query).get("host", ["localhost"])[0]
    return f"PostgreSQL at {host}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.lstrip("/"))


def _can_create(url: str) -> bool:
    """Whether the server answers under another name and the database is what is missing."""
    import psycopg

    try:
        with _connect(with_database(url, "postgres")) as connection:
            query = "select 1 from pg_database where datname = %s"
            return connection.execute(query, [_name(url)]).fetchone() is None
    except psycopg.OperationalError:
        return False


def _create(url: str) -> None:
    import psycopg
    from psycopg import sql

    name = _name(url)
    statement = sql.SQL("create database {} encoding 'UTF8' template template0").format(sql.Identifier(name))
    try:
        with _connect(with_database(url, "postgres"), autocommit=True) as connection:
            connection.execute(statement)
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return
    except psycopg.errors.InsufficientPrivilege:
        raise DatabaseError(
            f"{place(url)}: there is no such database, and this user may not create one; "
            f"have an administrator run: {statement.as_string()}"
        ) from None


def _connect(url: str, **options: Any) -> "psycopg.Connection[Any]":
    import psycopg

    try:
        return psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_SECONDS, **options)
    except psycopg.ProgrammingError as error:
        raise unreachable(url, error) from None


def _revision(connection: Any) -> str | None:
    """The revision, by a psycopg or an SQLAlchemy connection."""
    run = getattr(connection, "exec_driver_sql", None) or connection.execute
    if run(f"select to_regclass('{VERSION_SCHEMA}.{VERSION_TABLE}')").fetchone()[0] is None:
        return None
    row = run(f"select version_num from {VERSION_SCHEMA}.{VERSION_TABLE}").fetchone()
    return None if row is None else str(row[0])


def _check_version(url: str) -> None:
    found = probe(url)
    if found.major < MINIMUM_MAJOR:
        raise DatabaseError(f"{place(url)}: is version {found.version}; use PostgreSQL {MINIMUM_MAJOR} or later")
    if not found.may_create_schemas:
        raise DatabaseError(
            f"{place(url)}: this user may not create schemas; have an administrator run: "
            f"grant create on database {_name(url)} to {urlsplit(url).username or 'this user'}"
        )


def known_revision(url: str) -> str:
    """The database's revision, which this code must know; says so when there is none yet."""
    found = revision(url)
    _check_known(url, found)
    return found or "none yet"


def _check_known(url: str, found: str | None) -> None:
    scripts = Path(__file__).with_name("migrations") / "versions"
    if found is not None and not list(scripts.glob(f"{found}_*.py")):
        raise DatabaseError(
            f"{place(url)}: was written by a newer butter_pipeline (revision {found}, this code knows {HEAD}); "
            "update the code"
        )


@contextmanager
def _migration(url: str) -> Iterator[tuple[Any, "Connection"]]:
    """One transaction that no other migration shares, and Alembic set up to run inside it."""
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    try:
        with create_engine(with_driver(url, "psycopg"), poolclass=NullPool).begin() as connection:
            connection.exec_driver_sql(_LOCK)
            config.attributes["connection"] = connection
            yield config, connection
    except DBAPIError as error:
        raise DatabaseError(
            f"{place(url)}: the migration was undone: {_first_line(error.orig)}; put that right and run it again"
        ) from error


def unreachable(url: str, error: BaseException) -> DatabaseError:
    """Which of the usual reasons it is that a connection failed, and what to do."""
    if not _is_readable(url):
        # What the server's library says may quote a part of the password.
        return DatabaseError("BUTTER_DATABASE_URL: not a readable URL; percent-encode special characters in its parts")
    said = _first_line(error)
    if "password" in said:
        remedy = "set user and password in BUTTER_DATABASE_URL right"
    elif "does not exist" in said:
        remedy = "create it, or set BUTTER_DATABASE_URL right"
    elif any(sign in said for sign in ("refused", "No such file", "timeout", "timed out", "resolve", "starting up")):
        remedy = "start that server, or set BUTTER_DATABASE_URL right; without it `butter up` brings one"
    else:
        remedy = "set BUTTER_DATABASE_URL right"
    return DatabaseError(f"{place(url)}: {said}; {remedy}")


def _is_readable(url: str) -> bool:
    """Whether user, password, host and port can be told apart: no stray `@`, `/` or `%` in them."""
    parts = urlsplit(url)
    try:
        parts.port  # noqa: B018  (raises when a slash in the password ended the address too early)
    except ValueError:
        return False
    return (parts.netloc + parts.path).count("@") <= 1 and not re.search("%(?![0-9A-Fa-f]{2})", url)


def _first_line(error: BaseException | None) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].removeprefix("ERROR:").strip() if lines else type(error).__name__
