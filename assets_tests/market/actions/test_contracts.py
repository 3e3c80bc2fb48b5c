"""Option contracts over splits: strikes, numbers and deliverables, as the clearing house adjusts them."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets_tests.market.actions.action_tables import DAYS, action, actions, moment
from assets_tests.opportunities.tiny import chain, table
from butter_pipeline.market.actions.adjust import CannotAdjust, in_effect
from butter_pipeline.market.actions.contracts import Carried, Held, adjusted_chains, carried, leg_payoff

EPOCH_DAYS = [(day - DAYS[0].__class__(1970, 1, 1)).days for day in DAYS]


def over(strikes: list[float], *rows: dict[str, object], since: int = 0, until: int = 5) -> Carried:
    held = Held(pa.chunked_array([["AAA"]]), np.array([EPOCH_DAYS[since]]), np.array([EPOCH_DAYS[until]]))
    return carried(np.array([[strike] for strike in strikes]), held, in_effect(actions(*rows), moment(15)))


def said(found: Carried) -> tuple[list[float], float, float]:
    return found.strikes[:, 0].tolist(), float(found.contracts[0]), float(found.shares[0])


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        # the 7:1 split of AAPL on 2014-06-09: 640, 645, 650 became 91.43, 92.14, 92.86
        (7.0, ([91.43, 92.14, 92.86], 7.0, 1.0)),
        (2.0, ([320.0, 322.5, 325.0], 2.0, 1.0)),
        (1.5, ([426.67, 430.0, 433.33], 1.0, 1.5)),
        (0.1, ([6400.0, 6450.0, 6500.0], 1.0, 0.1)),
    ],
)
def test_strikes_numbers_and_deliverables_follow_the_rule(
    ratio: float, expected: tuple[list[float], float, float]
) -> None:
    assert said(over([640.0, 645.0, 650.0], action(DAYS[2], ratio=ratio))) == expected


def test_the_clearing_house_may_say_otherwise() -> None:
    # 6:4 done as three contracts for two would leave 100 shares each; here it keeps one that delivers 150
    assert said(over([60.0], action(DAYS[2], ratio=4.0, contracts=2.0))) == ([15.0], 2.0, 2.0)


def test_a_special_dividend_comes_off_the_strike_and_an_ordinary_one_does_not() -> None:
    assert said(over([50.0], action(DAYS[2], "special_dividend", cash=3.255))) == ([46.75], 1.0, 1.0)
    ordinary = over([50.0], action(DAYS[2], "dividend", cash=3.255))
    assert (said(ordinary), bool(ordinary.is_changed[0])) == (([50.0], 1.0, 1.0), False)


def test_after_a_spin_off_no_chain_quotes_the_contract() -> None:
    found = over([50.0], action(DAYS[2], "spin_off", cash=8.0))
    assert (said(found), bool(found.is_quoted[0])) == (([42.0], 1.0, 1.0), False)


def test_only_actions_after_the_contract_was_found_and_up_to_its_session_count() -> None:
    split = action(DAYS[2], ratio=2.0)
    assert said(over([50.0], split, since=2, until=5))[0] == [50.0]
    assert said(over([50.0], split, since=0, until=1))[0] == [50.0]
    assert said(over([50.0], split, since=1, until=2))[0] == [25.0]
    assert said(over([50.0], action(DAYS[2], symbol="BBB", ratio=2.0)))[0] == [50.0]


def test_splits_follow_one_another_each_rounded_to_the_cent() -> None:
    both = over([645.0], action(DAYS[2], ratio=7.0), action(DAYS[4], ratio=4.0))
    assert said(both) == ([23.04], 28.0, 1.0)  # 92.14 / 4 = 23.035, half a cent is rounded up


def test_a_carried_butterfly_with_uneven_wings_is_settled_leg_by_leg() -> None:
    strikes = np.array([[91.43], [92.14], [92.86]])
    call = leg_payoff(np.array([True]), np.array([200.0]), strikes)[0]
    put = leg_payoff(np.array([False]), np.array([1.0]), strikes)[0]
    assert (call, put) == (pytest.approx(-0.01, abs=1e-9), pytest.approx(0.01, abs=1e-9))


@given(st.floats(1.0, 1000.0), st.sampled_from([2.0, 3.0, 1.5, 0.1, 7.0]), st.floats(1.0, 1000.0))
def test_what_a_contract_pays_is_what_it_paid_but_for_rounding_its_strike(
    strike: float, ratio: float, spot: float
) -> None:
    found = over([strike], action(DAYS[2], ratio=ratio))
    before = max(spot - strike, 0.0) * 100.0
    after = max(spot / ratio - found.strikes[0, 0], 0.0) * 100.0 * found.units[0]
    assert after == pytest.approx(before, abs=0.0051 * 100.0 * found.units[0])


def test_chains_before_a_split_are_read_on_the_new_basis() -> None:
    before = table(chain(session=DAYS[0], spot=100.0, strikes=(95.0, 100.0, 105.0)))
    found = adjusted_chains(before, actions(action(DAYS[2], ratio=7.0, symbol="AAA")), moment(5))
    assert sorted(set(found["strike"].to_pylist())) == [13.57, 14.29, 15.0]
    for name in ("bid", "ask", "underlying_price"):
        assert found[name].to_pylist() == [value / 7.0 for value in before[name].to_pylist()]
    for name in ("volume", "open_interest"):
        assert found[name].to_pylist() == [value * 7.0 for value in before[name].to_pylist()]
    assert found["vendor_iv"].equals(before["vendor_iv"]) and found["last"].null_count == found.num_rows
    assert set(found["multiplier"].to_pylist()) == {100.0}


def test_chains_before_a_split_that_is_not_whole_deliver_other_numbers_of_shares() -> None:
    before = table(chain(session=DAYS[0], strikes=(90.0,)))
    found = adjusted_chains(before, actions(action(DAYS[2], ratio=1.5)), moment(5))
    assert set(found["strike"].to_pylist()) == {60.0} and set(found["multiplier"].to_pylist()) == {150.0}
    assert found["volume"].equals(before["volume"])


def test_chains_before_a_spin_off_are_refused() -> None:
    told = actions(action(DAYS[2], "spin_off", cash=8.0))
    with pytest.raises(CannotAdjust, match=r"AAA: the chain of 2024-03-04 lies before a spin-off"):
        adjusted_chains(table(chain(session=DAYS[0])), told, moment(5))
