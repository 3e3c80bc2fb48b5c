"""Rows that could not be read: what stood where, and why it was not understood.

What belongs here: their shape and their making. What does not: keeping them (`market.intake`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from butter_pipeline.market.vendors.protocol import REFUSED

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Refusal:
    """One row of a file that could not be read."""

    row: int
    column: str
    detail: str
    cells: dict[str, str]
    session: date | None = None
    symbol: str | None = None


def refused_table(path: Path, refusals: Sequence[Refusal]) -> "pa.Table":
    """The refusals of one file as rows."""
    import pyarrow as pa

    rows = [
        {
            "session": each.session,
            "symbol": each.symbol or "",
            "source": str(path),
            "row": each.row,
            "column": each.column,
            "reason": "unreadable row",
            "detail": f"{path}: row {each.row}: {each.detail}",
            "row_json": json.dumps({"file": path.name, "row": each.row, **each.cells}, sort_keys=True),
        }
        for each in sorted(refusals, key=lambda each: each.row)
    ]
    return pa.Table.from_pylist(rows, REFUSED)


def refused_file(path: Path, error: Exception, symbol: str | None = None) -> "pa.Table":
    """A file none of whose rows could be read, as one row without a date."""
    import pyarrow as pa

    row = {"session": None, "symbol": symbol or "", "source": str(path), "row": 0, "column": ""}
    told = {"reason": "unreadable file", "detail": str(error), "row_json": json.dumps({"file": path.name})}
    return pa.Table.from_pylist([row | told], REFUSED)
