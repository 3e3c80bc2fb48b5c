"""The same rows from two vendors, held against each other.

What belongs here: where two tables of one frame differ by more than a share. What does not: which vendors there are
(`market.vendors`), and what a disagreement means for a session (`market.intake`).

Prices are compared and volumes are not: vendors count different venues, and are right to differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.frame import Frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMPARED = {
    "bars": ("open", "high", "low", "close"),
    "chains": ("underlying_price",),
    "context": ("value",),
}
NAMES_SHOWN = 3


@dataclass(frozen=True)
class Apart:
    """One row's worst column: what each vendor says, and how far apart that is."""

    session: date
    name: str
    column: str
    ours: float
    theirs: float
    apart_pct: float


@dataclass(frozen=True)
class Agreement:
    """Two vendors of the same rows: how many names of each session both have, and which are apart."""

    compared: dict[date, int]
    apart: Sequence[Apart]

    def told(self, session: date, other: str) -> str:
        """What a session's disagreement is, in words; empty where there is none."""
        found = [each for each in self.apart if each.session == session]
        if not found:
            return ""
        shown = ", ".join(f"{a.name} {a.column} {a.ours:g} / {a.theirs:g}" for a in found[:NAMES_SHOWN])
        more = f" and {len(found) - NAMES_SHOWN} more" if len(found) > NAMES_SHOWN else ""
        return f"{len(found)} of {self.compared[session]} apart from {other}: {shown}{more}"

    def agreeing_pct(self, session: date) -> float:
        """Share of the names that both have on which they agree."""
        count = self.compared.get(session, 0)
        return 100.0 * (1 - sum(each.session == session for each in self.apart) / count) if count else 100.0


def vendors_agree(frame: Frame, ours: pa.Table, theirs: pa.Table, most_pct: float) -> Agreement:
    """Compare the latest rows of every name that both have, one per session and name."""
    import numpy as np

    name, columns = frame.key[1], COMPARED[frame.name]
    joined = _latest(frame, ours).join(
        _latest(frame, theirs), ["session", name], right_suffix="_theirs", join_type="inner"
    )
    joined = joined.sort_by([("session", "ascending"), (name, "ascending")])
    gaps = np.stack([_gap(joined, column) for column in columns]) if joined.num_rows else np.zeros((1, 0))
    worst, sessions = gaps.argmax(axis=0), joined["session"].to_pylist()
    names = joined[name].to_pylist()
    apart = []
    for row in np.flatnonzero(gaps.max(axis=0) > most_pct / 100):
        column = columns[worst[row]]
        values = joined[column][row].as_py(), joined[f"{column}_theirs"][row].as_py()
        apart.append(Apart(sessions[row], names[row], column, *values, 100 * float(gaps[worst[row], row])))
    counted = pc.value_counts(joined["session"].combine_chunks()).to_pylist()
    return Agreement({each["values"]: each["counts"] for each in counted}, apart)


def _latest(frame: Frame, rows: pa.Table) -> pa.Table:
    """One row for each session and name: the last known, and of a chain its first contract's."""
    name = frame.key[1]
    ordered = rows.sort_by([(column, "ascending") for column in ("session", name, "available_at")])
    spans = [(column, "last") for column in COMPARED[frame.name]]
    grouped = ordered.group_by(["session", name], use_threads=False).aggregate(spans)
    return grouped.rename_columns([column.removesuffix("_last") for column in grouped.column_names])


def _gap(joined: pa.Table, column: str) -> "NDArray[Any]":
    """How far two values lie apart, as a share of the smaller one; nothing is apart from a missing value."""
    import numpy as np

    ours, theirs = (joined[name].to_numpy() for name in (column, f"{column}_theirs"))
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = np.abs(ours - theirs) / np.minimum(np.abs(ours), np.abs(theirs))
    return np.asarray(np.nan_to_num(gap, nan=0.0, posinf=np.inf))
