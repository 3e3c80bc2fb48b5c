"""What a leak is called, by which tests found it and how far back it shows.

What belongs here: the kinds of leaks, and choosing among them. What does not: the tests (`judge`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from butter_pipeline.features.proof.foreign.answers import Difference
from butter_pipeline.features.proof.foreign.worlds.rows import DAY, NO_SYMBOL, World, stamp_of, symbol_of

REMEMBERS = "remembers earlier calls"
UNREPEATABLE = "answers otherwise when asked again"
CLOCK = "reads the clock"
FILES = "reads something beside its inputs"
EARLY = "uses rows before they were available"
WHOLE = "fitted on the whole sample"
OTHERS = "reads other symbols' future"
SAME_DAY = "uses the day before it is over"
SHARE = 0.5
"""From such a share of the earlier rows on, it is the whole sample that a value rests on."""


LEAST_STAMPS = 60
"""So many stamps before a cut let a share of them say something."""


@dataclass(frozen=True)
class Reach:
    """How far back the future shows: over how many stamps, and in what share of the rows or the time before."""

    stamps: int
    share: float
    same_day: bool


def reach_of(found: Difference, world: World, moment: int, *, intraday: bool) -> Reach:
    """How far before the cut a difference reaches."""
    rows = world.intraday if intraday else world.daily
    stamps = np.unique(rows.stamp[rows.known <= moment])
    after = max(int(np.count_nonzero(stamps >= int(found.stamps.min()))), 1)
    share = max(found.rows / max(found.of, 1), after / max(len(stamps), 1))
    days = stamp_of(found.keys) // DAY
    return Reach(after, share if len(stamps) >= LEAST_STAMPS else 0.0, bool((days == moment // DAY).all()))


def kinds_of(reaches: Sequence[Reach], *, intraday: bool, across: bool, own: bool, early: bool) -> tuple[str, ...]:
    """The kinds of a leak that looks ahead, the likeliest first."""
    others = (OTHERS,) if across else ()
    most = max(each.stamps for each in reaches)
    if early:
        return (EARLY, *others)
    if across and not own:
        return others
    if max(each.share for each in reaches) >= SHARE:
        return (WHOLE, *others)
    if intraday and most > 1 and all(each.same_day for each in reaches):
        return (SAME_DAY, *others)
    unit = "bar" if intraday else "session"
    return (f"looks ahead {most} {unit}{'s' if most > 1 else ''}", *others)


def others_changed(found: Difference | None, symbol: int) -> bool:
    """Whether the future of one symbol shows in the past of another."""
    if found is None:
        return False
    whose = symbol_of(found.keys)
    return bool(((whose != symbol) & (whose != NO_SYMBOL)).any())


def own_changed(found: Difference | None, symbol: int) -> bool:
    """Whether the future of a symbol shows in its own past, or in what belongs to no symbol."""
    return found is not None and bool(np.isin(symbol_of(found.keys), (symbol, NO_SYMBOL)).any())


def nobody_yet(found: Difference, world: World, moment: int) -> bool:
    """Whether all that changed was said of symbols that have no row by the moment: of them only the future can tell."""
    there = np.append(world.daily.symbol[world.daily.known <= moment], NO_SYMBOL)
    return not np.isin(symbol_of(found.keys), there).any()
