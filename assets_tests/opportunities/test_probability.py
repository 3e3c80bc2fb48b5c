"""The market's own probability of a profit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from butter_pipeline.opportunities.probability import QUANTILES, Offer, market_probability
from butter_pipeline.options.butterfly import Butterflies, Strikes

STEP = 1.0 / QUANTILES


def offer(
    cost: float, closing: float = 0.0, ahead: int = 8, spot: float = 100.0, iv: float = 0.4, width: float = 10.0
) -> Offer:
    strikes = Strikes(*(np.array([strike]) for strike in (100.0 - width, 100.0, 100.0 + width)))
    ivs = Strikes(*(np.array([iv]) for _ in range(3)))
    made = Butterflies(np.array([True]), np.array([spot]), strikes, np.array([ahead / 252]), ivs)
    return Offer(made, np.array([cost]), np.array([closing]))


def between(low: float, high: float, spot: float, iv: float) -> float:
    deviation = iv * (8 / 252) ** 0.5
    places = (np.log(np.array([low, high]) / spot) + 0.5 * deviation**2) / deviation
    return float(norm.cdf(places[1]) - norm.cdf(places[0]))


@given(st.floats(0.5, 8.0), st.floats(0.0, 1.5), st.floats(80.0, 120.0), st.floats(0.1, 0.9))
def test_held_to_expiry_it_is_the_lognormal_mass_between_the_break_evens(
    cost: float, closing: float, spot: float, iv: float
) -> None:
    needed = cost + closing
    expected = between(90.0 + needed, 110.0 - needed, spot, iv)
    found = market_probability(offer(cost, closing, spot=spot, iv=iv)).item()
    assert found == pytest.approx(expected, abs=1.01 * STEP)


def test_before_expiry_it_is_what_a_simulation_of_the_law_finds() -> None:
    from butter_pipeline.options import butterfly

    made, random = offer(3.0, 0.3, ahead=15), np.random.default_rng(3)
    deviation = 0.4 * (8 / 252) ** 0.5
    spots = 100.0 * np.exp(deviation * random.standard_normal(200_000) - 0.5 * deviation**2)
    ivs = made.butterflies.ivs
    later = Butterflies(made.butterflies.is_call, spots, made.butterflies.strikes, np.array([7 / 252]), ivs)
    share = np.mean(butterfly.value(later) - 0.3 > 3.0)
    assert market_probability(made).item() == pytest.approx(share, abs=1.01 * STEP + 0.005)


@given(st.floats(0.1, 12.0), st.floats(0.1, 3.0), st.integers(8, 25))
def test_it_is_a_probability_and_falls_with_the_cost(cost: float, more: float, ahead: int) -> None:
    cheap, dear = (market_probability(offer(each, ahead=ahead)).item() for each in (cost, cost + more))
    assert 0.0 <= dear <= cheap <= 1.0


def test_a_butterfly_that_costs_its_width_never_earns() -> None:
    assert market_probability(offer(10.0)).item() == 0.0


def test_one_has_the_same_bits_alone_and_among_many() -> None:
    random, count = np.random.default_rng(4), 2051
    body = random.uniform(80.0, 120.0, count)
    width = random.uniform(2.0, 20.0, count)
    ivs = Strikes(*(random.uniform(0.1, 0.8, count) for _ in range(3)))
    strikes = Strikes(body - width, body, body + width)
    years = random.integers(8, 20, count) / 252
    many = Offer(
        Butterflies(random.random(count) < 0.5, np.full(count, 100.0), strikes, years, ivs),
        0.4 * width,
        random.uniform(0.0, 0.5, count),
    )
    together = market_probability(many)
    for at in (0, 1, 1023, 1024, 2050):
        each = slice(at, at + 1)
        legs = [Strikes(of.lower[each], of.body[each], of.upper[each]) for of in (strikes, ivs)]
        made = many.butterflies
        alone = Butterflies(made.is_call[each], made.spot[each], legs[0], made.years[each], legs[1])
        assert market_probability(Offer(alone, many.cost[each], many.closing[each])).item() == together[at]


def test_nothing_offered_is_nothing_told() -> None:
    none = np.empty(0)
    legs = Strikes(none, none, none)
    assert market_probability(Offer(Butterflies(none > 0, none, legs, none, legs), none, none)).size == 0
