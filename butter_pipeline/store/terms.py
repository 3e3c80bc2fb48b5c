"""The terms of the store: what every writing tells of itself, and what every reading asks for.

What belongs here: the few facts that all of the store's functions take alike, and their one check. What
does not: rows and files, and anything slow to import.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a writing comes from, and when: who supplied it, both clocks, the code and its configuration.

    `vendor` is empty when nobody supplied it. `received_at` is when we had it in hand: a correction counts
    from then on. `recorded_at` is our own clock at the writing, outside every hash.
    """

    vendor: str
    received_at: datetime
    recorded_at: datetime
    code_version: str
    config_hash: str

    def __post_init__(self) -> None:
        """Refuse clocks without a time zone."""
        aware(self.received_at, "received_at")
        aware(self.recorded_at, "recorded_at")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a reading asks for: one vendor's sessions from `first` to `last`, as they were known at `as_of`."""

    vendor: str
    first: date
    last: date
    as_of: datetime

    def __post_init__(self) -> None:
        """Refuse a moment without a time zone."""
        aware(self.as_of, "as_of")

    @classmethod
    def of_session(cls, session: date, *, vendor: str, as_of: datetime) -> "Reading":
        """One session alone."""
        return cls(vendor=vendor, first=session, last=session, as_of=as_of)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which part of a chain a reading wants; what is not named is wanted whole. Both ends of a span are in it."""

    symbols: Collection[str] | None = None
    expiries: tuple[date, date] | None = None
    strikes: tuple[float, float] | None = None


def aware(moment: datetime, name: str) -> datetime:
    """The moment, which must carry a time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{name} must carry a time zone, was {moment.isoformat()}")
    return moment
