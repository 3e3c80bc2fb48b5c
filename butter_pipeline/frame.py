"""The shape of rows: an Arrow schema with its meaning, and what names one row.

What belongs here: `Frame` and the columns that every frame has. What does not: any one frame, which stands
with the stage that makes its rows (`<stage>/frames.py`), and how rows are kept (`store`).

Every row carries `available_at`, the moment from which it could be known. A row with the same natural key
and a later `available_at` is a correction of the earlier one; both are kept.
"""

from dataclasses import dataclass

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")


def field(name: str, kind: pa.DataType, doc: str, *, nullable: bool = False) -> pa.Field:
    """A column with its meaning."""
    return pa.field(name, kind, nullable=nullable, metadata={"doc": doc})


def number(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    """A float64 column."""
    return field(name, pa.float64(), doc, nullable=nullable)


def text(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    """A text column."""
    return field(name, pa.string(), doc, nullable=nullable)


def count(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    """A whole number."""
    return field(name, pa.int64(), doc, nullable=nullable)


def day(name: str, doc: str, *, nullable: bool = False) -> pa.Field:
    """A date."""
    return field(name, pa.date32(), doc, nullable=nullable)


SESSION = day("session", "exchange session that the row belongs to")
AVAILABLE_AT = field("available_at", INSTANT, "when the market could know the row (UTC); receipt for a correction")


@dataclass(frozen=True)
class Frame:
    """A kind of rows: its name within its stage, its schema, and the columns that name one row."""

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    stage: str = "market"

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that a correction may change."""
        return tuple(n for n in self.schema.names if n not in self.key and n != "available_at")

    @property
    def table(self) -> str:
        """Where PostgreSQL keeps the rows, such as `opportunities.marks`."""
        return f"{self.stage}.{self.name}"

    @property
    def asset(self) -> str:
        """The asset that makes the rows, such as `opportunities/marks`."""
        return f"{self.stage}/{self.name}"
