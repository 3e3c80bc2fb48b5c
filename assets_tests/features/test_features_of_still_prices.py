"""Prices that stand still, or rise by the same share each session: what only rounding would answer is null."""

import numpy as np
import pyarrow as pa
import pytest

from assets_tests.features.feature_tables import LAST, SESSIONS, bars_of, candidates, history, replaced, value, walk
from butter_pipeline.features.compute import compute
from butter_pipeline.features.smoothing import beyond_rounding


def of_one_price(close: np.ndarray) -> pa.Table:
    """Bars without a range."""
    bars = bars_of("A", SESSIONS[-len(close) :], close)
    for name in ("open", "high", "low"):
        bars = replaced(bars, name, close)
    return bars


def halted(sessions: int) -> pa.Table:
    close = walk(len(SESSIONS), 21)
    close[-sessions:] = close[-sessions - 1]
    return of_one_price(close)


def templates(bars: pa.Table) -> pa.Table:
    given = {
        "bars": bars,
        "surface": history("surface", bars, 3),
        "patterns": history("patterns", bars, 4),
        "candidates": candidates(),
    }
    return compute("confirmations", given, [LAST])


def test_a_spread_counts_from_ten_billionths_of_its_size_on() -> None:
    spread, size = np.array([0.0, 1e-9, 1e-9, 2.0]), np.array([50.0, 50.0, -1.0, 50.0])
    assert np.isnan(beyond_rounding(spread, size)).tolist() == [True, True, False, False]
    assert beyond_rounding(spread, size)[2:].tolist() == [1e-9, 2.0]


@pytest.mark.parametrize("price", [50.1, 0.1 + 0.2, 100.0 / 3.0])
def test_no_template_speaks_for_a_price_that_stands_still(price: float) -> None:
    table = templates(of_one_price(np.full(len(SESSIONS), price)))
    for name in ("trend_following", "mean_reversion", "momentum_following", "strategy_confidence"):
        assert value(table, name, "A") is None
    for name in ("trend_win_rate_63_pct", "reversion_win_rate_63_pct"):
        assert value(table, name, "A") is None


@pytest.mark.parametrize("sessions", [120, 300, 390])
def test_a_symbol_that_is_halted_for_long_stands_nowhere(sessions: int) -> None:
    bars = halted(sessions)
    table = compute("technical", {"bars": bars}, [LAST])
    assert value(table, "stochastic_rsi_14", "A") is None
    assert sessions < 300 or value(table, "keltner_position_20", "A") is None
    assert value(templates(bars), "mean_reversion", "A") is None


def test_a_price_that_rises_by_one_share_has_no_deviation_to_be_measured_in() -> None:
    table = compute("technical", {"bars": of_one_price(1.01 ** np.arange(len(SESSIONS)))}, [LAST])
    assert value(table, "sharpe_63", "A") is None and value(table, "trend_t_60", "A") is None
    assert value(table, "stochastic_rsi_14", "A") is None
    assert value(table, "momentum_5_pct", "A") == pytest.approx(500.0 * np.log(1.01))
