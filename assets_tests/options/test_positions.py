"""Positions of several contracts."""

import numpy as np
import pytest

from butter_pipeline.options import american, black_scholes, butterfly, positions
from butter_pipeline.options.black_scholes import Contracts
from butter_pipeline.options.butterfly import Butterflies, Strikes
from butter_pipeline.options.positions import Leg

SPOT = np.array([95.0, 100.0, 105.0])


def leg(quantity: float, is_call: bool, strike: float) -> Leg:
    return Leg(
        quantity, Contracts(np.array(is_call), SPOT, np.array(strike), np.array(0.25), np.array(0.3), 0.04, 0.01)
    )


def test_a_call_less_a_put_is_a_forward() -> None:
    both = [leg(1.0, True, 100.0), leg(-1.0, False, 100.0)]
    forward = SPOT * np.exp(-0.01 * 0.25) - 100.0 * np.exp(-0.04 * 0.25)
    assert positions.value(both, black_scholes.price) == pytest.approx(forward, abs=1e-12)
    found = positions.greeks(both, black_scholes.greeks)
    assert found.delta == pytest.approx(np.exp(-0.01 * 0.25), abs=1e-14)
    assert found.gamma == pytest.approx(0.0, abs=1e-15)
    assert positions.greeks(both, black_scholes.higher_greeks).ultima == pytest.approx(0.0, abs=1e-11)


def test_a_sold_position_is_the_bought_one_with_its_sign_turned() -> None:
    bought, sold = [leg(2.0, False, 90.0)], [leg(-2.0, False, 90.0)]
    assert (positions.value(bought, american.price) == -positions.value(sold, american.price)).all()


def test_a_butterfly_of_american_options_is_the_same_sum_of_other_legs() -> None:
    strikes = Strikes(*(np.array(strike) for strike in (90.0, 100.0, 110.0)))
    ivs = Strikes(*(np.array(iv) for iv in (0.33, 0.3, 0.29)))
    each = Butterflies(np.array(False), SPOT, strikes, np.array(0.25), ivs, rate=0.05)
    legs = butterfly.legs(each)
    worths = [american.price(one.contracts) for one in legs]
    whole = positions.value(legs, american.price)
    assert (whole == worths[0] - 2.0 * worths[1] + worths[2]).all()
    assert (np.abs(whole - butterfly.value(each)) > 1e-4).all()
    assert positions.greeks(legs, american.greeks).vega.shape == (3,)
