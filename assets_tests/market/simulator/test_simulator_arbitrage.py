"""The embedded market's mid prices admit no arbitrage, in any session of several worlds: the judge of surfaces says so.

Prices are cosine series of a known law; what they leave of rounding and truncation is bounded here, per unit of spot.
"""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from assets_tests.market.simulator.worlds import WORLD
from butter_pipeline.market.simulator.chains import growth, strip
from butter_pipeline.market.simulator.path import simulate
from butter_pipeline.market.simulator.pricing import PAD, put_prices
from butter_pipeline.options.surface import arbitrage

SERIES_ERROR = 1e-9
"""Of the spot: what the series may be away from the law's expectation."""

SESSIONS = 90
WORLDS = [(7, "edge"), (8, "edge"), (7, "placebo"), (123456, "placebo")]


def weekdays(count):
    days = (WORLD.first_session + timedelta(days=k) for k in range(2 * count + 10))
    return [day for day in days if day.weekday() < 5][:count]


@pytest.fixture(scope="module", params=WORLDS, ids=[f"{mode}-{seed}" for seed, mode in WORLDS])
def path(request):
    seed, mode = request.param
    sessions = weekdays(SESSIONS + 75)
    return simulate(WORLD.with_(seed=seed, mode=mode, break_session=sessions[SESSIONS // 2]), sessions)


@pytest.fixture(scope="module")
def listed(path):
    """By session, symbol and expiry, in that order: strikes, calls and puts in units of the forward, undiscounted."""
    mids = strip(path, range(SESSIONS))
    edges = np.flatnonzero(np.diff(mids.group, prepend=-1, append=-1))
    found = []
    for number, (first, last) in enumerate(pairwise(edges)):
        groups, part = mids.groups, slice(first, last)
        ahead = groups.ahead[number]
        if ahead > 0:
            spot, factor = mids.spot[first], growth(path)[ahead]
            strike = mids.strike[part] / (spot * factor)
            call, put = mids.call[part] / spot, mids.put[part] / spot
            found.append(((groups.session[number], groups.symbol[number]), strike, call, put))
    return found


def test_every_session_of_every_symbol_is_judged(listed):
    assert len({where for where, *_ in listed}) == SESSIONS * 13


def test_no_pair_violates_parity(listed):
    for where, strike, call, put in listed:
        assert np.max(np.abs(call - put - (1.0 - strike))) < 1e-12, where


def test_no_butterfly_no_vertical_and_no_price_alone_is_an_arbitrage(listed):
    for where, strike, call, _ in listed:
        assert arbitrage.outside_bounds(np.log(strike), call) <= SERIES_ERROR, where
        assert arbitrage.concavity(strike, call) <= SERIES_ERROR, where


def test_no_later_call_is_below_what_earlier_ones_allow(listed):
    compared = 0
    for (where, strike, call, _), (later_where, later_strike, later_call, _) in pairwise(listed):
        if where == later_where:
            least = arbitrage.least_by_earlier(strike, call, later_strike)
            assert np.max(least - later_call) <= SERIES_ERROR, where
            compared += 1
    assert compared > 4 * SESSIONS * 13


@pytest.mark.parametrize("session", [0, SESSIONS // 2 - 1, SESSIONS // 2, SESSIONS - 1])
def test_the_law_itself_is_in_order_at_equal_moneyness_between_and_beyond_the_listed_strikes(session, path):
    aheads = np.array([1, 2, 5, 10, 20, 40, 60])
    k = np.linspace(-0.6, 0.6, 20 * PAD)
    for symbol in range(13):
        where = (np.full(aheads.size, each) for each in (session, symbol))
        density = path.laws.densities(path.priced_situations(*where, aheads), drifted=False)
        forward = growth(path)[aheads][:, None]
        puts = put_prices(density, np.exp(k) * forward) / forward
        calls = puts - np.expm1(k)
        assert np.max(arbitrage.concavity(np.exp(k), calls)) <= SERIES_ERROR
        assert np.max(np.diff(-puts, axis=0)) <= SERIES_ERROR


def test_a_mid_moved_by_a_cent_of_a_hundred_is_found(listed):
    _, strike, call, _ = listed[3]
    moved = call.copy()
    moved[len(moved) // 2] += 1e-2
    assert arbitrage.concavity(strike, moved) > SERIES_ERROR
