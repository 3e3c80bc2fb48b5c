"""What a session's rows amount to: complete enough to go on, or blocked, and why.

What belongs here: counting keys and putting the outcome into words. What does not: judging rows.

A chain's contracts cannot be known beforehand, so a symbol's chain counts by the share of its
contracts that were accepted; a bar or a series counts whole. Completeness is the sum over expected names.
"""

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from butter_pipeline.market.quality.keys import session_places
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.verdict import Expectation, Notes, SessionVerdict

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

NAMES_SHOWN = 5


def session_verdicts(rows: Rows, expectation: Expectation, notes: Notes) -> dict[date, SessionVerdict]:
    """Every expected session's verdict; `notes` holds what rules found against whole sessions."""
    import numpy as np

    sessions = sorted(expectation.sessions)
    places = session_places(rows, expectation)
    shares = _shares(rows, places, len(sessions))
    accepted = np.bincount(places[rows.free & (places >= 0)], minlength=len(sessions))
    rejected, flagged = _reasons(rows.rejected()), _reasons(rows.flagged())
    names = rows.names(rows.frame.key[1])
    verdicts = {}
    for place, session in enumerate(sessions):
        keys = expectation.keys.get(session, frozenset())
        present = shares[place]
        # Rows of unexpected names are rejected: as many names as are expected are those that are expected.
        whole = np.count_nonzero(present) == len(keys)
        missing = () if whole else tuple(sorted(keys - {names[code] for code in np.flatnonzero(present)}))
        pct = 100 * float(present.sum()) / len(keys) if keys else 0.0
        bad, odd = rejected.get(session, Counter()), flagged.get(session, Counter())
        counts = int(accepted[place]), bad.total(), odd.total()
        thin = _thin(rows, expectation, session, pct, counts)
        found = notes.blocks.get(session, ""), thin, notes.remarks.get(session, "")
        counted = _named("missing", missing), _counted("rejected", bad), _counted("flagged", odd)
        reason = "; ".join(text for text in (*found, *counted) if text)
        status: Literal["done", "blocked"] = "blocked" if thin or session in notes.blocks else "done"
        verdicts[session] = SessionVerdict(session, len(keys), *counts, pct, status, reason, missing)
    return verdicts


def _shares(rows: Rows, places: "Numbers", count: int) -> "Numbers":
    """Of each session (line) and name (column), the share of keys handed over that were accepted."""
    import numpy as np

    names = rows.names(rows.frame.key[1])
    if not len(rows):
        return np.zeros((count, len(names)))
    cell = places * len(names) + rows.column(rows.frame.key[1])
    key = np.cumsum(~rows.repeats_key) - 1
    starts = np.flatnonzero(~rows.repeats_key)
    good = np.bincount(key, rows.free, len(starts)) > 0
    asked = places[starts] >= 0
    size = count * len(names)
    handed = np.bincount(cell[starts][asked], minlength=size)
    held = np.bincount(cell[starts][asked & good], minlength=size)
    return (held / np.maximum(handed, 1)).reshape(count, len(names))


def _thin(rows: Rows, expectation: Expectation, session: date, pct: float, counts: tuple[int, int, int]) -> str:
    """Why there is too little to go on with; empty if there is enough."""
    accepted, rejected, _ = counts
    needed = expectation.thresholds.completeness_pct
    expected = len(expectation.keys.get(session, ()))
    if not accepted + rejected:
        return "no rows from the vendor"
    if not expected:
        return "nothing is expected of this vendor in this session"
    if pct >= needed:
        return ""
    what = {"context": "series", "intraday": "instruments"}.get(rows.frame.name, rows.frame.name)
    counted = f"{expected} expected {what}"
    if what == "chains":  # each counts by the share of its contracts
        counted = f"the contracts of {counted.removesuffix('s') if expected == 1 else counted}"
    return f"{pct:.1f} % of {counted} accepted, {needed:g} % needed"


def _reasons(table: "pa.Table") -> dict[date, "Counter[str]"]:
    """How often each reason was given, by session."""
    counts = table.group_by(["session", "reason"]).aggregate([([], "count_all")])
    found: dict[date, Counter[str]] = {}
    for row in counts.to_pylist():
        found.setdefault(row["session"], Counter())[row["reason"]] = row["count_all"]
    return found


def _named(what: str, names: tuple[str, ...]) -> str:
    if not names:
        return ""
    more = len(names) - NAMES_SHOWN
    return f"{what} {', '.join(names[:NAMES_SHOWN])}" + (f" and {more} more" if more > 0 else "")


def _counted(what: str, counts: "Counter[str]") -> str:
    parts = (f"{count} {reason}" for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return f"{what}: {', '.join(parts)}" if counts else ""


def counts_told(reason: str | None) -> dict[tuple[str, str], int]:
    """How many rows of each kind a session's reason counts, by what became of them and why.

    >>> counts_told("violent session: ...; rejected: 2 spike, 1 bad right; flagged: 3 wide quote")
    {('rejected', 'spike'): 2, ('rejected', 'bad right'): 1, ('flagged', 'wide quote'): 3}
    """
    told = {}
    for part in (reason or "").split("; "):
        what, _, listed = part.partition(": ")
        if what in ("rejected", "flagged"):
            for each in listed.split(", "):
                count, _, name = each.partition(" ")
                told[what, name] = int(count)
    return told
