"""Frames, series and arrays of a made-up market, in the shape and spelling that a function wants.

What belongs here: turning rows into what users call functions with, each beside the keys of its rows. What does not:
which of them a function gets (`calls`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from butter_pipeline.features.proof.foreign.calling.spelling import KNOWN, SYMBOLS, TIMES, Named
from butter_pipeline.features.proof.foreign.worlds.rows import (
    CLOSE,
    FIELDS,
    NO_SYMBOL,
    OPEN,
    VOLUME,
    Rows,
    World,
)
from butter_pipeline.features.registry import Integers

INDEXED, BESIDE, COLUMN, AWARE = "time in the index", "time in index and column", "time in a column", "aware time"
LAYOUTS = (INDEXED, BESIDE, COLUMN, AWARE)
ZONE = "America/New_York"


@dataclass(frozen=True)
class Given:
    """One argument: its value, and the rows that it shows; its index tells an answer's rows apart."""

    value: Any
    keys: Integers
    index: Any = None
    wide: bool = False


@dataclass(frozen=True)
class Maker:
    """Makes arguments of one function: its spelling, and where it wants the time."""

    named: Named
    layout: str = INDEXED

    def bars(self, world: World) -> Given:
        """One symbol's daily bars, by time."""
        return self._single(world, world.daily)

    def intraday(self, world: World) -> Given:
        """One symbol's intraday bars, stamped at their ends."""
        return self._single(world, world.intraday)

    def panel(self, world: World) -> Given:
        """All symbols' daily bars, by symbol and time."""
        return self._long(world, world.daily)

    def intraday_panel(self, world: World) -> Given:
        """All symbols' intraday bars."""
        return self._long(world, world.intraday)

    def multi(self, world: World) -> Given:
        """All symbols' daily bars, with symbol and time in the index."""
        import pandas as pd

        rows = world.daily
        names = [self.named.first(TIMES, "date"), self.named.first(SYMBOLS, "symbol")]
        index = pd.MultiIndex.from_arrays([self._times(rows), self._symbols(world, rows)], names=names)
        frame = pd.DataFrame(self._numbers(rows), index=index)
        return Given(frame, rows.keys, frame.index)

    def wide(self, world: World, field: int = CLOSE) -> Given:
        """One field of all symbols: a row per time, a column per symbol.

        Columns are the caller's universe: one that has no row yet is a column without values, as `wide.loc[:day]` has.
        """
        import pandas as pd

        rows = world.daily
        first = rows.version == 0
        rows = rows.taken(first)
        stamps, at = np.unique(rows.stamp, return_inverse=True)
        values = np.full((len(stamps), len(world.symbols)), np.nan)
        values[at, rows.symbol] = rows.values[:, field]
        index = pd.DatetimeIndex(stamps.astype("datetime64[s]").astype("datetime64[ns]"), name="date")
        frame = pd.DataFrame(values, index=index, columns=list(world.symbols))
        return Given(frame, (np.int64(NO_SYMBOL) << 40) + (stamps << 4), index, wide=True)

    def series(self, world: World, field: int = CLOSE) -> Given:
        """One field of one symbol, by time."""
        import pandas as pd

        rows = world.daily
        index = pd.DatetimeIndex(self._times(rows), name="date")
        values = pd.Series(rows.values[:, field].copy(), index=index, name=FIELDS[field])
        return Given(values, rows.keys, index)

    def array(self, world: World, field: int = CLOSE) -> Given:
        """One field of one symbol as an array."""
        return Given(np.ascontiguousarray(world.daily.values[:, field]), world.daily.keys)

    def listed(self, world: World, field: int = CLOSE) -> Given:
        """One field of one symbol as a list."""
        return Given(world.daily.values[:, field].tolist(), world.daily.keys)

    def matrix(self, world: World) -> Given:
        """All fields of one symbol, [row, field]."""
        return Given(world.daily.values.copy(), world.daily.keys)

    def returns(self, world: World) -> Given:
        """One symbol's returns, by time."""
        given = self.series(world)
        return Given(given.value.pct_change(fill_method=None), given.keys, given.index)

    def moves(self, world: World) -> Given:
        """One symbol's returns as an array, the first one nought."""
        close = world.daily.values[:, CLOSE]
        return Given(np.diff(close, prepend=close[:1]) / np.where(close == 0.0, np.nan, close), world.daily.keys)

    def arrow(self, world: World) -> Given:
        """All symbols' daily bars as an Arrow table."""
        import pyarrow as pa

        given = self.panel(world)
        return Given(pa.Table.from_pandas(given.value, preserve_index=False), given.keys)

    def events(self, world: World) -> Given:
        """Events with their day and when they were announced."""
        import pandas as pd

        rows = world.events
        day, known = self._times(rows), _instants(rows.known)
        frame = pd.DataFrame({"symbol": self._symbols(world, rows), "event_date": day, "announced_at": known})
        extra = {"date": day, "session": day, "available_at": known, "announced": known, "announcement_date": known}
        for name, values in extra.items():
            if name in self.named.texts | self.named.attributes:
                frame[name] = values
        return Given(frame, rows.keys[:0])

    def _single(self, world: World, rows: Rows) -> Given:
        import pandas as pd

        columns: dict[str, Any] = {}
        times = pd.DatetimeIndex(self._times(rows), name=self.named.first(TIMES, "date"))
        if self.layout == AWARE:
            times = times.tz_localize(ZONE)
        if self.layout in (BESIDE, COLUMN):
            columns[self.named.first(TIMES, "date")] = times
        if self.named.first(SYMBOLS, ""):
            columns[self.named.first(SYMBOLS, "symbol")] = self._symbols(world, rows)
        columns |= self._numbers(rows) | self._known(rows)
        index = None if self.layout == COLUMN else times
        if self.layout == BESIDE:
            index = times.rename(None)
        frame = pd.DataFrame({name: np.asarray(values) for name, values in columns.items()}, index=index)
        if "attrs" in self.named.attributes and len(rows):
            frame.attrs["symbol"] = world.symbols[int(rows.symbol[0])]
        return Given(frame, rows.keys, frame.index)

    def _long(self, world: World, rows: Rows) -> Given:
        import pandas as pd

        times = self._times(rows)
        time, symbol = self.named.first(TIMES, "session"), self.named.first(SYMBOLS, "symbol")
        columns: dict[str, Any] = {time: times, symbol: self._symbols(world, rows)}
        columns |= self._numbers(rows) | self._known(rows)
        index = pd.DatetimeIndex(times, name="time") if self.layout == BESIDE else None
        if self.layout == AWARE:
            columns[time] = pd.DatetimeIndex(times).tz_localize(ZONE)
        frame = pd.DataFrame(columns)
        if index is not None:
            frame.index = index
        return Given(frame, rows.keys, frame.index)

    def _numbers(self, rows: Rows) -> dict[str, Any]:
        spelled = self.named.columns()
        return {name: rows.values[:, place].copy() for place, field in enumerate(FIELDS) for name in spelled[field]}

    def _known(self, rows: Rows) -> dict[str, Any]:
        wanted = [name for name in KNOWN if name in self.named.texts | self.named.attributes]
        return {name: _instants(rows.known) for name in wanted}

    @staticmethod
    def _times(rows: Rows) -> Any:
        return rows.stamp.astype("datetime64[s]").astype("datetime64[ns]")

    @staticmethod
    def _symbols(world: World, rows: Rows) -> Any:
        return np.array(world.symbols, dtype=object)[rows.symbol]


def moment_of(seconds: int, *, aware: bool) -> Any:
    """A moment as functions are given it: with its zone, or New York's wall clock without one."""
    import pandas as pd

    plain = pd.Timestamp(seconds, unit="s")
    return plain.tz_localize(ZONE).tz_convert("UTC") if aware else plain


def _instants(known: Integers) -> Any:
    import pandas as pd

    local = pd.DatetimeIndex(known.astype("datetime64[s]").astype("datetime64[ns]"))
    return local.tz_localize(ZONE).tz_convert("UTC")


Shape = Callable[[Maker, World], Given]


def _of_field(shape: Callable[[Maker, World, int], Given], field: int) -> Shape:
    """A shape that shows one field."""

    def made(maker: Maker, world: World) -> Given:
        return shape(maker, world, field)

    return made


SHAPES: Mapping[str, Shape] = {
    "bars": Maker.bars,
    "panel": Maker.panel,
    "panel by index": Maker.multi,
    "wide": Maker.wide,
    "wide volumes": _of_field(Maker.wide, VOLUME),
    "intraday": Maker.intraday,
    "intraday panel": Maker.intraday_panel,
    "returns": Maker.returns,
    "array of returns": Maker.moves,
    "matrix": Maker.matrix,
    "Arrow table": Maker.arrow,
    "events": Maker.events,
    **{FIELDS[each]: _of_field(Maker.series, each) for each in range(len(FIELDS))},
    **{f"array of {FIELDS[each]}": _of_field(Maker.array, each) for each in range(len(FIELDS))},
    **{f"list of {FIELDS[each]}": _of_field(Maker.listed, each) for each in (OPEN, CLOSE, VOLUME)},
}
"""Every shape that an argument can have, by name."""
WHOLE = frozenset({"panel", "panel by index", "wide", "wide volumes", "intraday panel", "Arrow table"})
"""Shapes that show all symbols at once."""
