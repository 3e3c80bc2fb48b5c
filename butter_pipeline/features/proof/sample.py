"""The market on which the registry's features are proved.

What belongs here: every table that a family names, over the embedded market's symbols, made worse as real data are.
What does not: markets for unseen functions (`foreign.worlds`), and proving (`family`).

One symbol is young, one misses sessions, one misses prices, one stands still. What no market table holds (the rows of
other families, series that the embedded market lacks, a stranger's tables) is drawn at random, some of it missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.features.registry import families, family_schema, features_of, inputs_of, lookback, lookbacks
from butter_pipeline.frame import AVAILABLE_AT
from butter_pipeline.market.frames import ACTIONS, INTRADAY
from butter_pipeline.market.sessions import as_of, close_at, offset, open_at, sessions_between

LAST = date(2025, 3, 21)
"""Shortly after the clocks changed; half days, holidays and the turn of a year lie within reach before it."""
CUT_SESSIONS = 120
"""The sessions among which cuts are drawn."""
CHAIN_SESSIONS = 9
BAR = timedelta(minutes=30)
YOUNG_SESSIONS = 200
FEW_SYMBOLS = 3
MISSING = 0.03


@dataclass(frozen=True)
class Sample:
    """A family's tables and the sessions at which it can be cut."""

    tables: Mapping[str, pa.Table]
    sessions: Sequence[date]


@lru_cache(maxsize=32)
def sample_of(family: str) -> Sample:
    """A family's sample: as many sessions as it looks back, and those in which it is cut."""
    named = inputs_of(family)
    wide = CHAIN_SESSIONS if "chains" in named else CUT_SESSIONS
    first = offset(LAST, 1 - wide)
    spans = {name: sessions_between(offset(first, 1 - back), LAST) for name, back in lookbacks(family).items()}
    return Sample({name: _table(name, family, spans[name]) for name in named}, sessions_between(first, LAST))


def few_symbols(whole: Sample) -> Sample:
    """The sample of the first symbols alone: a steady one, one with gaps, a young one."""
    named = (table["symbol"] for table in whole.tables.values() if "symbol" in table.column_names)
    few = sorted(next(named).unique().to_pylist())[:FEW_SYMBOLS]
    tables = {
        name: table.filter(pc.is_in(table["symbol"], pa.array(few))) if "symbol" in table.column_names else table
        for name, table in whole.tables.items()
    }
    return Sample(tables, whole.sessions)


def _table(name: str, family: str, sessions: Sequence[date]) -> pa.Table:
    if name == "bars":
        return _worn(_market("bars", sessions[0]).filter(_within("bars", sessions)))
    if name == "chains":
        return _chains(tuple(sessions))
    if name == "context":
        return _context(family, sessions)
    if name == "intraday":
        return intraday(sessions)
    if name == "actions":
        return _actions(sessions)
    return _drawn(name, family, sessions)


def _within(name: str, sessions: Sequence[date]) -> Any:
    return pc.greater_equal(_market(name, sessions[0])["session"], pa.scalar(sessions[0], pa.date32()))


@lru_cache(maxsize=4)
def _market(name: str, first: date) -> pa.Table:
    from butter_pipeline.market.simulator.tables import bar_rows, context_rows

    path, sessions = _path()
    wanted = sessions_between(first, LAST)
    indices = [sessions.index(each) for each in wanted]
    rows = {"bars": bar_rows, "context": context_rows}[name]
    return rows(path, indices, [as_of(each) for each in wanted])


@lru_cache(maxsize=1)
def _path() -> tuple[Any, Sequence[date]]:
    from butter_pipeline.configs import load
    from butter_pipeline.market.simulator.path import simulate
    from butter_pipeline.market.simulator.world import world_from_config

    longest = max(lookback(family) for family in families())
    sessions = sessions_between(offset(LAST, -longest - CUT_SESSIONS), offset(LAST, 80))
    world = world_from_config({**load("simulator").values, "first_session": sessions[0], "break_session": None})
    return simulate(world, list(sessions)), sessions


@lru_cache(maxsize=2)
def _chains(sessions: tuple[date, ...]) -> pa.Table:
    from butter_pipeline.market.simulator.tables import chain_rows

    path, every = _path()
    indices = [every.index(each) for each in sessions]
    return chain_rows(path, indices, [as_of(each) for each in sessions])


def _worn(bars: pa.Table) -> pa.Table:
    """Bars with a young symbol, gaps, missing prices and a symbol that stands still."""
    names = sorted(bars["symbol"].unique().to_pylist())
    symbol, session = bars["symbol"].to_numpy(zero_copy_only=False), bars["session"].to_numpy()
    rng = np.random.default_rng(1)
    gone = (symbol == names[1]) & (rng.random(len(symbol)) < MISSING)
    gone |= (symbol == names[2]) & (session < np.datetime64(offset(LAST, -YOUNG_SESSIONS)))
    holes = (symbol == names[3]) & (rng.random(len(symbol)) < MISSING)
    for column in ("open", "high", "low", "close", "volume"):
        values = bars[column].to_numpy().copy()
        values[symbol == names[4]] = 0.0 if column == "volume" else 50.0
        values[holes] = np.nan
        bars = replaced(bars, column, values)
    return bars.filter(pa.array(~gone))


def _context(family: str, sessions: Sequence[date]) -> pa.Table:
    """The market's series, and those that the family names beside them."""
    made = _market("context", sessions[0]).filter(_within("context", sessions))
    there = set(made["series"].unique().to_pylist())
    parts = [made]
    for column in _named(family, "context"):
        if column not in there:
            known = pa.array([as_of(each) for each in sessions], AVAILABLE_AT.type)
            values = _wander(len(sessions), column)
            parts.append(
                pa.table(
                    [pa.array(sessions, pa.date32()), pa.array([column] * len(sessions)), values, known],
                    schema=made.schema,
                )
            )
    return pa.concat_tables(parts).combine_chunks()


def intraday(sessions: Sequence[date]) -> pa.Table:
    """Half-hour bars of the first symbols that wander; on half days fewer, one symbol without some."""
    names = sorted(_market("bars", sessions[0])["symbol"].unique().to_pylist())[: FEW_SYMBOLS + 1]
    rng = np.random.default_rng(2)
    parts = [_bars_within(name, day, rng) for day in sessions for name in names if rng.random() > MISSING]
    return pa.concat_tables(parts).combine_chunks()


def _actions(sessions: Sequence[date]) -> pa.Table:
    """Dividends and earnings of every symbol at a rhythm of its own, now and then some sessions late."""
    rng = np.random.default_rng(4)
    rows = []
    for name in sorted(_market("bars", sessions[0])["symbol"].unique().to_pylist()):
        for kind, gap in (("dividend", 63), ("earnings", 62)):
            places = np.arange(rng.integers(gap), len(sessions) - 3, gap)
            days = [sessions[place] for place in (places + rng.integers(0, 3, len(places))).tolist()]
            told = {"symbol": name, "kind": kind, "cash": 0.5 if kind == "dividend" else None}
            rows += [{**told, "session": day, "available_at": open_at(day)} for day in days]
    return pa.Table.from_pylist(rows, ACTIONS.schema)


def _bars_within(symbol: str, day: date, rng: np.random.Generator) -> pa.Table:
    count = int((close_at(day) - open_at(day)) / BAR)
    starts = [open_at(day) + place * BAR for place in range(count)]
    close = 100.0 * np.exp(np.cumsum(0.004 * rng.standard_normal(count)))
    opened = close * np.exp(0.002 * rng.standard_normal(count))
    columns = {
        "session": [day] * count,
        "symbol": [symbol] * count,
        "minutes": [int(BAR.total_seconds()) // 60] * count,
        "starts_at": starts,
        "open": opened,
        "high": np.maximum(opened, close) * 1.001,
        "low": np.minimum(opened, close) * 0.999,
        "close": close,
        "volume": np.round(1e5 * np.exp(0.5 * rng.standard_normal(count))),
        "available_at": [start + BAR for start in starts],
    }
    return pa.table(columns, schema=INTRADAY.schema)


def _drawn(name: str, family: str, sessions: Sequence[date]) -> pa.Table:
    """A table of numbers by session and symbol, drawn at random: another family's rows, or a stranger's."""
    bars = _worn(_market("bars", sessions[0]).filter(_within("bars", sessions)))
    known = [each.name for each in family_schema(name) if pa.types.is_float64(each.type)] if name in families() else []
    columns = list(dict.fromkeys([*known, *_named(family, name)]))
    base = {each: bars[each] for each in ("session", "symbol")}
    drawn = {each: _number(bars.num_rows, f"{name}.{each}") for each in columns}
    return pa.table(base | drawn | {"available_at": bars["available_at"]})


def _named(family: str, table: str) -> Sequence[str]:
    inputs = (column.partition(".") for each in features_of(family) for column in each.inputs)
    return list(dict.fromkeys(column for name, _, column in inputs if name == table))


def _number(count: int, name: str) -> pa.Array:
    rng = np.random.default_rng(crc32(name.encode()))
    return pa.array(20.0 + 3.0 * rng.standard_normal(count), mask=rng.random(count) < MISSING)


def _wander(count: int, name: str) -> pa.Array:
    rng = np.random.default_rng(crc32(name.encode()))
    return pa.array(20.0 * np.exp(np.cumsum(0.02 * rng.standard_normal(count))))


def replaced(table: pa.Table, column: str, values: Any) -> pa.Table:
    """The table with other values in one column."""
    place = table.column_names.index(column)
    return table.set_column(place, table.schema.field(column), pa.array(values, table.schema.field(column).type))
