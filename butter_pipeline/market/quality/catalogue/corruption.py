"""What a catalogued corruption is, and the tools with which one is planted into clean rows.

What belongs here: the shape of an entry, where it must be caught, and edits of Arrow tables. What does not: the
entries, which stand in a module for each kind of rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

Where = Literal["quarantined", "flagged", "blocked", "remarked"]
"""Rows set aside; rows pointed at; the session blocked; a word about a session or a table that goes on."""


@dataclass(frozen=True)
class Spot:
    """Where a corruption is planted: a session with others before it, one symbol or series, and another one."""

    session: date
    before: date
    after: date
    name: str
    other: str


Plant = Callable[[pa.Table, Spot], pa.Table]


@dataclass(frozen=True)
class Corruption:
    """Something that goes wrong with market data: how it is planted, and the name under which it must be caught."""

    name: str
    frame: str
    caught_as: str
    where: Where
    plant: Plant


def at(rows: pa.Table, spot: Spot, *, whole: bool = False) -> pa.ChunkedArray:
    """The rows of the spot's session: those of its symbol, or all."""
    here = pc.equal(rows["session"], pa.scalar(spot.session, pa.date32()))
    return here if whole else pc.and_(here, named(rows, spot.name))


def named(rows: pa.Table, name: str) -> pa.ChunkedArray:
    """The rows of one symbol or series."""
    return pc.equal(rows["series" if "series" in rows.column_names else "symbol"], name)


def every(rows: pa.Table, where: pa.ChunkedArray, step: int, start: int = 0) -> pa.Array:
    """Each so-manyth of some rows."""
    import numpy as np

    chosen = np.flatnonzero(where.to_numpy())[start::step]
    mask = np.zeros(rows.num_rows, dtype=bool)
    mask[chosen] = True
    return pa.array(mask)


def edited(rows: pa.Table, where: Any, **values: Any) -> pa.Table:
    """The rows with new values, scalars or whole columns, where asked."""
    for column, value in values.items():
        field = rows.schema.field(column)
        given = value if isinstance(value, pa.ChunkedArray | pa.Array) else pa.scalar(value, field.type)
        rows = rows.set_column(rows.schema.get_field_index(column), field, pc.if_else(where, given, rows[column]))
    return rows


def scaled(rows: pa.Table, where: Any, factor: float, *columns: str) -> pa.Table:
    """The rows with some columns multiplied, where asked."""
    return edited(rows, where, **{column: pc.multiply(rows[column], factor) for column in columns})


def shifted(rows: pa.Table, where: Any, minutes: int) -> pa.Table:
    """The rows known so much later, where asked."""
    later = pc.add(rows["available_at"], pa.scalar(minutes * 60_000_000, pa.duration("us")))
    return edited(rows, where, available_at=later.cast(rows.schema.field("available_at").type))


def without(rows: pa.Table, where: Any) -> pa.Table:
    """The rows but some."""
    return rows.filter(pc.invert(where))


def with_more(rows: pa.Table, more: pa.Table) -> pa.Table:
    """The rows and some more."""
    return pa.concat_tables([rows, more])
