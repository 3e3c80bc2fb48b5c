"""Forecasts against statsmodels and against simulation."""

from itertools import pairwise

import numpy as np
import pytest
from statsmodels.tsa.arima.model import ARIMA

from assets_tests.features.feature_tables import LAST, SESSIONS, bars_of, value
from butter_pipeline.features.compute import compute
from butter_pipeline.features.families.price import ORDER
from butter_pipeline.features.models.arima import fit


def arma_returns(count: int, seed: int, own: float, shock: float) -> np.ndarray:
    drawn = 0.01 * np.random.default_rng(seed).standard_normal(count + 50)
    made = [0.0]
    for before, now in pairwise(drawn):
        made.append(own * made[-1] + now + shock * before)
    return 0.0004 + np.array(made[-count:])


def month_begin() -> int:
    return next(n for n, session in enumerate(SESSIONS) if (session.year, session.month) == (LAST.year, LAST.month))


@pytest.mark.parametrize("seed", range(4))
def test_a_session_is_filtered_from_the_likeliest_arima_of_the_sessions_before_its_month(seed: int) -> None:
    returns = 100.0 * arma_returns(len(SESSIONS) - 1, seed, 0.5, 0.2)
    close = 100.0 * np.exp(np.concatenate([[0.0], np.cumsum(returns / 100.0)]))
    table = compute("price", {"bars": bars_of("A", SESSIONS, close)}, [LAST])
    first = month_begin() - 501
    theirs = ARIMA(returns[first : month_begin() - 1], order=(1, 0, 1), trend="c").fit()
    later = ARIMA(returns[first:], order=(1, 0, 1), trend="c").filter(theirs.params)
    assert len(returns[first:]) > 505 and value(table, "arima_converged", "A") == 1.0
    assert value(table, "arima_7_pct", "A") == pytest.approx(later.get_forecast(7).predicted_mean.sum(), abs=2e-3)
    _, own, shock, variance = theirs.params
    weights = [1.0] + [own ** (lag - 1) * (own + shock) for lag in range(1, 7)]
    band = np.sqrt(variance * np.sum(np.cumsum(weights) ** 2))
    assert value(table, "arima_band_7_pct", "A") == pytest.approx(band, rel=2e-3)


@pytest.mark.parametrize(("own", "shock"), [(0.6, 0.3), (-0.4, 0.2), (0.3, -0.8)])
def test_laws_of_simulated_returns_are_found_on_average(own: float, shock: float) -> None:
    found = fit(ORDER, np.array([arma_returns(249, seed, own, shock) for seed in range(30)]))
    assert np.median(found.own) == pytest.approx(own, abs=0.15)
    assert np.median(found.shocks) == pytest.approx(shock, abs=0.2)


def test_simulated_futures_spread_as_wide_as_the_band_says() -> None:
    made = [arma_returns(356, seed, 0.4, 0.1) for seed in range(150)]
    misses, bands = [], []
    for returns in made:
        close = 100.0 * np.exp(np.cumsum(returns[:349]))
        table = compute("price", {"bars": bars_of("A", SESSIONS[-349:], close)}, [LAST])
        misses.append(100.0 * returns[349:].sum() - value(table, "arima_7_pct", "A"))
        bands.append(value(table, "arima_band_7_pct", "A"))
    assert np.std(np.array(misses) / np.array(bands)) == pytest.approx(1.0, abs=0.15)


def test_fewer_than_120_returns_before_the_month_give_no_forecast() -> None:
    for back, told in ((120, False), (121, True)):
        first = month_begin() - back
        close = 100.0 * np.exp(np.cumsum(arma_returns(len(SESSIONS) - first, 1, 0.2, 0.1)))
        table = compute("price", {"bars": bars_of("A", SESSIONS[first:], close)}, [LAST])
        for name in ("arima_7_pct", "arima_converged"):
            assert (value(table, name, "A") is not None) == told
