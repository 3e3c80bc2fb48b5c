"""The judge of arbitrage: each kind, planted, is found; what is free is left in peace."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_tests.options.surface.markets import black_call, lognormal, mixed
from butter_pipeline.options.surface import arbitrage
from butter_pipeline.options.surface.slices import Slices

STRIKE = np.array([0.8, 0.9, 1.0, 1.1, 1.2])
CALLS = black_call(np.log(STRIKE), 0.2)


def stacked(*laws):
    return Slices(*(np.concatenate([getattr(law, name) for law in laws]) for name in vars(laws[0])))


def test_prices_of_a_law_are_free():
    assert arbitrage.concavity(STRIKE, CALLS) < 0.0
    assert arbitrage.outside_bounds(np.log(STRIKE), CALLS) < 0.0


def test_a_butterfly_with_a_negative_price_is_found_with_its_size():
    planted = CALLS.copy()
    planted[2] = 0.5 * (CALLS[1] + CALLS[3]) + 0.003
    assert arbitrage.concavity(STRIKE, planted) == pytest.approx(0.003, abs=1e-12)


@pytest.mark.parametrize(
    ("calls", "what"),
    [
        ([0.30, 0.18, 0.08, 0.03, 0.04], "a call that rises"),
        ([0.35, 0.20, 0.08, 0.03, 0.01], "one that falls too fast"),
    ],
)
def test_slopes_that_no_law_has_are_found(calls, what):
    assert arbitrage.concavity(STRIKE, np.array(calls)) > 0.0, what


def test_prices_outside_their_bounds_are_found():
    k = np.log(STRIKE)
    assert arbitrage.outside_bounds(k, np.where(STRIKE == 0.8, 0.15, CALLS)) == pytest.approx(0.05)
    assert arbitrage.outside_bounds(k, np.where(STRIKE == 0.8, 1.01, CALLS)) == pytest.approx(0.01)


def test_a_later_slice_below_an_earlier_one_is_found_and_other_surfaces_are_not_compared():
    laws = stacked(lognormal(0.2), lognormal(0.19), lognormal(0.1), lognormal(0.3))
    found = arbitrage.of_slices(laws, np.array([0, 0, 1, 1]))
    assert found.free.tolist() == [True, False, True, True]
    assert found.calendar[1] > 0.001 and np.isnan(found.calendar[[0, 2]]).all()


def test_wings_steeper_than_lee_s_bound_are_found():
    k = np.array([[-4.0, -3.0, 3.0, 4.0]] * 4)
    variance = np.stack(
        [0.04 + 0.0 * k[0], 2.5 * np.abs(k[1]), np.abs(k[2]) + 2.0 * np.maximum(k[2], 0.0), k[3] * np.nan]
    )
    assert arbitrage.lee_excess(k, variance) == pytest.approx([-2.0, 0.5, 1.0, -2.0])


def test_a_slice_that_is_missing_is_passed_over():
    gap = Slices(*(np.full((1, 1), np.nan) for _ in range(3)))
    found = arbitrage.of_slices(stacked(lognormal(0.2), gap, lognormal(0.19)), np.zeros(3, int))
    assert found.free.tolist() == [True, True, False]


def test_a_mean_that_is_not_the_forward_is_found():
    found = arbitrage.of_slices(Slices(np.ones((1, 1)), np.full((1, 1), 1.2), np.full((1, 1), 0.2)), np.zeros(1, int))
    assert not found.free[0]


def test_a_negative_weight_is_found():
    broken = Slices(np.array([[1.4, -0.4]]), np.array([[1.0, 1.0]]), np.array([[0.2, 0.05]]))
    assert not arbitrage.of_slices(broken, np.zeros(1, int)).free[0]


def test_crossing_only_in_the_wings_is_found():
    laws = stacked(*(mixed([0.99, 0.01], [1.0, 1.0], wide) for wide in ([0.1, 0.5], [0.12, 0.12])))
    found = arbitrage.of_slices(laws, np.zeros(2, int))
    assert laws.at_the_money()[0] < laws.at_the_money()[1]
    assert found.free.tolist() == [True, False]


def test_gatheral_s_function_is_one_for_a_flat_smile_and_negative_for_the_known_counterexample():
    k = np.linspace(-1.5, 1.5, 301)
    flat = np.full(k.size, 0.04)
    assert arbitrage.gatheral(k, flat, 0.0 * k, 0.0 * k) == pytest.approx(np.ones(k.size))
    # Axel Vogt's parameters of SVI, as in Gatheral and Jacquier (2014), example 3.1
    a, b, m, rho, sigma = -0.0410, 0.1331, 0.3586, 0.3060, 0.4153
    root = np.sqrt((k - m) ** 2 + sigma**2)
    variance = a + b * (rho * (k - m) + root)
    found = arbitrage.gatheral(k, variance, b * (rho + (k - m) / root), b * sigma**2 / root**3)
    assert found.min() < -0.01 and found[150] > 0.0
    assert arbitrage.concavity(np.exp(k), black_call(k, np.sqrt(variance))) > 1e-8


@settings(deadline=None)
@given(st.floats(0.05, 0.5), st.floats(0.0, 0.5), st.lists(st.floats(0.4, 2.5), min_size=3, max_size=12, unique=True))
def test_laws_in_order_leave_no_call_below_what_earlier_calls_allow(deviation, more, wanted):
    strike = np.linspace(0.5, 1.8, 14)
    wanted = np.sort(np.array(wanted))
    earlier = black_call(np.log(strike), deviation)
    later = black_call(np.log(wanted), np.hypot(deviation, more))
    assert np.all(arbitrage.least_by_earlier(strike, earlier, wanted) <= later + 1e-12)


def test_a_later_call_that_earlier_calls_do_not_allow_is_found():
    strike = np.array([0.9, 1.0, 1.1])
    earlier = black_call(np.log(strike), 0.2)
    least = arbitrage.least_by_earlier(strike, earlier, np.array([0.9, 0.95, 1.0, 1.05, 1.3]))
    assert least[[0, 2]].tolist() == earlier[[0, 1]].tolist()
    assert 0.05 < least[1] < black_call(np.log(0.95), 0.2)  # above intrinsic value, below the law's own
    assert 0.0 < least[3] < black_call(np.log(1.05), 0.2) and least[4] == 0.0
