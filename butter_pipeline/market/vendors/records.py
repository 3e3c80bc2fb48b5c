"""Rows that come one by one, from a service or a record file: checked field by field, the wrong ones set aside.

What belongs here: records to the schema of a frame. What does not: where they come from. Files of many rows are read by
column instead (`tabular`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from butter_pipeline.frame import Frame
from butter_pipeline.market.vendors.order import in_order
from butter_pipeline.market.vendors.protocol import REFUSED


@dataclass(frozen=True)
class Record:
    """One record: the frame's values, where it stood (address or file, place from 1), and what stood there."""

    values: Mapping[str, Any]
    source: str
    row: int
    raw: Mapping[str, Any]
    fault: str = ""
    """Why it cannot be a row of the frame, if that is known already."""


def rows_of(frame: Frame, records: Sequence[Record]) -> tuple[pa.Table, pa.Table]:
    """The rows in the frame's schema and order, and the records that are none."""
    good, wrong = [], []
    for record in records:
        column, fault = ("", record.fault) if record.fault else _fault(frame, record.values)
        if fault:
            wrong.append(_refused(record, column, fault))
        else:
            good.append({name: record.values.get(name) for name in frame.schema.names})
    table = pa.Table.from_pylist(good, pa.schema([field.with_nullable(True) for field in frame.schema]))
    rows = pa.table(table.columns, schema=frame.schema)
    return in_order(rows, (*frame.key, "available_at")), pa.Table.from_pylist(wrong, REFUSED)


def day(text: Any) -> date | None:
    """The date that a text writes as YYYY-MM-DD; none for anything else."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else None
    except ValueError:
        return None


def _fault(frame: Frame, values: Mapping[str, Any]) -> tuple[str, str]:
    """The first column that does not hold what it should, and what that is; missing values are for quality."""
    for field in frame.schema:
        value = values.get(field.name)
        if value is None:
            if field.name in frame.key:
                return field.name, "is missing or cannot be read, must name the row"
        elif pa.types.is_floating(field.type) or pa.types.is_integer(field.type):
            if isinstance(value, bool) or not isinstance(value, int | float):
                return field.name, f"must be a number, was {value!r}"
        elif pa.types.is_string(field.type) and not isinstance(value, str):
            return field.name, f"must be a text, was {value!r}"
        elif pa.types.is_temporal(field.type) and not isinstance(value, date | datetime):
            return field.name, f"must be a date, was {value!r}"
    return "", ""


def _refused(record: Record, column: str, fault: str) -> dict[str, Any]:
    session, symbol = record.values.get("session"), record.values.get("symbol")
    told = f"column {column}: {fault}" if column else fault
    return {
        "session": session if isinstance(session, date) else None,
        "symbol": symbol if isinstance(symbol, str) else "",
        "source": record.source,
        "row": record.row,
        "column": column,
        "reason": "unreadable row",
        "detail": f"{record.source}: row {record.row}: {told}",
        "row_json": json.dumps({"source": record.source, "row": record.row, **record.raw}, sort_keys=True, default=str),
    }
