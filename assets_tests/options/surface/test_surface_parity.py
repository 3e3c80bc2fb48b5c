"""Forwards and discounts from put-call parity: exact, noisy, contradicted and missing quotes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_tests.options.surface.markets import joined, lognormal, quoted
from butter_pipeline.options.surface.parity import FEW_PAIRS, INCONSISTENT, NO_TIME, OK, forwards, reason

YEARS = [0.02, 0.1, 0.5, 1.0]
LAWS = [lognormal(0.25 * np.sqrt(time)) for time in YEARS]


@settings(deadline=None)
@given(st.floats(-0.02, 0.08), st.floats(5.0, 5000.0))
def test_exact_mids_give_the_forward_and_the_rate_within_their_errors(rate, forward):
    found = forwards(*quoted(LAWS, YEARS, forward=forward, rate=rate, half=2e-4 * forward))
    assert found.status.tolist() == [OK] * 4
    assert found.forward == pytest.approx([forward] * 4, rel=1e-4)
    assert np.all(np.abs(found.forward - forward) <= 3.0 * found.forward_error)
    assert np.all(np.abs(found.rate - rate) <= 3.0 * found.rate_error)
    assert found.rate[2:] == pytest.approx([rate, rate], abs=0.005)
    assert np.all((found.lowest <= forward) & (forward <= found.highest))


def test_a_long_expiry_tells_its_rate_closely():
    found = forwards(*quoted([lognormal(0.3)], [2.0], rate=0.045, half=0.005))
    assert found.rate[0] == pytest.approx(0.045, abs=5e-5)
    assert found.discount[0] == pytest.approx(np.exp(-0.09), abs=1e-4)


def test_a_few_wrong_quotes_do_not_move_the_forward():
    quotes, expiries = quoted(LAWS, YEARS)
    call_bid, call_ask = quotes.call_bid.copy(), quotes.call_ask.copy()
    call_bid[[30, 32]] += 7.0
    call_ask[[30, 32]] += 7.0
    found = forwards(replace(quotes, call_bid=call_bid, call_ask=call_ask), expiries)
    assert found.status.tolist() == [OK] * 4
    assert found.forward == pytest.approx([100.0] * 4, abs=0.03)
    assert found.lowest[1] > found.highest[1]  # the bounds say that something is wrong


def test_noise_within_the_spread_is_averaged_out():
    rng = np.random.default_rng(3)
    quotes, expiries = quoted(LAWS, YEARS, half=0.1)
    shift = rng.uniform(-0.09, 0.09, quotes.strike.size)
    quotes = replace(quotes, call_bid=np.maximum(quotes.call_bid + shift, 0.0), call_ask=quotes.call_ask + shift)
    found = forwards(quotes, expiries)
    assert np.all(np.abs(found.forward - 100.0) <= 4.0 * found.forward_error)
    assert found.forward == pytest.approx([100.0] * 4, abs=0.08)


def test_too_few_pairs_say_so():
    quotes, expiries = quoted(LAWS, YEARS)
    put_ask = quotes.put_ask.copy()
    put_ask[quotes.expiry == 1] = np.nan
    kept = np.flatnonzero((quotes.expiry != 2) | (np.abs(quotes.strike - 100.0) < 5.0))
    found = forwards(replace(quotes, put_ask=put_ask).take(kept), expiries)
    assert found.status.tolist() == [OK, FEW_PAIRS, FEW_PAIRS, OK]
    assert np.isnan(found.forward[1:3]).all() and np.isnan(found.discount[1:3]).all()
    assert reason(FEW_PAIRS) == "fewer than 3 strikes are quoted on both sides near the money"
    assert reason(OK) is None


def test_quotes_that_agree_on_no_forward_say_so():
    quotes, expiries = quoted([lognormal(0.1)], [0.25], half=0.01)
    shift = np.where(np.arange(quotes.strike.size) % 2 == 0, 0.5, -0.5)
    quotes = replace(
        quotes, call_bid=np.maximum(quotes.call_bid + shift, 0.0), call_ask=np.maximum(quotes.call_ask + shift, 0.01)
    )
    assert forwards(quotes, expiries).status.tolist() == [INCONSISTENT]


def test_an_expiry_of_the_session_itself_has_no_forward():
    quotes, expiries = quoted(LAWS[:2], YEARS[:2])
    found = forwards(quotes, replace(expiries, years=np.array([0.0, 0.1])))
    assert found.status.tolist() == [NO_TIME, OK]


@pytest.mark.parametrize("broken", [np.nan, np.inf, -1.0])
def test_prices_that_are_no_prices_are_left_out(broken):
    quotes, expiries = quoted(LAWS, YEARS)
    put_bid = quotes.put_bid.copy()
    put_bid[::5] = broken
    strike = quotes.strike.copy()
    strike[3] = broken
    found = forwards(replace(quotes, put_bid=put_bid, strike=strike), expiries)
    assert found.status.tolist() == [OK] * 4
    assert found.forward == pytest.approx([100.0] * 4, abs=0.02)


def test_prices_without_a_spread_are_taken_as_roughly_known():
    quotes, expiries = quoted(LAWS, YEARS, half=0.0)
    rng = np.random.default_rng(5)
    shift = rng.normal(0.0, 0.05, quotes.strike.size)
    call = np.maximum(quotes.call_bid + shift, 0.01)
    found = forwards(replace(quotes, call_bid=call, call_ask=call), expiries)
    assert found.status.tolist() == [OK] * 4
    assert found.forward == pytest.approx([100.0] * 4, abs=0.15)


def test_a_surface_has_the_same_bits_alone_and_among_others():
    markets = [quoted(LAWS, YEARS, forward=f, half=0.03) for f in (20.0, 100.0, 633.0)]
    among, alone = forwards(*joined(markets)), forwards(*markets[1])
    for name, values in vars(alone).items():
        assert getattr(among, name)[4:8].tobytes() == values.tobytes(), name
