"""The record of patterns: right, wrong and not yet decided, by hand."""

import numpy as np
import pytest

from assets_tests.features.feature_tables import LAST, SESSIONS, bars_of, history, replaced, value
from butter_pipeline.features.compute import compute
from butter_pipeline.market.frames import CANDIDATES

COUNT = 280


def record(
    begins: dict[int, float], paths: dict[int, float], lasting: int = 1, highs: dict[int, float] | None = None
) -> float | None:
    """What is told of double tops at 100, by their ages, with a target aside in per cent and a stop as far away.

    `paths` are prices other than 100, by age; `highs` what the session's high is beside that.
    """
    close, target = np.full(COUNT, 100.0), np.full(COUNT, np.nan)
    for age, price in paths.items():
        close[-1 - age] = price
    for age, aside in begins.items():
        target[-1 - age : COUNT - 1 - age + lasting] = aside
    high = close.copy()
    for age, price in (highs or {}).items():
        high[-1 - age] = price
    bars = bars_of("A", SESSIONS[-COUNT:], close)
    for column, values in (("open", close), ("low", close), ("high", high)):
        bars = replaced(bars, column, values)
    patterns = replaced(history("patterns", bars, 1), "double_top_target_pct", target)
    patterns = replaced(patterns, "double_top_stop_pct", -target)
    tables = {"bars": bars, "surface": history("surface", bars, 2), "patterns": patterns}
    table = compute("confirmations", tables | {"candidates": CANDIDATES.schema.empty_table()}, [LAST])
    return value(table, "double_top_reliability_252_pct", "A")


@pytest.mark.parametrize(
    ("begins", "paths", "found"),
    [
        ({200: -5.0, 150: -5.0, 100: -5.0}, {195: 94.0, 145: 106.0, 95: 94.0}, 200.0 / 3.0),
        ({200: 5.0, 150: 5.0, 100: 5.0}, {195: 94.0, 145: 106.0, 95: 94.0}, 100.0 / 3.0),
        ({200: -5.0, 150: -5.0, 100: -5.0}, {}, 0.0),  # neither is not right
        ({200: -5.0, 150: -5.0, 100: -5.0}, {179: 94.0, 128: 94.0, 79: 95.0}, 200.0 / 3.0),  # 21 sessions, not 22
        ({200: -5.0, 150: -5.0, 100: -5.0}, {195: 106.0, 194: 94.0, 145: 94.0, 144: 106.0, 99: 94.0}, 200.0 / 3.0),
        ({200: -5.0, 150: -5.0}, {195: 94.0}, None),  # too few
        ({200: -5.0, 150: -5.0, 20: -5.0}, {195: 94.0, 15: 94.0}, None),  # decided, but not mature
        ({200: -5.0, 150: -5.0, 21: -5.0}, {0: 94.0}, 100.0 / 3.0),
        ({200: -5.0, 150: -5.0, 272: -5.0}, {268: 94.0}, 100.0 / 3.0),
        ({200: -5.0, 150: -5.0, 273: -5.0}, {268: 94.0}, None),  # beyond the year
    ],
)
def test_a_pattern_is_right_that_reaches_its_target_before_its_stop(begins, paths, found) -> None:
    assert record(begins, paths) == (found if found is None else pytest.approx(found))


def test_a_pattern_that_lasts_counts_once() -> None:
    begins = {200: -5.0, 150: -5.0, 100: -5.0}
    assert record(begins, {195: 94.0}, lasting=9) == pytest.approx(100.0 / 3.0)


def test_both_levels_in_one_session_are_wrong() -> None:
    begins, paths = {200: -5.0, 150: -5.0, 100: -5.0}, {195: 94.0, 145: 94.0, 95: 94.0}
    assert record(begins, paths) == 100.0
    assert record(begins, paths, highs={145: 106.0}) == pytest.approx(200.0 / 3.0)
