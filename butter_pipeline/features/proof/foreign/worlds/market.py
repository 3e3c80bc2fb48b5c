"""Made-up markets on which unseen functions are judged.

What belongs here: the markets, each with what real ones have and functions trip over: symbols that begin late, end
early or miss sessions, missing closes, sessions without trade, jumps, half days, changes of the clock, corrections.
What does not: what happens after a cut (`futures`).

Prices wander; a market is made of its own seed, so it is the same everywhere and every time.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from butter_pipeline.features.proof.foreign.worlds.rows import CLOSE, DAY, FIELDS, VOLUME, Rows, World, empty_rows
from butter_pipeline.features.registry import Floats, Integers
from butter_pipeline.market.sessions import EXCHANGE_ZONE, as_of, close_at, sessions_between

SYMBOLS = ("AAPL", "IBM", "MSFT", "NVDA", "SPY", "TSLA")
FIRST, LAST = date(2023, 1, 3), date(2025, 3, 14)
LONG_SYMBOLS = 3
LONG_FIRST = date(2015, 1, 2)
BAR_SECONDS = 1800
CORRECTED = 0.08
"""The share of a corrected market's rows that have a second version, known some sessions later."""


@lru_cache
def plain() -> World:
    """Six symbols over two years: one begins late, one ends early, two miss sessions; no value is missing."""
    sessions = sessions_between(FIRST, LAST)
    count = len(sessions)
    kept = [np.ones(count, dtype=np.bool_) for _ in SYMBOLS]
    kept[1][: int(0.4 * count)] = False
    kept[3][int(0.65 * count) :] = False
    for place in (2, 5):
        kept[place] &= np.random.default_rng(place).random(count) > 0.04
    daily = _stacked([_bars(place, sessions, mask) for place, mask in enumerate(kept)])
    return World("plain", SYMBOLS, daily, _intraday(sessions[-24:]), _events(sessions))


@lru_cache
def holed() -> World:
    """The plain market's last year with closes and volumes that are missing or nought, each symbol's first too."""
    whole = plain()
    daily = whole.daily.taken(whole.daily.stamp >= seconds(date(2024, 1, 2)))
    rng = np.random.default_rng(77)
    values = daily.values
    values[rng.random(len(daily)) < 0.04, CLOSE] = np.nan
    values[rng.random(len(daily)) < 0.04, VOLUME] = 0.0
    firsts = np.flatnonzero(np.diff(daily.symbol, prepend=-1))
    values[firsts, CLOSE] = np.nan
    return replace(whole, name="with holes", daily=replace(daily, values=values))


@lru_cache
def long() -> World:
    """Three symbols over ten years."""
    sessions = sessions_between(LONG_FIRST, LAST)
    every = np.ones(len(sessions), dtype=np.bool_)
    daily = _stacked([_bars(place, sessions, every) for place in range(LONG_SYMBOLS)])
    events = _events(sessions)
    return World("ten years", SYMBOLS[:LONG_SYMBOLS], daily, empty_rows(), events.taken(events.symbol < LONG_SYMBOLS))


@lru_cache
def corrected() -> World:
    """Half a year of the plain market in which some rows have a later version; a version follows what it corrects."""
    whole = plain()
    daily = whole.daily.taken(whole.daily.stamp >= seconds(date(2024, 9, 3)))
    rng = np.random.default_rng(78)
    again = np.flatnonzero(rng.random(len(daily)) < CORRECTED)
    later = daily.taken(again)
    scale = 1.0 + 0.05 * rng.standard_normal((len(again), 1))
    known = later.known + DAY * rng.integers(3, 30, len(again))
    later = replace(later, known=known, version=later.version + 1, values=later.values * scale)
    both = _stacked([daily, later])
    order = np.lexsort((both.version, both.stamp, both.symbol))
    return replace(whole, name="with corrections", daily=both.taken(order), intraday=empty_rows())


def as_code_says(levels: Sequence[float], tickers: Sequence[str]) -> Sequence[World]:
    """The plain market about the highest volumes and price among some levels, and under other names of symbols."""
    strange = [each for each in tickers if each not in SYMBOLS][: len(SYMBOLS)]
    named = replace(plain(), name="of other names", symbols=(*strange, *SYMBOLS[len(strange) :]))
    volumes = [each for each in levels if 1e4 <= each < 1e12][-2:]
    prices = [each for each in levels if 1.0 < each < 1e4][-1:]
    levelled = [scaled(plain(), None, each) for each in volumes] + [scaled(plain(), each, None) for each in prices]
    return [*levelled, *([named] if strange else [])]


def scaled(world: World, price: float | None, volume: float | None) -> World:
    """A market whose prices and volumes lie about the given levels, where given."""
    values = world.daily.values.copy()
    if price is not None:
        values[:, :VOLUME] *= price / float(np.nanmedian(values[:, CLOSE]))
    if volume is not None:
        values[:, VOLUME] *= volume / float(np.nanmedian(values[:, VOLUME]))
    return replace(world, name=f"about {price or volume:g}", daily=replace(world.daily, values=values))


def seconds(day: date) -> int:
    """Midnight of a day, in seconds of the wall clock."""
    return (day - date(1970, 1, 1)).days * DAY


def wall_clock(moment: datetime) -> int:
    """A moment in seconds of New York's wall clock."""
    local = moment.astimezone(EXCHANGE_ZONE).replace(tzinfo=None)
    return int((local - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001  both are of one wall clock


@lru_cache
def settled(day: date) -> int:
    """When everything about a day is known; of a day without a session, its 17:00."""
    try:
        return wall_clock(as_of(day))
    except ValueError:
        return seconds(day) + 17 * 3600


def path(count: int, seed: int, sd: float = 0.018) -> Floats:
    """Log returns that come in quiet and busy stretches, with a jump now and then."""
    rng = np.random.default_rng(seed)
    busy = np.exp(0.35 * np.cumsum(rng.standard_normal(count)) / np.sqrt(np.arange(1, count + 1)))
    found: Floats = sd * busy * rng.standard_normal(count)
    jumps = rng.random(count) < 0.008
    return found + np.where(jumps, 0.25 * rng.standard_normal(count), 0.0)


def bars_along(close: Floats, level: float, seed: int) -> Floats:
    """Bars around closes, [row, field], with volumes about a level."""
    rng = np.random.default_rng(seed)
    noise = np.abs(rng.standard_normal((3, len(close))))
    opened = close * np.exp(0.006 * rng.standard_normal(len(close)))
    high = np.maximum(opened, close) * (1.0 + 0.006 * noise[0])
    low = np.minimum(opened, close) * (1.0 - 0.006 * noise[1])
    volume = np.round(level * np.exp(0.5 * rng.standard_normal(len(close)) + (noise[2] > 2.2)))
    return np.column_stack([opened, high, low, close, volume])


def _bars(place: int, sessions: Sequence[date], kept: np.ndarray) -> Rows:
    close = (40.0 + 60.0 * place) * np.exp(np.cumsum(path(len(sessions), 10 + place)))
    drift = np.exp(1.5 * np.sin(np.arange(len(sessions)) / (60.0 + 17.0 * place) + place))
    values = bars_along(close, 1.0, 30 + place)
    spikes = np.where(np.random.default_rng(70 + place).random(len(sessions)) < 0.015, 12.0, 1.0)
    busy = np.exp(0.5 * path(len(sessions), 50 + place, 1.0))
    values[:, VOLUME] = np.round(3e6 * (1 + place) * drift * busy * spikes)
    stamp = np.array([seconds(day) for day in sessions], dtype=np.int64)
    known = np.array([settled(day) for day in sessions], dtype=np.int64)
    symbol = np.full(len(sessions), place, dtype=np.int64)
    return Rows(symbol, stamp, known, np.zeros_like(symbol), values).taken(kept)


def _intraday(sessions: Sequence[date]) -> Rows:
    """Half-hour bars of two symbols, stamped when they end, which is when they are known."""
    parts = []
    for place in (0, 4):
        stamp = np.concatenate([_ends(day) for day in sessions])
        close = (50.0 + 100.0 * place) * np.exp(np.cumsum(path(len(stamp), 90 + place, 0.004)))
        symbol = np.full(len(stamp), place, dtype=np.int64)
        parts.append(Rows(symbol, stamp, stamp, np.zeros_like(symbol), bars_along(close, 2e5, 95 + place)))
    return _stacked(parts)


def _ends(day: date) -> Integers:
    opens = seconds(day) + 9 * 3600 + 1800
    return np.arange(opens + BAR_SECONDS, wall_clock(close_at(day)) + 1, BAR_SECONDS, dtype=np.int64)


def _events(sessions: Sequence[date]) -> Rows:
    """Earnings about every quarter, announced two to five weeks ahead; an event's stamp is its day."""
    rng = np.random.default_rng(5)
    parts = []
    for place in range(len(SYMBOLS)):
        days = [sessions[at] for at in range(20 + 5 * place, len(sessions), 63)]
        stamp = np.array([seconds(day) for day in days], dtype=np.int64)
        known = np.array([settled(day - timedelta(days=int(rng.integers(14, 36)))) for day in days], dtype=np.int64)
        symbol = np.full(len(days), place, dtype=np.int64)
        parts.append(Rows(symbol, stamp, known, np.zeros_like(symbol), np.zeros((len(days), len(FIELDS)))))
    return _stacked(parts)


def _stacked(parts: Sequence[Rows]) -> Rows:
    return Rows(
        np.concatenate([part.symbol for part in parts]),
        np.concatenate([part.stamp for part in parts]),
        np.concatenate([part.known for part in parts]),
        np.concatenate([part.version for part in parts]),
        np.concatenate([part.values for part in parts]),
    )
