"""HAR against least squares, and what it cannot tell."""

import numpy as np
import pytest

from butter_pipeline.features.models.har import forecast, session_volatility
from butter_pipeline.features.models.monthly import Samples


def volatilities(count: int, seed: int = 0) -> np.ndarray:
    rng, made = np.random.default_rng(seed), [0.01] * 22
    for _ in range(count):
        expected = 0.001 + 0.35 * made[-1] + 0.3 * np.mean(made[-5:]) + 0.25 * np.mean(made[-22:])
        made.append(expected * np.exp(0.3 * rng.standard_normal()))
    return np.array(made[22:])


def sampled(values: np.ndarray, after: np.ndarray) -> Samples:
    return Samples(values[None], np.array([len(values)]), after[None], np.array([0]))


@pytest.mark.parametrize("ahead", [1, 7])
def test_the_forecast_is_that_of_least_squares(ahead: int) -> None:
    made = volatilities(420)
    sample, after = made[:400], made[400:]

    def terms(upto: np.ndarray) -> list[float]:
        return [1.0, upto[-1], upto[-5:].mean(), upto[-22:].mean()]

    places = range(22, 400 - ahead + 1)
    known = np.array([terms(sample[:place]) for place in places])
    target = np.array([sample[place : place + ahead].mean() for place in places])
    weights, *_ = np.linalg.lstsq(known, target, rcond=None)
    assert forecast(sampled(sample, after), ahead)[0] == pytest.approx(terms(made) @ weights, rel=1e-7)


def test_a_forecast_stays_within_what_the_sample_held() -> None:
    made = volatilities(400)
    wild = np.full(23, 100.0 * made.max())
    assert forecast(sampled(made, wild), 1)[0] == made.max()


def test_too_few_or_unmoving_volatilities_have_no_forecast() -> None:
    none = np.full(23, np.nan)
    assert np.isnan(forecast(sampled(volatilities(119), none), 1)[0])
    assert np.isfinite(forecast(sampled(volatilities(120), none), 1)[0])
    assert np.isnan(forecast(sampled(np.zeros(300), none), 1)[0])


def test_a_sessions_volatility_is_its_night_and_its_range() -> None:
    opened, high = np.log([[10.0], [10.2]]), np.log([[10.5], [10.6]])
    low, close = np.log([[9.9], [10.1]]), np.log([[10.1], [10.3]])
    night = np.log(10.2 / 10.1)
    day = np.log(10.6 / 10.3) * np.log(10.6 / 10.2) + np.log(10.1 / 10.3) * np.log(10.1 / 10.2)
    assert session_volatility(opened, high, low, close)[0, 0] == pytest.approx(np.sqrt(night**2 + day))
