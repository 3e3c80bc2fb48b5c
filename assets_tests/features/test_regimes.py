"""Regimes: fitted before the month, filtered within it, and compared with the simulated market's true state."""

import numpy as np
import pytest

from assets_tests.features.feature_tables import SESSIONS, market
from benchmarks.regimes import FIRST, LAST, kept_names, told_and_true
from butter_pipeline.features.compute import compute
from butter_pipeline.features.families.regimes import hidden
from butter_pipeline.features.families.regimes.hidden import CONVERGED, MARKET_STATES, filtered_states, fit_law
from butter_pipeline.features.families.regimes.naming import STATES, added_variance, named, rise_of_a_stay
from butter_pipeline.features.transforms import transforms
from butter_pipeline.market.sessions import sessions_between


@pytest.mark.parametrize("transform", transforms(), ids=lambda each: each.name)
def test_what_is_applied_to_a_row_does_not_depend_on_later_ones(transform) -> None:
    random = np.random.default_rng(3)
    columns = 4 if transform is MARKET_STATES else 2 if transform.outputs == 2 else 3
    rows = np.exp(0.1 * np.cumsum(random.standard_normal((300, columns)), axis=0))
    law = transform.fit(rows[:200])
    whole = transform.apply(law, rows)
    assert whole.shape == (300, transform.outputs)
    for cut in (201, 250, 299):
        assert np.array_equal(transform.apply(law, rows[:cut]), whole[:cut], equal_nan=True)
    again = transform.apply(transform.fit(rows[:200].copy()), rows)
    assert np.array_equal(again, whole, equal_nan=True)


def test_a_month_is_filtered_with_what_was_fitted_before_it() -> None:
    """Other curves from a session on change nothing before it, and its own month only by the filter."""
    table = compute("regimes", market(), SESSIONS[-40:])
    assert table["regime_state"].null_count < table.num_rows
    told = [table[f"regime_{name}"].to_numpy() for name in ("bullish", "bearish", "ranging", "high_volatility")]
    added = sum(told)
    assert np.nanmax(np.abs(added - 1.0)) < 1e-9


def test_names_follow_from_what_the_market_did_in_a_state() -> None:
    """Four states of eight sessions each, twice; the wild one, the loud one, the one that rises, the rest."""
    state = np.tile(np.repeat([2, 0, 3, 1], 8), 2)
    weights = np.eye(4)[state]
    own, mean = np.array([1.0, 9.0, 0.5, 3.0]), np.array([0.0, 0.001, 0.002, -0.001])
    active = 1.0 + 0.3 * np.sin(np.arange(64) / 3.0)
    returns = np.append(0.0, mean[state[:-1]])
    sample = np.stack([active + own[state], active, active, returns], axis=1)
    transition = np.full((4, 4), 0.02) + 0.92 * np.eye(4)
    assert [STATES[name] for name in named(weights, transition, sample)] == [
        "ranging",
        "high_volatility",
        "trending_bullish",
        "trending_bearish",
    ]
    stays = np.array([0.99, 0.94, 0.94, 0.94])
    longer = transition - np.diag(np.diag(transition)) + np.diag(stays)
    sample[:, 3] = np.append(0.0, np.array([0.001, 0.0, 0.002, 0.0])[state[:-1]])
    assert STATES[named(weights, longer, sample)[0]] == "trending_bullish", "half the rise a session, six times as long"


def test_what_a_state_adds_to_variance_does_not_depend_on_how_active_the_market_was() -> None:
    state = np.repeat([0, 1, 2, 3], 10)
    slow = np.where(state == 0, 50.0, 1.0)  # one state met the market at its most active
    steps = np.append(0.0, np.where(state[1:] != state[:-1], 0.0, np.diff(slow)))
    own = np.array([0.0, 2.0, 5.0, 11.0])
    near = 40.0 + np.cumsum(steps) + own[state]
    assert np.allclose(added_variance(np.eye(4)[state], near), own, atol=1e-9)


def test_a_mean_counts_a_calm_session_for_more_than_a_wild_one() -> None:
    weights, near = np.eye(4)[[0, 0, 1, 2, 3]], np.array([1.0, 3.0, 1.0, 1.0, 1.0])
    returns = np.array([9.0, 0.04, 0.08, 0.0, 0.0])
    transition = np.full((4, 4), 0.1) + 0.6 * np.eye(4)
    stay = 1.0 / 0.3
    rise = rise_of_a_stay(weights, transition, near, returns)
    assert rise[0] == pytest.approx((0.04 + 0.08 / 3.0) / (1.0 + 1.0 / 3.0) * stay, rel=1e-9)


def test_a_fit_that_has_not_settled_says_so_in_its_flag_and_nowhere_else(monkeypatch, capfd, caplog) -> None:
    random = np.random.default_rng(12)  # here the likelihood falls, by a hair, at the end
    sample = np.exp(0.1 * np.cumsum(random.standard_normal((300, 4)), axis=0))
    assert filtered_states(fit_law(sample), sample)[-1, CONVERGED] == 1.0
    monkeypatch.setattr(hidden, "MOST_STEPS", 2)
    assert filtered_states(fit_law(sample), sample)[-1, CONVERGED] == 0.0
    assert capfd.readouterr() == ("", "") and not caplog.records


@pytest.mark.slow
def test_states_are_told_apart_and_named_out_of_sample_over_several_seeds() -> None:
    """Which state it is, is seen; which of two calm ones is called bullish, two years do not always tell."""
    sessions, agreed, apart = sessions_between(FIRST, LAST), [], []
    months = np.array([each.year * 12 + each.month for each in sessions])
    for seed in range(1, 9):
        state, true = told_and_true(seed)
        known = np.isfinite(state)
        agreed.append(np.mean(state[known] == true[known]))
        right = 0
        for month in np.unique(months[known]):
            mine = known & (months == month)
            pairs = np.zeros((4, 4))
            np.add.at(pairs, (true[mine], state[mine].astype(int)), 1.0)
            right += pairs.max(axis=0).sum()
        apart.append(right / known.sum())
    assert np.mean(apart) > 0.95
    assert np.mean(agreed) > 0.75


@pytest.mark.slow
def test_names_stay_the_same_from_one_months_fit_to_the_next() -> None:
    assert np.mean([kept_names(seed) for seed in range(1, 9)]) > 0.9
