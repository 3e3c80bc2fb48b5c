"""The bars within a session, symbol by symbol, as arrays.

What belongs here: cutting a table of bars within the day into sittings, each the bars of one symbol between the opening
and the closing bell of one session. What does not: features of them (`families.intraday`).

Bars before the opening or after the closing bell are left out, as are those without prices above zero. Where a session
has bars of several lengths the shortest count. Nothing reaches beyond the session: the bars that have ended by some
time, handed in by themselves, give what was known then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from butter_pipeline.features.chain import Groups
from butter_pipeline.features.registry import Booleans, Floats, Integers
from butter_pipeline.features.windows import places, places_of, symbols_of
from butter_pipeline.market.sessions import calendar, close_at, open_at

MICROS_A_MINUTE = 60_000_000


@dataclass(frozen=True)
class Sittings:
    """By row: a symbol and session. By bar, in the order of row and time: minutes since the opening bell, and prices.

    `symbols` names what `symbol` counts.
    """

    symbols: Sequence[str]
    symbol: Integers
    place: Integers
    bars: Groups
    starts: Floats
    ends: Floats
    lasts: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def total(self, values: Floats, counted: Booleans | None = None) -> Floats:
        """By row, the sum over its bars, in their order; only of those that count."""
        chosen = values if counted is None else np.where(counted, values, 0.0)
        return np.asarray(np.bincount(self.bars.of, chosen, len(self.place)), dtype=np.float64)

    def first(self, values: Floats) -> Floats:
        """By row, the value of its first bar."""
        return values[self.bars.starts]

    def last(self, values: Floats) -> Floats:
        """By row, the value of its last bar."""
        found: Floats = values[self.bars.starts + self.bars.counts - 1]
        return found

    def highest(self, values: Floats, counted: Booleans | None = None) -> Floats:
        """By row, the greatest value; NaN where none counts."""
        if not len(self.place):
            return np.empty(0)
        chosen = values if counted is None else np.where(counted, values, -np.inf)
        found = np.maximum.reduceat(chosen, self.bars.starts)
        return np.where(np.isfinite(found), found, np.nan)

    def lowest(self, values: Floats, counted: Booleans | None = None) -> Floats:
        """By row, the least value; NaN where none counts."""
        return -self.highest(-values, counted)

    def returns(self) -> Floats:
        """Every bar's log return from the close before; the first bar's from its own open."""
        before = np.concatenate([self.open[:1], self.close[:-1]])
        before[self.bars.starts] = self.open[self.bars.starts]
        found: Floats = np.log(self.close) - np.log(before)
        return found


def sittings(table: pa.Table, sessions: Sequence[date]) -> Sittings:
    """The sittings of the wanted sessions, by session and symbol; every symbol with a bar that counts has its row."""
    symbols, symbol = symbols_of(table)
    place, length = places_of(table), table["minutes"].to_numpy()
    prices = {name: table[name].to_numpy() for name in ("open", "high", "low", "close", "volume")}
    opens, closes = _bells(place)
    starts = (table["starts_at"].cast(pa.int64()).to_numpy() - opens) / MICROS_A_MINUTE
    lasts = (closes - opens) / MICROS_A_MINUTE
    counts = np.isin(place, places(sessions)) & (starts >= 0.0) & (starts + length <= lasts)
    for name in ("open", "high", "low", "close"):
        counts &= np.isfinite(prices[name]) & (prices[name] > 0.0)
    counts &= np.isfinite(prices["volume"]) & (prices["volume"] >= 0.0)
    key = place * max(len(symbols), 1) + symbol
    order = np.flatnonzero(counts)
    order = order[np.lexsort((starts[order], length[order], key[order]))]
    if len(order):
        groups = Groups.over(key[order])
        order = order[length[order] == length[order][groups.starts][groups.of]]
    groups = Groups.over(key[order])
    rows = key[order][groups.starts] if len(order) else np.empty(0, dtype=np.int64)
    return Sittings(
        symbols,
        rows % max(len(symbols), 1),
        rows // max(len(symbols), 1),
        groups,
        starts[order],
        (starts + length)[order],
        lasts[order],
        **{name: values[order] for name, values in prices.items()},
    )


def _bells(place: Integers) -> tuple[Integers, Integers]:
    """When the session of every bar opens and closes, in microseconds since 1970 in UTC."""
    held, which = np.unique(place, return_inverse=True)
    days = [calendar()[each] for each in held]
    opens = np.array([int(open_at(day).timestamp()) * 1_000_000 for day in days], dtype=np.int64)
    closes = np.array([int(close_at(day).timestamp()) * 1_000_000 for day in days], dtype=np.int64)
    return opens[which], closes[which]
