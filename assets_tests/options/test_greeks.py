"""Every Greek against differences of prices in a hundred decimal digits."""

from decimal import Decimal

import numpy as np
import pytest

from assets_tests.options import exact
from assets_tests.options.test_black_scholes import one
from butter_pipeline.options import black_scholes

BY = {
    "delta": ("spot",),
    "gamma": ("spot", "spot"),
    "vega": ("iv",),
    "theta": ("-years",),
    "rho": ("rate",),
    "epsilon": ("dividend_yield",),
    "vanna": ("spot", "iv"),
    "volga": ("iv", "iv"),
    "charm": ("spot", "-years"),
    "veta": ("iv", "-years"),
    "vera": ("rate", "iv"),
    "dual_delta": ("strike",),
    "dual_gamma": ("strike", "strike"),
    "speed": ("spot", "spot", "spot"),
    "zomma": ("spot", "spot", "iv"),
    "color": ("spot", "spot", "-years"),
    "ultima": ("iv", "iv", "iv"),
}
"""By what the price is derived; a minus is for time that passes."""
CASES = [
    (True, 100.0, 105.0, 0.4, 0.25, 0.03, 0.01),
    (False, 100.0, 105.0, 0.4, 0.25, 0.03, 0.01),
    (True, 80.0, 100.0, 2.0, 0.6, -0.01, 0.05),
    (False, 80.0, 50.0, 0.02, 0.9, 0.10, 0.0),
    (True, 4500.0, 4400.0, 1 / 365, 0.12, 0.05, 0.015),
    (False, 1.1, 1.1, 5.0, 0.08, 0.02, 0.04),
    (True, 50.0, 50.0, 10.0, 2.0, 0.0, 0.0),
    (False, 100.0, 20.0, 1.0, 0.3, 0.04, 0.02),
]


@pytest.mark.parametrize("name", BY)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_greek_is_the_derivative_of_the_exact_price(case: tuple[bool, *tuple[float, ...]], name: str) -> None:
    each = one(*case)
    found = (vars(black_scholes.greeks(each)) | vars(black_scholes.higher_greeks(each)))[name][0]
    names = ("spot", "strike", "years", "iv", "rate", "dividend_yield")
    exactly = dict(zip(names, map(Decimal, case[1:]), strict=True)) | {"sign": Decimal(1 if case[0] else -1)}
    true = float(exact.derivative(exactly, *(by.removeprefix("-") for by in BY[name])))
    sign = -1.0 if any(by.startswith("-") for by in BY[name]) else 1.0
    assert found == pytest.approx(sign * true, rel=3e-12, abs=1e-14 * abs(true)), (found, true)


def test_every_greek_is_tested() -> None:
    each = one(*CASES[0])
    assert set(BY) == set(vars(black_scholes.greeks(each)) | vars(black_scholes.higher_greeks(each)))


def test_greeks_in_the_far_tails_fade_away_and_stay_numbers() -> None:
    far = black_scholes.Contracts(np.array([True]), 10.0 ** np.linspace(-6, 6, 49), 100.0, 0.1, 0.2, 0.02, 0.01)
    for name, values in (vars(black_scholes.greeks(far)) | vars(black_scholes.higher_greeks(far))).items():
        assert np.isfinite(values).all(), name
    assert black_scholes.greeks(far).delta[[0, -1]] == pytest.approx([0.0, np.exp(-0.001)], abs=1e-15)
