"""Butterflies: a literal one, and what every one must obey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline.options import black_scholes, butterfly
from butter_pipeline.options.butterfly import Butterflies, Strikes


def one(*values: float) -> Strikes:
    return Strikes(*(np.array([value]) for value in values))


def flat(spot: float, strikes: Strikes, years: float, iv: float, is_call: bool = True) -> Butterflies:
    return Butterflies(np.array([is_call]), np.array([spot]), strikes, np.array([years]), one(iv, iv, iv))


butterflies = st.builds(
    lambda spot, body, width, sessions, iv, is_call: flat(
        spot, one(body - width, body, body + width), sessions / 252, iv, is_call
    ),
    st.floats(50.0, 150.0),
    st.floats(60.0, 140.0),
    st.floats(1.0, 40.0),
    st.integers(0, 60),
    st.floats(0.05, 1.0),
    st.booleans(),
)


def test_a_butterfly_pays_a_tent() -> None:
    spot = np.array([80.0, 90.0, 95.0, 100.0, 105.0, 110.0, 120.0])
    assert butterfly.payoff(spot, one(90.0, 100.0, 110.0)).tolist() == [0.0, 0.0, 5.0, 10.0, 5.0, 0.0, 0.0]


def test_break_evens_and_largest_profit_follow_from_the_cost() -> None:
    strikes, cost = one(90.0, 100.0, 110.0), np.array([3.0])
    assert [each.item() for each in butterfly.break_evens(strikes, cost)] == [93.0, 107.0]
    assert butterfly.maximum_profit(strikes, cost).item() == 7.0
    assert butterfly.payoff(np.array([93.0, 107.0]), strikes).tolist() == [3.0, 3.0]


def test_a_butterfly_that_costs_its_width_breaks_even_nowhere() -> None:
    assert np.isnan(butterfly.break_evens(one(90.0, 100.0, 110.0), np.array([10.0]))).all()


@given(butterflies)
def test_a_butterfly_is_worth_between_nothing_and_its_width(each: Butterflies) -> None:
    worth = butterfly.value(each).item()
    width = (each.strikes.body - each.strikes.lower).item()
    assert -1e-9 <= worth <= width + 1e-9


@given(butterflies)
def test_calls_and_puts_make_the_same_butterfly(each: Butterflies) -> None:
    other = Butterflies(~each.is_call, each.spot, each.strikes, each.years, each.ivs)
    assert butterfly.value(other) == pytest.approx(butterfly.value(each), abs=1e-9)
    ours, others = vars(butterfly.greeks(each)), vars(butterfly.greeks(other))
    for name in ("delta", "gamma", "vega", "theta"):
        assert others[name] == pytest.approx(ours[name], abs=1e-9)


@given(st.floats(50.0, 150.0), st.floats(60.0, 140.0), st.floats(1.0, 40.0))
def test_at_expiry_its_value_is_its_payoff(spot: float, body: float, width: float) -> None:
    strikes = one(body - width, body, body + width)
    worth = butterfly.value(flat(spot, strikes, 0.0, 0.3))
    assert worth == pytest.approx(butterfly.payoff(np.array([spot]), strikes), abs=1e-9)


def test_greeks_are_the_slopes_of_the_value() -> None:
    strikes = one(90.0, 100.0, 110.0)

    def worth(spot: float = 103.0, years: float = 0.05, iv: float = 0.3) -> float:
        return butterfly.value(flat(spot, strikes, years, iv)).item()

    found = butterfly.greeks(flat(103.0, strikes, 0.05, 0.3))
    assert found.delta.item() == pytest.approx((worth(103.001) - worth(102.999)) / 0.002, rel=1e-6)
    assert found.gamma.item() == pytest.approx((worth(103.01) - 2 * worth() + worth(102.99)) / 1e-4, rel=1e-4)
    assert found.vega.item() == pytest.approx((worth(iv=0.3001) - worth(iv=0.2999)) / 0.0002, rel=1e-6)
    assert found.theta.item() == pytest.approx((worth(years=0.0499) - worth(years=0.0501)) / 0.0002 / 252, rel=1e-5)


def test_each_leg_is_valued_at_its_own_volatility() -> None:
    strikes, ivs = one(90.0, 100.0, 110.0), one(0.35, 0.3, 0.28)
    smiling = Butterflies(np.array([False]), np.array([101.0]), strikes, np.array([0.1]), ivs)
    legs = [
        black_scholes.price(
            black_scholes.Contracts(
                np.array([False]), np.array([101.0]), np.array([strike]), np.array([0.1]), np.array([iv])
            )
        ).item()
        for strike, iv in ((90.0, 0.35), (100.0, 0.3), (110.0, 0.28))
    ]
    assert butterfly.value(smiling).item() == legs[0] - 2.0 * legs[1] + legs[2]
