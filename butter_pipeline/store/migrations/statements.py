"""Frozen statements of a migration: read from the file beside it, and run on this server.

What belongs here: splitting, and resolving the mark of tables that are kept apart by time. What does not: which
statements (each migration's own file).
"""

from pathlib import Path

from alembic import op

from butter_pipeline.store.migrations import time_partitions
from butter_pipeline.store.schema.ddl import PARTITION_MARK

END = ";;\n"
"""Ends a statement; a function's body may hold single semicolons."""


def frozen(file: Path) -> list[str]:
    """The statements of a file, in order."""
    return [statement for part in file.read_text().split(END) if (statement := part.strip())]


def run(statements: list[str], *, hypertables: bool) -> None:
    """Run them in the transaction that is open."""
    for statement in statements:
        for part in _resolved(statement, hypertables=hypertables):
            op.get_bind().exec_driver_sql(part.replace("%", "%%"))


def _resolved(statement: str, *, hypertables: bool) -> tuple[str, ...]:
    if PARTITION_MARK not in statement:
        return (statement,)
    table = statement.split(maxsplit=3)[2].strip('"')
    return tuple(time_partitions.statements(table, statement, hypertables=hypertables))
