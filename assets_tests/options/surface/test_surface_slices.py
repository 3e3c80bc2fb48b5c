"""Mixtures of lognormals: prices, densities and quantiles, against Black's formula and numerical integrals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from assets_tests.options.surface.markets import black_call, lognormal, mixed
from butter_pipeline.options.surface.arbitrage import gatheral
from butter_pipeline.options.surface.density import Density

K = np.linspace(-0.6, 0.6, 25)
SKEWED = mixed([0.6, 0.3, 0.1], [1.02, 0.97, 0.8], [0.1, 0.2, 0.4])


def spread(scale, weights, offsets, widths):
    """Components whose means and deviations are in proportion to a scale, as those of fitted slices are."""
    return mixed(weights, np.exp(scale * np.array(offsets)), scale * np.array(widths))


LAWS = st.builds(
    spread,
    st.floats(0.003, 0.6),
    st.lists(st.floats(0.05, 1.0), min_size=3, max_size=3),
    st.lists(st.floats(-2.0, 2.0), min_size=3, max_size=3),
    st.lists(st.floats(0.3, 4.0), min_size=3, max_size=3),
)


def test_a_single_lognormal_is_priced_by_black_s_formula():
    assert lognormal(0.2).calls(K)[0] == pytest.approx(black_call(K, 0.2), abs=1e-15)


def test_a_literal_price():
    # a call at the money: 2 N(0.1) - 1
    assert lognormal(0.2).calls(np.zeros(1))[0, 0] == pytest.approx(0.07965567455405798, abs=1e-16)


@settings(deadline=None)
@given(LAWS)
def test_a_call_less_a_put_is_the_forward_less_the_strike(law):
    assert law.calls(K) - law.puts(K) == pytest.approx(-np.expm1(K)[None], abs=1e-13)


@settings(deadline=None)
@given(LAWS)
def test_implied_deviations_give_back_the_prices_out_to_the_wings_or_say_that_there_is_none(law):
    k = 6.0 * law.at_the_money()[0] * np.linspace(-1.0, 1.0, 13)
    for place, deviation in zip(k, law.implied_deviations(k)[0], strict=True):
        price = law.out_of_the_money(np.array([place]))[0, 0]
        if np.isnan(deviation):
            assert price < 1e-100
        else:
            assert lognormal(deviation).out_of_the_money(np.array([place]))[0, 0] == pytest.approx(price, rel=1e-9)


def test_the_deviation_at_the_money_is_the_implied_one():
    assert SKEWED.at_the_money()[0] == pytest.approx(SKEWED.implied_deviations(np.zeros(1))[0, 0], rel=1e-13)


@settings(deadline=None)
@given(LAWS)
def test_the_density_integrates_to_one_with_the_forward_as_its_mean_and_is_never_negative(law):
    reach = 12.0 * law.deviations.max() + np.abs(np.log(law.means)).max()
    k = np.linspace(-reach, reach, 40001)
    height = law.density(k)[0] * np.exp(k)  # per unit of the logarithm
    assert height.min() >= 0.0
    assert integrate.trapezoid(height, k) == pytest.approx(1.0, abs=1e-6)
    assert integrate.trapezoid(height * np.exp(k), k) == pytest.approx(1.0, abs=1e-6)


@settings(deadline=None)
@given(LAWS)
def test_the_distribution_is_the_integral_of_the_density_and_quantiles_invert_it(law):
    p = np.array([1e-9, 0.01, 0.3, 0.5, 0.9, 1 - 1e-9])
    k = law.quantiles(p)
    assert law.below(k)[0] == pytest.approx(p, abs=1e-13)
    assert law.above(k)[0] == pytest.approx(1.0 - p, abs=1e-13)
    grid = np.linspace(k[0, 1], k[0, 4], 20001)
    held = integrate.trapezoid(law.density(grid)[0] * np.exp(grid), grid)
    assert held == pytest.approx(0.89, abs=1e-5)


def test_a_quantile_of_no_probability_is_refused():
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        SKEWED.quantiles(np.array([0.0, 0.5]))


def test_probabilities_between_strikes_are_those_of_narrow_butterflies():
    law, spot = Density(SKEWED, 80.0), np.array([60.0, 75.0, 80.0, 96.0])
    width = 0.01
    calls = [80.0 * SKEWED.calls(np.log((spot + step) / 80.0))[0] for step in (-width, 0.0, width)]
    butterflies = (calls[0] - 2.0 * calls[1] + calls[2]) / width
    assert law.probability_between(spot - 0.5 * width, spot + 0.5 * width) == pytest.approx(butterflies, rel=1e-4)
    assert law.density(spot) * width == pytest.approx(butterflies, rel=1e-4)


def test_the_law_of_one_expiry_in_currency():
    law = Density(lognormal(0.25), 50.0)
    assert law.mean == pytest.approx(50.0, abs=1e-12)
    assert law.deviation == pytest.approx(50.0 * np.sqrt(np.expm1(0.0625)), rel=1e-12)
    assert law.quantile(np.array([0.5]))[0] == pytest.approx(50.0 * np.exp(-0.03125), rel=1e-12)
    assert law.probability_below(np.array([-1.0, 0.0]))[:2] == pytest.approx([0.0, 0.0], abs=0.0)
    assert law.probability_between(np.array([0.0]), np.array([1e9]))[0] == pytest.approx(1.0, abs=1e-12)
    # far out the upper tail is not one less something close to one
    assert law.probability_between(np.array([500.0]), np.array([600.0]))[0] == pytest.approx(2.1e-20, rel=0.1)


@settings(deadline=None)
@given(LAWS)
def test_gatheral_s_function_and_the_density_tell_the_same(law):
    deviation = law.at_the_money()[0]
    k, step = 1.5 * deviation * np.linspace(-1.0, 1.0, 9), 2e-3 * law.deviations.min()
    w, slope, curvature = variance_and_slopes(law, k, step)
    lower = -k / np.sqrt(w) - 0.5 * np.sqrt(w)
    told = gatheral(k, w, slope, curvature) * np.exp(-0.5 * lower**2) / np.sqrt(2.0 * np.pi * w)
    known = law.density(k)[0] * np.exp(k)
    assert told == pytest.approx(known, rel=1e-3, abs=1e-3 * known.max())


def variance_and_slopes(law, k, step):
    """Total variance and its derivatives by central differences of the fourth order."""
    near = [law.implied_deviations(k + times * step)[0] ** 2 for times in (-2, -1, 0, 1, 2)]
    slope = (near[0] - 8.0 * near[1] + 8.0 * near[3] - near[4]) / (12.0 * step)
    curvature = (-near[0] + 16.0 * near[1] - 30.0 * near[2] + 16.0 * near[3] - near[4]) / (12.0 * step**2)
    return near[2], slope, curvature
