"""Chains laid out for fitting: strikes of expiries of surfaces, calls and puts side by side.

What belongs here: from rows of quotes to arrays. What does not: what they say of volatility (`rows`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.market.sessions import calendar
from butter_pipeline.options.black_scholes import SESSIONS_PER_YEAR
from butter_pipeline.options.surface.parity import Expiries, Quotes
from butter_pipeline.options.surface.slices import Floats, Ints

COLUMNS = ("session", "symbol", "expiry", "strike", "right", "bid", "ask")


@dataclass(frozen=True)
class Layout:
    """A chain's expiries, one element each, by session, symbol and expiry; dates in days since 1970."""

    session: Ints
    symbols: Sequence[str]
    symbol: Ints  # place among the symbols
    expiry: Ints
    expiries: Expiries
    quotes: Quotes


def layout(chains: pa.Table, sessions: Sequence[date]) -> Layout:
    """The wanted sessions' quotes, calls and puts of a strike side by side; every listed expiry has its element."""
    wanted = pa.array(sessions, pa.date32())
    chains = chains.select(list(COLUMNS)).filter(pc.is_in(chains["session"], value_set=wanted))
    symbols = sorted(chains["symbol"].unique().to_pylist())
    coded = pc.index_in(chains["symbol"], value_set=pa.array(symbols, pa.string()))
    symbol = np.asarray(coded.to_numpy(), dtype=np.int64)
    session, expiry, strike = _days(chains, "session"), _days(chains, "expiry"), _numbers(chains, "strike")
    order = np.lexsort((strike, expiry, symbol, session))
    session, symbol, expiry, strike = session[order], symbol[order], expiry[order], strike[order]
    of_surface, _ = _runs(session, symbol)
    of_expiry, at_expiry = _runs(of_surface, expiry)
    of_strike, at_strike = _runs(of_expiry, strike)
    put = np.asarray(pc.equal(chains["right"], "P").to_numpy())[order].astype(np.int64)
    bid, ask = np.full((2, len(at_strike)), np.nan), np.full((2, len(at_strike)), np.nan)
    bid[put, of_strike], ask[put, of_strike] = _numbers(chains, "bid")[order], _numbers(chains, "ask")[order]
    years = np.maximum(_places(expiry[at_expiry]) - _places(session[at_expiry]), 0) / SESSIONS_PER_YEAR
    return Layout(
        session=session[at_expiry],
        symbols=symbols,
        symbol=symbol[at_expiry],
        expiry=expiry[at_expiry],
        expiries=Expiries(of_surface[at_expiry], years),
        quotes=Quotes(of_expiry[at_strike], strike[at_strike], bid[0], ask[0], bid[1], ask[1]),
    )


def _runs(*keys: Ints | Floats) -> tuple[Ints, Ints]:
    """Which run of equal neighbours each element is of, and where the runs start."""
    changes = np.zeros(len(keys[0]), dtype=np.bool_)
    changes[:1] = True
    for key in keys:
        changes[1:] |= key[1:] != key[:-1]
    return np.cumsum(changes) - 1, np.flatnonzero(changes)


def _places(days: Ints) -> Ints:
    """The place in the exchange calendar of the last session on or before each day."""
    held = np.array(calendar(), dtype="datetime64[D]").astype(np.int64)
    return np.asarray(np.searchsorted(held, days, side="right"), dtype=np.int64)


def _days(table: pa.Table, name: str) -> Ints:
    return np.asarray(table[name].cast(pa.int32()).to_numpy(), dtype=np.int64)


def _numbers(table: pa.Table, name: str) -> Floats:
    return np.asarray(table[name].to_numpy(), dtype=np.float64)
