"""The feature matrix: chosen features of a symbol and session in one row, from whichever families they are of.

What belongs here: joining families. What does not: computing them (`compute`), or choosing among them (`learning`).
"""

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from butter_pipeline.configs import ConfigError
from butter_pipeline.features.registry import SYMBOL, columns, families
from butter_pipeline.features.windows import panel_of
from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame

FIRST = "technical"
"""The family whose rows the matrix has: one for every bar."""


def columns_by_family(names: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The chosen columns of each family, and the family whose rows the matrix has; a column of none is refused."""
    chosen: dict[str, list[str]] = {FIRST: []}
    for family in families():
        for column in columns(family):
            if column.name in names:
                chosen.setdefault(family, []).append(column.name)
    known = {name for each in chosen.values() for name in each}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"no feature is called {unknown[0]!r}; `butter features` lists those that there are")
    return chosen


def refuse_unnamed(names: Sequence[str], needed: Mapping[str, Sequence[str]]) -> None:
    """Refuse a choice that lacks a column; `needed` are columns by who needs them."""
    for who, columns_needed in needed.items():
        for name in columns_needed:
            if name not in names:
                raise ConfigError(f"learning.yml: features does not name {name}, which {who} needs; add it")


def matrix_schema(names: Sequence[str]) -> pa.Schema:
    """The columns of the matrix, in the order chosen."""
    known = {column.name: column for family in families() for column in columns(family)}
    columns_by_family(names)
    return pa.schema([SESSION, SYMBOL, *(known[name] for name in names), AVAILABLE_AT])


def matrix_frame(names: Sequence[str]) -> Frame:
    """The matrix as a frame."""
    return Frame("matrix", matrix_schema(names), key=("session", "symbol"), stage="features")


def matrix(tables: Mapping[str, pa.Table], names: Sequence[str], sessions: Sequence[date]) -> pa.Table:
    """The rows of the sessions, by session and symbol; null where a family has no such row or value.

    Of each family its table must hold the session, the symbol and the columns chosen.
    """
    chosen = columns_by_family(names)
    missing = [family for family in chosen if family not in tables]
    if missing:
        raise ValueError(f"the matrix needs {', '.join(missing)} too; hand in a table of each family chosen from")
    panel = panel_of(tables, (FIRST, *(family for family in chosen if family != FIRST)))
    rows = panel.rows_of(sessions)
    base = tables[FIRST].sort_by([("symbol", "ascending"), ("session", "ascending")]).take(pa.array(rows))
    home = {name: family for family, mine in chosen.items() for name in mine}
    values = [pa.array(panel.columns[f"{home[name]}.{name}"][rows], pa.float64(), from_pandas=True) for name in names]
    known = [base["session"], base["symbol"], *values, base["available_at"]]
    return pa.table(known, schema=matrix_schema(names)).combine_chunks()
