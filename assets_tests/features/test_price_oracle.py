"""Forecasts against statsmodels, against simulation, and by hand."""

from itertools import pairwise

import numpy as np
import pytest
from statsmodels.tsa.arima.estimators.hannan_rissanen import hannan_rissanen
from statsmodels.tsa.arima.model import ARIMA

from assets_tests.features.feature_tables import LAST, SESSIONS, bars_of, value
from butter_pipeline.features.compute import compute
from butter_pipeline.features.families import price
from butter_pipeline.features.registry import features_of
from butter_pipeline.features.windows import panel_of, windows


def arma_returns(count: int, seed: int, own: float, shock: float) -> np.ndarray:
    drawn = 0.01 * np.random.default_rng(seed).standard_normal(count + 50)
    made = [0.0]
    for before, now in pairwise(drawn):
        made.append(own * made[-1] + now + shock * before)
    return 0.0004 + np.array(made[-count:])


def law_of(returns: np.ndarray) -> price.Arma:
    sessions = SESSIONS[-len(returns) - 1 :]
    close = 100.0 * np.exp(np.concatenate([[0.0], np.cumsum(returns)]))
    panel = panel_of({"bars": bars_of("A", sessions, close)}, ("bars",))
    [(_, views)] = list(windows(panel, [LAST], features_of("price")))
    return price.arma(views[0])


@pytest.mark.parametrize("seed", [3])
def test_the_law_is_near_that_of_the_most_likely_arima(seed: int) -> None:
    returns = arma_returns(249, seed, 0.7, -0.2)
    law = law_of(returns)
    theirs = ARIMA(returns, order=(1, 0, 1), trend="c").fit()
    forecast = theirs.get_forecast(7)
    ours = law.own * (law.last_return - law.mean) + law.shock * law.last_shock
    assert law.own[0] == pytest.approx(theirs.params[1], abs=0.25)
    assert ours[0] + law.mean[0] == pytest.approx(forecast.predicted_mean[0], abs=0.0015)
    assert np.sqrt(law.shock_variance[0]) == pytest.approx(np.sqrt(theirs.params[3]), rel=0.03)


@pytest.mark.parametrize(("own", "shock"), [(0.6, 0.3), (-0.4, 0.2), (0.3, -0.8)])
def test_laws_of_simulated_returns_are_found_on_average(own: float, shock: float) -> None:
    laws = [law_of(arma_returns(249, seed, own, shock)) for seed in range(30)]
    assert np.median([law.own[0] for law in laws]) == pytest.approx(own, abs=0.15)
    assert np.median([law.shock[0] for law in laws]) == pytest.approx(shock, abs=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_the_regression_is_hannan_and_rissanens(seed: int) -> None:
    returns = arma_returns(249, seed, 0.5, 0.2)
    law = law_of(returns)
    theirs, _ = hannan_rissanen(returns, 1, 1, demean=True, initial_ar_order=price.LONG_ORDER, unbiased=False)
    assert law.own[0] == pytest.approx(theirs.ar_params[0], abs=1e-9)
    assert law.shock[0] == pytest.approx(theirs.ma_params[0], abs=1e-9)


def test_the_forecast_and_its_band_are_those_of_the_law() -> None:
    returns = arma_returns(249, 7, 0.5, 0.2)
    law = law_of(returns)
    close = 100.0 * np.exp(np.concatenate([[0.0], np.cumsum(returns)]))
    table = compute("price", {"bars": bars_of("A", SESSIONS[-250:], close)}, [LAST])
    model = ARIMA(returns - law.mean[0], order=(1, 0, 1), trend="n")
    forecast = model.smooth([law.own[0], law.shock[0], law.shock_variance[0]]).get_forecast(7)
    assert value(table, "arima_7_pct", "A") == pytest.approx(
        100.0 * (forecast.predicted_mean.sum() + 7.0 * law.mean[0]), rel=1e-4
    )
    weights = [1.0] + [law.own[0] ** (lag - 1) * (law.own[0] + law.shock[0]) for lag in range(1, 7)]
    band = 100.0 * np.sqrt(law.shock_variance[0] * np.sum(np.cumsum(weights) ** 2))
    assert value(table, "arima_band_7_pct", "A") == pytest.approx(band)


def test_simulated_futures_spread_as_wide_as_the_band_says() -> None:
    made = [arma_returns(256, seed, 0.4, 0.1) for seed in range(150)]
    misses, bands = [], []
    for returns in made:
        close = 100.0 * np.exp(np.cumsum(returns[:249]))
        table = compute("price", {"bars": bars_of("A", SESSIONS[-249:], close)}, [LAST])
        misses.append(100.0 * returns[249:].sum() - value(table, "arima_7_pct", "A"))
        bands.append(value(table, "arima_band_7_pct", "A"))
    assert np.std(np.array(misses) / np.array(bands)) == pytest.approx(1.0, abs=0.15)


def test_fewer_than_119_returns_give_no_forecast() -> None:
    for rows, told in ((119, False), (120, True)):
        close = 100.0 * np.exp(np.cumsum(arma_returns(rows, 1, 0.2, 0.1)))
        table = compute("price", {"bars": bars_of("A", SESSIONS[-rows:], close)}, [LAST])
        assert (value(table, "arima_7_pct", "A") is not None) == told
