"""Reversals: double tops and bottoms, heads and shoulders both ways.

What belongs here: patterns that end a trend. What does not: triangles (`triangles`), breaks of a level (`breaks`).
"""

import numpy as np

from butter_pipeline.features.families.patterns.turns import LOOKBACK_ROWS, RANGE, SHARE, Pattern, pattern, turns
from butter_pipeline.features.registry import Floats, feature
from butter_pipeline.features.windows import View


@feature(RANGE, LOOKBACK_ROWS, "confidence", SHARE)
def double_top(view: View) -> Floats:
    """How sure a double top is.

    1 - |H1 - H2| / mean range of the last two highs, the low between at least two mean ranges below; half until the
    close is below that low. Source: Bulkowski (2005), Encyclopedia of Chart Patterns.
    """
    return view.shared(_double_top).confidence


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_target")
def double_top_target_pct(view: View) -> Floats:
    """Where a double top points.

    100 (L - (H - L) - C) / C, L the low between, H the lower high. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return view.shared(_double_top).target_pct


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_stop")
def double_top_stop_pct(view: View) -> Floats:
    """Where a double top is wrong.

    100 (max(H1, H2) - C) / C. Source: Bulkowski (2005), Encyclopedia of Chart Patterns.
    """
    return view.shared(_double_top).stop_pct


@feature(RANGE, LOOKBACK_ROWS, "confidence", SHARE)
def double_bottom(view: View) -> Floats:
    """How sure a double bottom is.

    1 - |L1 - L2| / mean range of the last two lows, the high between at least two mean ranges above; half until the
    close is above that high. Source: Bulkowski (2005), Encyclopedia of Chart Patterns.
    """
    return view.shared(_double_bottom).confidence


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_target")
def double_bottom_target_pct(view: View) -> Floats:
    """Where a double bottom points.

    100 (H + (H - L) - C) / C, H the high between, L the higher low. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return view.shared(_double_bottom).target_pct


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_stop")
def double_bottom_stop_pct(view: View) -> Floats:
    """Where a double bottom is wrong.

    100 (min(L1, L2) - C) / C. Source: Bulkowski (2005), Encyclopedia of Chart Patterns.
    """
    return view.shared(_double_bottom).stop_pct


@feature(RANGE, LOOKBACK_ROWS, "confidence", SHARE)
def head_and_shoulders(view: View) -> Floats:
    """How sure a head and shoulders is.

    Mean likeness of both shoulders and of both lows between, the head a mean range above either shoulder; half until
    the close is below the lower of both lows. Source: Lo, Mamaysky and Wang (2000), Journal of Finance 55(4).
    """
    return view.shared(_head_and_shoulders).confidence


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_target")
def head_and_shoulders_target_pct(view: View) -> Floats:
    """Where a head and shoulders points.

    100 (N - (head - N) - C) / C, N the lower of both lows. Source: Lo, Mamaysky and Wang (2000), Journal of Finance
    55(4).
    """
    return view.shared(_head_and_shoulders).target_pct


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_stop")
def head_and_shoulders_stop_pct(view: View) -> Floats:
    """Where a head and shoulders is wrong.

    100 (right shoulder - C) / C. Source: Lo, Mamaysky and Wang (2000), Journal of Finance 55(4).
    """
    return view.shared(_head_and_shoulders).stop_pct


@feature(RANGE, LOOKBACK_ROWS, "confidence", SHARE)
def inverse_head_and_shoulders(view: View) -> Floats:
    """How sure a head and shoulders upside down is.

    Mean likeness of both shoulders and of both highs between, the head a mean range below either shoulder; half until
    the close is above the higher of both highs. Source: Lo, Mamaysky and Wang (2000), Journal of Finance 55(4).
    """
    return view.shared(_inverse_head_and_shoulders).confidence


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_target")
def inverse_head_and_shoulders_target_pct(view: View) -> Floats:
    """Where a head and shoulders upside down points.

    100 (N + (N - head) - C) / C, N the higher of both highs. Source: Lo, Mamaysky and Wang (2000), Journal of Finance
    55(4).
    """
    return view.shared(_inverse_head_and_shoulders).target_pct


@feature(RANGE, LOOKBACK_ROWS, "percent of the close", formula="pattern_stop")
def inverse_head_and_shoulders_stop_pct(view: View) -> Floats:
    """Where a head and shoulders upside down is wrong.

    100 (right shoulder - C) / C. Source: Lo, Mamaysky and Wang (2000), Journal of Finance 55(4).
    """
    return view.shared(_inverse_head_and_shoulders).stop_pct


def _double_top(view: View) -> Pattern:
    return _double(view, -1.0)


def _double_bottom(view: View) -> Pattern:
    return _double(view, 1.0)


def _head_and_shoulders(view: View) -> Pattern:
    return _head(view, -1.0)


def _inverse_head_and_shoulders(view: View) -> Pattern:
    return _head(view, 1.0)


def _double(view: View, side: float) -> Pattern:
    """Two extremes at one level: those last two turns of a kind; side -1 for tops, 1 for bottoms."""
    shape = view.shared(turns)
    last = np.where(shape.high[-1] == (side < 0.0), 0, 1)
    first, between, second = (_pick(shape.price, -3, last), _pick(shape.price, -2, last), _pick(shape.price, -1, last))
    apart = np.abs(first - second) / shape.reach
    deep = side * (between - np.where(side > 0.0, np.maximum(first, second), np.minimum(first, second)))
    strength = np.where((apart < 1.0) & (deep >= 2.0 * shape.reach), 1.0 - apart, 0.0)
    outer = np.where(side > 0.0, np.minimum(first, second), np.maximum(first, second))
    return pattern(shape, strength, (between, between + side * deep, outer), side)


def _head(view: View, side: float) -> Pattern:
    """A middle extreme beyond two alike ones; side -1 for a head above, 1 for one below."""
    shape = view.shared(turns)
    left, first, head, second, right = shape.price
    beyond = side * (np.where(side > 0.0, np.minimum(left, right), np.maximum(left, right)) - head) >= shape.reach
    shoulders, necks = shape.alike(0, 4), shape.alike(1, 3)
    fits = (shape.high[-1] == (side < 0.0)) & beyond & (shoulders > 0.0) & (necks > 0.0)
    neckline = np.where(side > 0.0, np.maximum(first, second), np.minimum(first, second))
    target = neckline + side * np.abs(neckline - head)
    return pattern(shape, np.where(fits, (shoulders + necks) / 2.0, 0.0), (neckline, target, right), side)


def _pick(values: Floats, place: int, last: np.typing.NDArray[np.int64]) -> Floats:
    """A turn counted from the latest, or from the one before where `last` is 1."""
    found: Floats = np.where(last == 0, values[place], values[place - 1])
    return found
