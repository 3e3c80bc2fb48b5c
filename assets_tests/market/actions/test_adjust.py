"""Bars on one basis: literal tables, then what holds for any of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets_tests.market.actions.action_tables import DAYS, action, actions, bars, moment
from butter_pipeline.market.actions.adjust import CannotAdjust, adjusted_bars
from butter_pipeline.market.instruments import Instrument, Policy
from butter_pipeline.market.sessions import as_of, open_at

SPLITS = Policy()
TOTAL_RETURN = Policy("total_return")


def closes(table: pa.Table, told: pa.Table, day: int, policy: Policy = SPLITS) -> list[float]:
    found: list[float] = adjusted_bars(table, told, moment(day), policy)["close"].to_pylist()
    return found


def test_prices_before_a_split_are_divided_and_volumes_multiplied() -> None:
    told = actions(action(DAYS[2], ratio=7.0))
    found = adjusted_bars(bars([645.0, 638.0, 92.0, 93.0]), told, moment(3), SPLITS).to_pylist()
    assert [row["close"] for row in found] == [645.0 / 7, 638.0 / 7, 92.0, 93.0]
    assert found[0] | {} == {
        "session": DAYS[0],
        "symbol": "AAA",
        "open": 644.0 / 7,
        "high": 647.0 / 7,
        "low": 643.0 / 7,
        "close": 645.0 / 7,
        "volume": 7000.0,
        "available_at": as_of(DAYS[0]),
    }
    assert [row["volume"] for row in found] == [7000.0, 7000.0, 1000.0, 1000.0]


def test_a_reverse_split_and_one_that_is_not_whole_are_the_same_arithmetic() -> None:
    assert closes(bars([0.5, 5.0]), actions(action(DAYS[1], ratio=0.1)), 1) == [0.5 / 0.1, 5.0]
    assert closes(bars([30.0, 20.0]), actions(action(DAYS[1], ratio=1.5)), 1) == [20.0, 20.0]


def test_nothing_is_adjusted_before_the_ex_session_opens_however_early_it_is_announced() -> None:
    told = actions(action(DAYS[2], ratio=2.0, available_at=as_of(DAYS[0])))
    table = bars([10.0, 10.0, 5.0])
    assert closes(table.slice(0, 2), told, 1) == [10.0, 10.0]
    assert adjusted_bars(table, told, open_at(DAYS[2]) - timedelta(seconds=1), SPLITS) is table
    assert closes(table, told, 2) == [5.0, 5.0, 5.0]


def test_an_action_that_becomes_known_late_is_not_seen_before() -> None:
    told = actions(action(DAYS[1], ratio=2.0, available_at=as_of(DAYS[2])))
    table = bars([10.0, 5.0, 5.0, 5.0])
    assert adjusted_bars(table, told, moment(1), SPLITS) is table
    assert closes(table, told, 2) == [5.0, 5.0, 5.0, 5.0]


def test_of_two_versions_of_an_action_the_one_that_became_known_last_counts() -> None:
    told = actions(
        action(DAYS[1], ratio=3.0, available_at=as_of(DAYS[2])), action(DAYS[1], ratio=2.0, available_at=as_of(DAYS[0]))
    )
    table = bars([12.0, 6.0, 6.0])
    assert (closes(table, told, 1)[0], closes(table, told, 2)[0]) == (6.0, 4.0)


def test_dividends_count_in_total_returns_alone() -> None:
    told = actions(action(DAYS[1], "dividend", cash=1.0), action(DAYS[2], "special_dividend", cash=9.0))
    table = bars([100.0, 99.0, 90.0])
    assert adjusted_bars(table, told, moment(2), SPLITS) is table
    assert closes(table, told, 2, TOTAL_RETURN) == [
        100.0 * ((1.0 - 9.0 / 99.0) * (1.0 - 1.0 / 100.0)),
        99.0 * (1.0 - 9.0 / 99.0),
        90.0,
    ]
    assert adjusted_bars(table, told, moment(2), TOTAL_RETURN)["volume"].to_pylist() == [1000.0] * 3


def test_earnings_move_no_price_whatever_stands_in_their_row() -> None:
    table, told = bars([100.0, 99.0]), actions(action(DAYS[1], "earnings", cash=1.0, ratio=2.0))
    assert adjusted_bars(table, told, moment(1), TOTAL_RETURN) is table


def test_a_dividend_is_held_against_the_raw_close_before_it_whatever_splits_follow() -> None:
    told = actions(action(DAYS[1], "dividend", cash=2.0), action(DAYS[2], ratio=2.0))
    assert closes(bars([100.0, 98.0, 49.0]), told, 2, TOTAL_RETURN) == [100.0 / 2.0 * (1.0 - 2.0 / 100.0), 49.0, 49.0]


def test_a_spin_off_is_taken_out_by_its_worth_and_leaves_volumes() -> None:
    told = actions(action(DAYS[1], "spin_off", cash=25.0))
    found = adjusted_bars(bars([100.0, 75.0]), told, moment(1), SPLITS)
    assert (found["close"].to_pylist(), found["volume"].to_pylist()) == ([75.0, 75.0], [1000.0, 1000.0])


def test_a_dividend_above_the_close_is_refused_by_name() -> None:
    told = actions(action(DAYS[1], "dividend", cash=100.0))
    with pytest.raises(CannotAdjust, match=r"^AAA: dividend of 2024-03-05: 100 was paid on a close of 10; correct"):
        closes(bars([10.0, 9.0]), told, 1, TOTAL_RETURN)


def rolls(choice: str) -> Policy:
    return Policy("splits", {"AAA": Instrument(choice)})


ROLL = actions(action(DAYS[1], "roll", ratio=1.1, difference=10.0))


@pytest.mark.parametrize(("choice", "before"), [("unadjusted", 100.0), ("difference", 110.0), ("ratio", 100.0 * 1.1)])
def test_a_roll_is_taken_out_as_the_instrument_says(choice: str, before: float) -> None:
    found = adjusted_bars(bars([100.0, 112.0]), ROLL, moment(1), rolls(choice))
    assert (found["close"].to_pylist(), found["volume"].to_pylist()) == ([before, 112.0], [1000.0, 1000.0])


def test_the_return_across_a_roll_is_that_of_the_contract_that_was_entered() -> None:
    table = bars([100.0, 112.0])
    difference = closes(table, ROLL, 1, rolls("difference"))
    ratio = closes(table, ROLL, 1, rolls("ratio"))
    assert difference[1] - difference[0] == 2.0  # the new contract went from 110 to 112
    assert ratio[1] / ratio[0] == pytest.approx(112.0 / 110.0, rel=1e-15)


def test_a_ratio_is_refused_where_a_price_is_not_above_zero_and_a_difference_works() -> None:
    told = actions(action(DAYS[2], "roll", difference=58.06))
    table = bars([18.27, -37.63, 10.01, 14.0])
    with pytest.raises(
        CannotAdjust, match=r"AAA: roll of 2024-03-06: a ratio needs prices above zero, the close before"
    ):
        closes(table, told, 3, rolls("ratio"))
    assert closes(table, told, 3, rolls("difference")) == pytest.approx([76.33, 20.43, 10.01, 14.0])


def test_other_symbols_and_symbols_without_actions_keep_their_bits() -> None:
    table = pa.concat_tables([bars([0.1, 0.2, 0.3], "BBB"), bars([10.0, 10.0, 5.0])])
    told = actions(action(DAYS[2], ratio=2.0), action(DAYS[2], symbol="CCC", ratio=2.0))
    found = adjusted_bars(table, told, moment(2), SPLITS)
    assert found.slice(0, 3).equals(table.slice(0, 3))
    assert found["close"].to_pylist()[3:] == [5.0, 5.0, 5.0]
    assert found.schema.equals(table.schema)


def test_raw_rows_are_left_as_they_are() -> None:
    table = bars([10.0, 5.0])
    closes(table, actions(action(DAYS[1], ratio=2.0)), 1)
    assert table["close"].to_pylist() == [10.0, 5.0]


RATIOS = st.sampled_from([2.0, 3.0, 1.5, 0.1, 0.5, 7.0, 1.0])
MARKETS = st.fixed_dictionaries(
    {
        "closes": st.lists(st.floats(1.0, 1e4), min_size=6, max_size=12),
        "splits": st.dictionaries(st.integers(1, 11), RATIOS, max_size=4),
        "paid": st.dictionaries(st.integers(1, 11), st.floats(0.0, 0.9), max_size=3),
        "day": st.integers(0, 15),
        "policy": st.sampled_from([SPLITS, TOTAL_RETURN]),
    }
)


def told_of(market: dict[str, Any]) -> pa.Table:
    rows = [action(DAYS[day], ratio=ratio) for day, ratio in market["splits"].items()]
    return actions(*rows, *(action(DAYS[day], "dividend", cash=cash) for day, cash in market["paid"].items()))


@given(MARKETS)
def test_adjusting_again_as_of_the_same_moment_changes_nothing(market: dict[str, Any]) -> None:
    told, now = told_of(market), moment(market["day"])
    once = adjusted_bars(bars(market["closes"]), told, now, market["policy"])
    assert adjusted_bars(once, told, now, market["policy"]).equals(once, check_metadata=True)


def test_adjusting_again_as_of_another_moment_is_refused() -> None:
    told = actions(action(DAYS[1], ratio=2.0))
    once = adjusted_bars(bars([10.0, 5.0]), told, moment(1), SPLITS)
    with pytest.raises(ValueError, match="hand in raw ones"):
        adjusted_bars(once, told, moment(2), SPLITS)


@given(MARKETS)
def test_ratios_multiply_and_what_a_holding_was_worth_stays_what_it_was(market: dict[str, Any]) -> None:
    table = bars(market["closes"])
    found = adjusted_bars(table, told_of(market), moment(market["day"]), SPLITS)
    for place in range(table.num_rows):
        later = [r for day, r in market["splits"].items() if place < day <= market["day"]]
        assert found["volume"][place].as_py() == pytest.approx(1000.0 * np.prod(later), rel=1e-12)
        assert found["close"][place].as_py() == pytest.approx(market["closes"][place] / np.prod(later), rel=1e-12)


@given(MARKETS, st.integers(0, 5))
def test_bars_that_are_read_from_later_on_have_the_same_bits(market: dict[str, Any], start: int) -> None:
    table, told, now = bars(market["closes"]), told_of(market), moment(market["day"])
    whole = adjusted_bars(table, told, now, market["policy"])
    later = adjusted_bars(table.slice(start), told, now, market["policy"])
    assert whole.slice(start)["close"].to_numpy().tobytes() == later["close"].to_numpy().tobytes()


@given(MARKETS)
def test_what_is_announced_after_the_moment_is_not_seen(market: dict[str, Any]) -> None:
    now = moment(market["day"])
    early = told_of(market)
    late = told_of(market | {"splits": {d: r + 1.0 for d, r in market["splits"].items()}}).to_pylist()
    both = actions(*early.to_pylist(), *(row | {"available_at": now + timedelta(seconds=1)} for row in late))
    seen = (adjusted_bars(bars(market["closes"]), each, now, SPLITS)["close"] for each in (early, both))
    assert next(seen).equals(next(seen))


def test_the_order_of_rows_does_not_matter() -> None:
    table, told = bars([12.0, 6.0, 2.0]), actions(action(DAYS[1], ratio=2.0), action(DAYS[2], ratio=3.0))
    shuffled = table.take([2, 0, 1])
    assert closes(shuffled, told.take([1, 0]), 2) == [2.0, 2.0, 2.0] == closes(table, told, 2)


def test_a_policy_without_a_word_about_an_instrument_takes_rolls_out_by_difference() -> None:
    assert closes(bars([100.0, 112.0]), ROLL, 1, replace(SPLITS)) == [110.0, 112.0]
