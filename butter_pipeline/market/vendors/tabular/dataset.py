"""The rows of one dataset of a folder, cut by session.

What belongs here: which rows and which names go with a session. What does not: reading files (`rows`, `together`), and
which files there are (`places`).
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from butter_pipeline.market.frames import FRAMES
from butter_pipeline.market.sessions import calendar, session_from

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers = NDArray[Any]


@dataclass(frozen=True)
class Dataset:
    """One frame's rows in the order of its key, and its unreadable ones; cut by session."""

    name: str
    table: "pa.Table"
    unreadable: "pa.Table"

    @cached_property
    def sessions(self) -> tuple[date, ...]:
        """The sessions that hold rows, in order."""
        return tuple(self._bounds)

    @property
    def names(self) -> Sequence[str]:
        """Every name that has rows, in order."""
        return self._coded[1]

    def alive(self, session: date) -> Sequence[str]:
        """The names that the session or the last one before it had, sorted; an unreadable row counts.

        Nothing later counts: what is expected is the same on the evening and years on.
        """
        import numpy as np

        place = bisect_left(self.sessions, session)
        near = [*self.sessions[max(place - 1, 0) : place], session]
        codes, names = self._coded
        held = np.zeros(len(names), dtype=bool)
        for day in near:
            first, last = self._bounds.get(day, (0, 0))
            held[codes[first:last]] = True
        mark = held.tobytes()
        if mark not in self._groups:
            self._groups[mark] = [names[code] for code in np.flatnonzero(held)]
        unread = {name for day in near for name in self._unreadable_names.get(day, ())}
        return sorted(unread.union(self._groups[mark])) if unread else self._groups[mark]

    def cut(self, sessions: Sequence[date]) -> "pa.Table":
        """The rows of some sessions, with those dated on days without a session just before them."""
        import pyarrow as pa

        bounds = [self._bounds[session] for session in sorted(set(sessions)) if session in self._bounds]
        if not bounds:
            return self.table.slice(0, 0)
        return pa.concat_tables([self.table.slice(first, last - first) for first, last in bounds]).combine_chunks()

    def refused(self, sessions: Sequence[date]) -> "pa.Table":
        """The unreadable rows that go with some sessions; one without a date goes with all, until somebody mends it."""
        import pyarrow as pa

        if not self.unreadable.num_rows:
            return self.unreadable
        wanted = set(sessions)
        return self.unreadable.filter(pa.array([day is None or day in wanted for day in self._unreadable_sessions]))

    @cached_property
    def _bounds(self) -> Mapping[date, tuple[int, int]]:
        return _bounds(self.table["session"].to_numpy())

    @cached_property
    def _unreadable_sessions(self) -> list[date | None]:
        return [None if day is None else session_from(day) for day in self.unreadable["session"].to_pylist()]

    @cached_property
    def _coded(self) -> "tuple[Numbers, list[str]]":
        """Each row's name as a number, and the names in order."""
        import numpy as np
        import pyarrow.compute as pc

        names = self.table[FRAMES[self.name].key[1]].combine_chunks().dictionary_encode()
        order = pc.sort_indices(names.dictionary)
        ranks = np.empty(len(order), dtype=np.int32)
        ranks[order.to_numpy()] = np.arange(len(order), dtype=np.int32)
        return ranks[names.indices.to_numpy()], cast("pa.Array", names.dictionary).take(order).to_pylist()

    @cached_property
    def _groups(self) -> dict[bytes, list[str]]:
        """The names of sessions that were asked for, once for all that have the same ones."""
        return {}

    @cached_property
    def _unreadable_names(self) -> Mapping[date, set[str]]:
        names: dict[date, set[str]] = {}
        for day, name in zip(self._unreadable_sessions, self.unreadable["symbol"].to_pylist(), strict=True):
            if day is not None and name:
                names.setdefault(day, set()).add(name)
        return names


def _bounds(days: "Numbers") -> Mapping[date, tuple[int, int]]:
    """Where the rows of each session begin and end, given every row's date, in order."""
    import numpy as np

    unique, starts = np.unique(days, return_index=True)
    ends = [*starts.tolist(), len(days)][1:]
    bounds: dict[date, tuple[int, int]] = {}
    for day, start, end in zip(unique.tolist(), starts.tolist(), ends, strict=True):
        session = session_from(day)
        # What the calendar does not reach, nobody can ask for; what lies past it, `tabular` refuses.
        if day >= calendar()[0] and session is not None:
            bounds[session] = (bounds.get(session, (start, end))[0], end)
    return bounds
