"""The one fill: what butterflies and bars cost and fetch."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline import configs
from butter_pipeline.backtest import fills
from butter_pipeline.backtest.fills import Costs, Quotes
from butter_pipeline.errors import ButterError

COSTS = Costs(multiplier=100.0, commission_per_contract_usd=0.65, slippage_bps=2.0)
BID = np.array([[11.0], [3.0], [0.5]])
ASK = np.array([[11.25], [3.125], [0.5625]])


def test_buying_pays_the_ask_of_the_wings_gets_the_bid_of_the_bodies_and_pays_four_commissions() -> None:
    # 100 x (11.25 - 2 x 3 + 0.5625) + 2.6
    assert fills.open_cost_usd(Quotes(BID, ASK), COSTS).tolist() == [583.85]


def test_selling_gets_the_bid_of_the_wings_and_pays_the_ask_of_the_bodies_and_four_commissions() -> None:
    # 100 x (11 - 2 x 3.125 + 0.5) - 2.6
    assert fills.close_value_usd(Quotes(BID, ASK), COSTS).tolist() == [522.4]


def test_a_butterfly_is_worth_its_mids_without_costs() -> None:
    # 100 x (11.125 - 2 x 3.0625 + 0.53125)
    assert fills.mid_usd(Quotes(BID, ASK), COSTS).tolist() == [553.125]


@pytest.mark.parametrize("leg", [0, 1, 2])
@pytest.mark.parametrize(("side", "value"), [("ask", np.nan), ("ask", 0.0), ("bid", np.nan), ("bid", -0.1)])
def test_without_a_quote_of_every_leg_there_is_no_fill(leg: int, side: str, value: float) -> None:
    prices = {"bid": BID.copy(), "ask": ASK.copy()}
    prices[side][leg] = value
    quotes = Quotes(**prices)
    for amount in (fills.open_cost_usd, fills.close_value_usd, fills.mid_usd):
        assert np.isnan(amount(quotes, COSTS)).all()


def test_a_wing_that_nobody_bids_for_is_sold_for_nothing() -> None:
    bid = BID.copy()
    bid[2] = 0.0
    assert fills.close_value_usd(Quotes(bid, ASK), COSTS).tolist() == [100.0 * (11.0 - 2.0 * 3.125) - 2.6]


def test_bars_are_filled_with_slippage_against_the_trader() -> None:
    assert fills.bought_at(np.array([100.0]), COSTS).item() == pytest.approx(100.02)
    assert fills.sold_at(np.array([100.0]), COSTS).item() == pytest.approx(99.98)


price = st.floats(0.01, 200.0)


@given(st.lists(st.tuples(price, st.floats(0.0, 2.0)), min_size=3, max_size=3))
def test_there_and_back_at_once_costs_the_spreads_and_both_commissions(legs: list[tuple[float, float]]) -> None:
    bid = np.array([[leg] for leg, _ in legs])
    ask = np.array([[leg + spread] for leg, spread in legs])
    quotes = Quotes(bid, ask)
    paid = fills.open_cost_usd(quotes, COSTS) - fills.close_value_usd(quotes, COSTS)
    spread = (ask - bid)[:, 0]
    assert paid.item() == pytest.approx(100.0 * (spread[0] + 2.0 * spread[1] + spread[2]) + 5.2, abs=1e-8)
    middle = 0.5 * (fills.open_cost_usd(quotes, COSTS) + fills.close_value_usd(quotes, COSTS))
    assert fills.mid_usd(quotes, COSTS).item() == pytest.approx(middle.item(), abs=1e-8)


def test_the_delivered_costs_can_be_read() -> None:
    assert fills.costs_from_config(configs.load("costs").values) == COSTS


@pytest.mark.parametrize("odd", [None, "0.65", True])
def test_a_cost_that_is_no_number_is_named(odd: object) -> None:
    values = vars(COSTS) | {"commission_per_contract_usd": odd}
    with pytest.raises(ButterError, match="commission_per_contract_usd must be a number, was"):
        fills.costs_from_config(values)


@pytest.mark.parametrize(
    ("name", "odd"), [("multiplier", 0.0), ("commission_per_contract_usd", -1.0), ("slippage_bps", float("nan"))]
)
def test_a_cost_that_nobody_could_mean_is_refused(name: str, odd: float) -> None:
    with pytest.raises(ButterError, match=f"{name} must be"):
        replace(COSTS, **{name: odd})
