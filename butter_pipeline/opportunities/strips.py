"""Chains laid out for the search: calls and puts side by side, strike by strike.

What belongs here: from rows of contracts to arrays by session, symbol, expiry and strike. What does not: choosing
among them (`candidates`), and anything of another session.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from butter_pipeline.opportunities.columns import Floats, Ints, days, numbers, places, symbols_of
from butter_pipeline.opportunities.search import EXIT_AGE_SESSIONS

CALL, PUT = 0, 1
RIGHTS = ("C", "P")


@dataclass(frozen=True)
class Groups:
    """One element per session, symbol and expiry, in that order."""

    session: Ints  # days since 1970
    symbol: Ints  # place in the strip's symbols
    expiry: Ints  # days since 1970
    ahead: Ints  # sessions to expiry
    spot: Floats
    lane: Ints  # which session and symbol
    rank: Ints  # among the expiries of that session and symbol, 0 the nearest


@dataclass(frozen=True)
class Strip:
    """One element per group and strike, in that order; quotes are [right, element], nan where there is none."""

    symbols: Sequence[str]
    groups: Groups
    group: Ints
    strike: Floats
    bid: Floats
    ask: Floats
    iv: Floats


def strip_of(chains: pa.Table, ahead_max: int) -> Strip:
    """The contracts that live until the exit and expire within so many sessions, calls and puts side by side."""
    session, expiry = days(chains, "session"), days(chains, "expiry")
    ahead = places(expiry) - places(session)
    kept = np.flatnonzero((ahead >= EXIT_AGE_SESSIONS) & (ahead <= ahead_max))
    session, expiry, ahead = session[kept], expiry[kept], ahead[kept]
    chains = chains.take(pa.array(kept))
    names, symbol = symbols_of(chains)
    right = np.where(np.asarray(chains["right"].to_numpy(zero_copy_only=False)) == RIGHTS[CALL], CALL, PUT)
    strike = numbers(chains, "strike")
    order = np.lexsort((right, strike, expiry, symbol, session))
    session, symbol, expiry, right, strike = session[order], symbol[order], expiry[order], right[order], strike[order]
    lane_starts = _changes(session, symbol)
    group_starts = lane_starts | _changes(expiry)
    slot_starts = group_starts | _changes(strike)
    slot = np.cumsum(slot_starts) - 1
    quotes = {name: np.full((len(RIGHTS), int(slot_starts.sum())), np.nan) for name in ("bid", "ask", "vendor_iv")}
    for name, held in quotes.items():
        held[right, slot] = numbers(chains, name)[order]
    first = np.flatnonzero(group_starts)
    lane = (np.cumsum(lane_starts) - 1)[first]
    groups = Groups(
        session=session[first],
        symbol=symbol[first],
        expiry=expiry[first],
        ahead=ahead[order][first],
        spot=numbers(chains, "underlying_price")[order][first],
        lane=lane,
        rank=np.arange(first.size) - np.searchsorted(lane, lane),
    )
    starts = np.flatnonzero(slot_starts)
    group = (np.cumsum(group_starts) - 1)[starts]
    return Strip(names, groups, group, strike[starts], quotes["bid"], quotes["ask"], quotes["vendor_iv"])


def _changes(*columns: Ints | Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where an element differs from the one before it; the first one does."""
    changed = np.zeros(columns[0].size, dtype=np.bool_)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed
