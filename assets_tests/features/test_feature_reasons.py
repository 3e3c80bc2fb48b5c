"""Every null has a reason, and every reason is the right one."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from assets_tests.features.feature_tables import (
    LAST,
    SESSIONS,
    actions,
    bars_of,
    context,
    made,
    market,
    replaced,
    value,
    walk,
)
from butter_pipeline.features.compute import compute
from butter_pipeline.features.reasons import REASONS
from butter_pipeline.features.registry import families, features_of


def why(table: pa.Table, feature: str, symbol: str = "A", session: date = LAST) -> str | None:
    told = value(table, "nulls", symbol, session)
    return dict(each.split("=") for each in told.split()).get(feature) if told else None


def technical(bars: pa.Table) -> pa.Table:
    return compute("technical", {"bars": bars}, [LAST])


@pytest.mark.parametrize("family", families())
def test_exactly_the_nulls_have_a_reason_that_is_known(family: str) -> None:
    for row in made(family, 6 if family == "surface" else 30).to_pylist():
        told = dict(each.split("=") for each in (row["nulls"] or "").split())
        assert set(told) == {each.name for each in features_of(family) if row[each.name] is None}
        assert set(told.values()) <= set(REASONS)


def test_too_few_rows_are_a_short_history() -> None:
    table = technical(bars_of("A", SESSIONS[-30:], walk(30, 1)))
    assert why(table, "sma_distance_50_pct") == "short_history" and why(table, "momentum_20_pct") is None


def test_rows_that_lie_too_far_apart_are_gaps() -> None:
    table = technical(bars_of("A", [*SESSIONS[-60:][::3][:-1], LAST], walk(20, 1)))
    assert why(table, "momentum_20_pct") == "gaps"


def test_prices_that_stand_still_are_constant() -> None:
    table = technical(bars_of("A", SESSIONS[-60:], np.full(60, 10.0)))
    assert why(table, "efficiency_ratio_10") == "constant" and value(table, "efficiency_ratio_10", "A") is None


def test_a_session_of_one_price_is_constant_for_what_looks_at_its_range() -> None:
    bars = bars_of("A", SESSIONS[-60:], walk(60, 1))
    for name in ("open", "high", "low", "close"):
        bars = replaced(bars, name, np.where(np.arange(60) == 59, 100.0, bars[name].to_numpy()))
    assert why(technical(bars), "ibs") == "constant"


def test_nothing_traded_is_no_volume_and_harms_no_price() -> None:
    bars = replaced(bars_of("A", SESSIONS[-60:], walk(60, 1)), "volume", np.zeros(60))
    table = technical(bars)
    assert why(table, "volume_ratio_20") == why(table, "vwap_distance_20_pct") == "no_volume"
    assert value(table, "momentum_20_pct", "A") is not None


def test_an_infinite_volume_is_infinite_and_an_infinite_price_no_bar() -> None:
    bars = bars_of("A", SESSIONS[-60:], walk(60, 1))
    last = np.arange(60) == 59
    assert why(technical(replaced(bars, "volume", np.where(last, np.inf, 1.0))), "volume_ratio_20") == "infinite"
    assert why(technical(replaced(bars, "close", np.where(last, np.inf, 9.0))), "rsi_14") == "unusable_bar"


def test_a_series_that_the_vendor_lacks_is_not_given() -> None:
    bars = bars_of("A", SESSIONS[-300:], walk(300, 1))
    table = compute("context", {"bars": bars, "context": context().slice(0, 0), "actions": actions()}, [LAST])
    assert why(table, "vol_index") == "not_given" and why(table, "day_of_week") is None


def test_one_bad_symbol_leaves_the_others_as_they_are() -> None:
    whole, alone = made("technical", 30), compute("technical", {"bars": market()["bars"]}, [LAST])
    for feature in features_of("technical"):
        assert value(whole, feature.name, "STEADY") == value(alone, feature.name, "STEADY")
