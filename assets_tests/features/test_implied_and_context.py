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
    history,
    replaced,
    value,
    walk,
)
from butter_pipeline.features.compute import compute
from butter_pipeline.market.frames import CONTEXT


def implied_of(iv: np.ndarray) -> pa.Table:
    bars = bars_of("A", SESSIONS[-len(iv) :], np.ones(len(iv)))
    surface = replaced(history("surface", bars, 1), "atm_iv_30d_pct", iv)
    realised = replaced(history("volatility", bars, 2), "hv_21_pct", np.full(len(iv), 18.0))
    realised = replaced(realised, "garch_7_pct", np.full(len(iv), 15.0))
    return compute("implied", {"surface": surface, "volatility": realised}, [LAST])


def test_rank_and_percentile_look_at_the_past_year_alone() -> None:
    iv = np.concatenate([np.full(40, 90.0), np.linspace(10.0, 30.0, 251), [25.0]])
    table = implied_of(iv)
    assert value(table, "iv_rank_252", "A") == pytest.approx(75.0)
    assert value(table, "iv_percentile_252", "A") == pytest.approx(100.0 * np.mean(iv[-252:-1] < 25.0))


def test_fewer_than_sixty_sessions_have_no_rank() -> None:
    for count, told in ((59, False), (60, True)):
        table = implied_of(np.linspace(10.0, 20.0, count))
        assert (value(table, "iv_rank_252", "A") is not None) == told
        assert (value(table, "iv_percentile_252", "A") is not None) == told


def test_a_missing_volatility_is_left_out_of_the_rank() -> None:
    iv = np.linspace(10.0, 20.0, 100)
    iv[5:9] = np.nan
    assert value(implied_of(iv), "iv_rank_252", "A") == 100.0
    assert value(implied_of(iv), "iv_percentile_252", "A") == 100.0


def test_spreads_and_change_are_differences() -> None:
    table = implied_of(np.linspace(10.0, 30.0, 101))
    assert value(table, "iv_change_5_pct", "A") == pytest.approx(1.0)
    assert value(table, "iv_hv_spread_pct", "A") == pytest.approx(12.0)
    assert value(table, "iv_garch_spread_pct", "A") == pytest.approx(15.0)


def test_a_symbol_without_realised_volatility_has_a_rank_but_no_spread() -> None:
    bars = bars_of("A", SESSIONS[-80:], np.ones(80))
    surface = replaced(history("surface", bars, 1), "atm_iv_30d_pct", np.linspace(1.0, 2.0, 80))
    other = history("volatility", bars_of("B", SESSIONS[-80:], np.ones(80)), 2)
    table = compute("implied", {"surface": surface, "volatility": other}, [LAST])
    assert value(table, "iv_rank_252", "A") == 100.0
    assert value(table, "iv_hv_spread_pct", "A") is None


def index() -> np.ndarray:
    rows = context()
    return rows["value"].to_numpy()[np.array(rows["series"].to_pylist()) == "index_level"]


def context_of(bars: pa.Table, series: pa.Table | None = None) -> pa.Table:
    return compute(
        "context", {"bars": bars, "context": context() if series is None else series, "actions": actions()}, [LAST]
    )


def test_a_symbol_that_doubles_the_markets_moves_has_beta_two() -> None:
    table = context_of(bars_of("A", SESSIONS, index() ** 2))
    assert value(table, "beta_63", "A") == pytest.approx(2.0)
    assert value(table, "correlation_63", "A") == pytest.approx(1.0)
    expected = 100.0 * np.log(index()[-1] / index()[-21])
    assert value(table, "index_trend_20_pct", "A") == pytest.approx(expected)


def test_beta_and_correlation_are_numpys() -> None:
    close = walk(len(SESSIONS), 31)
    own, market = np.diff(np.log(close))[-63:], np.diff(np.log(index()))[-63:]
    table = context_of(bars_of("A", SESSIONS, close))
    covariance = np.cov(own, market)
    assert value(table, "beta_63", "A") == pytest.approx(covariance[0, 1] / covariance[1, 1])
    assert value(table, "correlation_63", "A") == pytest.approx(np.corrcoef(own, market)[0, 1])


def test_a_vendor_without_context_has_the_calendar_still() -> None:
    table = context_of(bars_of("A", SESSIONS, walk(len(SESSIONS), 1)), CONTEXT.schema.empty_table())
    assert value(table, "vol_index", "A") is None and value(table, "beta_63", "A") is None
    assert value(table, "day_of_week", "A") == 4.0


@pytest.mark.parametrize(
    ("session", "weekday", "left"),
    [(date(2025, 1, 2), 3.0, 19.0), (date(2025, 1, 31), 4.0, 0.0), (date(2024, 12, 30), 0.0, 1.0)],
)
def test_the_calendar_counts_sessions_to_come(session: date, weekday: float, left: float) -> None:
    bars = bars_of("A", [session], np.ones(1))
    table = compute("context", {"bars": bars, "context": context(), "actions": actions()}, [session])
    assert value(table, "day_of_week", "A", session) == weekday
    assert value(table, "days_to_month_end", "A", session) == left
