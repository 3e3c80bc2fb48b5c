"""Realised volatility: by hand and against simulation."""

import numpy as np
import pytest

from assets_tests.features.feature_tables import LAST, SESSIONS, bars_of, replaced, value, walk
from butter_pipeline.features.compute import compute


def test_realised_volatility_is_the_deviation_of_log_returns() -> None:
    close = walk(len(SESSIONS), 10)
    table = compute("volatility", {"bars": bars_of("A", SESSIONS, close)}, [LAST])
    returns = np.diff(np.log(close))
    for rows in (10, 21, 63):
        expected = 100.0 * np.sqrt(252.0) * returns[-rows:].std(ddof=1)
        assert value(table, f"hv_{rows}_pct", "A") == pytest.approx(expected, rel=1e-9)
    ratio = returns[-10:].std(ddof=1) / returns[-63:].std(ddof=1)
    assert value(table, "hv_ratio_10_63", "A") == pytest.approx(ratio, rel=1e-9)


def test_ranges_estimate_the_volatility_that_made_them() -> None:
    """Four thousand small steps a session, none over night, at 32 per cent a year."""
    rng = np.random.default_rng(12)
    steps = np.cumsum(0.32 / np.sqrt(252.0 * 2000.0) * rng.standard_normal((400, 2000)), axis=1)
    begins = np.concatenate([[0.0], np.cumsum(steps[:-1, -1])])[:, None]
    path = 100.0 * np.exp(np.concatenate([begins, begins + steps], axis=1))
    sessions = SESSIONS[-400:]
    bars = bars_of("A", sessions, path[:, -1])
    for name, values in (("open", path[:, 0]), ("high", path.max(axis=1)), ("low", path.min(axis=1))):
        bars = replaced(bars, name, values)
    table = compute("volatility", {"bars": bars}, sessions[30:])
    for name in ("parkinson_21_pct", "yang_zhang_21_pct"):
        assert np.sqrt(np.mean(table[name].to_numpy() ** 2)) == pytest.approx(32.0, rel=0.05)


def test_yang_and_zhangs_estimate_is_its_formula() -> None:
    bars = bars_of("A", SESSIONS, walk(len(SESSIONS), 13), 13)
    o, h, l, c = (np.log(bars[name].to_numpy()[-22:]) for name in ("open", "high", "low", "close"))  # noqa: E741
    night, day = o[1:] - c[:-1], (c - o)[1:]
    ranges = ((h - c) * (h - o) + (l - c) * (l - o))[1:]
    k = 0.34 / (1.34 + 22.0 / 20.0)
    expected = night.var(ddof=1) + k * day.var(ddof=1) + (1.0 - k) * ranges.mean()
    found = value(compute("volatility", {"bars": bars}, [LAST]), "yang_zhang_21_pct", "A")
    assert found == pytest.approx(100.0 * np.sqrt(252.0 * expected), rel=1e-9)
