"""Exponential, logarithm and the normal law against a hundred decimal digits."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from assets_tests.options import exact
from butter_pipeline.options.kernels import elementary, normal

RANDOM = np.random.default_rng(3)


def off(found: float, true: Decimal) -> float:
    """Relative error in units of 2^-53, half of float64's spacing at most."""
    with localcontext(prec=60):
        return float(abs(Decimal(found) - true) / abs(true)) * 2.0**53


def test_the_exponential_is_right_to_a_unit_in_the_last_place() -> None:
    points = np.concatenate([RANDOM.uniform(-707.9, 708.9, 1500), RANDOM.uniform(-1, 1, 1500), [0.0, 1e-300, -1e-17]])
    with localcontext(prec=60):
        assert max(off(elementary.exp(float(x)), Decimal(float(x)).exp()) for x in points) < 2.0


def test_the_exponential_ends_where_float64_does() -> None:
    assert elementary.exp(-708.5) == elementary.exp(-1e300) == elementary.exp(-math.inf) == 0.0
    assert elementary.exp(709.5) == elementary.exp(1e300) == elementary.exp(math.inf) == math.inf
    assert elementary.exp(0.0) == 1.0


def test_the_logarithm_is_right_to_a_unit_in_the_last_place() -> None:
    points = np.concatenate(
        [np.exp(RANDOM.uniform(-700, 700, 1500)), RANDOM.uniform(0.5, 2, 1500), [1 + 2**-52, 1e-307]]
    )
    with localcontext(prec=60):
        assert max(off(elementary.log(float(x)), Decimal(float(x)).ln()) for x in points) < 2.0
    assert elementary.log(1.0) == 0.0


def test_the_logarithm_of_a_ratio_of_neighbours_has_all_its_digits() -> None:
    for b in RANDOM.uniform(1e-3, 1e3, 500).tolist():
        a = b * math.exp(RANDOM.normal() * 10.0 ** RANDOM.uniform(-14, 1))
        with localcontext(prec=60):
            true = (Decimal(a) / Decimal(b)).ln()
        assert a == b or off(elementary.log_ratio(a, b), true) < 4.0, (a, b)
    assert elementary.log_ratio(7.3, 7.3) == 0.0


def test_mills_ratio_is_right_everywhere() -> None:
    points = np.concatenate([RANDOM.uniform(0, 5, 300), 10.0 ** RANDOM.uniform(-8, 1.6, 300), [0.0, 38.0]])
    assert max(off(normal.mills(float(z)), exact.mills(float(z))) for z in points) < 8.0
    assert normal.mills(1e8) == pytest.approx(1e-8, rel=1e-15)
    assert normal.mills(math.inf) == pytest.approx(1e-20)


@pytest.mark.parametrize("edge", [0.5, 5.0, 20.0, 37.4])
def test_density_and_distribution_keep_their_relative_accuracy_in_both_tails(edge: float) -> None:
    for z in RANDOM.uniform(-edge, edge, 150).tolist():
        with localcontext(prec=exact.DIGITS):
            dense, below = exact.density(Decimal(z)), exact.below(Decimal(z))
        found = normal.density(z)
        assert off(found, dense) < 6.0, z
        assert off(normal.below(z, found), below) < 12.0, z
