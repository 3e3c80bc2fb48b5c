"""The schema as SQL text: what a migration of everything would run.

What belongs here: turning tables, views and rules into statements. What does not: running them, and how
time partitions are made (`store.migrations.time_partitions`).
"""

from collections.abc import Iterator

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement, SetColumnComment, SetTableComment

from butter_pipeline.store.schema import METADATA, SCHEMAS, VIEWS, is_partitioned

PARTITION_MARK = "/* partition by session */"
"""Stands after a table that is kept apart by time, until it is known how the server does that."""

_REFUSE_CHANGE = """\
create function operations.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%.% is append-only, % refused: write a correction as a new row', tg_table_schema, tg_table_name,
        lower(tg_op) using errcode = 'restrict_violation';
end $$"""


def create_statements() -> Iterator[str]:
    """Every statement that makes the schema in an empty database, in an order that works."""
    for name, comment in SCHEMAS.items():
        yield f"create schema if not exists {name}"
        yield f"comment on schema {name} is {_quoted(comment)}"
    yield _REFUSE_CHANGE
    for table in METADATA.sorted_tables:
        yield from _of_table(table)
    for view in VIEWS:
        yield f"create view {view.name} as {view.query}"
        yield f"comment on view {view.name} is {_quoted(view.comment)}"


def _of_table(table: Table) -> Iterator[str]:
    create = _text(CreateTable(table))
    yield f"{create} {PARTITION_MARK}" if is_partitioned(table) else create
    yield _text(SetTableComment(table))
    for column in table.columns:
        yield _text(SetColumnComment(column))
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield _text(CreateIndex(index))
    call = "execute function operations.refuse_change()"
    yield f"create trigger append_only before update or delete on {table.fullname} for each row {call}"
    yield f"create trigger append_only_truncate before truncate on {table.fullname} for each statement {call}"


def _text(element: DDLElement) -> str:
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    lines = str(element.compile(dialect=dialect)).strip().splitlines()
    return "\n".join(line.rstrip().replace("\t", "    ") for line in lines if line.strip())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
