"""The law of the embedded market against closed forms, finer expansions, and the market's own simulation."""

from copy import deepcopy
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.special import ndtr

from assets_tests.market.simulator.worlds import CONFIG, WORLD
from butter_pipeline.market.simulator import law, pricing
from butter_pipeline.market.simulator.law import Laws, Situations, market_compensators, own_compensators
from butter_pipeline.market.simulator.parameters import BROKEN, DT, OVERCORRECTED, UNKNOWN, USUAL
from butter_pipeline.market.simulator.path import simulate
from butter_pipeline.market.simulator.pricing import implied_sigmas, put_prices
from butter_pipeline.market.simulator.shocks import market_moves, own_moves, uniforms
from butter_pipeline.market.simulator.world import world_from_config

RATIOS = np.linspace(0.85, 1.15, 16)


def weekdays(count: int) -> list[date]:
    days = (WORLD.first_session + timedelta(days=k) for k in range(2 * count + 10))
    return [day for day in days if day.weekday() < 5][:count]


def situations(symbol, ahead, **changes):
    """One state of the world, repeated for every element of ahead."""
    ahead = np.atleast_1d(ahead)
    usual = {"market_activity": 1.0, "regime": 2, "own_activity": 1.0, "hidden": 1, "own_law": USUAL} | changes
    values = {name: np.full(ahead.size, value) for name, value in usual.items()}
    return Situations(symbol=np.full(ahead.size, WORLD.symbols.index(symbol)), ahead=ahead, **values)


def puts(laws, wanted, ratios=RATIOS, *, drifted=False):
    ratios = np.broadcast_to(ratios, (wanted.symbol.size, ratios.shape[-1]))
    return put_prices(laws.densities(wanted, drifted=drifted), np.ascontiguousarray(ratios))


def black(forward, ratio, sigma):
    place = np.log(ratio / forward)
    return ratio * ndtr(place / sigma + sigma / 2) - forward * ndtr(place / sigma - sigma / 2)


@pytest.mark.parametrize("ahead", [1, 5, 21, 70])
def test_a_gaussian_market_is_priced_as_by_black_and_scholes(ahead):
    config = deepcopy(CONFIG)
    config["market"]["vol_pct"] = 0.0
    config["market"]["jumps"]["per_year"] = 0.0
    config["market"]["regimes"]["entry_jump"] = {"mean_pct": 0.0, "sd_pct": 0.0}
    config["market"]["regimes"]["vol_pct"] = dict.fromkeys(config["market"]["regimes"]["vol_pct"], 16.0)
    config["own"]["hidden_share"] = 1.0
    config["own"]["hidden_scale"] = {"calm": 1.0, "neutral": 1.0, "wild": 1.0}
    world = world_from_config(config)
    listing = world.listings[world.symbols.index("NUMA")]
    sigma = np.sqrt(((listing.beta * 0.16) ** 2 + 0.32**2) * ahead * DT)
    found = puts(Laws(world), situations("NUMA", ahead))[0]
    assert np.max(np.abs(found - black(np.exp(0.04 * ahead * DT), RATIOS, sigma))) < 1e-8


@pytest.mark.parametrize("symbol", ["INDX", "NUMA"])
def test_a_four_times_finer_expansion_on_twice_the_range_changes_nothing(symbol, monkeypatch):
    ahead = np.array([1, 2, 8, 30, 70])
    ratios = np.exp(np.linspace(-1.2, 1.2, 64))
    states = [
        {"regime": 2, "market_activity": 0.05, "own_activity": 0.05, "hidden": 0},
        {"regime": 3, "hidden": UNKNOWN},
    ]
    usual = [puts(Laws(WORLD), situations(symbol, ahead, **state), ratios) for state in states]
    for module in (law, pricing):
        monkeypatch.setattr(module, "TERMS", 1024)
    monkeypatch.setattr(law, "QUIET", 0.7)
    monkeypatch.setattr(law, "RANGE_SIGMAS", 24.0)
    for state, coarse in zip(states, usual, strict=True):
        fine = puts(Laws(WORLD), situations(symbol, ahead, **state), ratios)
        assert np.max(np.abs(fine - coarse)) < 1e-7


@pytest.mark.parametrize("beta", [1.0, 1.5])
def test_the_law_agrees_with_its_own_simulation_from_every_state(beta):
    lanes, ahead = 30000, 8
    market = market_moves(
        WORLD.market, uniforms(5, "s", lanes, 2), uniforms(5, "m", ahead, 8 * lanes).reshape(ahead, lanes, 8)
    )
    own = own_moves(WORLD.own, uniforms(6, "s", lanes, 2), uniforms(6, "o", ahead, 5 * lanes).reshape(ahead, lanes, 5))
    listing = next(each for each in WORLD.listings if each.beta == 1.5)
    fixed, known = market_compensators(WORLD.market, beta), own_compensators(WORLD.own, listing.own_variance)
    total = WORLD.rate * DT + beta * (market.diffusion + market.jump)
    total = total - fixed.constant - fixed.activity * market.activity[:-1] - fixed.state[market.regime[:-1]]
    wanted = {"regime": market.regime[0], "market_activity": market.activity[0]}
    if beta == 1.5:
        total = total + listing.own_variance**0.5 * own.diffusion - known.constant
        total = total - known.activity * own.activity[:-1] - known.state[own.hidden[:-1]]
        wanted |= {"own_activity": own.activity[0], "hidden": own.hidden[0]}
    reached = np.exp(np.sum(total, axis=0))
    where = situations("NUMA" if beta == 1.5 else "INDX", np.full(lanes, ahead))
    priced = puts(Laws(WORLD), Situations(**(vars(where) | wanted)))
    error = np.maximum(RATIOS - reached[:, None], 0.0) - priced
    assert np.all(np.abs(error.mean(axis=0)) < 4.0 * error.std(axis=0) / lanes**0.5)
    # the test has power: three per cent of the price at the money would not pass
    middle = len(RATIOS) // 2
    assert 4.0 * error[:, middle].std() / lanes**0.5 < 0.035 * priced[:, middle].mean()


@pytest.mark.parametrize("mode", ["placebo", "edge"])
def test_whole_histories_pay_on_average_what_the_truth_says(mode):
    count, ahead, ratios = 1000, 10, np.linspace(0.93, 1.15, 16)  # lower strikes are reached too rarely to average
    calendar, found, moves, drifts = weekdays(ahead + 1), [], [], []
    column = np.arange(len(WORLD.symbols))
    for seed in range(count):
        path = simulate(WORLD.with_(seed=seed, mode=mode), calendar)
        found.append(path.true_situations(np.zeros_like(column), column, np.full_like(column, ahead)))
        moves.append(path.log_return[1:].sum(axis=0))
        drifts.append(path.cycle[1:].sum(axis=0))
    reached, drift = np.exp(np.array(moves)), np.exp(np.array(drifts))
    wanted = Situations(**{name: np.concatenate([vars(each)[name] for each in found]) for name in vars(found[0])})
    moved = ratios / drift.reshape(-1, 1)
    priced = drift[:, :, None] * puts(Laws(WORLD), wanted, moved, drifted=mode == "edge").reshape(count, -1, 16)
    error = np.maximum(ratios - reached[:, :, None], 0.0) - priced
    assert np.all(np.abs(error.mean(axis=0)) < 4.0 * error.std(axis=0) / count**0.5)
    if mode == "placebo":
        discounted = np.exp(-WORLD.rate * DT * ahead) * reached
        assert np.all(np.abs(discounted.mean(axis=0) - 1.0) < 4.0 * discounted.std(axis=0) / count**0.5)


@pytest.mark.parametrize("hidden", [0, 1, 2, UNKNOWN])
def test_no_calendar_spread_at_equal_moneyness_has_a_negative_price(hidden):
    ahead = np.arange(1, 71)
    forward = np.exp(WORLD.rate * DT * ahead)[:, None]
    # per unit of forward, at a fixed ratio of strike to forward
    price = puts(Laws(WORLD), situations("NUMA", ahead, hidden=hidden, regime=3), RATIOS * forward) / forward
    assert np.all(np.diff(price, axis=0) > -1e-9)


def test_ignorance_is_the_stationary_mixture_and_wilder_states_cost_more():
    laws, share = Laws(WORLD), law.stationary(WORLD.own.transition)
    known = [puts(laws, situations("NUMA", 9, hidden=q))[0] for q in range(3)]
    ignorant = puts(laws, situations("NUMA", 9, hidden=UNKNOWN))[0]
    assert np.allclose(sum(p * v for p, v in zip(share, known, strict=True)), ignorant, atol=1e-9)
    assert np.all(known[0] < known[1]) and np.all(known[1] < known[2])


def test_forwards_are_those_of_the_rate_in_every_belief():
    """The mean under a cosine density, by the put at a strike that nothing exceeds."""
    ahead = np.array([1, 9, 40, 70])
    for symbol in ("INDX", "NUMA"):
        for changes in ({}, {"hidden": UNKNOWN}, {"hidden": 2, "own_law": BROKEN}, {"own_law": OVERCORRECTED}):
            density = Laws(WORLD).densities(situations(symbol, ahead, regime=3, **changes), drifted=False)
            ratio = np.repeat(np.exp(density.half_width)[:, None], 16, axis=1) * (1.0 - 1e-12)
            found = ratio[:, 0] - put_prices(density, ratio)[:, 0]
            assert np.allclose(found, np.exp(WORLD.rate * DT * ahead), atol=1e-7)


def test_implied_volatility_gives_back_what_the_price_was_made_from():
    sigma = np.repeat([0.004, 0.03, 0.2, 0.9], 16).reshape(4, 16)
    place = sigma * np.linspace(-4.0, 4.0, 16)
    put = black(1.0, np.exp(place), sigma)
    price = np.where(place < 0.0, put, put + 1.0 - np.exp(place))
    found = implied_sigmas(price, place, np.full_like(price, 0.1))
    assert np.allclose(found[:, 2:-2], sigma[:, 2:-2], rtol=1e-7)
    assert np.all(np.isnan(implied_sigmas(np.zeros((1, 16)), place[:1], sigma[:1])))
