"""ARIMA: against statsmodels, statsforecast, published estimates, and what cannot be fitted."""

import warnings

import numpy as np
import pytest
from statsmodels.tsa.arima.model import ARIMA

from assets_tests.features.models.returns import arma_values, published
from butter_pipeline.features.models.arima import Order, fit, forecast
from butter_pipeline.features.models.volatility import Reason

LAWS = [(0.6, -0.3), (0.95, -0.8), (0.3, 0.5), (0.99, -0.5), (-0.7, 0.2), (0.5, -0.5)]


def by_statsmodels(values: np.ndarray, order: Order):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trend = "c" if order.mean and not order.differences else ("t" if order.mean else "n")
        return ARIMA(values, order=(order.own, order.differences, order.shocks), trend=trend).fit()


@pytest.mark.parametrize("order", [Order(1, 0, 1), Order(1, 1, 1), Order(2, 0, 1), Order(0, 0, 2), Order(3, 1, 0)])
def test_the_likelihood_is_statsmodels_at_the_law_that_was_found(order: Order) -> None:
    values = np.cumsum(arma_values(150, 1, 0.5, 0.2)) if order.differences else arma_values(150, 1, 0.5, 0.2)
    found = fit(order, values[None])
    trend = "c" if not order.differences else "t"
    model = ARIMA(values, order=(order.own, order.differences, order.shocks), trend=trend)
    theirs = model.loglike(np.concatenate([found.laws[0], found.variance]))
    assert found.log_likelihood[0] == pytest.approx(theirs, abs=1e-3 if order.differences else 1e-8)


@pytest.mark.parametrize(("own", "shock"), LAWS)
def test_no_law_that_statsmodels_finds_is_likelier(own: float, shock: float) -> None:
    values = np.array([arma_values(400, seed, own, shock) for seed in range(4)])
    found = fit(Order(1, 0, 1), values)
    ahead, band = forecast(found, values, 7), found.band(7)
    for number, each in enumerate(values):
        theirs = by_statsmodels(each, Order(1, 0, 1))
        assert found.log_likelihood[number] > theirs.llf - 4e-4
        if abs(found.log_likelihood[number] - theirs.llf) < 1e-6:
            told = theirs.get_forecast(7)
            assert ahead[number] == pytest.approx(told.predicted_mean, abs=1e-3)
            assert band[number] == pytest.approx(told.se_mean, rel=1e-3)
    assert found.converged.all()


def test_the_published_autoregression_of_wholesale_prices_is_met() -> None:
    told = published("arima_wpi_ar3")
    found = fit(Order(3, 1, 0, mean=False), np.array(told["data"])[None])
    assert found.own[0] == pytest.approx(told["params_ar"], rel=1e-6)
    assert found.standard_errors[0, 1:] == pytest.approx(told["se_ar"], rel=2e-6)
    assert found.variance[0] == pytest.approx(told["params_variance"][0], rel=1e-6)
    assert found.log_likelihood[0] == pytest.approx(told["loglike"], abs=5e-6)


def test_a_difference_is_forecast_as_the_level_it_leads_to() -> None:
    values = np.cumsum(arma_values(300, 5, 0.4, 0.1))
    order = Order(1, 1, 1)
    found = fit(order, values[None])
    mean, own, shock = found.laws[0]
    theirs = ARIMA(values, order=(1, 1, 1), trend="t").smooth([mean, own, shock, found.variance[0]]).get_forecast(7)
    assert forecast(found, values[None], 7)[0] == pytest.approx(theirs.predicted_mean, rel=1e-5)
    assert found.band(7)[0] == pytest.approx(theirs.se_mean, rel=1e-5)
    assert found.of_sums(7)[0] == pytest.approx(found.band(7)[0, -1])


@pytest.mark.parametrize(("own", "shock"), [(0.6, -0.2), (0.9, -0.4), (-0.5, 0.1)])
def test_likelihoods_and_forecasts_are_those_of_statsforecast(own: float, shock: float) -> None:
    models = pytest.importorskip("statsforecast.models")
    values = np.array([arma_values(500, seed, own, shock) for seed in range(4)])
    found = fit(Order(1, 0, 1), values)
    ahead = forecast(found, values, 7)
    for number, each in enumerate(values):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = models.ARIMA(order=(1, 0, 1)).fit(each)
        assert found.log_likelihood[number] == pytest.approx(theirs.model_["loglik"], abs=1e-5)
        assert ahead[number] == pytest.approx(theirs.predict(7)["mean"], abs=1e-4)


def test_one_series_has_the_bits_that_it_has_among_many_on_however_many_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from butter_pipeline.features.models.kernels import compiled

    many = np.array([arma_values(150, seed, 0.4, 0.2) for seed in range(150)])
    monkeypatch.setattr(compiled, "_cores", lambda: 3)
    together = fit(Order(1, 0, 1), many)
    monkeypatch.setattr(compiled, "_cores", lambda: 1)
    alone = fit(Order(1, 0, 1), many[99:100])
    assert alone.laws.tobytes() == together.laws[99:100].tobytes()
    assert forecast(alone, many[99:100], 7).tobytes() == forecast(together, many, 7)[99:100].tobytes()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.full(100, 2.5), Reason.CONSTANT),
        (np.where(np.arange(100) == 3, np.nan, arma_values(100, 1, 0.3, 0.1)), Reason.NOT_FINITE),
        (np.where(np.arange(100) == 3, -np.inf, arma_values(100, 1, 0.3, 0.1)), Reason.NOT_FINITE),
        (arma_values(15, 1, 0.3, 0.1), Reason.TOO_SHORT),
    ],
    ids=["constant", "nan", "inf", "short"],
)
def test_what_cannot_be_fitted_is_nan_with_a_reason(values: np.ndarray, reason: Reason) -> None:
    good = arma_values(100, 2, 0.3, 0.1)
    both = np.full((2, 100), np.nan)
    both[0, : len(values)], both[1] = values, good
    counts = np.array([len(values), 100])
    found = fit(Order(1, 0, 1), both, counts)
    assert found.reason[0] == reason and np.isnan(found.laws[0]).all()
    ahead = forecast(found, both, 7, counts)
    assert np.isnan(ahead[0]).all() and np.isfinite(ahead[1]).all()
    assert found.laws[1].tobytes() == fit(Order(1, 0, 1), good[None]).laws[0].tobytes()


def test_a_random_walk_ends_near_the_unit_root_and_stays_stationary() -> None:
    walks = np.cumsum(np.random.default_rng(4).standard_normal((10, 300)), axis=1)
    found = fit(Order(1, 0, 1), walks)
    assert (np.abs(found.own[:, 0]) < 1.0).all() and (found.own[:, 0] > 0.9).all()
    assert np.isfinite(forecast(found, walks, 7)).all()


def test_an_overdifferenced_series_ends_at_the_edge_and_says_so() -> None:
    noise = np.random.default_rng(5).standard_normal((10, 300))
    found = fit(Order(0, 1, 1), noise)
    assert (found.shocks[:, 0] < -0.9).all() and found.edge.any()


def test_noise_has_parts_that_cancel_and_other_series_have_not() -> None:
    noise = np.random.default_rng(6).standard_normal((8, 400))
    plain = np.array([arma_values(400, seed, 0.7, 0.4) for seed in range(8)])
    assert fit(Order(1, 0, 1), noise).cancelling.mean() > 0.4
    assert not fit(Order(1, 0, 1), plain).cancelling.any()


@pytest.mark.parametrize("order", [(9, 0, 0), (1, 2, 1), (-1, 0, 0)])
def test_an_order_that_is_not_covered_is_refused(order: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="choose less"):
        Order(*order)
