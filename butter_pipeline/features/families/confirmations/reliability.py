"""How reliable a chart pattern was: how often one of its kind reached its target before its stop.

What belongs here: the matured record of patterns. What does not: finding them (`patterns`).

A pattern begins in a session that shows it after one that does not. It is judged by the 21 sessions that follow: right
if the high (low) passes the target before the low (high) passes the stop, wrong if it does not, or if both are passed
in one session. Only those count that began 21 sessions ago or earlier, also of those that were decided sooner: what is
not yet decided must not be missing from one side alone. Fewer than 3 within a year give nothing.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from butter_pipeline.features.registry import Booleans, Floats, Integers, feature
from butter_pipeline.features.windows import View

RANGE = ("bars.high", "bars.low", "bars.close")
HELD_SESSIONS, JUDGED_SESSIONS = 21, 252
ROWS = 1 + JUDGED_SESSIONS + HELD_SESSIONS
LEAST_PATTERNS = 3
RECORD: dict[str, Any] = {"formula": "pattern_reliability", "events": ("patterns",)}
"""What all of them are: settings of one formula, over a table that has a value only where there is a pattern."""
PERCENT = (0.0, 100.0)


def levels(pattern: str) -> Sequence[str]:
    """The columns of a pattern: where it points and where it is wrong."""
    return (f"patterns.{pattern}_target_pct", f"patterns.{pattern}_stop_pct")


@feature((*RANGE, *levels("double_top")), ROWS, "percent", PERCENT, **RECORD)
def double_top_reliability_252_pct(view: View) -> Floats:
    """Double tops that reached their target before their stop, of those of a year that have matured.

    100 mean(target passed before stop within 21 sessions), at least 3. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return _reliability(view, "double_top")


@feature((*RANGE, *levels("double_bottom")), ROWS, "percent", PERCENT, **RECORD)
def double_bottom_reliability_252_pct(view: View) -> Floats:
    """Double bottoms that reached their target before their stop, of those of a year that have matured.

    100 mean(target passed before stop within 21 sessions), at least 3. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return _reliability(view, "double_bottom")


@feature((*RANGE, *levels("head_and_shoulders")), ROWS, "percent", PERCENT, **RECORD)
def head_and_shoulders_reliability_252_pct(view: View) -> Floats:
    """Heads and shoulders that reached their target before their stop, of those of a year that have matured.

    100 mean(target passed before stop within 21 sessions), at least 3. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return _reliability(view, "head_and_shoulders")


@feature((*RANGE, *levels("inverse_head_and_shoulders")), ROWS, "percent", PERCENT, **RECORD)
def inverse_head_and_shoulders_reliability_252_pct(view: View) -> Floats:
    """Inverse heads and shoulders that reached their target before their stop, of those of a year that have matured.

    100 mean(target passed before stop within 21 sessions), at least 3. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return _reliability(view, "inverse_head_and_shoulders")


@feature((*RANGE, *levels("ascending_triangle")), ROWS, "percent", PERCENT, **RECORD)
def ascending_triangle_reliability_252_pct(view: View) -> Floats:
    """Ascending triangles that reached their target before their stop, of those of a year that have matured.

    100 mean(target passed before stop within 21 sessions), at least 3. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return _reliability(view, "ascending_triangle")


@feature((*RANGE, *levels("descending_triangle")), ROWS, "percent", PERCENT, **RECORD)
def descending_triangle_reliability_252_pct(view: View) -> Floats:
    """Descending triangles that reached their target before their stop, of those of a year that have matured.

    100 mean(target passed before stop within 21 sessions), at least 3. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return _reliability(view, "descending_triangle")


@feature((*RANGE, *levels("symmetric_triangle")), ROWS, "percent", PERCENT, **RECORD)
def symmetric_triangle_reliability_252_pct(view: View) -> Floats:
    """Symmetric triangles that reached their target before their stop, of those of a year that have matured.

    100 mean(target passed before stop within 21 sessions), at least 3. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return _reliability(view, "symmetric_triangle")


@feature((*RANGE, *levels("resistance_break")), ROWS, "percent", PERCENT, **RECORD)
def resistance_break_reliability_252_pct(view: View) -> Floats:
    """Breaks of resistance that reached their target before their stop, of those of a year that have matured.

    100 mean(target passed before stop within 21 sessions), at least 3. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return _reliability(view, "resistance_break")


@feature((*RANGE, *levels("support_break")), ROWS, "percent", PERCENT, **RECORD)
def support_break_reliability_252_pct(view: View) -> Floats:
    """Breaks of support that reached their target before their stop, of those of a year that have matured.

    100 mean(target passed before stop within 21 sessions), at least 3. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return _reliability(view, "support_break")


@feature((*RANGE, *levels("candle")), ROWS, "percent", PERCENT, **RECORD)
def candle_reliability_252_pct(view: View) -> Floats:
    """Candles that agree on a side that reached their target before their stop, of those of a year that have matured.

    100 mean(target passed before stop within 21 sessions), at least 3. Source: Bulkowski (2005), Encyclopedia of Chart
    Patterns.
    """
    return _reliability(view, "candle")


def _reliability(view: View, pattern: str) -> Floats:
    high, low, close = (view[name] for name in RANGE)
    target, stop = (close * (1.0 + view[name] / 100.0) for name in levels(pattern))
    there = np.isfinite(target) & np.isfinite(stop)
    begun, row = np.nonzero(there[1 : 1 + JUDGED_SESSIONS] & ~there[:JUDGED_SESSIONS])
    at = (begun + 1, row)
    ahead = (begun + 1 + np.arange(1, HELD_SESSIONS + 1)[:, None], row[None, :])
    up = target[at] > close[at]
    reached = _first(np.where(up, high[ahead] >= target[at], low[ahead] <= target[at]))
    stopped = _first(np.where(up, low[ahead] <= stop[at], high[ahead] >= stop[at]))
    rows = close.shape[1]
    count = np.bincount(row, minlength=rows)
    right = np.bincount(row, reached < stopped, minlength=rows)
    told = (count >= LEAST_PATTERNS) & np.isfinite(close[-1])
    return np.where(told, 100.0 * right / np.maximum(count, 1), np.nan)


def _first(passed: Booleans) -> Integers:
    """The first step at which something is passed, of each column; beyond the last where it never is."""
    return np.where(passed.any(axis=0), passed.argmax(axis=0), len(passed))
