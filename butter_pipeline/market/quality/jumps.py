"""What to make of a close far from the last accepted one, along one symbol's history.

What belongs here: the order in which explanations are tried: changed units, a split, a level that the last
session already showed, and failing all a spike. What does not: finding symbols with jumps, which is
vectorised (`bars`).

Nothing here looks ahead. A session is judged by itself and what came before, so that it is judged alike on
its own evening and in a backfill years later; a true jump that looks like no split costs one session, until
the next one shows the same level.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import log
from statistics import median

from butter_pipeline.market.quality.verdict import Thresholds
from butter_pipeline.market.sessions import previous_session

EPOCH = date(1970, 1, 1)

RETURNS_NEEDED = 20
"""Fewer returns than this say nothing about a symbol's own deviation."""
MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Line:
    """One symbol's bars in order, sessions as day numbers; `row` is -1 for those accepted earlier.

    `split` holds new shares per old one since the bar before, as announced: 1 where nothing was.
    """

    session: list[int]
    row: list[int]
    open: list[float]
    close: list[float]
    split: list[float]


@dataclass(frozen=True)
class Jump:
    """One explanation."""

    row: int
    reason: str
    detail: str
    accepted: bool


def scan(line: Line, thresholds: Thresholds) -> list[Jump]:
    """Every jump of the line, explained in order, since a rejected close is no reference for the next."""
    jumps: list[Jump] = []
    days: list[int] = []
    closes: list[float] = []
    doubted: tuple[int, float] | None = None
    for place, (day, close) in enumerate(zip(line.session, line.close, strict=True)):
        if line.split[place] != 1.0:
            closes = [each / line.split[place] for each in closes]
            doubted = None if doubted is None else (doubted[0], doubted[1] / line.split[place])
        # A window of days, not of rows: what is compared does not depend on how much was handed in.
        oldest = day - thresholds.jump_window_days
        comparable = line.row[place] >= 0 and bool(days) and days[-1] >= oldest
        before, doubted = doubted, None
        step = abs(log(close / closes[-1])) if comparable else 0.0
        if step > thresholds.jump_log_pct / 100:
            shown = before[1] if before is not None and before[0] == _session_before(day) else None
            jump = _explained(line, place, (closes[-1], shown), thresholds)
            # A step that is usual for the symbol needs no explanation, but a split is worth a flag even so.
            usual = step <= thresholds.jump_sigmas * _deviation(closes[bisect_left(days, oldest) :])
            if jump.accepted or not usual:
                jumps.append(jump)
            if not (jump.accepted or usual):
                doubted = (day, close) if jump.reason == "spike" else None
                continue
        days.append(day)
        closes.append(close)
    return jumps


def _session_before(day: int) -> int:
    return (previous_session(EPOCH + timedelta(days=day)) - EPOCH).days


def _deviation(closes: list[float]) -> float:
    """The robust standard deviation of the log returns; zero where there are too few to say."""
    returns = [log(now / before) for before, now in pairwise(closes)]
    if len(returns) < RETURNS_NEEDED:
        return 0.0
    middle = median(returns)
    return MAD_TO_SIGMA * median(abs(each - middle) for each in returns)


def _explained(line: Line, place: int, known: tuple[float, float | None], thresholds: Thresholds) -> Jump:
    """Explain a jump against what is known: the last accepted close, and the last session's if that was doubted."""
    reference, doubted = known
    close, opened, row = line.close[place], line.open[place], line.row[place]
    ratio = close / reference
    what = f"close {close:g} is {ratio:.4g} times the last accepted {reference:g}"
    for unit in (thresholds.unit_ratio, 1 / thresholds.unit_ratio):
        if abs(log(ratio / unit)) <= log(1 + thresholds.unit_tolerance_pct / 100):
            return Jump(row, "unit change", f"{what}: another unit?", accepted=False)
    # A split opens at the new level; a close gone wrong follows an ordinary open.
    opened_there = log(opened / reference) / log(ratio) >= 0.5
    split = _split(opened / reference, thresholds) or _split(ratio, thresholds)
    if split and opened_there:
        return Jump(row, "possible split", f"{what}: a split {split}?", accepted=True)
    if doubted is not None and log(doubted / reference) / log(ratio) >= 0.5:
        return Jump(row, "new level", f"{what}, as the last session's {doubted:g} was", accepted=True)
    return Jump(row, "spike", f"{what}, and no split explains it", accepted=False)


def _split(ratio: float, thresholds: Thresholds) -> str:
    """The split that a ratio of prices is near to, as in `7:1`; empty if none."""
    for whole in thresholds.split_ratios:
        tolerance = log(1 + thresholds.split_tolerance_pct / 100)
        if abs(log(ratio * whole)) <= tolerance:
            return f"{whole:g}:1"
        if abs(log(ratio / whole)) <= tolerance:
            return f"1:{whole:g}"
    return ""
