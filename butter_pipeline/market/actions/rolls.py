"""Rolls of futures: where a continuous series passes from one contract to the next, and by how much.

Two kinds of source say so:

- **single contracts** (`ESH24`, `ESM24`): `stitched` goes from one to the next once the next traded more in the session
  before, so that a roll rests on nothing that was not known at its open;
- **a continuous file with two closes**: one raw, spliced from contract to contract, one back-adjusted by difference.
  Their distance is constant while a contract lasts, and changes at each roll: `unspliced` gives raw bars and rolls.

A roll's `difference` and `ratio` compare both contracts at the close of the session before the roll. Where a price is
not above zero there is no ratio.

What belongs here: deriving rolls, raw bars beside them. What does not: taking them out of prices (`adjust`), and files.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from butter_pipeline.errors import ButterError
from butter_pipeline.market.actions.adjust import PRICES
from butter_pipeline.market.frames import ACTIONS, BARS
from butter_pipeline.market.sessions import is_session, open_at

Floats = NDArray[np.float64]

MONTHS = "FGHJKMNQUVXZ"
_CONTRACT = re.compile(rf"(?P<root>.+?)(?P<month>[{MONTHS}])(?P<year>\d{{1,2}}|\d{{4}})")
_TICKS = 6
"""Decimals to which a distance of two closes is the same: far below any tick, far above rounding."""


@dataclass(frozen=True)
class Continuous:
    """A continuous future: raw bars, contract after contract, and where one gave way to the next."""

    bars: pa.Table
    rolls: pa.Table


def unspliced(bars: pa.Table, spliced: Floats) -> Continuous:
    """Raw bars and rolls out of bars that were back-adjusted by difference, given the raw (spliced) close of each.

    One symbol's rows, in order. Back-adjusted prices hold what only later rolls told; the raw ones do not.
    """
    close = bars["close"].to_numpy()
    told = np.isfinite(close) & np.isfinite(spliced)
    distance = np.where(told, np.round(close - spliced, _TICKS), np.nan)
    shift = np.where(told, close - spliced, 0.0)
    raw = bars
    for name in PRICES:
        # A tick's digits: taking a distance off must not leave rounding behind.
        values = spliced if name == "close" else np.round(bars[name].to_numpy() - shift, _TICKS)
        place = raw.schema.get_field_index(name)
        raw = raw.set_column(place, raw.schema.field(place), pa.array(values, pa.float64(), from_pandas=True))
    known = np.flatnonzero(told)
    turns = known[1:][distance[known[1:]] != distance[known[:-1]]]
    rows = []
    for turn in turns.tolist():
        before = int(known[np.searchsorted(known, turn) - 1])
        difference = float(np.round(distance[before] - distance[turn], _TICKS))
        old = float(spliced[before])
        rows.append(_roll(bars.slice(turn, 1).to_pylist()[0], (old, old + difference, difference), (None, None)))
    return Continuous(raw, rolls_table(rows))


def stitched(contracts: pa.Table, root: str) -> Continuous:
    """The continuous future of a root out of the bars of its contracts, whose symbols are the root and `M24` and so on.

    A later contract takes over in the session after one in which it traded more than the one held; never back. Until
    then nothing else counts: what is held is decided by volumes that were known before the session opened.
    """
    every = _by_contract(contracts, root)
    sessions = sorted({session for bars in every.values() for session in bars})
    rows: list[dict[str, Any]] = []
    rolls: list[dict[str, Any]] = []
    held, before = None, None
    for session in sessions:
        if before is None or held is None:
            held = next(name for name, bars in every.items() if session in bars)
        elif (coming := _wanted(every, held, before)) != held and session in every[coming]:
            old, new = every[held][before]["close"], every[coming][before]["close"]
            rolls.append(_roll({"session": session, "symbol": root}, (old, new, new - old), (held, coming)))
            held = coming
        if session in every[held]:
            rows.append(every[held][session] | {"symbol": root})
        before = session
    return Continuous(pa.Table.from_pylist(rows, BARS.schema), rolls_table(rolls))


def _by_contract(contracts: pa.Table, root: str) -> Mapping[str, Mapping[date, dict[str, Any]]]:
    """Each contract's bars by session, contracts in the order in which they expire."""
    found: dict[str, dict[date, dict[str, Any]]] = {}
    for row in contracts.sort_by([("session", "ascending"), ("available_at", "ascending")]).to_pylist():
        found.setdefault(row["symbol"], {})[row["session"]] = row
    dated = {name: expiry_month(name, root, min(bars)) for name, bars in found.items()}
    return {name: found[name] for name in sorted(found, key=lambda name: dated[name])}


def expiry_month(contract: str, root: str, seen: date) -> tuple[int, int]:
    """Year and month of a contract's name; a year of one digit is the first such from the session it is seen in on.

    >>> expiry_month("ESH4", "ES", date(2013, 12, 20)), expiry_month("CLZ24", "CL", date(2024, 1, 2))
    ((2014, 3), (2024, 12))
    """
    parts = _CONTRACT.fullmatch(contract)
    if parts is None or parts["root"] != root:
        raise ButterError(f"{contract}: is no contract of {root}; name contracts like {root}H24")
    month, year = MONTHS.index(parts["month"]) + 1, int(parts["year"])
    if len(parts["year"]) == 1:
        year = next(each for each in range(seen.year, seen.year + 10) if each % 10 == year)
    elif len(parts["year"]) == 2:
        year += 2000 if year < 70 else 1900
    return year, month


def _wanted(every: Mapping[str, Mapping[date, dict[str, Any]]], held: str, before: date) -> str:
    """The contract to hold, after a session's volumes; one without a bar there gives no price to compare with."""
    order = list(every)
    traded = {
        name: every[name][before]["volume"] or 0.0 for name in order[order.index(held) :] if before in every[name]
    }
    most = max(traded, key=lambda name: traded[name], default=held)
    return most if held in traded and traded[most] > traded[held] else held


def _roll(
    row: Mapping[str, Any], prices: tuple[float, float, float], contracts: tuple[str | None, str | None]
) -> dict[str, Any]:
    old, new, difference = prices
    return {
        "session": row["session"],
        "symbol": row["symbol"],
        "kind": "roll",
        "ratio": new / old if old > 0.0 and new > 0.0 else None,
        "difference": difference,
        "from_contract": contracts[0],
        "to_contract": contracts[1],
    }


def rolls_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rolls as rows of ACTIONS, known from the open of their session: both closes were known before."""
    stated = [{**row, "available_at": open_at(row["session"])} for row in rows if is_session(row["session"])]
    return pa.Table.from_pylist([{n: row.get(n) for n in ACTIONS.schema.names} for row in stated], ACTIONS.schema)
