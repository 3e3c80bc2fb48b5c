"""Regimes: fitted before the month, filtered within it, and compared with the simulated market's true state."""

from datetime import date, timedelta

import numpy as np
import pyarrow.compute as pc
import pytest

from assets_tests.features.feature_tables import SESSIONS, market
from assets_tests.market.simulator.worlds import WORLD
from butter_pipeline.features.compute import compute
from butter_pipeline.features.families.regimes.states import MARKET_STATES
from butter_pipeline.features.transforms import transforms
from butter_pipeline.market.sessions import sessions_between
from butter_pipeline.market.simulator.path import simulate
from butter_pipeline.market.vendors.simulated import SimulatedVendor

FIRST, LAST = date(2023, 11, 1), date(2026, 10, 30)


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


@pytest.mark.slow
def test_states_are_told_apart_out_of_sample_over_several_seeds() -> None:
    """Which state it is, is seen; which of two calm ones is called bullish, two years do not always tell."""
    sessions, agreed, apart = sessions_between(FIRST, LAST), [], []
    for seed in range(1, 7):
        world = WORLD.with_(seed=seed, first_session=sessions[0], break_session=date(2026, 7, 1))
        vendor = SimulatedVendor(world, timedelta(minutes=15))
        bars = vendor.bars(sessions)
        index = bars.filter(pc.equal(bars["symbol"], world.index_symbol))
        told = compute("regimes", {"bars": index, "context": vendor.context(sessions)}, sessions)
        state = told["regime_state"].to_numpy()
        true = simulate(world, sessions_between(FIRST, date(2027, 4, 30))).regime[: len(sessions)]
        known = np.isfinite(state)
        agreed.append(np.mean(state[known] == true[known]))
        months = np.array([each.year * 12 + each.month for each in sessions])
        right = 0
        for month in np.unique(months[known]):
            mine = known & (months == month)
            pairs = np.zeros((4, 4))
            np.add.at(pairs, (true[mine], state[mine].astype(int)), 1.0)
            right += pairs.max(axis=0).sum()
        apart.append(right / known.sum())
    assert np.mean(apart) > 0.95
    assert np.mean(agreed) > 0.65
