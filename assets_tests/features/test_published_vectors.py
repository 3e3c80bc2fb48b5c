"""Features against values that others published, from the first of them after the warm-up to the last, to 1e-8."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import pytest

from assets_tests.features.feature_tables import SESSIONS, bars_of, replaced
from assets_tests.shared_data import shared_data
from butter_pipeline.features.compute import compute
from butter_pipeline.features.smoothing import exponential
from butter_pipeline.market.sessions import sessions_between

Published = Mapping[str, np.ndarray]
AGREED = 1e-8


def quotes() -> Mapping[str, np.ndarray]:
    rows = np.genfromtxt(shared_data("reference", "skender_quotes_default.csv"), delimiter=",", names=True, dtype=None)
    return {name: rows[name].astype(np.float64) for name in ("open", "high", "low", "close", "volume")}


def published(indicator: str) -> Published:
    told = json.loads(shared_data("reference", f"{indicator}.standard.json").read_text())
    names = [name for name in told[-1] if name != "timestamp"]
    return {name: np.array([each[name] for each in told], dtype=np.float64) for name in names}


@lru_cache
def computed() -> Mapping[str, np.ndarray]:
    prices = quotes()
    count = len(prices["close"])
    sessions = sessions_between(SESSIONS[0].replace(year=2015), SESSIONS[-1])[:count]
    bars = bars_of("A", sessions, prices["close"])
    for name, values in prices.items():
        bars = replaced(bars, name, values)
    rows = compute("technical", {"bars": bars}, sessions)
    return {name: rows[name].to_numpy() for name in rows.column_names if name not in ("session", "symbol")}


def of_close(column: str) -> Callable[[Published], np.ndarray]:
    return lambda told: 100.0 * told[column] / quotes()["close"]


FEATURES: Mapping[str, tuple[str, Callable[[Published], np.ndarray]]] = {
    "rsi_14": ("rsi", lambda told: told["rsi"]),
    "atr_14_pct": ("atr", lambda told: told["atrp"]),
    "range_expansion_14": ("atr", lambda told: told["tr"] / told["atr"]),
    "bollinger_position_20": ("bb", lambda told: told["percentB"]),
    "bollinger_width_20_pct": ("bb", lambda told: 100.0 * told["width"]),
    "stochastic_slow_k_14_3": ("stoch", lambda told: told["oscillator"]),
    "stochastic_d_14_3_3": ("stoch", lambda told: told["signal"]),
    "macd_line_pct": ("macd", of_close("macd")),
    "macd_signal_pct": ("macd", of_close("signal")),
    "macd_histogram_pct": ("macd", of_close("histogram")),
    "price_oscillator_12_26_pct": ("macd", lambda told: 100.0 * (told["fastEma"] / told["slowEma"] - 1.0)),
}


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_meets_published_values(feature: str) -> None:
    indicator, formula = FEATURES[feature]
    theirs, ours = formula(published(indicator)), computed()[feature]
    both = np.isfinite(theirs) & np.isfinite(ours)
    assert len(theirs) == len(ours) and both[60:].all()
    assert np.max(np.abs(ours - theirs)[both]) < AGREED


def test_the_average_that_exponential_features_share_meets_published_values() -> None:
    theirs = published("ema")["ema"]
    ours = exponential(quotes()["close"][:, None], 20)[:, 0]
    assert np.isfinite(theirs).tolist() == np.isfinite(ours).tolist()
    assert np.nanmax(np.abs(ours - theirs)) < AGREED
