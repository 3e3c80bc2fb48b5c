"""What every strategy must keep, and how they are configured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline import configs
from butter_pipeline.errors import ButterError
from butter_pipeline.strategies import strategies_from_config
from butter_pipeline.strategies.protocol import Seen, Strategy

VALUES = configs.load("opportunities").values["strategies"]
EVERY = strategies_from_config(VALUES)
number = st.floats(-0.5, 1.5) | st.floats(-10.0, 110.0) | st.just(float("nan"))


def seen(strategy: Strategy, rows: list[list[float]]) -> Seen:
    columns = np.array(rows).T
    return Seen(np.full(len(rows), 50.0), {name: columns[place] for place, name in enumerate(strategy.needs)})


@pytest.mark.parametrize("strategy", EVERY, ids=lambda each: each.name)
@given(rows=st.lists(st.lists(number, min_size=4, max_size=4), min_size=1, max_size=30))
def test_a_signal_has_its_stop_and_target_on_their_own_sides(strategy: Strategy, rows: list[list[float]]) -> None:
    assert isinstance(strategy, Strategy)
    said = strategy.signals(seen(strategy, rows))
    given_ = said.side != 0
    assert set(np.unique(said.side)) <= {-1, 0, 1}
    assert np.all((said.side * (said.target_price - 50.0))[given_] > 0.0)
    assert np.all((said.side * (50.0 - said.stop_price))[given_] > 0.0)
    assert np.all(np.minimum(said.stop_price, said.target_price)[given_] > 0.0)
    assert np.all((said.confidence >= 0.0) & (said.confidence <= 1.0))
    assert np.all((said.confirmations >= 0) & (said.confirmations <= 3))


@pytest.mark.parametrize("strategy", EVERY, ids=lambda each: each.name)
@given(rows=st.lists(st.lists(number, min_size=4, max_size=4), min_size=2, max_size=30))
def test_what_is_said_of_a_row_does_not_depend_on_the_others(strategy: Strategy, rows: list[list[float]]) -> None:
    together, last = strategy.signals(seen(strategy, rows)), strategy.signals(seen(strategy, rows[-1:]))
    for name, values in vars(last).items():
        assert np.array_equal(values, vars(together)[name][-1:], equal_nan=True)


@pytest.mark.parametrize("strategy", EVERY, ids=lambda each: each.name)
def test_the_mirrored_session_gets_the_opposite_signal(strategy: Strategy) -> None:
    low = {"ibs": 0.05, "rsi_2": 5.0, "rsi_14": 20.0, "bollinger_position_20": -0.2, "volume_ratio_20": 1.2}
    mirrored = {"ibs": 0.95, "rsi_2": 95.0, "rsi_14": 80.0, "bollinger_position_20": 1.2, "volume_ratio_20": 1.2}
    rows = [[(each | {"atr_14_pct": 2.0})[name] for name in strategy.needs] for each in (low, mirrored)]
    said = strategy.signals(seen(strategy, rows))
    assert said.side.tolist() == [1, -1]
    assert said.confidence[0] == pytest.approx(said.confidence[1])


def test_strategies_come_in_the_order_of_their_names() -> None:
    assert [each.name for each in EVERY] == ["ibs", "mean_reversion"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"trend": {}}, "strategies: trend: no such strategy; there are ibs, mean_reversion"),
        ({"ibs": {}}, "strategies: ibs: extreme is missing"),
        ({"ibs": None}, "strategies: ibs: extreme is missing"),
        ({"ibs": VALUES["ibs"] | {"a": 1}}, "strategies: ibs: a is no parameter of it"),
        ({"ibs": VALUES["ibs"] | {"extreme": "low"}}, "strategies: ibs: extreme must be a number, was 'low'"),
    ],
)
def test_what_is_wrong_with_a_strategy_is_said_in_one_line(values: dict[str, object], said: str) -> None:
    with pytest.raises(ButterError, match=said):
        strategies_from_config(values)
