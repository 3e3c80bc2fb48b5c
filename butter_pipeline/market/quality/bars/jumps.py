"""Every move that needs an explanation, symbol by symbol and in order.

What belongs here: the order, and what is known before each row. What does not: finding candidates, which is done for
all symbols at once (`moves`), and the explanations (`explain`).

Nothing here looks ahead. A session is judged by itself and what came before, so that it is judged alike on
its own evening and in a backfill years later; a true jump that nothing bears out costs one session, until
the next one shows the same level. A rejected bar is no reference, and so the row after it is always looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from math import log, prod, sqrt
from typing import TYPE_CHECKING

from butter_pipeline.market.quality.bars.explain import Bar, Finding, Past, explained
from butter_pipeline.market.quality.bars.history import FIELDS, History
from butter_pipeline.market.quality.bars.moves import MAD_TO_SIGMA, RETURNS_NEEDED, WINDOW, moves
from butter_pipeline.market.quality.thresholds import Thresholds
from butter_pipeline.market.sessions import position

EPOCH = date(1970, 1, 1)

GAP_SESSIONS = 4
"""Longer gaps do not excuse more: what happened in a month without trade wants a person."""

if TYPE_CHECKING:
    from butter_pipeline.market.quality.bars.moves import Moves


@dataclass(frozen=True)
class Jump:
    """One explanation, and the row under judgement that it is for."""

    row: int
    finding: Finding


@dataclass(frozen=True)
class Line:
    """One symbol's bars in order, as plain lists; sessions are day numbers, and `row` is -1 for earlier bars."""

    session: list[int]
    row: list[int]
    bars: dict[str, list[float]]
    log_close: list[float]
    splits: Mapping[int, float]
    rolls: Mapping[int, float]
    violent: frozenset[int]

    def bar(self, place: int) -> Bar:
        """The bar at a place."""
        return Bar(*(self.bars[name][place] for name in FIELDS))


@dataclass(frozen=True)
class Known:
    """What the rules about jumps know beyond the rows: announced splits and rolls, and sessions of violence."""

    splits: Mapping[tuple[str, date], float]
    violent: frozenset[int]
    rolls: Mapping[tuple[str, date], float] = field(default_factory=dict)


def scan(history: History, known: Known, thresholds: Thresholds) -> Iterator[Jump]:
    """Every jump, by symbol and in order."""
    import numpy as np

    found = moves(history, thresholds)
    for name, day in (*known.splits, *known.rolls):
        # One that was announced and does not show in the prices is as odd as one that shows and was not.
        if name in history.names:
            at = (history.symbol == history.names.index(name)) & (history.session == (day - EPOCH).days)
            found.candidate[at & (history.row >= 0)] = found.suspect[at & (history.row >= 0)] = True
    for symbol in np.unique(history.symbol[found.suspect]):
        first, end = np.searchsorted(history.symbol, [symbol, symbol + 1]).tolist()
        part = slice(first, end)
        name = history.names[symbol]
        line = Line(
            history.session[part].tolist(),
            history.row[part].tolist(),
            {field: history.values[field][part].tolist() for field in FIELDS},
            history.log_close[part].tolist(),
            _of(known.splits, name),
            _of(known.rolls, name),
            known.violent,
        )
        yield from _scan_line(line, _cut(found, part), thresholds)


def _of(ratios: Mapping[tuple[str, date], float], name: str) -> Mapping[int, float]:
    return {(day - EPOCH).days: ratio for (symbol, day), ratio in ratios.items() if symbol == name}


def _cut(found: "Moves", part: slice) -> tuple[list[int], set[int]]:
    return found.candidate[part].nonzero()[0].tolist(), set(found.suspect[part].nonzero()[0].tolist())


def _scan_line(line: Line, worth: tuple[list[int], set[int]], thresholds: Thresholds) -> Iterator[Jump]:
    candidates, suspects = iter(worth[0]), worth[1]
    held: list[int] = []  # the places of accepted bars
    doubted: tuple[int, float] | None = None  # the last bar, if rejected: it may yet prove to be a new level
    rejected, doubtful_until, done, size = False, -1, 0, len(line.row)
    candidate = next(candidates, size)
    while (place := done if rejected else candidate) < size:
        while candidate <= place:
            candidate = next(candidates, size)
        held.extend(range(done, place))
        done = place + 1
        finding = None
        if line.row[place] >= 0 and (rejected or place in suspects or place <= doubtful_until):
            past = _past(line, held, (place, doubted), thresholds)
            finding = explained(line.bar(place), past, thresholds) if past else None
        if finding is not None:
            yield Jump(line.row[place], finding)
        rejected, doubted = finding is not None and not finding.accepted, None
        if not rejected:
            held.append(place)
            continue
        # While a rejected bar lies among the last ones, what is usual is not what the plain window says.
        doubtful_until = place + WINDOW + 2
        if finding is not None and finding.reason in ("spike", "gap after halt"):
            doubted = line.session[place], line.bars["close"][place]


def _past(line: Line, held: list[int], at: tuple[int, tuple[int, float] | None], thresholds: Thresholds) -> Past | None:
    """What is known before a place; None where the last accepted bar is too old to compare with."""
    place, doubted = at
    day = line.session[place]
    oldest = day - thresholds.jump_window_days
    if not held or line.session[held[-1]] < oldest:
        return None
    window = held[-WINDOW - 1 :]
    if line.session[window[0]] < oldest:
        window = [each for each in window if line.session[each] >= oldest]
    shares = _since(line, line.splits, window, day)
    # A share cut in two is worth half; a contract that costs twice the old one is worth twice, and trades as before.
    basis = [each / roll for each, roll in zip(shares, _since(line, line.rolls, window, day), strict=True)]
    last, skipped = window[-1], max(_position(day) - _position(line.session[window[-1]]) - 1, 0)
    returns = _returns(line, window, basis)
    deviation = (
        MAD_TO_SIGMA * _median(returns) * sqrt(1 + min(skipped, GAP_SESSIONS))
        if len(returns) >= RETURNS_NEEDED
        else None
    )
    volumes = [line.bars["volume"][each] * share for each, share in zip(window, shares, strict=True)]
    shown = doubted is not None and _position(day) - _position(doubted[0]) == 1
    return Past(
        close=line.bars["close"][last] / basis[-1],
        deviation=deviation,
        volumes=volumes,
        usual_volume=(_median(volumes) or None) if len(volumes) > RETURNS_NEEDED else None,
        shown=doubted[1] if shown and doubted is not None else None,
        skipped=skipped,
        halted=_position(day) - _position(line.session[place - 1]) > 1,
        violent=day in line.violent,
        split=shares[-1],
    )


def _since(line: Line, ratios: Mapping[int, float], window: list[int], day: int) -> list[float]:
    """For each place, the product of the ratios from the session after it to the day."""
    if not ratios:
        return [1.0] * len(window)
    return [prod(ratio for at, ratio in ratios.items() if line.session[each] < at <= day) for each in window]


def _returns(line: Line, window: list[int], basis: list[float]) -> list[float]:
    """Absolute log returns between accepted closes; none from or to a close that is not positive."""
    logs = [line.log_close[each] for each in window]
    if line.splits or line.rolls:
        logs = [each - log(by) for each, by in zip(logs, basis, strict=True)]
    return [abs(now - before) for before, now in pairwise(logs) if now == now and before == before]


def _median(values: list[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


@cache
def _position(day: int) -> int:
    return position(EPOCH + timedelta(days=day))
