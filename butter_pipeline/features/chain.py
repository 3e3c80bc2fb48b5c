"""Volatility smiles of whole option chains, as arrays.

What belongs here: implied volatility of a symbol and session at any time to expiry and distance from the money. What
does not: which points of it are features (`families.surface`).

Quotes out of the money alone count, and only those with a volatility. Between strikes volatility is linear in the
logarithm of moneyness and nothing is said beyond the listed ones; between expiries total variance is linear in time,
and beyond the listed ones volatility is that of the nearest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa

from butter_pipeline.features.registry import Booleans, Floats, Integers
from butter_pipeline.features.windows import NOWHERE, places, places_of, symbols_of

DAYS_A_YEAR = 365.0


@dataclass(frozen=True)
class Groups:
    """Consecutive values that belong together: which group each is of, and where the groups start."""

    of: Integers
    starts: Integers
    counts: Integers

    @classmethod
    def over(cls, keys: Integers) -> "Groups":
        """The groups of equal neighbours."""
        edges = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
        counts = np.diff(edges, append=len(keys))
        return cls(np.repeat(np.arange(len(edges)), counts), edges, counts)

    def at(self, x: Floats, y: Floats, wanted: Floats) -> Floats:
        """By group, `y` at the wanted `x`, linear between neighbours; at the ends that of the nearest."""
        if not len(self.starts):
            return np.empty(0)
        below = np.add.reduceat((x <= wanted[self.of]).astype(np.int64), self.starts)
        low = self.starts + np.maximum(below - 1, 0)
        high = self.starts + np.minimum(below, self.counts - 1)
        width = x[high] - x[low]
        share = np.where(width > 0.0, (wanted - x[low]) / np.where(width > 0.0, width, 1.0), 0.0)
        found: Floats = y[low] + share * (y[high] - y[low])
        return found

    def within(self, x: Floats, wanted: Floats) -> Booleans:
        """By group, whether the wanted `x` is between its least and its greatest."""
        found: Booleans = (x[self.starts] <= wanted) & (wanted <= x[self.starts + self.counts - 1])
        return found


@dataclass(frozen=True)
class Quotes:
    """Every quote of the wanted rows, in the order of row, expiry, strike and right; `moneyness` is ln(strike / spot).

    What is added up over a row is so added in one order, whatever the order of the table.
    """

    rows: int
    row: Integers
    call: Booleans
    days: Floats
    moneyness: Floats
    bid: Floats
    ask: Floats
    volume: Floats
    open_interest: Floats
    iv: Floats

    def total(self, values: Floats) -> Floats:
        """By row, the sum of the values that are numbers."""
        told = np.where(np.isfinite(values), values, 0.0)
        return np.asarray(np.bincount(self.row, told, self.rows), dtype=np.float64)

    def mean(self, values: Floats, weight: Floats) -> Floats:
        """By row, the weighted mean of the values that are numbers; NaN where none weighs anything."""
        weight = np.where(np.isfinite(values) & (weight > 0.0), weight, 0.0)
        return self.total(values * weight) / self.total(weight)


@dataclass(frozen=True)
class Smiles:
    """The smiles of every symbol and session of a chain: quotes within expiries within rows.

    `symbols` names what `symbol` counts; `row` and `days` say of each expiry which row it is of and how far away.
    """

    quotes: Quotes
    symbols: Sequence[str]
    symbol: Integers
    place: Integers
    expiries: Groups
    row: Integers
    days: Floats
    moneyness: Floats
    iv: Floats

    @cached_property
    def at_the_money(self) -> Floats:
        """The volatility of every expiry at the money, a year."""
        return self._across(np.zeros(len(self.days)))

    def iv_at(self, days: float, deviations: float = 0.0) -> Floats:
        """By row, volatility a year at a time to expiry in days, so many standard deviations above the money."""
        iv = self.at_the_money
        if deviations:
            iv = self._across(deviations * iv * np.sqrt(self.days / DAYS_A_YEAR))
        told = np.isfinite(iv)
        groups = Groups.over(self.row[told])
        near, time = iv[told], self.days[told]
        last = time[groups.starts + groups.counts - 1] if len(time) else time
        wanted = np.clip(days, time[groups.starts], last)
        found = np.full(len(self.symbol), np.nan)
        found[self.row[told][groups.starts]] = np.sqrt(groups.at(time, near**2 * time, wanted) / wanted)
        return found

    def _across(self, wanted: Floats) -> Floats:
        found = self.expiries.at(self.moneyness, self.iv, wanted)
        return np.where(self.expiries.within(self.moneyness, wanted), found, np.nan)


def smiles(chain: pa.Table, sessions: Sequence[date]) -> Smiles:
    """The smiles of the wanted sessions, by session and symbol; every symbol with quotes has its row."""
    symbols, symbol = symbols_of(chain)
    place = places_of(chain)
    wanted = np.isin(place, places(sessions))
    row_key = place * max(len(symbols), 1) + symbol
    rows = np.unique(row_key[wanted])
    strike, spot = chain["strike"].to_numpy(), chain["underlying_price"].to_numpy()
    iv = chain["vendor_iv"].to_numpy()
    days = (chain["expiry"].to_numpy() - chain["session"].to_numpy()).astype(np.int64)
    call = pa.compute.equal(chain["right"], "C").to_numpy()
    counts = (
        wanted & (call == (strike >= spot)) & (iv > 0.0) & np.isfinite(iv) & (days > 0) & (spot > 0.0) & (strike > 0.0)
    )
    chosen = np.flatnonzero(counts)
    row = np.searchsorted(rows, row_key[chosen])
    expiry_key = row * (days.max(initial=0) + 1) + days[chosen]
    moneyness = np.log(strike[chosen] / spot[chosen])
    order = np.lexsort((moneyness, expiry_key))
    expiries = Groups.over(expiry_key[order])
    firsts = order[expiries.starts]
    return Smiles(
        quotes=_quotes(chain, rows, np.where(wanted, np.searchsorted(rows, row_key), NOWHERE)),
        symbols=symbols,
        symbol=rows % max(len(symbols), 1),
        place=rows // max(len(symbols), 1),
        expiries=expiries,
        row=row[firsts],
        days=days[chosen][firsts].astype(np.float64),
        moneyness=moneyness[order],
        iv=iv[chosen][order],
    )


def _quotes(chain: pa.Table, rows: Integers, row: Integers) -> Quotes:
    """The quotes of the wanted rows, put in order."""
    strike = chain["strike"].to_numpy()
    days = (chain["expiry"].to_numpy() - chain["session"].to_numpy()).astype(np.int64)
    call = pa.compute.equal(chain["right"], "C").to_numpy()
    order = np.lexsort((call, strike, days, row))
    order = order[np.searchsorted(row[order], 0) :]
    with np.errstate(divide="ignore", invalid="ignore"):
        moneyness = np.log(strike[order] / chain["underlying_price"].to_numpy()[order])
    told = {name: chain[name].to_numpy()[order] for name in ("bid", "ask", "volume", "open_interest")}
    iv = chain["vendor_iv"].to_numpy()[order]
    return Quotes(
        rows=len(rows),
        row=row[order],
        call=call[order],
        days=days[order].astype(np.float64),
        moneyness=moneyness,
        iv=np.where((iv > 0.0) & np.isfinite(iv), iv, np.nan),
        **told,
    )
