"""Bars, chains and histories of made-up symbols, as the families are given them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pyarrow as pa

from assets_tests.market.simulator.worlds import WORLD
from butter_pipeline.features.compute import compute
from butter_pipeline.features.registry import families, family_schema
from butter_pipeline.market.frames import ACTIONS, BARS, CANDIDATES, CONTEXT, INTRADAY
from butter_pipeline.market.sessions import as_of, open_at, sessions_between
from butter_pipeline.market.vendors.simulated import SimulatedVendor

LAST = date(2025, 3, 14)
SESSIONS = sessions_between(date(2020, 12, 1), LAST)
SERIES = ("index_level", "vol_index", "vol_index_9d", "vol_index_3m", "short_rate_pct", "sector_one", "sector_two")


def walk(count: int, seed: int, sd: float = 0.015) -> np.ndarray:
    """A price that wanders."""
    return 100.0 * np.exp(np.cumsum(sd * np.random.default_rng(seed).standard_normal(count)))


def bars_of(symbol: str, sessions: Sequence[date], close: np.ndarray, seed: int = 0) -> pa.Table:
    """Bars around given closes; the other prices and volumes are noise."""
    noise = np.abs(np.random.default_rng(seed).standard_normal((4, len(close))))
    opened = close * (1.0 + 0.004 * (noise[0] - 0.8))
    high = np.maximum(opened, close) * (1.0 + 0.005 * noise[1])
    low = np.minimum(opened, close) * (1.0 - 0.005 * noise[2])
    known = pa.array([as_of(session) for session in sessions], BARS.schema.field("available_at").type)
    dates = pa.array(sessions, pa.date32())
    volume = np.round(1e6 * (0.5 + noise[3]))
    return pa.table([dates, [symbol] * len(sessions), opened, high, low, close, volume, known], schema=BARS.schema)


def replaced(table: pa.Table, column: str, values: np.ndarray) -> pa.Table:
    """The table with other numbers in one column."""
    place = table.column_names.index(column)
    return table.set_column(place, table.schema.field(column), pa.array(values, pa.float64()))


@lru_cache
def market() -> Mapping[str, pa.Table]:
    """Everything that any family is given: a steady symbol, a young one, one with gaps, a broken and a still one."""
    rng = np.random.default_rng(11)
    gaps = [s for s in SESSIONS if rng.random() > 0.01 or s == LAST]
    broken = bars_of("BROKEN", SESSIONS, walk(len(SESSIONS), 4), 4)
    closes = np.where(rng.random(len(SESSIONS)) < 0.02, np.nan, broken["close"].to_numpy())
    closes[-4] = np.nan
    young = SESSIONS[-170:]
    bars = pa.concat_tables(
        [
            bars_of("STEADY", SESSIONS, walk(len(SESSIONS), 1), 1),
            bars_of("YOUNG", young, walk(len(young), 2), 2),
            bars_of("GAPS", gaps, walk(len(gaps), 3), 3),
            replaced(broken, "close", closes),
            still(),
        ]
    )
    tables = {
        "bars": bars,
        "context": context(),
        "chains": chains(),
        "candidates": candidates(),
        "intraday": intraday(),
        "actions": actions(),
    }
    tables |= {name: history(name, bars, seed) for seed, name in enumerate(("surface", "volatility", "patterns"))}
    return tables


def still() -> pa.Table:
    """A symbol whose price never moves and that nobody trades."""
    table = bars_of("STILL", SESSIONS, np.full(len(SESSIONS), 50.1))
    for column, value in (("open", 50.1), ("high", 50.1), ("low", 50.1), ("volume", 0.0)):
        table = replaced(table, column, np.full(len(SESSIONS), value))
    return table


def context() -> pa.Table:
    """The index and its volatilities."""
    rows = [
        pa.table(
            [
                pa.array(SESSIONS, pa.date32()),
                [name] * len(SESSIONS),
                walk(len(SESSIONS), 20 + seed),
                pa.array([as_of(session) for session in SESSIONS], CONTEXT.schema.field("available_at").type),
            ],
            schema=CONTEXT.schema,
        )
        for seed, name in enumerate(SERIES)
    ]
    return pa.concat_tables(rows)


@lru_cache
def intraday(count: int = 40) -> pa.Table:
    """Bars of five minutes of two symbols, some outside of the bells, over the last sessions."""
    rows = []
    for symbol, seed in (("STEADY", 1), ("YOUNG", 2)):
        for number, session in enumerate(SESSIONS[-count:]):
            price = walk(80, 100 * seed + number, 0.001)
            starts = [open_at(session) + timedelta(minutes=5 * (step - 1)) for step in range(80)]
            for step, at in enumerate(starts):
                close, opened = price[step], price[max(step - 1, 0)]
                rows.append(
                    {
                        "session": session,
                        "symbol": symbol,
                        "minutes": 5,
                        "starts_at": at,
                        "open": opened,
                        "high": max(opened, close) * 1.0004,
                        "low": min(opened, close) * 0.9996,
                        "close": close,
                        "volume": float(1000 + 10 * step),
                        "available_at": at + timedelta(minutes=6),
                    }
                )
    return pa.Table.from_pylist(rows, schema=INTRADAY.schema)


def candidates() -> pa.Table:
    """Two sources that propose some symbols in two of three sessions."""
    rng = np.random.default_rng(5)
    rows = [
        {
            "session": session,
            "symbol": symbol,
            "source": source,
            "list": "long" if rng.random() < 0.6 else "short",
            "confidence": rng.random(),
            "reasoning": "because",
            "answer_hash": "0",
            "available_at": as_of(session),
        }
        for number, session in enumerate(SESSIONS[-60:])
        for source in ("file", "service")
        for symbol in ("STEADY", "YOUNG", "GAPS", "ELSEWHERE")
        if number % 3 and rng.random() < 0.5
    ]
    return pa.Table.from_pylist(rows, schema=CANDIDATES.schema)


def actions() -> pa.Table:
    """Dividends and earnings of some symbols, about a quarter apart; a split."""
    told = [
        dict.fromkeys(ACTIONS.schema.names)
        | {"session": day, "symbol": symbol, "kind": kind, "cash": cash, "available_at": open_at(day)}
        for symbol, begin in (("STEADY", 7), ("GAPS", 30), ("ELSEWHERE", 5))
        for kind, cash, later in (("dividend", 0.4, 0), ("earnings", None, 20))
        for day in SESSIONS[begin + later :: 63]
    ]
    split = {"session": SESSIONS[-100], "symbol": "YOUNG", "kind": "split", "ratio": 2.0}
    told.append(dict.fromkeys(ACTIONS.schema.names) | split | {"available_at": open_at(SESSIONS[-100])})
    return pa.Table.from_pylist(told, schema=ACTIONS.schema)


@lru_cache
def chains(count: int = 6) -> pa.Table:
    """The simulated market's chains of a few sessions."""
    return SimulatedVendor(WORLD, timedelta(minutes=15)).chains(SESSIONS[-count:])


def history(family: str, bars: pa.Table, seed: int) -> pa.Table:
    """Rows of a family with values drawn at random, some of them missing."""
    rng = np.random.default_rng(seed)
    schema = family_schema(family)
    values = 20.0 + 3.0 * rng.standard_normal((len(schema) - 4, bars.num_rows))
    columns = [pa.array(each, mask=rng.random(bars.num_rows) < 0.03) for each in values]
    nulls = pa.nulls(bars.num_rows, pa.string())
    return pa.table([bars["session"], bars["symbol"], *columns, nulls, bars["available_at"]], schema=schema)


@lru_cache
def made(family: str, count: int = 30) -> pa.Table:
    """A family's rows of the last sessions."""
    return compute(family, market(), SESSIONS[-count:])


def all_made(count: int = 6) -> Mapping[str, pa.Table]:
    """Every family's rows of the last sessions."""
    return {family: made(family, count) for family in families()}


def value(table: pa.Table, column: str, symbol: str, session: date = LAST) -> float | None:
    """One cell."""
    mine = [row for row in table.to_pylist() if row["symbol"] == symbol and row["session"] == session]
    assert len(mine) == 1
    return mine[0][column]
