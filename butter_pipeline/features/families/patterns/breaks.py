"""Breaks of support and resistance.

What belongs here: the close passing a level that held before. What does not: channels of extremes (`technical`).
"""

import numpy as np

from butter_pipeline.features.families.patterns.turns import LOOKBACK_ROWS, RANGE, SHARE, Pattern, Turns, pattern, turns
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.windows import View


@feature(RANGE, LOOKBACK_ROWS, "confidence", SHARE)
def resistance_break(view: View) -> Floats:
    """How sure a break of resistance is.

    How far the close is above the last turn's high, in two mean ranges, 1 at most; only in the five sessions after the
    close before was below it. Source: Brock, Lakonishok and LeBaron (1992), Journal of Finance 47(5).
    """
    return view.shared(_resistance_break).confidence


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_target")
def resistance_break_target_pct(view: View) -> Floats:
    """Where a break of resistance points.

    100 (R + (R - S) - C) / C, R and S the last high and low. Source: Brock, Lakonishok and LeBaron (1992), Journal of
    Finance 47(5).
    """
    return view.shared(_resistance_break).target_pct


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_stop")
def resistance_break_stop_pct(view: View) -> Floats:
    """Where a break of resistance is wrong.

    100 (R - mean range - C) / C. Source: Brock, Lakonishok and LeBaron (1992), Journal of Finance 47(5).
    """
    return view.shared(_resistance_break).stop_pct


@feature(RANGE, LOOKBACK_ROWS, "confidence", SHARE)
def support_break(view: View) -> Floats:
    """How sure a break of support is.

    How far the close is below the last turn's low, in two mean ranges, 1 at most; only in the five sessions after the
    close before was above it. Source: Brock, Lakonishok and LeBaron (1992), Journal of Finance 47(5).
    """
    return view.shared(_support_break).confidence


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_target")
def support_break_target_pct(view: View) -> Floats:
    """Where a break of support points.

    100 (S - (R - S) - C) / C, R and S the last high and low. Source: Brock, Lakonishok and LeBaron (1992), Journal of
    Finance 47(5).
    """
    return view.shared(_support_break).target_pct


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_stop")
def support_break_stop_pct(view: View) -> Floats:
    """Where a break of support is wrong.

    100 (S + mean range - C) / C. Source: Brock, Lakonishok and LeBaron (1992), Journal of Finance 47(5).
    """
    return view.shared(_support_break).stop_pct


@feature(RANGE, LOOKBACK_ROWS, "mean ranges")
def support_distance(view: View) -> Floats:
    """How far the close is above the last low at which it turned, in mean ranges.

    (C - S) / mean60(H - L). Source: Osler (2000), Economic Policy Review 6(2).
    """
    shape = view.shared(turns)
    return (shape.close - _levels(shape)[1]) / shape.reach


@feature(RANGE, LOOKBACK_ROWS, "mean ranges")
def resistance_distance(view: View) -> Floats:
    """How far the last high at which it turned is above the close, in mean ranges.

    (R - C) / mean60(H - L). Source: Osler (2000), Economic Policy Review 6(2).
    """
    shape = view.shared(turns)
    return (_levels(shape)[0] - shape.close) / shape.reach


def _resistance_break(view: View) -> Pattern:
    return _break(view, 1.0)


def _support_break(view: View) -> Pattern:
    return _break(view, -1.0)


def _break(view: View, side: float) -> Pattern:
    shape = view.shared(turns)
    high, low = _levels(shape)
    level, other = (high, low) if side > 0.0 else (low, high)
    held = np.zeros(len(level), dtype=np.bool_)
    for close in view["bars.close"][-6:-1]:
        held = held | (side * (close - level) <= 0.0)
    beyond = side * (shape.close - level) / (2.0 * shape.reach)
    strength = np.where(held & (beyond > 0.0), np.minimum(beyond, 1.0), 0.0)
    return pattern(shape, strength, (level, 2.0 * level - other, level - side * shape.reach), side)


def _levels(shape: Turns) -> tuple[Floats, Floats]:
    """The last high and the last low."""
    latest_is_high = shape.high[-1]
    return (
        np.where(latest_is_high, shape.price[-1], shape.price[-2]),
        np.where(latest_is_high, shape.price[-2], shape.price[-1]),
    )
