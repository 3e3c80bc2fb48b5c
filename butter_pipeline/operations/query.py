"""Asking the database: one read-only statement, answered as rows.

What belongs here: what `butter query` does. What does not: what the tables mean (docs/tables.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from butter_pipeline.errors import ButterError
from butter_pipeline.operations.addresses import addresses
from butter_pipeline.settings import Settings


@dataclass(frozen=True)
class Answer:
    """The columns' names and the rows."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]


def ask(settings: Settings, statement: str) -> Answer:
    """Run one statement in a transaction that may not write."""
    import psycopg

    with psycopg.connect(addresses(settings).database_url) as connection:
        connection.read_only = True
        try:
            # Prepared, so that it can only be one statement: a second could follow a commit, and write.
            cursor = connection.execute(statement.encode(), prepare=True)
        except psycopg.Error as error:
            said = str(error).strip().splitlines()[0]
            raise ButterError(f"the database refused it: {said}; docs/tables.md names tables and columns") from None
        if cursor.description is None:
            return Answer((), ())
        return Answer([column.name for column in cursor.description], cursor.fetchall())
