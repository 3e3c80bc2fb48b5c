"""The vocabulary of the schema: types, shared columns, checks, and the bridge from Arrow.

What belongs here: what several tables have in common. What does not: any table.

Text sorts by bytes (COLLATE "C"), so order is the same on every server and in Arrow. Only float64,
text, bigint, date and timestamptz are used: what Arrow carries to PostgreSQL and back unchanged.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

from butter_pipeline.frame import INSTANT, Frame

METADATA = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_uq",
        "ck": "%(table_name)s_%(constraint_name)s_ck",
        "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    }
)

_ARROW: tuple[tuple[pa.DataType, TypeEngine[Any]], ...] = (
    (pa.float64(), Double()),
    (pa.string(), Text(collation="C")),
    (pa.int64(), BigInteger()),
    (pa.date32(), Date()),
    (INSTANT, DateTime(timezone=True)),
)
FLOAT, TEXT, COUNT, DATE, TIME = (kind for _, kind in _ARROW)


@dataclass(frozen=True)
class View:
    """A view: its name with schema, its query, and what each of its columns repeats."""

    name: str
    query: str
    comment: str
    of: Table


def column(name: str, kind: TypeEngine[Any], comment: str, *constraints: Any, **options: Any) -> Column[Any]:
    """A column that must hold a value unless `nullable=True`, with its meaning."""
    return Column(name, kind, *constraints, comment=comment, **{"nullable": False} | options)


def of_arrow(field: pa.Field) -> Column[Any]:
    """The column that keeps an Arrow field, its meaning from the field's own words."""
    kind = next(kind for arrow, kind in _ARROW if arrow == field.type)
    return column(field.name, kind, field.metadata[b"doc"].decode(), nullable=field.nullable)


def to_arrow(table: Table, names: Iterable[str]) -> pa.Schema:
    """The Arrow schema of some of a table's columns."""
    by_kind = {type(kind): arrow for arrow, kind in _ARROW}
    return pa.schema([pa.field(n, by_kind[type(table.c[n].type)], table.c[n].nullable is True) for n in names])


def recorded_at() -> Column[Any]:
    """Our own clock, outside every hash."""
    return column("recorded_at", TIME, "our clock when the row was written (UTC); outside every hash")


def provenance() -> tuple[Column[Any], ...]:
    """Which code and which configuration made a row, and when we wrote it."""
    return (
        column("code_version", TEXT, "hash of the source of the code that made the row"),
        column("config_hash", TEXT, "hash of the configuration it ran with"),
        recorded_at(),
    )


def frame_table(frame: Frame, comment: str, *constraints: Any, partitioned: bool = False) -> Table:
    """A frame's rows with their vendor; a correction shares the key and has a later `available_at`.

    What others made is raw and carries our clock alone; what we derive says which code and configuration made it.
    """
    made_here = () if frame.stage == "market" else provenance()
    return Table(
        frame.name,
        METADATA,
        vendor() if frame.stage == "market" else vendor("whose market the row is about"),
        *(of_arrow(field) for field in frame.schema),
        *(made_here or (recorded_at(),)),
        PrimaryKeyConstraint("vendor", *frame.key, "available_at"),
        *constraints,
        schema=frame.stage,
        comment=comment,
        info={"owner": frame.stage, "partitioned": partitioned},
    )


def vendor(comment: str = "who supplied the row") -> Column[Any]:
    """Who supplied a row."""
    return column("vendor", TEXT, comment)


def one_of(name: str, *values: str) -> CheckConstraint:
    """A column that holds one of a few words (or null, where it may)."""
    return CheckConstraint(f"{name} in ({', '.join(repr(value) for value in values)})", name=name)


def share(name: str, *, most: int = 1) -> CheckConstraint:
    """A column that holds a number from 0 to `most`, never NaN (or null, where it may)."""
    return CheckConstraint(f"{name} between 0 and {most}", name=name)


def at_least(name: str, least: int) -> CheckConstraint:
    """A column that holds a number of at least `least` (or null, where it may)."""
    return CheckConstraint(f"{name} >= {least}", name=name)
