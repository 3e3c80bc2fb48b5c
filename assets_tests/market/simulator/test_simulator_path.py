"""Histories of the embedded market: the same bits, whatever is added later or stands next to them."""

from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_tests.market.simulator.worlds import CONFIG, WORLD
from butter_pipeline.market.simulator.parameters import REGIMES, stationary
from butter_pipeline.market.simulator.path import simulate
from butter_pipeline.market.simulator.shocks import activity_path, chain_path, poisson_quantile, uniforms
from butter_pipeline.market.simulator.world import world_from_config


def weekdays(count: int) -> list[date]:
    days = (WORLD.first_session + timedelta(days=k) for k in range(2 * count + 10))
    return [day for day in days if day.weekday() < 5][:count]


def arrays(path, until=None, columns=slice(None)):
    found = {name: values[:until, columns] for name, values in vars(path.bars).items()}
    for name in ("log_return", "drift", "own_activity", "hidden"):
        found[name] = getattr(path, name)[:until, columns]
    for name in ("market_activity", "regime"):
        found[name] = getattr(path, name)[:until]
    return found


def same(left, right):
    assert left.keys() == right.keys()
    for name in left:
        assert left[name].tobytes() == right[name].tobytes(), name


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    calendar = weekdays(60)
    first, again, other = simulate(WORLD, calendar), simulate(WORLD, calendar), simulate(WORLD.with_(seed=8), calendar)
    same(arrays(first), arrays(again))
    assert not np.any(first.log_return == other.log_return)


@pytest.mark.parametrize("until", [1, 37, 150])
def test_a_longer_calendar_only_appends(until):
    longer = simulate(WORLD, weekdays(301))
    same(arrays(simulate(WORLD, weekdays(until))), arrays(longer, until))


def test_adding_a_symbol_changes_no_other():
    extra = replace(WORLD.listings[0], symbol="BRIX", beta=1.31, start_price=51.0)
    calendar = weekdays(203)
    small, large = simulate(WORLD, calendar), simulate(WORLD.with_(listings=(*WORLD.listings, extra)), calendar)
    kept = [i for i, name in enumerate(large.world.symbols) if name != "BRIX"]
    same(
        arrays(small),
        {name: np.ascontiguousarray(v) for name, v in arrays(large, columns=kept).items() if v.ndim > 1}
        | {name: v for name, v in arrays(large).items() if v.ndim == 1},
    )
    own = [large.column("BRIX"), large.column(WORLD.listings[0].symbol)]
    assert not np.any(large.own_activity[:, own[0]] == large.own_activity[:, own[1]])


def test_the_modes_share_their_shocks_and_differ_by_the_drift_alone():
    calendar = weekdays(120)
    edge, placebo = simulate(WORLD, calendar), simulate(WORLD.with_(mode="placebo"), calendar)
    assert np.array_equal(edge.hidden, placebo.hidden) and np.array_equal(edge.regime, placebo.regime)
    assert np.allclose(edge.log_return - edge.drift, placebo.log_return, atol=1e-15)
    assert not np.any(placebo.drift)
    assert np.any(edge.drift)


def test_nothing_before_the_break_knows_of_it_and_after_it_the_cycle_turns_and_returns_widen():
    calendar = weekdays(260)
    broken = simulate(WORLD.with_(break_session=calendar[130]), calendar)
    whole = simulate(WORLD.with_(break_session=None), calendar)
    assert (broken.break_index, whole.break_index) == (130, 260)
    same(arrays(broken, 130), arrays(whole, 130))
    cycle = whole.cycle[130:]
    assert np.allclose(broken.drift[130:] - whole.drift[130:], -2.0 * cycle, atol=1e-15)
    stocks = [i for i, each in enumerate(WORLD.listings) if each.sector]
    moves = [(path.log_return - path.drift)[130:, stocks].std() for path in (broken, whole)]
    assert moves[0] > 1.08 * moves[1]
    index = whole.column("INDX")
    assert np.array_equal(broken.log_return[:, index], whole.log_return[:, index])


def test_a_stock_moves_by_beta_with_the_jumps_of_the_market():
    config = deepcopy(CONFIG) | {"mode": "placebo"}
    config["market"]["vol_pct"] = 0.0
    config["market"]["jumps"]["per_year"] = 60.0
    config["market"]["regimes"]["vol_pct"] = dict.fromkeys(REGIMES, 0.0)
    config["market"]["regimes"]["entry_jump"] = {"mean_pct": 0.0, "sd_pct": 0.0}
    for each in config["listings"]:
        each["own_vol_pct"] = 0.1
    path = simulate(world_from_config(config), weekdays(200))
    moves = path.log_return - np.median(path.log_return, axis=0)
    index = moves[:, path.column("INDX")]
    jumped = np.abs(index) > 1e-3
    assert 25 < jumped.sum() < 80
    for i, listing in enumerate(path.world.listings):
        assert np.max(np.abs(moves[:, i] - listing.beta * index)) < 5e-4
        # jumps happen overnight
        opened = np.log(path.bars.open[1:, i] / path.bars.close[:-1, i])
        opened = opened - np.median(opened)
        assert np.max(np.abs(opened - listing.beta * index[1:])[jumped[1:]]) < 2e-3


def test_a_placebo_never_breaks():
    calendar = weekdays(100)
    world = WORLD.with_(mode="placebo", break_session=calendar[50])
    same(arrays(simulate(world, calendar)), arrays(simulate(world.with_(break_session=None), calendar)))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), mode=st.sampled_from(["edge", "placebo"]))
def test_bars_hold_together_for_any_seed(seed, mode):
    bars = simulate(WORLD.with_(seed=seed, mode=mode), weekdays(40)).bars
    assert np.all(bars.low <= np.minimum(bars.open, bars.close))
    assert np.all(bars.high >= np.maximum(bars.open, bars.close))
    assert np.all(bars.low > 0.0)
    for price in (bars.open, bars.high, bars.low, bars.close):
        assert np.array_equal(np.round(price, 2), price)
    assert np.all(bars.volume >= 1.0) and np.array_equal(np.rint(bars.volume), bars.volume)


def test_it_looks_like_a_market():
    path = simulate(WORLD.with_(break_session=None), weekdays(1500))
    yearly = path.log_return.std(axis=0) * np.sqrt(252.0)
    index = path.column("INDX")
    stocks = np.delete(np.arange(13), index)
    assert 0.11 < yearly[index] < 0.21
    assert np.all((yearly[stocks] > 0.18) & (yearly[stocks] < 0.47))
    assert np.mean(np.abs(path.log_return) > 0.12) < 2e-4
    assert np.all(np.bincount(path.regime, minlength=len(REGIMES)) > 30)
    # volatility clusters: absolute returns of the index remember
    size = np.abs(path.log_return[:, index])
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.05
    # a bar spans about what a Brownian session of that variance spans
    span = np.log(path.bars.high / path.bars.low)
    assert 0.9 < np.mean(span[:, stocks]) / np.mean(np.abs(path.log_return[:, stocks])) < 2.2
    # large moves trade more
    assert np.corrcoef(np.abs(path.log_return[:, 0]), np.log(path.bars.volume[:, 0]))[0, 1] > 0.1


def test_activity_and_chains_follow_their_stationary_laws():
    variance, transition = WORLD.market.variance, WORLD.own.transition
    draws, start = uniforms(1, "test", 12 * 8000, 3).reshape(12, 8000, 3), uniforms(1, "start", 8000, 2)
    activity = activity_path(variance, start[:, 0], draws[:, :, :2])
    for row in (activity[0], activity[-1]):
        error = np.sqrt(1.0 / variance.shape / row.size)
        assert abs(row.mean() - 1.0) < 4.0 * error
        assert row.var() == pytest.approx(1.0 / variance.shape, rel=0.12)
    slope = np.cov(activity[-2], activity[-1])[0, 1] / activity[-2].var()
    assert slope == pytest.approx(variance.persistence, abs=0.02)
    states = chain_path(transition, start[:, 1], draws[:, :, 2])
    share = np.bincount(states[-1], minlength=3) / 8000
    assert np.all(np.abs(share - stationary(transition)) < 4.0 * np.sqrt(0.25 / 8000))
    assert np.mean(states[1:] == states[:-1]) == pytest.approx(0.96, abs=0.004)


@pytest.mark.parametrize("mean", [1e-9, 1e-3, 0.4, 3.0, 60.0, 900.0])
def test_the_poisson_quantile_is_the_smallest_count_that_reaches_the_draw(mean):
    from scipy.stats import poisson

    draws = np.append(uniforms(3, "poisson", 400, 1)[:, 0], [2.0**-54, 1.0 - 2.0**-53])
    found = poisson_quantile(draws, np.full_like(draws, mean))
    assert np.all(poisson.cdf(found, mean) >= draws)
    assert np.all(poisson.cdf(found - 1.0, mean) < draws)


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        ([], "was nothing, must be the world's first session 2023-01-03"),
        ([date(2023, 1, 4)], "was 2023-01-04, must be the world's first session"),
        ([date(2023, 1, 3), date(2023, 1, 5), date(2023, 1, 4)], "2023-01-04 follows 2023-01-05, must be in order"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(calendar, message):
    with pytest.raises(ValueError, match=message):
        simulate(WORLD, calendar)
