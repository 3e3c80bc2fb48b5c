"""Where a function is tried: on which worlds, at which cuts, against which futures, and in which order.

What belongs here: the order of trials, the same every time. What does not: making them (`judge`).

First come the trials that every function is owed, a few cuts of each world against every future. Then a sweep over all
other sessions, the unusual ones first: a leak that shows under a rare condition shows only when the cut follows it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

import numpy as np

from butter_pipeline.features.proof.foreign.answers import Answer
from butter_pipeline.features.proof.foreign.worlds import market
from butter_pipeline.features.proof.foreign.worlds.futures import FUTURES, Future
from butter_pipeline.features.proof.foreign.worlds.rows import CLOSE, HIGH, LOW, VOLUME, Rows, World
from butter_pipeline.features.registry import Floats, Integers

LEAST_ROWS = 30
LATE_SHARE = 0.8
EARLY_ROWS = (12, 6, 25, 60)
SWEPT_FUTURES = 3
"""Of the cuts of a sweep, every so many meets another future; all of them meet none at all."""


@dataclass(frozen=True)
class Unit:
    """A world or one symbol of it, with what the function says about all of it."""

    world: World
    full: Answer
    known: Integers
    """The moments at which its rows become known."""

    @property
    def late(self) -> int:
        """A cut with much before it and something after."""
        return int(self.known[int(LATE_SHARE * len(self.known))])


@dataclass(frozen=True)
class Trial:
    """One cut of a unit and the futures that follow it; owed ones are made whatever they cost."""

    unit: Unit
    cut: int
    futures: Sequence[Future]
    owed: bool = False


Units = Callable[[World], Sequence[Unit]]
"""From a world to those units of it that the function answers for."""


def trials(units: Units, levels: Sequence[float], tickers: Sequence[str], *, quick: bool) -> Iterator[Trial]:
    """The trials of a function whose code names some levels and symbols; `quick` for one that takes long to answer."""
    plain = units(market.plain())
    if quick:
        yield from _owed(plain[:2], FUTURES[:3])
        yield from _owed(units(market.holed())[:1], FUTURES[:1])
    else:
        yield from _owed(plain, FUTURES)
        yield from _owed(units(market.holed())[:3], FUTURES)
        yield from _first_cuts(units(market.long()), 2)
    yield from _named(plain, levels)
    others = [*market.as_code_says(levels, tickers), market.holed(), market.long()]
    yield from _alternately(_sweep(plain), *(_sweep(units(world)) for world in others))


def cuts_of(world: World, *, intraday: bool, after: int) -> Integers:
    """The moments after which a world is cut: when some row becomes known, but for the last."""
    known = np.unique((world.intraday if intraday else world.daily).known)
    found: Integers = known[known > after]
    return found


def _owed(units: Sequence[Unit], futures: Sequence[Future]) -> Iterator[Trial]:
    for place, unit in enumerate(units):
        yield Trial(unit, unit.late, futures, owed=True)
        early = EARLY_ROWS[place % len(EARLY_ROWS)]
        if early < len(unit.known) - 1:
            yield Trial(unit, int(unit.known[early]), futures, owed=True)


def _first_cuts(units: Sequence[Unit], count: int) -> Iterator[Trial]:
    for place, unit in enumerate(units):
        for each in range(count):
            at = (each + 1) * len(unit.known) // (count + 2) + 11 * place
            yield Trial(unit, int(unit.known[at]), FUTURES[each : each + 2], owed=True)


def _named(units: Sequence[Unit], levels: Sequence[float]) -> Iterator[Trial]:
    """Cuts after as many rows as the code names."""
    for unit in units:
        for level in levels:
            for at in (int(level) + step for step in (0, 1, 7)):
                if level == int(level) and 2 < at < len(unit.known) - 1:
                    yield Trial(unit, int(unit.known[at]), ())


def _sweep(units: Sequence[Unit]) -> Iterator[Trial]:
    """Every cut of the units in turn, the unusual sessions first."""
    orders = [_unusual_first(unit) for unit in units]
    for turn in range(max((len(order) for order in orders), default=0)):
        for place, (unit, order) in enumerate(zip(units, orders, strict=True)):
            if turn < len(order):
                number = turn + place
                future = (FUTURES[number // SWEPT_FUTURES % len(FUTURES)],) if number % SWEPT_FUTURES == 0 else ()
                yield Trial(unit, int(order[turn]), future)


def _alternately(often: Iterator[Trial], *seldom: Iterator[Trial]) -> Iterator[Trial]:
    """Six of the first for one of each other, until all are through."""
    while True:
        taken = list(islice(often, 6))
        for each in seldom:
            taken += islice(each, 1 if taken else 6)
        if not taken:
            return
        yield from taken


def _unusual_first(unit: Unit) -> Integers:
    """The moments of a unit: after the most unusual rows and before them, and at random, in turn."""
    known = unit.known[:-1]
    chance = np.random.default_rng(len(known)).permutation(len(known))
    rows = unit.world.intraday if not np.isin(known[:1], unit.world.daily.known).any() else unit.world.daily
    strange = {int(at): 0.0 for at in known}
    there = rows.known.tolist()
    for at, before, how in zip(there, there[:1] + there[:-1], _strangeness(rows).tolist(), strict=True):
        for each in {at, before} & strange.keys():
            strange[each] = max(strange[each], how)
    unusual = sorted(range(len(known)), key=lambda place: -strange[int(known[place])])
    both = (place for pair in zip_longest(unusual, chance.tolist()) for place in pair if place is not None)
    return known[np.array(list(dict.fromkeys(both)), dtype=np.int64)] if len(known) else known


def _strangeness(rows: Rows) -> Floats:
    """How far each row's return, range and volume are from what its symbol is used to, in robust deviations."""
    found = np.zeros(len(rows))
    for symbol in np.unique(rows.symbol):
        mine = rows.symbol == symbol
        values = rows.values[mine]
        with np.errstate(all="ignore"):
            close = np.log(np.abs(values[:, CLOSE]))
            returns = np.abs(np.diff(close, prepend=close[:1]))
            spread = np.log(np.abs(values[:, HIGH] / values[:, LOW]))
            volume = np.log1p(np.abs(values[:, VOLUME]))
            busy = np.abs(np.diff(volume, prepend=volume[:1]))
            measured = [_robust(each) for each in (returns, spread, volume, busy)]
        found[mine] = np.nan_to_num(np.max(np.stack(measured), axis=0))
    return found


def _robust(values: Floats) -> Floats:
    told = values[np.isfinite(values)]
    if not len(told):
        return np.zeros(len(values))
    middle = np.median(told)
    spread = np.median(np.abs(told - middle))
    return np.nan_to_num(np.abs(values - middle) / (spread if spread > 0.0 else 1.0))
