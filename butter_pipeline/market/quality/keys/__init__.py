"""Rules about which rows there should be: their session, name, moment, and only once.

What belongs here: rules over natural keys, the same for every frame. What does not: values (`rules`,
`bars`, `chains`), their moments (`stamps`), and what a session's count of keys amounts to (`sessions`).
"""

import re
from typing import TYPE_CHECKING, Any

from butter_pipeline.market.holidays import FIRST, LAST
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.verdict import Expectation
from butter_pipeline.market.sessions import as_of, is_session

if TYPE_CHECKING:
    from numpy.typing import NDArray

SATURDAY = 5
NAME = re.compile(r"[!-~]+( [!-~]+)*")
"""Printable ASCII; single spaces may stand within, as in BRK B."""


def judge_keys(rows: Rows, expectation: Expectation) -> None:
    """Reject rows of no session asked for, badly named and unexpected ones, and repetitions."""
    _reject_other_sessions(rows, expectation)
    _reject_badly_named(rows)
    _reject_unexpected(rows, expectation)
    _reject_duplicates(rows)


def session_places(rows: Rows, expectation: Expectation) -> "NDArray[Any]":
    """Each row's place in the expectation's sorted sessions, -1 for a session not among them."""
    import numpy as np

    days = np.array(sorted(expectation.sessions), dtype="datetime64[D]").astype(np.int32)
    session = rows.column("session")
    if not len(days):
        return np.full(len(rows), -1)
    places = np.minimum(np.searchsorted(days, session), len(days) - 1)
    return np.where(days[places] == session, places, -1)


def _reject_other_sessions(rows: Rows, expectation: Expectation) -> None:
    import numpy as np

    outside = session_places(rows, expectation) < 0
    if not outside.any():
        return
    days = rows.column("session")
    dates = {int(d): np.datetime64(int(d), "D").item() for d in np.unique(days[outside])}
    closed = {d: day for d, day in dates.items() if not is_session(day) and FIRST <= day <= LAST}
    weekends = [d for d, day in closed.items() if day.weekday() >= SATURDAY]
    rows.reject(outside & np.isin(days, weekends), "not a session", "{session} is a weekend")
    rows.reject(outside & np.isin(days, list(closed)), "exchange holiday", "the exchange was closed on {session}")
    rows.reject(
        outside & np.isin(days, [d for d in dates if not FIRST <= dates[d] <= LAST]),
        "not a session",
        f"{{session}} is outside the exchange calendar, {FIRST} to {LAST}",
    )
    if expectation.now is not None:
        ahead = [d for d, day in dates.items() if is_session(day) and as_of(day) > expectation.now]
        rows.reject(outside & np.isin(days, ahead), "session in the future", "{session} is yet to come")
    rows.reject(outside, "session not asked for", "the vendor handed over {session} unasked")


def _reject_badly_named(rows: Rows) -> None:
    """A name with a space at its end, or with a letter that only looks like one, would be another instrument."""
    import numpy as np

    column = rows.frame.key[1]
    bad = np.array([not NAME.fullmatch(name) for name in rows.names(column)], dtype=bool)
    if bad.any():
        where = bad[rows.column(column)]
        rows.reject(where, f"bad {column}", f"{{{column}!r}} holds spaces around it, or letters that are not plain")


def _reject_unexpected(rows: Rows, expectation: Expectation) -> None:
    import numpy as np

    column = rows.frame.key[1]
    names = rows.names(column)
    known: dict[frozenset[str], NDArray[Any]] = {}
    allowed = np.zeros((len(expectation.sessions) + 1, len(names)), dtype=bool)  # the last line is for place -1
    for place, session in enumerate(sorted(expectation.sessions)):
        keys = expectation.keys.get(session, frozenset())
        if keys not in known:
            known[keys] = np.array([name in keys for name in names], dtype=bool)
        allowed[place] = known[keys]
    expected = allowed[session_places(rows, expectation), rows.column(column)]
    rows.reject(~expected, f"unexpected {column}", f"{{{column}}} is not expected in {{session}}")


def _reject_duplicates(rows: Rows) -> None:
    """Of identical copies the first stays; of rows that contradict each other none does."""
    import numpy as np

    repeats = rows.repeats_stamp
    if not repeats.any():
        return
    group = np.cumsum(~repeats) - 1
    starts = np.flatnonzero(~repeats)
    first = starts[group]
    differs = np.zeros(len(rows), dtype=bool)
    for name in rows.frame.values:
        values = rows.column(name)
        same = values == values[first]
        if values.dtype.kind == "f":
            same |= np.isnan(values) & np.isnan(values[first])
        differs |= ~same
    contradicted = np.bincount(group[differs], minlength=len(starts)) > 0
    rows.reject(contradicted[group], "duplicate key", "another row has this key and available_at but other values")
    rows.reject(repeats, "duplicate key", "an identical copy is kept")
