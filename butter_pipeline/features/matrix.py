"""The feature matrix: every family's features of a symbol and session in one row.

What belongs here: joining families. What does not: computing them (`compute`), or choosing among them (`learning`).
"""

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from butter_pipeline.features.registry import SYMBOL, columns, families
from butter_pipeline.features.windows import panel_of
from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame

FIRST = "technical"
"""The family whose rows the matrix has: one for every bar."""


def matrix_schema() -> pa.Schema:
    """The columns of the matrix: families by name, features in their own order."""
    return pa.schema([SESSION, SYMBOL, *(column for family in families() for column in columns(family)), AVAILABLE_AT])


def matrix_frame() -> Frame:
    """The matrix as a frame."""
    return Frame("matrix", matrix_schema(), key=("session", "symbol"), stage="features")


def matrix(tables: Mapping[str, pa.Table], sessions: Sequence[date]) -> pa.Table:
    """The rows of the sessions, by session and symbol; null where a family has no such row or value."""
    missing = [family for family in families() if family not in tables]
    if missing:
        raise ValueError(f"the matrix needs every family; hand in {', '.join(missing)} too")
    panel = panel_of(tables, (FIRST, *(family for family in families() if family != FIRST)))
    rows = panel.rows_of(sessions)
    base = tables[FIRST].sort_by([("symbol", "ascending"), ("session", "ascending")]).take(pa.array(rows))
    values = []
    for family in families():
        for column in columns(family):
            found = panel.columns[f"{family}.{column.name}"][rows]
            values.append(pa.array(found, pa.float64(), from_pandas=True))
    known = [base["session"], base["symbol"], *values, base["available_at"]]
    return pa.table(known, schema=matrix_schema()).combine_chunks()
