"""Chart patterns drawn by hand are found, named, and pointed; candles are TA-Lib's own."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
import talib

from assets_tests.features.feature_tables import LAST, SESSIONS, bars_of, replaced, value, walk
from butter_pipeline.features.compute import compute


def drawn(corners: Sequence[tuple[int, float]]) -> pa.Table:
    """The patterns of a price that goes straight from corner to corner: a session of the last sixty, and a price."""
    at, price = zip(*corners, strict=True)
    close = np.interp(np.arange(60), at, price)
    bars = bars_of("A", SESSIONS[-60:], close)
    for name, factor in (("open", 1.0), ("high", 1.005), ("low", 0.995)):
        bars = replaced(bars, name, close * factor)
    return compute("patterns", {"bars": bars}, [LAST])


TOP = [(0, 80.0), (20, 100.0), (30, 92.0), (40, 100.2)]


def test_two_highs_at_one_level_are_a_double_top_surer_once_the_low_between_is_passed() -> None:
    forming, passed = drawn([*TOP, (59, 93.0)]), drawn([*TOP, (59, 90.0)])
    assert 0.0 < value(forming, "double_top", "A") <= 0.5 < value(passed, "double_top", "A") <= 1.0
    assert value(passed, "double_top_target_pct", "A") < 0.0 < value(passed, "double_top_stop_pct", "A")
    assert value(passed, "double_bottom", "A") == 0.0
    assert value(passed, "double_bottom_target_pct", "A") is None


def test_upside_down_it_is_a_double_bottom() -> None:
    table = drawn([*((at, 200.0 - price) for at, price in TOP), (59, 110.0)])
    assert value(table, "double_bottom", "A") > 0.5 and value(table, "double_top", "A") == 0.0
    assert value(table, "double_bottom_target_pct", "A") > 0.0 > value(table, "double_bottom_stop_pct", "A")


HEAD = [(0, 80.0), (10, 95.0), (18, 90.0), (28, 103.0), (38, 90.2), (46, 95.2)]


def test_a_head_between_two_shoulders_is_found_both_ways() -> None:
    table = drawn([*HEAD, (59, 88.0)])
    assert value(table, "head_and_shoulders", "A") > 0.5 and value(table, "inverse_head_and_shoulders", "A") == 0.0
    mirrored = drawn([*((at, 200.0 - price) for at, price in HEAD), (59, 112.0)])
    assert (
        value(mirrored, "inverse_head_and_shoulders", "A") > 0.5 and value(mirrored, "head_and_shoulders", "A") == 0.0
    )


@pytest.mark.parametrize(
    ("name", "corners"),
    [
        ("ascending_triangle", [(0, 80.0), (12, 100.0), (22, 88.0), (34, 100.1), (44, 94.0), (59, 99.5)]),
        ("descending_triangle", [(0, 110.0), (12, 90.0), (22, 102.0), (34, 90.1), (44, 96.0), (59, 90.5)]),
        ("symmetric_triangle", [(0, 80.0), (12, 104.0), (22, 88.0), (34, 100.0), (44, 92.0), (59, 97.0)]),
    ],
)
def test_ranges_that_narrow_are_triangles(name: str, corners: list[tuple[int, float]]) -> None:
    assert value(drawn(corners), name, "A") > 0.0


def test_a_close_beyond_the_last_turn_breaks_it() -> None:
    table = drawn([(0, 90.0), (20, 100.0), (35, 92.0), (56, 99.0), (59, 103.0)])
    assert value(table, "resistance_break", "A") > 0.0 and value(table, "support_break", "A") == 0.0


def test_a_straight_rise_is_no_reversal() -> None:
    table = drawn([(0, 80.0), (59, 120.0)])
    for name in ("double_top", "double_bottom", "head_and_shoulders", "ascending_triangle", "symmetric_triangle"):
        assert value(table, name, "A") == 0.0


def test_candles_are_what_talib_sees_in_the_last_thirty_bars() -> None:
    bars = bars_of("A", SESSIONS[-300:], walk(300, 17), 17)
    table = compute("patterns", {"bars": bars}, SESSIONS[-200:])
    prices = [bars[name].to_numpy() for name in ("open", "high", "low", "close")]
    for name, theirs in (("candle_engulfing", talib.CDLENGULFING), ("candle_hammer", talib.CDLHAMMER)):
        expected = theirs(*prices)[-200:] / 100.0
        assert np.abs(expected).sum() > 0.0
        assert np.array_equal(table[name].to_numpy(), np.clip(expected, -1.0, 1.0)), name
