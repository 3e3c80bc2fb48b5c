"""What is expected of raw rows, and what was found.

What belongs here: the values that go into a judgement and come out of it. What does not: the rules
(`bars`, `chains`, `rules` beside this), thresholds (`thresholds`), or where expectations come from (`market.ingest`).
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from butter_pipeline.market.quality.thresholds import Thresholds
from butter_pipeline.market.sessions import calendar

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Expectation:
    """What the rows to be judged should hold.

    `keys` names each session's expected symbols (bars, chains) or series (context). `previous` holds
    accepted rows of earlier sessions, oldest first, for rules that look back: the last
    `jump_window_days` are enough. `closes` holds the accepted bars of the same sessions and of the one
    before, against which chains are held. `splits` are those announced: shares for one old share, by symbol and
    first session at the new level; `rolls` likewise: the new contract's price for one of the old.
    `may_be_negative` names instruments whose price may fall below zero. `lag` is the vendor's, from
    the close until its rows can be known; `now` is when the rows are judged: nothing is known after it.
    """

    sessions: tuple[date, ...]
    keys: Mapping[date, frozenset[str]]
    thresholds: Thresholds
    previous: "pa.Table | None" = None
    closes: "pa.Table | None" = None
    splits: Mapping[tuple[str, date], float] = field(default_factory=dict)
    rolls: Mapping[tuple[str, date], float] = field(default_factory=dict)
    may_be_negative: frozenset[str] = frozenset()
    lag: timedelta | None = None
    now: datetime | None = None


@dataclass(frozen=True)
class Notes:
    """What rules between rows found against whole sessions: why each must be blocked, or what is worth saying."""

    blocks: dict[date, str] = field(default_factory=dict)
    remarks: dict[date, str] = field(default_factory=dict)

    def block(self, found: Mapping[date, str]) -> None:
        """Block sessions; the first reason stands before those that follow."""
        for session, reason in found.items():
            self.blocks[session] = f"{self.blocks[session]}; {reason}" if session in self.blocks else reason


@dataclass(frozen=True)
class SessionVerdict:
    """One session's outcome. `accepted`, `rejected` and `flagged` count rows; `expected` counts keys."""

    session: date
    expected: int
    accepted: int
    rejected: int
    flagged: int
    completeness_pct: float
    status: Literal["done", "blocked"]
    reason: str
    """What a person should know: why it is blocked, or what was amiss though it is not; empty if nothing."""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Every row's outcome.

    `accepted` has the frame's schema; `rejected` and `flagged` have two columns more, `reason` (one of
    a fixed set of names) and `detail`. Flagged rows are accepted rows that deserve a look. Accepted rows
    of a blocked session are good rows in bad company: keep them, but let nothing rest on the session.
    """

    accepted: "pa.Table"
    rejected: "pa.Table"
    flagged: "pa.Table"
    sessions: dict[date, SessionVerdict]
    remarks: tuple[str, ...] = ()
    """What is worth knowing of the table as a whole and changes no row, such as that its rows came out of order."""

    def only(self, sessions: Collection[date]) -> "Verdict":
        """The part of the verdict that concerns some sessions.

        Rows dated on no session go with the session that follows, as vendors hand them over; rows
        that no judged session accounts for stay.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        dropped = set(self.sessions) - set(sessions)

        def kept(table: pa.Table) -> pa.Table:
            days = pc.unique(table["session"].combine_chunks()).to_pylist()
            outside = [day for day in days if day is not None and _session_of(day) in dropped]
            return table.filter(pc.invert(pc.is_in(table["session"], pa.array(outside, pa.date32()))))

        verdicts = {session: verdict for session, verdict in self.sessions.items() if session not in dropped}
        return Verdict(kept(self.accepted), kept(self.rejected), kept(self.flagged), verdicts, self.remarks)


def _session_of(day: date) -> date:
    """The session that a row's date belongs with: itself, or the next one."""
    place = bisect_left(calendar(), day)
    return calendar()[place] if place < len(calendar()) else day


def judged(frame_schema: "pa.Schema") -> "pa.Schema":
    """The schema of rejected and flagged rows: the frame's columns, any of which may be null, and why."""
    import pyarrow as pa

    columns = [column.with_nullable(True) for column in frame_schema]
    return pa.schema([*columns, pa.field("reason", pa.string()), pa.field("detail", pa.string())])
