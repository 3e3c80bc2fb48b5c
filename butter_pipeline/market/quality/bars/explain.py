"""What to make of one row far from the last accepted one.

What belongs here: the order in which explanations are tried. Changed units and lost signs first, since no market
explains them; then what makes a large move a true one: a split, a level that the last session showed already, a
market that moved as a whole, volume that paid for it, a bar that traded its way there. Failing all, a bad print.
What does not: finding such rows (`moves`), and their order (`jumps`).
"""

from dataclasses import dataclass
from math import inf, log
from statistics import median

from butter_pipeline.market.quality.bars.moves import MAD_TO_SIGMA, SPLIT_SIGMAS, VOLUME_STEP
from butter_pipeline.market.quality.thresholds import Thresholds

BUSY = 1.5
"""This many times the usual volume bears out a move that the bar traded all of; alone, it takes `surge_ratio`."""


@dataclass(frozen=True)
class Bar:
    """A bar, as plain numbers."""

    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True)
class Past:
    """What is known before a bar: the last accepted close, on the bar's own basis, and what is usual.

    A basis is the session's own shares, or its contract. `volumes` are those of the accepted bars of the window, the
    last one last. `deviation` and `usual_volume` are None where too little is known; `shown` is the close of the
    session before, if that was doubted; `skipped` are the sessions since the last accepted one; `halted`: the session
    before had no bar at all; `violent`: the market moved as a whole; `split`: shares announced for one of the last
    accepted close, 1 for none.
    """

    close: float
    deviation: float | None
    volumes: list[float]
    usual_volume: float | None
    shown: float | None
    skipped: int
    halted: bool
    violent: bool
    split: float = 1.0


@dataclass(frozen=True)
class Finding:
    """One explanation."""

    reason: str
    detail: str
    accepted: bool


def explained(bar: Bar, past: Past, thresholds: Thresholds) -> Finding | None:
    """Explain a bar by what was before it; None where nothing needs explaining."""
    if bar.close <= 0 or past.close <= 0:
        return _below_zero(bar, past)
    wrong_volume = _volume(bar, past, thresholds)
    if wrong_volume is not None and not wrong_volume.accepted:
        return wrong_volume
    ratio = bar.close / past.close
    step, reach = abs(log(ratio)), _reach(bar, past.close)
    least, most = _limits(past, thresholds)
    what = f"close {bar.close:g} is {ratio:.4g} times the last accepted {past.close:g}"
    if step > least:
        sure = _change_of_unit(ratio, step > most, what, thresholds)
        return (
            sure
            or _split(bar, past, what, thresholds)
            or _moved(bar, past, (max(step, reach) > most, what), thresholds)
        )
    if (found := _split(bar, past, what, thresholds)) is not None:
        return found
    if reach > most:
        # One bad tick spoils the range and not the bar: it is pointed at, and its close is as good as any.
        what = f"high {bar.high:g} and low {bar.low:g} reach far beyond closes of {past.close:g} and {bar.close:g}"
        found = _moved(bar, past, (True, what), thresholds)
        return found if found.accepted else Finding("stray high or low", what, accepted=True)
    return wrong_volume


def _limits(past: Past, thresholds: Thresholds) -> tuple[float, float]:
    """The moves above which a bar is pointed at, and above which it needs an excuse."""
    if past.deviation is None:
        return thresholds.jump_log_pct / 100, thresholds.jump_log_pct / 100
    floor = thresholds.jump_log_pct if past.usual_volume is None else thresholds.jump_ordinary_log_pct
    least = max(thresholds.jump_unusual_log_pct / 100, thresholds.jump_unusual_sigmas * past.deviation)
    return least, max(floor / 100, thresholds.jump_sigmas * past.deviation)


def _reach(bar: Bar, before: float) -> float:
    down = log(min(bar.close, before) / bar.low) if bar.low > 0 else inf
    return max(log(bar.high / max(bar.close, before)), down)


def _below_zero(bar: Bar, past: Past) -> Finding | None:
    """Only instruments that are declared to may stand there; a price that mirrors the last one may not."""
    if bar.close < 0 < past.close or past.close < 0 < bar.close:
        if abs(log(-bar.close / past.close)) < 0.1:
            return Finding("sign flip", f"close {bar.close:g} mirrors the last accepted {past.close:g}", accepted=False)
        return Finding("negative price", f"close {bar.close:g} after {past.close:g}", accepted=True)
    return None


def _volume(bar: Bar, past: Past, thresholds: Thresholds) -> Finding | None:
    usual = past.usual_volume
    if usual is None:
        return None
    if bar.volume == 0:
        what = f"no volume where {usual:g} is usual, and yet high {bar.high:g} and low {bar.low:g}"
        return Finding("moved without volume", what, accepted=True) if bar.high > bar.low else None
    ratio = bar.volume / usual
    if past.volumes[-1] <= 0 or abs(log(bar.volume / past.volumes[-1])) <= VOLUME_STEP:
        return None
    near = log(thresholds.volume_unit_tolerance_ratio)
    for unit in thresholds.unit_ratios:
        if abs(abs(log(ratio)) - log(unit)) <= near:
            if abs(log(ratio)) <= thresholds.volume_sigmas * _spread(past.volumes, usual):
                return None
            if past.deviation is not None and abs(log(bar.close / past.close)) > SPLIT_SIGMAS * past.deviation:
                return None  # it was a day of its own
            what = f"volume {bar.volume:g} is {ratio:.4g} times the usual {usual:g}: lots for shares, or the reverse?"
            return Finding("volume unit", what, accepted=False)
    return None


def _spread(volumes: list[float], usual: float) -> float:
    """The robust deviation of log volume."""
    return MAD_TO_SIGMA * median(abs(log(each / usual)) for each in volumes if each > 0)


def _change_of_unit(ratio: float, surely: bool, what: str, thresholds: Thresholds) -> Finding | None:
    for whole in thresholds.unit_ratios:
        for unit in (whole, 1 / whole):
            if surely and abs(log(ratio / unit)) <= log(1 + thresholds.unit_tolerance_pct / 100):
                return Finding("unit change", f"{what}: another unit?", accepted=False)
    return None


def _split(bar: Bar, past: Past, what: str, thresholds: Thresholds) -> Finding | None:
    """A split opens at the new level, where a close gone wrong follows an ordinary open; its turnover is usual."""
    ratio, opened = bar.close / past.close, bar.open / past.close
    if abs(log(ratio)) < log(min(thresholds.split_ratios)) / 1.2 or log(opened) / log(ratio) < 0.5:
        return None
    sigmas = thresholds.jump_sigmas if past.usual_volume is None else SPLIT_SIGMAS
    if past.deviation is not None and abs(log(ratio)) <= sigmas * past.deviation:
        return None
    if past.usual_volume is not None:
        most = thresholds.split_turnover_ratio / ratio if ratio < 1 else thresholds.surge_ratio
        if bar.volume > most * past.usual_volume:
            return None
    named = _split_named(opened, thresholds) or _split_named(ratio, thresholds)
    if past.split != 1.0 and (named or abs(log(ratio / past.split)) <= log(1 + thresholds.split_tolerance_pct / 100)):
        said = f"{what} on the basis of the split announced: is its session or its ratio wrong?"
        return Finding("split not shown", said, accepted=False)
    return Finding("possible split", f"{what}: a split {named}?", accepted=True) if named else None


def _split_named(ratio: float, thresholds: Thresholds) -> str:
    """The split that a ratio of prices is near to, as in `7:1`; empty if none."""
    tolerance = log(1 + thresholds.split_tolerance_pct / 100)
    for whole in thresholds.split_ratios:
        new, old = (3, 2) if whole == 1.5 else (whole, 1)
        if abs(log(ratio * whole)) <= tolerance:
            return f"{new:g}:{old:g}"
        if abs(log(ratio / whole)) <= tolerance:
            return f"{old:g}:{new:g}"
    return ""


def _moved(bar: Bar, past: Past, far: tuple[bool, str], thresholds: Thresholds) -> Finding:
    """A move without a mechanical reason: true if something bears it out, else a bad print."""
    beyond, what = far
    if past.violent:
        return Finding("violent session", f"{what}, and the whole market moved", accepted=True)
    if _shown_before(bar, past):
        return Finding("new level", f"{what}, as the last session's {past.shown:g} was", accepted=True)
    if past.usual_volume is not None and bar.volume >= past.usual_volume * thresholds.surge_ratio:
        surge = bar.volume / past.usual_volume
        return Finding("violent move", f"{what}, on {surge:.3g} times the usual volume", accepted=True)
    if past.usual_volume is not None and bar.volume >= past.usual_volume * BUSY and _traded_beyond(bar, past.close):
        surge = bar.volume / past.usual_volume
        what = f"{what}, traded all the way and beyond on {surge:.3g} times the usual volume"
        return Finding("violent move", what, accepted=True)
    if past.usual_volume is None and past.deviation is not None and _traded_through(bar, past.close):
        return Finding("violent move", f"{what}, and nothing speaks against it", accepted=True)
    if not beyond:
        return Finding("unusual move", f"{what}, on ordinary volume", accepted=True)
    if past.halted:
        gap = f"{what}, after {past.skipped} sessions without a bar"
        return Finding("gap after halt", gap, accepted=False)
    return Finding("spike", f"{what}, and no split explains it", accepted=False)


def _shown_before(bar: Bar, past: Past) -> bool:
    if past.shown is None or past.shown <= 0 or bar.close == past.close:
        return False
    return log(past.shown / past.close) / log(bar.close / past.close) >= 0.5


def _traded_beyond(bar: Bar, before: float) -> bool:
    """The bar's range holds the last close, and reaches beyond its own: no close gone wrong stretches it so far."""
    return bar.low <= before <= bar.high and bar.low < bar.close < bar.high


def _traded_through(bar: Bar, before: float) -> bool:
    """The bar's range reaches back to the last close, or there is no range to tell by."""
    return bar.low <= before <= bar.high or bar.low == bar.high
