"""Rows of a made-up market as arrays, with the moment from which each can be known.

What belongs here: cutting a market at a moment or down to one symbol. What does not: making one (`market`), spoiling
its future (`futures`), and the frames that functions are called with (`calls`).

Moments and stamps are whole seconds of New York's wall clock since 1970: no offset can get lost in them.
"""

from dataclasses import dataclass, replace

import numpy as np

from butter_pipeline.features.registry import Booleans, Floats, Integers

FIELDS = ("open", "high", "low", "close", "volume")
OPEN, HIGH, LOW, CLOSE, VOLUME = range(5)
DAY = 86_400
NO_SYMBOL = 4095


@dataclass(frozen=True)
class Rows:
    """Bars: whose, when, known from when on, which version, and their numbers [row, field]; by symbol, then time."""

    symbol: Integers
    stamp: Integers
    known: Integers
    version: Integers
    values: Floats

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.stamp)

    @property
    def keys(self) -> Integers:
        """What names each row: its symbol, stamp and version in one number."""
        return key_of(self.symbol, self.stamp, self.version)

    def taken(self, which: Booleans | Integers) -> "Rows":
        """Some of the rows."""
        return Rows(
            self.symbol[which], self.stamp[which], self.known[which], self.version[which], self.values[which].copy()
        )


@dataclass(frozen=True)
class World:
    """A made-up market: its symbols, daily and intraday bars, and events with the moment of their announcement."""

    name: str
    symbols: tuple[str, ...]
    daily: Rows
    intraday: Rows
    events: Rows

    def until(self, moment: int) -> "World":
        """What could be known at a moment."""
        return replace(
            self,
            daily=self.daily.taken(self.daily.known <= moment),
            intraday=self.intraday.taken(self.intraday.known <= moment),
            events=self.events.taken(self.events.known <= moment),
        )

    def of(self, symbol: int) -> "World":
        """One symbol's rows."""
        return replace(
            self,
            daily=self.daily.taken(self.daily.symbol == symbol),
            intraday=self.intraday.taken(self.intraday.symbol == symbol),
            events=self.events.taken(self.events.symbol == symbol),
        )

    def without(self, symbol: int) -> "World":
        """The rows of all symbols but one."""
        return replace(
            self,
            daily=self.daily.taken(self.daily.symbol != symbol),
            intraday=self.intraday.taken(self.intraday.symbol != symbol),
            events=self.events.taken(self.events.symbol != symbol),
        )


def key_of(symbol: Integers, stamp: Integers, version: Integers) -> Integers:
    """One number that names a row: 12 bits of symbol, 36 of stamp, 4 of version."""
    return (((symbol << 36) + stamp) << 4) + version


def stamp_of(keys: Integers) -> Integers:
    """The stamps within keys."""
    return (keys >> 4) & ((1 << 36) - 1)


def symbol_of(keys: Integers) -> Integers:
    """The symbols within keys."""
    return keys >> 40


def empty_rows() -> Rows:
    """No rows."""
    none = np.empty(0, dtype=np.int64)
    return Rows(none, none, none, none, np.empty((0, len(FIELDS))))
