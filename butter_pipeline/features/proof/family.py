"""Proving a family of the registry: at every cut, the same bits whatever comes later, before, beside, or in between.

What belongs here: the tests of declared features. What does not: the sample (`sample`), and functions that declare
nothing (`foreign`).

The house promises bits, so bits are compared: a value that changes in its last place is a mismatch. Fits are
remembered by the exact rows that they rest on, as in the nightly run: other rows are fitted anew. To ask again is to
fit again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.features.compute import compute
from butter_pipeline.features.models.searching import Remembered
from butter_pipeline.features.proof.alterations import ALTERATIONS, Tables, undeclared
from butter_pipeline.features.proof.sample import Sample, few_symbols, sample_of
from butter_pipeline.features.registry import Feature, features_of
from butter_pipeline.identity import content_hash
from butter_pipeline.market.holidays import EARLY_CLOSES
from butter_pipeline.market.sessions import EXCHANGE_ZONE

CUTS = 6
CHECKED = ("future cut off", "noise", "another past beyond the look-back", "fewer symbols")
"""The tests of the cheap proof."""
SYMBOLS_LEFT = "fewer symbols"
KEYS = ("session", "symbol", "starts_at", "ends_at", "available_at")
"""Columns that name a row, where a family has them."""


@dataclass(frozen=True)
class Mismatch:
    """A value that changed with what it must not see."""

    feature: str
    test: str
    cut: date
    symbol: str
    session: date
    was: float | str | None
    became: float | str | None

    def __str__(self) -> str:
        """The mismatch in one line."""
        where = f"{self.feature} of {self.symbol} on {self.session}"
        return f"{self.test} at the cut {self.cut}: {where} was {self.was}, became {self.became}"


@dataclass(frozen=True)
class Proved:
    """What came of proving a family: its features, where it was cut, how often compared, and what did not hold."""

    family: str
    features: tuple[str, ...]
    cuts: tuple[date, ...]
    comparisons: int
    mismatches: tuple[Mismatch, ...]

    @property
    def said(self) -> str:
        """The first mismatch in one line; empty where there is none."""
        return str(self.mismatches[0]) if self.mismatches else ""


def prove(family: str, cuts: int = CUTS, seed: int = 0) -> Proved:
    """Prove every feature of a family, with every test, at some cuts of the sample."""
    held, fitted = sample_of(family), Remembered()
    chosen = cuts_of(held.sessions, cuts, seed)
    whole = compute(family, held.tables, _around(held.sessions, chosen), fitted)
    compared, found = 0, list(_again(family, held, chosen, whole))
    for cut in chosen:
        wanted = _around(held.sessions, [cut])
        for name, tables in alterations(family, held.tables, cut):
            compared += 1
            found += differences(name, cut, _of(whole, wanted), compute(family, tables, wanted, fitted))
    for features, tables in undeclared(family, held.tables):
        compared += 1
        cut = chosen[-1]
        other = compute(family, tables, [cut], fitted)
        found += differences("undeclared inputs", cut, _of(whole, [cut]), other, [each.name for each in features])
    return Proved(family, _names(features_of(family)), tuple(chosen), compared + 1 + len(chosen), tuple(found))


@lru_cache
def checked(family: str) -> Proved:
    """The cheap proof of a family: one cut, a few symbols and tests; once per process, as it rests on code alone."""
    held = few_symbols(sample_of(family))
    cut = cuts_of(held.sessions, 1, 0)[0]
    fitted = Remembered()
    whole = compute(family, held.tables, [cut], fitted)
    found: list[Mismatch] = []
    for name in CHECKED:
        tables = ALTERATIONS[name](family, held.tables, cut)
        if tables is not None:
            found += differences(name, cut, whole, compute(family, tables, [cut], fitted))
    return Proved(family, _names(features_of(family)), (cut,), len(CHECKED), tuple(found))


def cuts_of(sessions: Sequence[date], count: int, seed: int) -> Sequence[date]:
    """Sessions to cut at: a half day, one beside a change of the clock, the others at random; never the last."""
    inner = sessions[1:-1]
    edges = [each for each in inner if each in EARLY_CLOSES][-1:] + [each for each in inner if _clock_changed(each)][
        -1:
    ]
    others = np.random.default_rng(seed).permutation(len(inner)).tolist()
    every = dict.fromkeys([inner[others[0]], *edges, *(inner[place] for place in others)])
    return sorted(list(every)[:count])


def alterations(family: str, tables: Tables, cut: date) -> Iterator[tuple[str, Tables]]:
    """The tables as they would be were something else so that a feature must not see."""
    for name, alter in ALTERATIONS.items():
        altered = alter(family, tables, cut)
        if altered is not None:
            yield name, altered


def differences(
    test: str, cut: date, whole: pa.Table, other: pa.Table, only: Sequence[str] | None = None
) -> Iterator[Mismatch]:
    """The first difference of every feature, by bits; rows that one of both lacks count, but for other symbols."""
    whole = whole.filter(pc.is_in(whole["symbol"], other["symbol"].unique())) if test == SYMBOLS_LEFT else whole
    other = other.filter(pc.is_in(other["symbol"], whole["symbol"].unique()))
    keys = [name for name in KEYS if name in whole.column_names]
    if not whole.select(keys).equals(other.select(keys)):
        yield Mismatch("rows", test, cut, "every symbol", cut, float(whole.num_rows), float(other.num_rows))
        return
    for name in only if only is not None else [each for each in whole.column_names if each not in keys]:
        place = _first_difference(whole[name], other[name])
        if place is not None:
            symbol, session = whole["symbol"][place].as_py(), whole["session"][place].as_py()
            was, became = whole[name][place].as_py(), other[name][place].as_py()
            yield Mismatch(name, test, cut, symbol, session, was, became)


def _first_difference(one: pa.ChunkedArray, other: pa.ChunkedArray) -> int | None:
    if not pa.types.is_float64(one.type):
        same = pc.equal(pc.fill_null(one, ""), pc.fill_null(other, "")).to_numpy()
        return None if same.all() else int(np.argmin(same))
    here, there = one.to_numpy(), other.to_numpy()
    apart = (here.view(np.int64) != there.view(np.int64)) & ~(np.isnan(here) & np.isnan(there))
    return int(np.argmax(apart)) if apart.any() else None


def _again(family: str, held: Sample, cuts: Sequence[date], whole: pa.Table) -> Iterator[Mismatch]:
    """Asked a second time, and row by row: the same, and its inputs are as they were."""
    before = {name: content_hash(table) for name, table in held.tables.items()}
    wanted = _around(held.sessions, cuts)
    yield from differences("asked again", cuts[0], whole, compute(family, held.tables, wanted))
    for cut in cuts:
        yield from differences("one session alone", cut, _of(whole, [cut]), compute(family, held.tables, [cut]))
    for name, table in held.tables.items():
        if content_hash(table) != before[name]:
            yield Mismatch("inputs", f"the table {name} was changed", cuts[0], "every symbol", cuts[0], None, None)


def _around(sessions: Sequence[date], cuts: Sequence[date]) -> Sequence[date]:
    """The cuts and the session before each."""
    places = {sessions.index(cut) for cut in cuts}
    return [sessions[place] for place in sorted(places | {max(place - 1, 0) for place in places})]


def _of(table: pa.Table, sessions: Sequence[date]) -> pa.Table:
    return table.filter(pc.is_in(table["session"], pa.array(sessions, pa.date32()))).combine_chunks()


def _clock_changed(session: date) -> bool:
    """Whether the week before ended in another distance from Greenwich."""

    def offset(day: date) -> timedelta | None:
        return _noon(day).utcoffset()

    return offset(session) != offset(session - timedelta(days=4))


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), EXCHANGE_ZONE)


def _names(features: Sequence[Feature]) -> tuple[str, ...]:
    return tuple(each.name for each in features)
