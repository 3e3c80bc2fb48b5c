"""Triangles: ascending, descending, symmetric.

What belongs here: ranges that narrow. What does not: reversals (`reversals`).
"""

import numpy as np

from butter_pipeline.features.families.patterns.turns import LOOKBACK_ROWS, RANGE, SHARE, Pattern, Turns, pattern, turns
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.windows import View


@feature(RANGE, LOOKBACK_ROWS, "confidence", SHARE)
def ascending_triangle(view: View) -> Floats:
    """How sure a ascending triangle is.

    Likeness of the last two highs, the last low a mean range above the one before; half until the close is above both
    highs. Source: Bulkowski (2005), Encyclopedia of Chart Patterns.
    """
    return view.shared(_ascending_triangle).confidence


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_target")
def ascending_triangle_target_pct(view: View) -> Floats:
    """Where a ascending triangle points.

    100 (H + (H - first low) - C) / C. Source: Bulkowski (2005), Encyclopedia of Chart Patterns.
    """
    return view.shared(_ascending_triangle).target_pct


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_stop")
def ascending_triangle_stop_pct(view: View) -> Floats:
    """Where a ascending triangle is wrong.

    100 (last low - C) / C. Source: Bulkowski (2005), Encyclopedia of Chart Patterns.
    """
    return view.shared(_ascending_triangle).stop_pct


@feature(RANGE, LOOKBACK_ROWS, "confidence", SHARE)
def descending_triangle(view: View) -> Floats:
    """How sure a descending triangle is.

    Likeness of the last two lows, the last high a mean range below the one before; half until the close is below both
    lows. Source: Bulkowski (2005), Encyclopedia of Chart Patterns.
    """
    return view.shared(_descending_triangle).confidence


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_target")
def descending_triangle_target_pct(view: View) -> Floats:
    """Where a descending triangle points.

    100 (L - (first high - L) - C) / C. Source: Bulkowski (2005), Encyclopedia of Chart Patterns.
    """
    return view.shared(_descending_triangle).target_pct


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_stop")
def descending_triangle_stop_pct(view: View) -> Floats:
    """Where a descending triangle is wrong.

    100 (last high - C) / C. Source: Bulkowski (2005), Encyclopedia of Chart Patterns.
    """
    return view.shared(_descending_triangle).stop_pct


@feature(RANGE, LOOKBACK_ROWS, "confidence", SHARE)
def symmetric_triangle(view: View) -> Floats:
    """How sure a symmetric triangle is.

    How much the range narrowed, with a lower high and a higher low; half until the close leaves it, and it points the
    way of that. Source: Lo, Mamaysky and Wang (2000), Journal of Finance 55(4).
    """
    return view.shared(_symmetric_triangle).confidence


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_target")
def symmetric_triangle_target_pct(view: View) -> Floats:
    """Where a symmetric triangle points.

    100 (boundary +- first range - C) / C, the way that the close left or leans. Source: Lo, Mamaysky and Wang (2000),
    Journal of Finance 55(4).
    """
    return view.shared(_symmetric_triangle).target_pct


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_stop")
def symmetric_triangle_stop_pct(view: View) -> Floats:
    """Where a symmetric triangle is wrong.

    100 (the other boundary - C) / C. Source: Lo, Mamaysky and Wang (2000), Journal of Finance 55(4).
    """
    return view.shared(_symmetric_triangle).stop_pct


def _ascending_triangle(view: View) -> Pattern:
    return _flat(view, 1.0)


def _descending_triangle(view: View) -> Pattern:
    return _flat(view, -1.0)


def _symmetric_triangle(view: View) -> Pattern:
    shape = view.shared(turns)
    high, low, before_high, before_low = _last_two(shape)
    first, now = before_high - before_low, high - low
    fits = (high < before_high) & (low > before_low) & (now > 0.0)
    strength = np.where(fits, 1.0 - now / first, 0.0)
    up = pattern(shape, strength, (high, high + first, low), 1.0)
    down = pattern(shape, strength, (low, low - first, high), -1.0)
    rising = shape.close >= (high + low) / 2.0
    return Pattern(
        np.where(rising, up.confidence, down.confidence),
        np.where(rising, up.target_pct, down.target_pct),
        np.where(rising, up.stop_pct, down.stop_pct),
    )


def _flat(view: View, side: float) -> Pattern:
    """One boundary level, the other closing in; side 1 where the upper one is level."""
    shape = view.shared(turns)
    high, low, before_high, before_low = _last_two(shape)
    level, before, last, first = (
        (high, before_high, low, before_low) if side > 0.0 else (low, before_low, high, before_high)
    )
    apart = np.abs(level - before) / shape.reach
    fits = (apart < 1.0) & (side * (last - first) >= shape.reach)
    boundary = np.maximum(level, before) if side > 0.0 else np.minimum(level, before)
    target = boundary + side * np.abs(boundary - first)
    return pattern(shape, np.where(fits, 1.0 - apart, 0.0), (boundary, target, last), side)


def _last_two(shape: Turns) -> tuple[Floats, Floats, Floats, Floats]:
    """The last high, the last low, and the ones before them."""
    latest_is_high = shape.high[-1]
    high, low = (
        np.where(latest_is_high, shape.price[-1], shape.price[-2]),
        np.where(latest_is_high, shape.price[-2], shape.price[-1]),
    )
    before_high = np.where(latest_is_high, shape.price[-3], shape.price[-4])
    before_low = np.where(latest_is_high, shape.price[-4], shape.price[-3])
    return high, low, before_high, before_low
