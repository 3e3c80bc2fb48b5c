"""Surfaces from quotes: known laws come back, contradictions come out free of arbitrage, and bits do not move."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_tests.options.surface.markets import joined, lognormal, mixed, quoted
from butter_pipeline.options.surface import arbitrage
from butter_pipeline.options.surface.fitting import FEW_QUOTES, errors, fit
from butter_pipeline.options.surface.parity import FEW_PAIRS, OK, Quotes, forwards
from butter_pipeline.options.surface.slices import composed
from butter_pipeline.options.surface.surface import surface

YEARS = [0.02, 0.1, 0.5, 1.0]
FLAT = [lognormal(0.25 * np.sqrt(time)) for time in YEARS]


def skewed(scale):
    return mixed([0.7, 0.2, 0.1], np.exp(scale * np.array([0.2, -0.5, -1.0])), scale * np.array([0.8, 1.2, 1.9]))


SKEWED = [skewed(0.3 * np.sqrt(time)) for time in YEARS]


def fitted_to(quotes, expiries):
    return fit(quotes, expiries, forwards(quotes, expiries))


def assert_free(found):
    """By conditions worked out here, on a finer and wider grid than the one that mends."""
    good = np.flatnonzero(found.status == OK)
    if not good.size:
        return
    slices, surfaces = found.slices[good], found.expiries.surface[good]
    reach = 5.0 * slices.at_the_money().max(initial=0.01)
    k = np.linspace(-reach, reach, 1501)
    strike, calls = np.exp(k), slices.calls(k)
    slopes, rounding = np.diff(calls, axis=1) / np.diff(strike), 1e-9 + 1e-15 / np.diff(strike)
    assert np.all(slopes >= -1.0 - rounding) and np.all(slopes <= rounding)
    assert np.all(np.diff(slopes, axis=1) >= -rounding[1:] - rounding[:-1])
    assert slices.density(k).min() >= 0.0
    assert slices.weights.sum(axis=1) == pytest.approx(np.ones(len(good)), abs=1e-12)
    assert (slices.weights * slices.means).sum(axis=1) == pytest.approx(np.ones(len(good)), abs=1e-9)
    variance = slices.implied_deviations(k) ** 2
    same = surfaces[1:] == surfaces[:-1]
    told = np.isfinite(variance[1:] + variance[:-1]) & same[:, None]
    assert np.all(np.diff(variance, axis=0)[told] > -1e-12)
    assert arbitrage.of_slices(found.slices, found.expiries.surface).free.all()


@pytest.mark.parametrize("laws", [FLAT, SKEWED], ids=["flat", "skewed"])
def test_quotes_of_a_known_law_give_it_back(laws):
    found = fitted_to(*quoted(laws, YEARS, half=0.01))
    told = errors(found)
    assert found.status.tolist() == [OK] * 4
    assert told.inside_pct.tolist() == [100.0] * 4
    assert told.rmse_points.max() < 0.1
    for place, law in enumerate(laws):
        k = 2.0 * law.at_the_money()[0] * np.linspace(-1.0, 1.0, 9)
        got, known = (each.implied_deviations(k)[0] / np.sqrt(YEARS[place]) for each in (found.slices[place], law))
        assert 100.0 * got == pytest.approx(100.0 * known, abs=0.3)
    assert_free(found)


def test_errors_are_told_in_points_and_in_spreads():
    quotes, expiries = quoted(FLAT, YEARS, half=0.01)
    wide = replace(quotes, put_ask=quotes.put_ask + 0.2, call_ask=quotes.call_ask + 0.2)
    moved = errors(fitted_to(wide, expiries))
    # the middle of bid and ask lies 0.1 above the law at every strike: no law follows it far into the wings
    assert moved.rmse_points.min() > 0.05
    assert moved.inside_pct.tolist() == [100.0] * 4
    assert np.all(moved.rmse_half_spreads <= 1.0) and np.all(moved.largest_points >= moved.rmse_points)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.05, 1.2), min_size=2, max_size=6),
    st.lists(st.floats(0.0, 0.6), min_size=2, max_size=6),
    st.integers(0, 2**31),
    st.sampled_from([0.0, 0.02, 0.1, 0.5]),
)
def test_whatever_the_quotes_the_surface_is_free_of_arbitrage(vols, skews, seed, noise):
    """Volatilities that fall with time, skews that jump, and noise: calendar and butterfly arbitrage are planted."""
    rng = np.random.default_rng(seed)
    count = min(len(vols), len(skews))
    years = np.cumsum(rng.uniform(0.004, 0.2, count))
    laws = []
    for vol, skew, time in zip(vols, skews, years, strict=False):
        scale = vol * np.sqrt(time)
        laws.append(mixed([1.0, skew + 0.01], np.exp([0.3 * scale, -1.5 * scale]), [scale, 2.0 * scale]))
    quotes, expiries = quoted(laws, years, half=0.05)
    shifts = [np.exp(noise * rng.standard_normal(quotes.strike.size)) for _ in range(2)]
    noisy = replace(
        quotes,
        call_bid=quotes.call_bid * shifts[0],
        call_ask=quotes.call_ask * shifts[0],
        put_bid=quotes.put_bid * shifts[1],
        put_ask=quotes.put_ask * shifts[1],
    )
    assert_free(fitted_to(noisy, expiries))
    # the same contradictions, with forwards that are known
    assert_free(fit(noisy, expiries, forwards(quotes, expiries)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 8), st.floats(-1.0, 4.0))
def test_prices_drawn_at_random_are_refused_or_fitted_free_of_arbitrage(seed, count, size):
    """No law made these quotes: uniform prices, some missing, some that are no prices at all."""
    rng = np.random.default_rng(seed)
    years, forward = np.cumsum(10.0 ** rng.uniform(-3.0, 0.3, count)), 10.0**size
    laws = [lognormal(0.3 * np.sqrt(time)) for time in years]
    quotes, expiries = quoted(laws, years, forward=forward, half=1e-4 * forward)
    sides = [rng.uniform(0.0, forward, quotes.strike.size) for _ in range(4)]
    for side in sides:
        side[rng.random(side.size) < 0.2] = rng.choice([np.nan, np.inf, -1.0, 0.0, 1e300])
    garbage = Quotes(quotes.expiry, quotes.strike, *sides)
    assert_free(fitted_to(garbage, expiries))
    assert_free(fit(garbage, expiries, forwards(quotes, expiries)))


def test_a_later_expiry_that_is_quoted_too_low_is_lifted_and_the_error_says_so():
    laws = [lognormal(0.10), lognormal(0.08)]
    found = fitted_to(*quoted(laws, [0.1, 0.2]))
    assert arbitrage.of_slices(found.own, found.expiries.surface).free.tolist() == [True, False]
    assert found.share_before[1] > 0.5
    assert errors(found).inside_pct[1] < 50.0 and errors(found).inside_pct[0] == 100.0
    assert_free(found)


def test_slices_in_order_already_are_left_as_they_were_fitted():
    found = fitted_to(*quoted(FLAT, YEARS))
    assert found.share_before.tolist() == [0.0] * 4
    assert found.slices.weights[:, :3].tobytes() == found.own.weights.tobytes()


def test_crossed_quotes_do_not_count():
    quotes, expiries = quoted(FLAT, YEARS)
    crossed = np.zeros(quotes.strike.size, dtype=bool)
    crossed[::4] = True
    call_bid, put_bid = (np.where(crossed, 90.0, bid) for bid in (quotes.call_bid, quotes.put_bid))
    found = fitted_to(replace(quotes, call_bid=call_bid, put_bid=put_bid), expiries)
    assert found.status.tolist() == [OK] * 4
    assert not np.isin(np.round(found.used.bid * 100.0, 6), 90.0).any()
    assert errors(found).rmse_points.max() < 0.2


def test_an_expiry_that_cannot_be_fitted_says_why_and_does_not_stop_the_others():
    quotes, expiries = quoted(FLAT, YEARS)
    silent = replace(quotes, call_bid=np.where(quotes.expiry == 1, 0.0, quotes.call_bid))
    silent = replace(silent, put_bid=np.where(quotes.expiry == 1, 0.0, quotes.put_bid))
    kept = np.flatnonzero((quotes.expiry != 2) | (quotes.strike < 60.0))
    found = fitted_to(silent.take(kept), expiries)
    assert found.status.tolist() == [OK, FEW_QUOTES, FEW_PAIRS, OK]
    assert found.why_not() == [
        None,
        "fewer than 2 strikes have a bid out of the money",
        "fewer than 3 strikes are quoted on both sides near the money",
        None,
    ]
    assert surface(found, 0).years.tolist() == [0.02, 1.0]
    assert_free(found)


def test_no_quotes_at_all_is_no_error():
    nothing = Quotes(np.empty(0, int), *np.empty((5, 0)))
    _, expiries = quoted(FLAT, YEARS)
    found = fitted_to(nothing, expiries)
    assert found.status.tolist() == [FEW_PAIRS] * 4
    with pytest.raises(ValueError, match="surface 0 has no expiry with a slice"):
        surface(found, 0)


def test_a_surface_has_the_same_bits_alone_and_among_others():
    markets = [
        quoted(FLAT, YEARS, forward=20.0, half=0.004),
        quoted([lognormal(0.10), lognormal(0.08)], [0.1, 0.2]),
        quoted([*SKEWED, skewed(0.5)], [*YEARS, 2.0]),
    ]
    among = fitted_to(*joined(markets))
    first = 0
    for market in markets:
        alone = fitted_to(*market)
        count = len(alone.status)
        part, width = slice(first, first + count), alone.slices.weights.shape[1]
        for name in ("weights", "means", "deviations"):
            held = np.ascontiguousarray(getattr(among.slices, name)[part, :width])
            assert held.tobytes() == getattr(alone.slices, name).tobytes(), name
        assert among.share_before[part].tobytes() == alone.share_before.tobytes()
        first += count


def test_what_is_kept_of_a_surface_gives_back_its_bits():
    laws = [lognormal(0.10), lognormal(0.08), skewed(0.2), lognormal(0.15)]
    found = fitted_to(*quoted(laws, [0.1, 0.2, 0.3, 0.4]))
    assert (found.share_before > 0.0).sum() >= 2
    again = composed(found.own, found.share_before, found.widening)
    for name in ("weights", "means", "deviations"):
        held = np.where(found.slices.weights > 0.0, getattr(found.slices, name), 0.0)
        assert np.where(again.weights > 0.0, getattr(again, name), 0.0).tobytes() == held.tobytes(), name
