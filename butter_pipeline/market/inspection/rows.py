"""Where a judged row stands in its file: file, row and column.

What belongs here: finding rows again by their key, only when something is to be said of them. What does not: reading
files (`market.vendors.tabular`), which knows the rows that it could not read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import ACTIONS
from butter_pipeline.market.vendors.action_files import stated_rows
from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.market.vendors.tabular import source
from butter_pipeline.market.vendors.tabular.form import Form
from butter_pipeline.market.vendors.tabular.places import listing, places
from butter_pipeline.market.vendors.tabular.raw.dialect import dialect_of
from butter_pipeline.market.vendors.tabular.raw.text import line_numbers
from butter_pipeline.market.vendors.tabular.rows import Task, read

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Files:
    """A folder, the form in which its files are read, and its vendor's lag."""

    folder: Path
    form: Form
    lag: timedelta


def located(files: Files, frame: Frame, rows: "pa.Table") -> list[dict[str, Any]]:
    """Rejected or flagged rows as plain values, with the file and the row in which each stands."""
    if not rows.num_rows:
        return []
    stands = _places(files, frame, set(rows["session"].to_pylist()))
    found = []
    for row in rows.to_pylist():
        lines = stands.get(tuple(row[name] for name in frame.key), [])
        file, line = lines.pop(0) if len(lines) > 1 else (lines or [("", 0)])[0]
        found.append(
            {
                "session": row["session"],
                "name": row[frame.key[1]],
                "file": file,
                "row": line,
                "column": column_of(row, frame),
                "reason": row["reason"],
                "detail": row["detail"],
            }
        )
    return found


def located_actions(folder: Path, rows: "pa.Table") -> list[dict[str, Any]]:
    """Rejected actions as plain values, with the file and the row in which each stands."""
    stands: dict[tuple[Any, ...], list[tuple[str, int]]] = {}
    for each in stated_rows(folder):
        stands.setdefault(tuple(each[name] for name in ACTIONS.key), []).append((each["file"], each["row"]))
    found = []
    for row in rows.to_pylist():
        file, line = stands.get(tuple(row[name] for name in ACTIONS.key), [(str(folder), 0)])[-1]
        column = next((name for name in (*ACTIONS.key, *ACTIONS.values) if name in row["detail"]), "kind")
        told = {name: row[name] for name in ("session", "reason", "detail")}
        found.append(told | {"name": row["symbol"], "file": file, "row": line, "column": column})
    return found


def column_of(row: dict[str, Any], frame: Frame) -> str:
    """The column that a finding is about: of those that it speaks of, the first that holds no positive number."""
    spoken = f"{row['reason']} {row['detail'] or ''}"
    if "known from" in spoken or "known before" in spoken:
        return "available_at"
    places = {name: spoken.find(name.replace("_", " ")) for name in frame.schema.names if name != "session"}
    named = sorted((name for name, place in places.items() if place >= 0), key=lambda name: places[name])
    numbers = [name for name in named if str(frame.schema.field(name).type) == "double"]
    wrong = [name for name in numbers if row[name] is None or not 0 < row[name] < inf]
    return next(iter([*wrong, *named]), "session")


def _places(files: Files, frame: Frame, days: set[Any]) -> dict[tuple[Any, ...], list[tuple[str, int]]]:
    found: dict[tuple[Any, ...], list[tuple[str, int]]] = {}
    for key, file, line in _lines(files, frame, days):
        found.setdefault(key, []).append((file, line))
    return found


def _lines(files: Files, frame: Frame, days: set[Any]) -> Iterator[tuple[tuple[Any, ...], str, int]]:
    """The keys of some days' rows, with the file and row of each."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    for place in places(files.folder, listing(files.folder), frame, files.form):
        try:
            sheet = read(place.path, frame, Task(files.form, files.lag, place.name, place.minutes))
        except VendorError:  # none of its rows was judged
            continue
        chosen = pc.is_in(sheet.rows["session"], pa.array(sorted(d for d in days if d), pa.date32()))
        if not pc.any(chosen).as_py():
            continue
        count = sheet.rows.num_rows + sheet.refused.num_rows
        lines = np.setdiff1d(_row_numbers(place.path, count), sheet.refused["row"].to_numpy())
        keys = sheet.rows.select(frame.key).filter(chosen).to_pylist()
        for row, line in zip(keys, lines[: sheet.rows.num_rows][np.asarray(chosen)], strict=True):
            yield tuple(row.values()), str(place.path), int(line)


def _row_numbers(path: Path, count: int) -> Sequence[int]:
    """The numbers of a file's rows: its lines, or in Parquet its rows from 1."""
    if source.is_parquet(path):
        return range(1, count + 1)
    return line_numbers(path, dialect_of(path))
