"""What a table must be before it is kept: the frame's columns and types, every key once, in key order.

What belongs here: checks of form that hold for PostgreSQL and the lake alike. What does not: judging
values (`market.quality`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from butter_pipeline.frame import Frame


def conformed(table: pa.Table, frame: "Frame") -> pa.Table:
    """The table in the frame's own schema, sorted by its key; raises `ValueError` where it cannot be."""
    columns = shaped(table, frame.schema, frame.name)
    return in_key_order(columns, frame.key, frame.name)


def shaped(table: pa.Table, schema: pa.Schema, name: str) -> pa.Table:
    """The table's columns in the schema's order and types, without nulls where there may be none."""
    missing = [n for n in schema.names if n not in table.column_names]
    if missing or table.num_columns != len(schema):
        more = [n for n in table.column_names if n not in schema.names]
        raise ValueError(f"{name}: columns missing: {missing or 'none'}; columns too many: {more or 'none'}")
    columns = []
    for field in schema:
        column = table.column(field.name)
        if not field.nullable and column.null_count:
            raise ValueError(f"{name}: {column.null_count} nulls in {field.name}, which may have none")
        try:
            columns.append(column if column.type == field.type else column.cast(field.type))
        except pa.ArrowException as error:
            raise ValueError(f"{name}: {field.name} is {column.type}, not {field.type}: {error}") from None
    return pa.table(columns, schema=schema)


def in_key_order(table: pa.Table, key: Sequence[str], name: str) -> pa.Table:
    """The rows sorted by key; raises `ValueError` naming a key that occurs twice."""
    if first_disorder(table, key) is None:
        return table
    table = table.sort_by([(column, "ascending") for column in key])
    row = first_disorder(table, key)
    if row is not None:
        twice = {column: table.column(column)[row].as_py() for column in key}
        raise ValueError(f"{name}: two rows with the key {', '.join(f'{k}={v}' for k, v in twice.items())}")
    return table


def first_disorder(table: pa.Table, key: Sequence[str]) -> int | None:
    """The first row whose key is not greater than the one before."""
    import pyarrow.compute as pc

    count = table.num_rows
    if count < 2:
        return None
    greater, equal = pa.scalar(False), pa.scalar(True)
    for name in key:
        column = table.column(name)
        before, after = column.slice(0, count - 1), column.slice(1)
        greater = pc.or_(greater, pc.and_(equal, pc.greater(after, before)))
        equal = pc.and_(equal, pc.equal(after, before))
    place = pc.index(greater, False).as_py()
    return None if place < 0 else place + 1
