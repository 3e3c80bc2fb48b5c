"""Continuous futures with two closes: one raw, spliced from contract to contract, the others back-adjusted.

What belongs here: telling such a file, its bars as they were traded, and its rolls. What does not: the arithmetic
(`market.actions.rolls`).

A file of one instrument is one when a column is called `spliced` and `vendors.csv.close` names no other close.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from butter_pipeline.market.frames import BARS
from butter_pipeline.market.vendors.tabular import source
from butter_pipeline.market.vendors.tabular.form import Form
from butter_pipeline.market.vendors.tabular.raw import parquet
from butter_pipeline.market.vendors.tabular.raw.dialect import dialect_of
from butter_pipeline.market.vendors.tabular.rows import Sheet, Task, read
from butter_pipeline.market.vendors.tabular.spellings import plain

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.market.actions.rolls import Continuous

SPLICED = "spliced"


def traded(path: Path, sheet: Sheet, task: Task) -> Sheet:
    """The bars of a file as they were traded."""
    found = _continuous(path, sheet, task)
    return sheet if found is None else Sheet(found.bars, sheet.refused)


def rolls(path: Path, task: Task) -> "pa.Table | None":
    """The rolls that a file of bars tells; none for one that is no continuous future with two closes."""
    if _spliced(path, task) is None:
        return None
    found = _continuous(path, read(path, BARS, task), task)
    return None if found is None else found.rolls


def _continuous(path: Path, sheet: Sheet, task: Task) -> "Continuous | None":
    """Bars and rolls; the file is read once more, with the other close."""
    import numpy as np

    from butter_pipeline.market.actions.rolls import unspliced

    name = _spliced(path, task)
    if name is None:
        return None
    other = read(path, BARS, replace(task, form=replace(task.form, close=name))).rows
    by_day = dict(zip(other["session"].to_pylist(), other["close"].to_pylist(), strict=True))
    bars = sheet.rows.sort_by([("session", "ascending"), ("available_at", "ascending")])
    closes = [by_day.get(day) for day in bars["session"].to_pylist()]
    return unspliced(bars, np.array(closes, dtype=np.float64))


def _spliced(path: Path, task: Task) -> str | None:
    """The header of the raw close."""
    if task.name is None:
        return None
    return spliced(parquet.header_of(path) if source.is_parquet(path) else dialect_of(path).header, task.form)


@lru_cache
def spliced(header: tuple[str, ...], form: Form) -> str | None:
    """The name of the raw close in the header of one instrument's file, if it has one beside another close."""
    named = [name for name in header if plain(name) == SPLICED] if form.close is None else []
    return named[0] if len(named) == 1 else None
