"""The slopes of ARMA(1,1) that are written out, against differences of the likelihood that every order has."""

import numba
import numpy as np
import pytest

from assets_tests.features.models.returns import arma_values
from butter_pipeline.features.models.kernels.arma import arma_residuals, arma_value
from butter_pipeline.features.models.kernels.arma11 import information_11, slopes_11

SETTING = np.array([1.0, 1.0, 1.0])
POINTS = [(0.1, 0.5, -0.3), (0.0, 0.95, 0.4), (0.2, -0.8, 0.9), (0.0, 0.0, 0.0), (-0.3, 0.97, -0.9), (0.0, -0.5, 0.5)]


@numba.njit(error_model="numpy")
def value(point, series, setting):
    return arma_value(point, series, setting)


@numba.njit(error_model="numpy")
def slopes(point, series, gradient):
    return slopes_11(point, series, gradient)


@numba.njit(error_model="numpy")
def information(point, series, found):
    information_11(point, series, found)


@numba.njit(error_model="numpy")
def shocks(point, series, setting, scaled):
    return arma_residuals(point, series, setting, scaled)


def differences(of, point: np.ndarray, step: float = 1e-6) -> np.ndarray:
    sides = [(of(point + step * axis) - of(point - step * axis)) / (2.0 * step) for axis in np.eye(3)]
    return np.array(sides)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("count", [20, 301])
def test_slopes_are_those_of_the_likelihood(point: tuple[float, float, float], count: int) -> None:
    series, here, gradient = arma_values(count, 1, 0.4, 0.3), np.array(point), np.zeros(3)
    assert slopes(here, series, gradient) == pytest.approx(value(here, series, SETTING), rel=1e-12)
    told = differences(lambda at: value(at, series, SETTING), here)
    assert gradient == pytest.approx(told, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("point", POINTS)
def test_the_expected_curvature_is_that_of_the_shocks(point: tuple[float, float, float]) -> None:
    series, here, found = arma_values(120, 2, 0.4, 0.3), np.array(point), np.zeros((3, 3))

    def scaled(at: np.ndarray) -> np.ndarray:
        made = np.zeros(len(series))
        shocks(at, series, SETTING, made)
        return made

    information(here, series, found)
    moved = differences(scaled, here)
    assert found == pytest.approx(len(series) * moved @ moved.T / (scaled(here) @ scaled(here)), rel=1e-5, abs=1e-5)


def test_shocks_that_may_be_turned_round_have_no_slope_at_the_edge() -> None:
    gradient = np.zeros(3)
    slopes(np.array([0.0, 0.3, -1.0]), arma_values(200, 3, 0.3, -0.9), gradient)
    assert gradient[2] == pytest.approx(0.0, abs=1e-9)
