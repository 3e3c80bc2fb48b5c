"""What is expected of raw rows, and what was found.

What belongs here: the values that go into a judgement and come out of it. What does not: the rules
(`bars`, `chains`, `rows` beside this) or where expectations come from (`market.ingest`).
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from butter_pipeline.market.sessions import calendar

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Thresholds:
    """The `quality` section of configs/market.yml, where each is explained."""

    completeness_pct: float
    jump_log_pct: float
    jump_sigmas: float
    jump_window_days: int
    split_ratios: tuple[float, ...]
    split_tolerance_pct: float
    unit_ratio: float
    unit_tolerance_pct: float
    frozen_pct: float
    underlying_gap_pct: float
    parity_spot_pct: float
    parity_carry_pct: float
    parity_pairs_pct: float
    vol_index_range: tuple[float, float]

    @classmethod
    def from_config(cls, values: Mapping[str, Any]) -> "Thresholds":
        """The thresholds that a configuration states; it must state all of them and no others."""
        from butter_pipeline.configs import ConfigError

        names = {each.name for each in fields(cls)}
        wrong = sorted(names.symmetric_difference(values))
        if wrong:
            state = "missing" if wrong[0] in names else "unknown"
            raise ConfigError(f"market.yml: quality.{wrong[0]} is {state}; see configs/market.yml as it was delivered")
        types = {each.name: each.type for each in fields(cls)}
        for name, value in values.items():
            if isinstance(value, list) != ("tuple" in str(types[name])):
                kind = "a number" if isinstance(value, list) else "a list of numbers"
                raise ConfigError(f"market.yml: quality.{name} must be {kind}, was {value!r}")
            numbers = value if isinstance(value, list) else [value]
            if not all(isinstance(n, (int, float)) and not isinstance(n, bool) and n > 0 for n in numbers):
                raise ConfigError(f"market.yml: quality.{name} must be positive, was {value!r}")
        stated: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        if values["completeness_pct"] > 100:
            was = values["completeness_pct"]
            raise ConfigError(f"market.yml: quality.completeness_pct must be at most 100, was {was!r}")
        return cls(**stated)


@dataclass(frozen=True)
class Expectation:
    """What the rows to be judged should hold.

    `keys` names each session's expected symbols (bars, chains) or series (context). `previous` holds
    accepted bars of earlier sessions, oldest first, for rules that look back: the last
    `jump_window_days` are enough. `closes` holds the accepted bars of the same sessions, against
    which chains are held. `splits` are those that were announced, new shares per old one by symbol and
    ex-session: a close on the new basis is no jump.
    """

    sessions: tuple[date, ...]
    keys: Mapping[date, frozenset[str]]
    thresholds: Thresholds
    previous: "pa.Table | None" = None
    closes: "pa.Table | None" = None
    splits: Mapping[tuple[str, date], float] = field(default_factory=dict)


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
        return Verdict(kept(self.accepted), kept(self.rejected), kept(self.flagged), verdicts)


def _session_of(day: date) -> date:
    """The session that a row's date belongs with: itself, or the next one."""
    place = bisect_left(calendar(), day)
    return calendar()[place] if place < len(calendar()) else day


def judged(frame_schema: "pa.Schema") -> "pa.Schema":
    """The schema of rejected and flagged rows: the frame's columns, any of which may be null, and why."""
    import pyarrow as pa

    columns = [column.with_nullable(True) for column in frame_schema]
    return pa.schema([*columns, pa.field("reason", pa.string()), pa.field("detail", pa.string())])
