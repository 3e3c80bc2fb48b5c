"""Indicators against TA-Lib on long histories."""

import numpy as np
import pyarrow as pa
import pytest
import talib

from assets_tests.features.feature_tables import SESSIONS, bars_of, replaced, walk
from assets_tests.shared_data import shared_data
from butter_pipeline.features.compute import compute
from butter_pipeline.features.smoothing import exponential, wilder
from butter_pipeline.market.sessions import sessions_between

LATER = SESSIONS[420:]


def talib_of(bars: pa.Table) -> dict[str, np.ndarray]:
    high, low, close, volume = (bars[name].to_numpy() for name in ("high", "low", "close", "volume"))
    upper, _, lower = talib.BBANDS(close, 20)
    highest, lowest = talib.MAX(high, 14), talib.MIN(low, 14)
    return {
        "rsi_14": talib.RSI(close, 14),
        "rsi_2": talib.RSI(close, 2),
        "atr_14_pct": 100.0 * talib.ATR(high, low, close, 14) / close,
        "ema_gap_9_21_pct": 100.0 * (talib.EMA(close, 9) - talib.EMA(close, 21)) / close,
        "macd_histogram_pct": 100.0 * talib.MACD(close)[2] / close,
        "bollinger_position_20": (close - lower) / (upper - lower),
        "stochastic_k_14": 100.0 * (close - lowest) / (highest - lowest),
        "adx_14": talib.ADX(high, low, close, 14),
        "volume_ratio_20": volume / talib.SMA(volume, 20),
        "momentum_20_pct": 100.0 * np.log(talib.ROCR(close, 20)),
        "roc_10_pct": talib.ROC(close, 10),
        "plus_di_14": talib.PLUS_DI(high, low, close, 14),
        "minus_di_14": talib.MINUS_DI(high, low, close, 14),
        "aroon_oscillator_25": talib.AROONOSC(high, low, 25),
        "cci_20": talib.CCI(high, low, close, 20),
        "williams_r_14": talib.WILLR(high, low, close, 14),
        "ultimate_oscillator_7_14_28": talib.ULTOSC(high, low, close, 7, 14, 28),
        "money_flow_14": talib.MFI(high, low, close, volume, 14),
        "trix_15_bps": 100.0 * talib.TRIX(close, 15),
        "macd_line_pct": 100.0 * talib.MACD(close)[0] / close,
        "macd_signal_pct": 100.0 * talib.MACD(close)[1] / close,
        "stochastic_slow_k_14_3": talib.STOCH(high, low, close, 14, 3, 0, 3, 0)[0],
        "stochastic_d_14_3_3": talib.STOCH(high, low, close, 14, 3, 0, 3, 0)[1],
        "bollinger_width_20_pct": 100.0 * (upper - lower) / talib.SMA(close, 20),
        "trend_slope_20_pct": 100.0 * talib.LINEARREG_SLOPE(np.log(close), 20),
        "chaikin_oscillator_3_10": talib.ADOSC(high, low, close, volume, 3, 10) / talib.SMA(volume, 20),
        "ema_distance_9_pct": 100.0 * (close - talib.EMA(close, 9)) / close,
        "sma_distance_200_pct": 100.0 * (close / talib.SMA(close, 200) - 1.0),
        "rsi_momentum_5": talib.MOM(talib.RSI(close, 14), 5),
    }


@pytest.mark.parametrize("seed", [5, 6])
def test_every_indicator_agrees_with_talib_fed_the_whole_history(seed: int) -> None:
    bars = bars_of("A", SESSIONS, walk(len(SESSIONS), seed), seed)
    ours = compute("technical", {"bars": bars}, LATER)
    for name, theirs in talib_of(bars).items():
        assert np.max(np.abs(ours[name].to_numpy() - theirs[420:])) < 1e-8, name


def test_stochastic_agrees_with_talibs_own() -> None:
    bars = bars_of("A", SESSIONS, walk(len(SESSIONS), 5), 5)
    fast, _ = talib.STOCHF(*(bars[name].to_numpy() for name in ("high", "low", "close")), 14, 1)
    ours = compute("technical", {"bars": bars}, LATER)["stochastic_k_14"].to_numpy()
    assert np.max(np.abs(ours - fast[420:])) < 1e-8


def test_a_young_symbol_has_talibs_averages_from_its_first_bar_on() -> None:
    close = walk(60, 8)
    ours = compute("technical", {"bars": bars_of("A", SESSIONS[-60:], close)}, SESSIONS[-60:])
    theirs = talib.RSI(close, 14)
    assert np.isnan(ours["rsi_14"].to_numpy()).tolist() == np.isnan(theirs).tolist()
    assert np.nanmax(np.abs(ours["rsi_14"].to_numpy() - theirs)) < 1e-10


def test_an_average_begins_with_a_mean_and_then_moves_by_its_weight() -> None:
    values = np.array([[np.nan], [1.0], [3.0], [8.0]])
    assert wilder(values, 2)[:, 0].tolist()[2:] == [2.0, 5.0]
    assert exponential(values, 3)[:, 0].tolist()[3:] == [4.0]
    assert np.isnan(exponential(values, 2)[:2]).all()


def test_the_indicators_of_five_bars_are_what_a_hand_reckons() -> None:
    bars = bars_of("A", SESSIONS[-4:], np.array([10.0, 12.0, 11.0, 13.0]))
    bars = replaced(replaced(bars, "high", np.array([11.0, 12.5, 12.0, 14.0])), "low", np.array([9.0, 9.5, 10.0, 12.0]))
    row = compute("technical", {"bars": bars}, SESSIONS[-1:]).to_pylist()[0]
    assert row["ibs"] == 0.5
    # Gains and losses over two: means 1 and 0.5, then (1 + 2) / 2 and 0.25.
    assert row["rsi_2"] == pytest.approx(100.0 * 1.5 / 1.75)
    assert row["rsi_14"] is None and row["momentum_20_pct"] is None


def test_a_real_market_agrees_with_talib_too() -> None:
    rows = np.genfromtxt(shared_data("bars", "SPY.csv"), delimiter=",", names=True, dtype=None)[-900:]
    sessions = sessions_between(SESSIONS[0].replace(year=2015), SESSIONS[-1])[:900]
    bars = bars_of("SPY", sessions, rows["close"].astype(float))
    for name in ("open", "high", "low", "volume"):
        bars = replaced(bars, name, rows[name].astype(float))
    ours = compute("technical", {"bars": bars}, sessions[420:])
    for name, theirs in talib_of(bars).items():
        assert np.max(np.abs(ours[name].to_numpy() - theirs[420:])) < 1e-8, name
