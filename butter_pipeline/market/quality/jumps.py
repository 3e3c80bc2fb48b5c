"""What to make of a close far from the last accepted one, along one symbol's history.

What belongs here: the order in which explanations are tried: changed units, a split, the next session's
word, and failing all a spike. What does not: finding symbols with jumps, which is vectorised (`bars`).
"""

from dataclasses import dataclass
from itertools import pairwise
from math import log
from statistics import median

from butter_pipeline.market.quality.verdict import Thresholds

RETURNS_NEEDED = 20
"""Fewer returns than this say nothing about a symbol's own deviation."""
MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Line:
    """One symbol's bars in order; `row` is -1 for those accepted earlier."""

    session: list[int]
    stamp: list[int]
    row: list[int]
    open: list[float]
    close: list[float]

    def next_close(self, place: int) -> tuple[float, int] | None:
        """The close of the next session and when it was known."""
        for later in range(place + 1, len(self.close)):
            if self.session[later] > self.session[place]:
                return self.close[later], self.stamp[later]
        return None


@dataclass(frozen=True)
class Jump:
    """One explanation; `confirmed_at` is set where the row could not be trusted before."""

    row: int
    reason: str
    detail: str
    accepted: bool
    confirmed_at: int | None = None


def scan(line: Line, thresholds: Thresholds) -> list[Jump]:
    """Every jump of the line, explained in order, since a rejected close is no reference for the next."""
    jumps: list[Jump] = []
    accepted: list[float] = []
    for place, close in enumerate(line.close):
        step = abs(log(close / accepted[-1])) if accepted and line.row[place] >= 0 else 0.0
        if step > thresholds.jump_log_pct / 100:
            jump = _explained(line, place, accepted[-1], thresholds)
            # A step that is usual for the symbol needs no explanation, but a split is worth a flag even so.
            unusual = step > thresholds.jump_sigmas * _deviation(accepted, thresholds.jump_window_sessions)
            if unusual or (jump.accepted and jump.confirmed_at is None):
                jumps.append(jump)
                if not jump.accepted:
                    continue
        accepted.append(close)
    return jumps


def _deviation(accepted: list[float], window: int) -> float:
    """The robust standard deviation of the last log returns; zero where there are too few to say."""
    closes = accepted[-window - 1 :]
    returns = [log(now / before) for before, now in pairwise(closes)]
    if len(returns) < RETURNS_NEEDED:
        return 0.0
    middle = median(returns)
    return MAD_TO_SIGMA * median(abs(each - middle) for each in returns)


def _explained(line: Line, place: int, reference: float, thresholds: Thresholds) -> Jump:
    close, row = line.close[place], line.row[place]
    ratio = close / reference
    what = f"close {close:g} is {ratio:.4g} times the last accepted {reference:g}"
    for unit in (thresholds.unit_ratio, 1 / thresholds.unit_ratio):
        if abs(log(ratio / unit)) <= log(1 + thresholds.unit_tolerance_pct / 100):
            return Jump(row, "unit change", f"{what}: another unit?", accepted=False)
    following = line.next_close(place)
    # Stays: the next close lies on this side of half the way back.
    stays = following is not None and log(following[0] / reference) / log(ratio) >= 0.5
    split = _split(line.open[place] / reference, thresholds) or _split(ratio, thresholds)
    if split and (stays or following is None):
        return Jump(row, "possible split", f"{what}: a split {split}?", accepted=True)
    if following is not None and stays:
        confirmed = f"{what}, and the next session closes at {following[0]:g}"
        return Jump(row, "possible split", confirmed, accepted=True, confirmed_at=max(following[1], line.stamp[place]))
    back = f"the next session closes at {following[0]:g}" if following else "no later session confirms it"
    return Jump(row, "spike", f"{what}, and {back}", accepted=False)


def _split(ratio: float, thresholds: Thresholds) -> str:
    """The split that a ratio of prices is near to, as in `7:1`; empty if none."""
    for whole in thresholds.split_ratios:
        tolerance = log(1 + thresholds.split_tolerance_pct / 100)
        if abs(log(ratio * whole)) <= tolerance:
            return f"{whole:g}:1"
        if abs(log(ratio / whole)) <= tolerance:
            return f"1:{whole:g}"
    return ""
