"""What the rows after a cut are replaced by, so that whoever looks at them shows it.

What belongs here: futures, from plausible to absurd. What does not: cutting rows off (`rows.World.until`), and
comparing answers (`answers`).

A plausible future sets off conditions that an absurd one would not, and the reverse; an enormous one tells a tiny
weight on the future from rounding.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from butter_pipeline.features.proof.foreign.worlds.market import bars_along, path
from butter_pipeline.features.proof.foreign.worlds.rows import CLOSE, DAY, VOLUME, Rows, World
from butter_pipeline.features.registry import Floats, Integers

ENORMOUS = 1e6
Spoil = Callable[[Floats, Floats, int], Floats]
"""From the last known row, the rows after it and a seed, to other rows."""


@dataclass(frozen=True)
class Future:
    """A way to replace the future: its name and how; `thins` takes half of the symbols away as well.

    `skips` takes every other row away, by chance: whoever only asks when the next row comes shows it. As with values
    that are not `finite`, what merely goes missing then proves nothing.
    """

    name: str
    spoil: Spoil
    finite: bool = True
    thins: bool = False
    skips: bool = False

    @property
    def proves_by_absence(self) -> bool:
        """Whether an answer that is gone with this future had looked at it."""
        return self.finite and not self.skips


def _another(last: Floats, later: Floats, seed: int) -> Floats:
    return _continued(last, path(len(later), seed), 1.0, seed)


def _surge(last: Floats, later: Floats, seed: int) -> Floats:
    return _continued(last, _trend(len(later)) + path(len(later), seed), 30.0, seed)


def _collapse(last: Floats, later: Floats, seed: int) -> Floats:
    return _continued(last, -_trend(len(later)) + path(len(later), seed), 0.02, seed)


def _noise(_: Floats, later: Floats, seed: int) -> Floats:
    return later * np.exp(np.random.default_rng(seed).standard_normal(later.shape))


def _permuted(_: Floats, later: Floats, seed: int) -> Floats:
    return later[np.random.default_rng(seed).permutation(len(later))]


def _flipped(_: Floats, later: Floats, __: int) -> Floats:
    return -later


def _enormous(_: Floats, later: Floats, __: int) -> Floats:
    return later * ENORMOUS


def _missing(_: Floats, later: Floats, __: int) -> Floats:
    return np.full_like(later, np.nan)


def _unchanged(_: Floats, later: Floats, __: int) -> Floats:
    return later


def _trend(count: int) -> Floats:
    """Four per cent a session for two months."""
    return np.where(np.arange(count) < 40, 0.04, 0.0)


def _continued(last: Floats, returns: Floats, busy: float, seed: int) -> Floats:
    begin = last[CLOSE] if np.isfinite(last[CLOSE]) else 100.0
    level = busy * (last[VOLUME] if last[VOLUME] > 0.0 else 1e6)
    return bars_along(begin * np.exp(np.cumsum(np.clip(returns, -0.3, 0.3))), level, seed)


FUTURES = (
    Future("another future", _another),
    Future("surge", _surge),
    Future("enormous values", _enormous),
    Future("collapse", _collapse),
    Future("permuted future", _permuted),
    Future("other symbols", _unchanged, thins=True),
    Future("skipped sessions", _unchanged, skips=True),
    Future("noise", _noise),
    Future("flipped signs", _flipped),
    Future("missing values", _missing, finite=False),
)


def spoilt(world: World, moment: int, future: Future, seed: int, only: Sequence[int] | None = None) -> World:
    """The world with another future after a moment, of all symbols or only some."""
    return replace(
        world,
        daily=_spoilt(world.daily, moment, future, seed, only),
        intraday=_spoilt(world.intraday, moment, future, seed, only),
        events=_moved(world.events, moment, seed),
    )


def moved_events(world: World, moment: int, seed: int) -> World:
    """The world in which only events that are not announced yet fall on other days."""
    return replace(world, events=_moved(world.events, moment, seed))


def growth(before: World, after: World) -> float:
    """How many times greater than anything before the greatest number has become."""
    return max(1.0, _greatest(after) / max(_greatest(before), 1e-300))


def _greatest(world: World) -> float:
    return max(float(np.nanmax(np.abs(rows.values), initial=0.0)) for rows in (world.daily, world.intraday))


def _spoilt(rows: Rows, moment: int, future: Future, seed: int, only: Sequence[int] | None) -> Rows:
    values = rows.values.copy()
    gone = np.zeros(len(rows), dtype=np.bool_)
    for symbol in np.unique(rows.symbol):
        if only is not None and symbol not in only:
            continue
        mine = np.flatnonzero(rows.symbol == symbol)
        later = mine[rows.known[mine] > moment]
        before = mine[rows.known[mine] <= moment]
        if len(later):
            last = values[before[-1]] if len(before) else values[later[0]]
            values[later] = future.spoil(last, values[later], seed + int(symbol))
            gone[later] = future.thins and (int(symbol) + seed) % 2 == 0
            if future.skips:
                gone[later] = np.random.default_rng(seed + int(symbol)).random(len(later)) < 0.5
    return replace(rows, values=values).taken(~gone)


def _moved(events: Rows, moment: int, seed: int) -> Rows:
    """Events that are not announced yet fall on other days."""
    shift: Integers = DAY * np.random.default_rng(seed).integers(1, 6, len(events))
    return replace(events, stamp=np.where(events.known > moment, events.stamp + shift, events.stamp))
