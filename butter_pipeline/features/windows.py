"""The last rows of every symbol, as arrays that formulas walk along.

What belongs here: putting tables side by side, and cutting for each wanted row the window that ends with it. What
does not: formulas, and anything that is known of a session only later.

Arrays are [age, row]: the oldest first, the wanted row's own session last, one column per wanted row. A symbol's
window holds its last L rows within a few more sessions, gaps closed, padded with NaN at the old end where there are
fewer.
Formulas walk along the first axis with elementwise steps, so that a row's bits do not depend on its neighbours.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from butter_pipeline.features.models.searching import Remembered
from butter_pipeline.features.proposals import proposed
from butter_pipeline.features.registry import Booleans, Feature, Floats, Integers
from butter_pipeline.market.sessions import calendar

T = TypeVar("T")
NOWHERE = -1
PRICES = ("bars.open", "bars.high", "bars.low", "bars.close")
ROWS_AT_ONCE = 4096
"""Wanted rows per window: memory stays flat, however long the range."""


@dataclass(frozen=True)
class Panel:
    """Rows by symbol and session, with the columns of every table that was put beside them."""

    symbols: Sequence[str]
    symbol: Integers
    place: Integers
    usable: Booleans
    columns: Mapping[str, Floats]

    def rows_of(self, sessions: Sequence[date]) -> Integers:
        """The rows of the sessions, by session and symbol."""
        wanted = np.flatnonzero(np.isin(self.place, places(sessions)))
        return wanted[np.lexsort((self.symbol[wanted], self.place[wanted]))]


class Window:
    """What one batch of wanted rows looks back on; formulas see it through `View`."""

    def __init__(self, panel: Panel, rows: Integers, length: int, remembered: Remembered | None = None) -> None:
        """The windows of so many rows that end with each of the `rows`, and what was fitted to such before."""
        self._panel = panel
        self.remembered = remembered or Remembered()
        self._held: dict[object, Any] = {}
        ordinal = np.cumsum(panel.usable) - 1  # a row's place among the usable ones of all symbols
        usable = np.flatnonzero(panel.usable)
        reach = np.arange(1 - length, 1)[:, None] + ordinal[rows]
        source = usable[np.maximum(reach, 0)] if usable.size else np.zeros(reach.shape, dtype=np.int64)
        self._there = (reach >= 0) & (panel.symbol[source] == panel.symbol[rows]) & panel.usable[rows]
        self._source = source
        self.symbols = panel.symbols
        self.symbol = panel.symbol[rows]
        self.place = panel.place[rows]

    def __getitem__(self, column: str) -> Floats:
        """One column, [age, row]; NaN where a window has no row or the table has no value."""
        return self.shared(column, lambda: self._cut(self._panel.columns.get(column)))

    def named(self, columns: str) -> Sequence[str]:
        """The columns that there are of a pattern, by name."""
        return [name for name in sorted(self._panel.columns) if fnmatchcase(name, columns)]

    @property
    def places(self) -> Integers:
        """The calendar place of every row in the windows, -1 where there is none."""
        return self.shared("places", lambda: np.where(self._there, self._panel.place[self._source], NOWHERE))

    def shared(self, key: object, work: Callable[[], T]) -> T:
        """What several formulas need, worked out once."""
        if key not in self._held:
            self._held[key] = work()
        found: T = self._held[key]
        return found

    def _cut(self, values: Floats | None) -> Floats:
        if values is None:
            return np.full(self._there.shape, np.nan)
        return np.where(self._there, values[self._source], np.nan)


@dataclass(frozen=True)
class View:
    """A window as one feature may see it: the columns and the rows that it declares."""

    window: Window
    feature: Feature

    def __getitem__(self, column: str) -> Floats:
        """A declared column over the declared rows, [age, row]."""
        if column not in self.feature.inputs:
            declared = ", ".join(self.feature.inputs)
            raise KeyError(f"{self.feature.name} looks at {column}, declares only {declared}; declare it")
        return np.where(self.there, self.window[column][-self.feature.lookback_rows :], np.nan)

    def every(self, columns: str) -> Sequence[Floats]:
        """All columns that a declared pattern such as `context.sector_*` stands for, by name, each [age, row]."""
        if columns not in self.feature.inputs:
            raise KeyError(f"{self.feature.name} looks at {columns}, declares only {', '.join(self.feature.inputs)}")
        rows = self.feature.lookback_rows
        return [np.where(self.there, self.window[name][-rows:], np.nan) for name in self.window.named(columns)]

    @property
    def places(self) -> Integers:
        """The calendar places of the declared rows, -1 where there is none."""
        return np.where(self.there, self.window.places[-self.feature.lookback_rows :], NOWHERE)

    @property
    def symbol(self) -> Integers:
        """Which symbol each wanted row is of."""
        return self.window.symbol

    @property
    def place(self) -> Integers:
        """The calendar place of each wanted row."""
        return self.window.place

    def shared(self, work: "Callable[[View], T]") -> T:
        """What several features with the same inputs and lookback need, worked out once."""
        return self.window.shared((work, self.feature.inputs, self.feature.lookback_rows), lambda: work(self))

    @property
    def remembered(self) -> Remembered:
        """What was fitted before, by what it was fitted to."""
        return self.window.remembered

    @property
    def there(self) -> Booleans:
        """Which of the declared rows there are: those no older than declared."""
        rows, sessions = self.feature.lookback_rows, self.feature.lookback_sessions
        return self.window.shared(
            ("there", rows, sessions),
            lambda: self.window.places[-rows:] > np.maximum(self.window.place - sessions, NOWHERE),
        )


def windows(
    panel: Panel, sessions: Sequence[date], features: Sequence[Feature], remembered: Remembered | None = None
) -> Iterator[tuple[Window, list[View]]]:
    """The windows of the wanted sessions, batch by batch, with what each feature may see of them."""
    rows = panel.rows_of(sessions)
    longest = max(feature.lookback_rows for feature in features)
    known = remembered or Remembered()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        window = Window(panel, rows[start : start + ROWS_AT_ONCE], longest, known)
        yield window, [View(window, feature) for feature in features]


def panel_of(inputs: Mapping[str, pa.Table], names: Sequence[str]) -> Panel:
    """The first table's rows, with the other tables' values beside them: by symbol, or by series of a session."""
    base = inputs[names[0]]
    symbols, symbol = symbols_of(base)
    place = places_of(base)
    order = np.lexsort((place, symbol))
    symbol, place = symbol[order], place[order]
    if len(order) and np.any((np.diff(symbol) == 0) & (np.diff(place) == 0)):
        raise ValueError(f"{names[0]} holds two rows of one symbol and session; hand in the rows as of one moment")
    columns = {f"{names[0]}.{name}": values[order] for name, values in _numbers(base)}
    for name in names[1:]:
        if "series" in inputs[name].column_names:
            beside = _series(inputs[name], place)
        elif "list" in inputs[name].column_names:
            beside = _proposals(inputs[name], symbols, symbol, place)
        elif "kind" in inputs[name].column_names:
            beside = _actions(inputs[name], symbols, symbol, place, _usable(columns, len(place)))
        else:
            beside = _rows(inputs[name], symbols, symbol, place)
        columns |= {f"{name}.{key}": values for key, values in beside}
    return Panel(symbols, symbol, place, _usable(columns, len(place)), columns)


def places(sessions: Sequence[date]) -> Integers:
    """The calendar places of sessions."""
    days = np.array(sessions, dtype="datetime64[D]")
    found = np.searchsorted(_days(), days)
    if np.any(_days()[np.minimum(found, len(_days()) - 1)] != days):
        raise ValueError("rows are of days that are no exchange sessions; take them from the exchange calendar")
    return found.astype(np.int64)


def places_of(table: pa.Table) -> Integers:
    """The calendar place of every row's session."""
    return places(table["session"].to_numpy())


def symbols_of(table: pa.Table) -> tuple[Sequence[str], Integers]:
    """A table's symbols in alphabetical order, and which of them every row is of."""
    coded = table["symbol"].combine_chunks().dictionary_encode()
    names = np.array(coded.dictionary.to_pylist(), dtype=object)
    order = np.argsort(names)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return [str(name) for name in names[order]], rank[coded.indices.to_numpy()]


@lru_cache
def _days() -> Any:
    return np.array(calendar(), dtype="datetime64[D]")


def _numbers(table: pa.Table) -> Iterator[tuple[str, Floats]]:
    for name in table.column_names:
        if pa.types.is_float64(table.schema.field(name).type):
            yield name, table[name].to_numpy()


def _usable(columns: Mapping[str, Floats], rows: int) -> Booleans:
    """A bar counts only if all its prices are numbers above zero; rows of other tables always do."""
    usable = np.ones(rows, dtype=np.bool_)
    for name in PRICES:
        if name in columns:
            usable &= np.isfinite(columns[name]) & (columns[name] > 0.0)
    return usable


def _rows(table: pa.Table, symbols: Sequence[str], symbol: Integers, place: Integers) -> Iterator[tuple[str, Floats]]:
    """Another table's values at the same symbol and session."""
    yield from _looked_up(table, _keys(table, symbols), symbol * len(_days()) + place)


def _proposals(
    table: pa.Table, symbols: Sequence[str], symbol: Integers, place: Integers
) -> Iterator[tuple[str, Floats]]:
    """What outside lists propose of the same symbol in the same session."""
    yield from proposed(table, _keys(table, symbols), symbol * len(_days()) + place)


def _actions(
    table: pa.Table, symbols: Sequence[str], symbol: Integers, place: Integers, usable: Booleans
) -> Iterator[tuple[str, Floats]]:
    """By kind of action, 1 in the usable row in whose session one of the symbol came into effect.

    One that came where the symbol had no such row stands with the next: 1 more for every session in between.
    """
    rows = np.flatnonzero(usable)
    keys, wanted = _keys(table, symbols), (symbol * len(_days()) + place)[rows]
    first = np.diff(symbol[rows], prepend=NOWHERE) != 0
    before = np.where(first, symbol[rows] * len(_days()) - 1, np.roll(wanted, 1))
    for kind in sorted(table["kind"].unique().to_pylist()):
        mine = np.unique(keys[pa.compute.equal(table["kind"], kind).to_numpy(zero_copy_only=False)])
        latest = np.searchsorted(mine, wanted, "right") - 1
        came = (latest >= 0) & (mine[latest] > before)
        values = np.full(len(place), np.nan)
        values[rows[came]] = 1.0 + (wanted - mine[latest])[came]
        yield kind, values


def _keys(table: pa.Table, symbols: Sequence[str]) -> Integers:
    """A number for every row's symbol and session; symbols that are not among those named share one below zero."""
    theirs, codes = symbols_of(table)
    number = {name: code for code, name in enumerate(symbols)}
    known = np.array([number.get(name, NOWHERE) for name in theirs], dtype=np.int64)[codes]
    return np.asarray(known * len(_days()) + places_of(table), dtype=np.int64)


def _series(table: pa.Table, place: Integers) -> Iterator[tuple[str, Floats]]:
    """Every series' value in the same session."""
    for name in sorted(table["series"].unique().to_pylist()):
        mine = table.filter(pa.compute.equal(table["series"], name))
        for _, values in _numbers(mine):
            by_place = np.full(len(_days()), np.nan)
            by_place[places_of(mine)] = values
            yield name, by_place[place]


def _looked_up(table: pa.Table, keys: Integers, wanted: Integers) -> Iterator[tuple[str, Floats]]:
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    found = np.minimum(np.searchsorted(ordered, wanted), max(len(ordered) - 1, 0))
    for name, values in _numbers(table):
        if len(ordered):
            yield name, np.where(ordered[found] == wanted, values[order[found]], np.nan)
        else:
            yield name, np.full(len(wanted), np.nan)
