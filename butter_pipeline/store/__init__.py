"""The store: PostgreSQL for what is relational, the lake for what is columnar.

`Store` names the two places and hands out plain objects: an SQLAlchemy engine, an Arrow connection,
the lake's file system. Modules: `schema` (the one place columns are named), `database` (create and
migrate), `terms` (what every writing tells and every reading asks), `frames` (append and read rows),
`lake` (Parquet files and their manifest), `objects` (other files, such as models), `outcomes` (what each
run made of each session), `embedded` (a server without installation). What belongs here: how places are
reached. What does not: SQL, and anything that is imported before it is needed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from butter_pipeline.settings import with_driver

if TYPE_CHECKING:
    from adbc_driver_manager import AdbcDatabase
    from adbc_driver_postgresql.dbapi import Connection
    from sqlalchemy import Engine, ExceptionContext


@dataclass(frozen=True)
class Store:
    """Where things are kept: a plain `postgresql://` URL, and a folder or fsspec URL for the lake."""

    url: str
    lake: str

    @property
    def engine(self) -> "Engine":
        """The process's SQLAlchemy engine for this database; small pool, UTC, psycopg 3."""
        return _engine(self.url, os.getpid())

    @contextmanager
    def adbc(self) -> Iterator["Connection"]:
        """An Arrow connection in one transaction: commit it, or leaving it rolls back."""
        from adbc_driver_manager import AdbcConnection
        from adbc_driver_postgresql import dbapi

        from butter_pipeline.store.database import unreachable

        try:
            server = _arrow_database(self.url, os.getpid())
            connection = dbapi.Connection(_Borrowed(), AdbcConnection(server))
        except dbapi.Error as error:
            raise unreachable(self.url, error) from None
        with connection:
            yield connection


class _Borrowed:
    """Stands for the process's Arrow database in a connection, whose end must not close it."""

    def close(self) -> None:
        """Leave the database open for the next connection."""


@lru_cache
def _arrow_database(url: str, _process: int) -> "AdbcDatabase":
    """One per database and process: making it reads the server's catalogue of types, 40 ms; it holds no connection."""
    import adbc_driver_postgresql

    database: AdbcDatabase = adbc_driver_postgresql.connect(url)
    return database


@lru_cache
def _engine(url: str, _process: int) -> "Engine":
    """One engine per database and process: connections do not survive a fork."""
    from sqlalchemy import create_engine, event

    from butter_pipeline.store.database import unreachable

    engine = create_engine(with_driver(url, "psycopg"), pool_size=2, max_overflow=4, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def _speak_utc(connection: object, _record: object) -> None:
        with connection.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute("set time zone 'UTC'")
        connection.commit()  # type: ignore[attr-defined]

    @event.listens_for(engine, "handle_error")
    def _say_it_in_one_line(context: "ExceptionContext") -> BaseException | None:
        return unreachable(url, context.original_exception) if context.connection is None else None

    return engine
