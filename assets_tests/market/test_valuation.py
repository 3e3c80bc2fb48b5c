"""Chains without a vendor's volatility are read with their own, and the same formulas give the quotes back."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from butter_pipeline.market.frames import CHAINS
from butter_pipeline.market.sessions import as_of
from butter_pipeline.market.valuation import contracts_of, with_greeks, with_volatility
from butter_pipeline.options import black_scholes

SESSION, EXPIRY = date(2024, 3, 4), date(2024, 4, 19)


def chain(quotes: list[tuple[str, float, float, float, float | None]]) -> pa.Table:
    """Contracts on a spot of 100: right, strike, bid, ask and the vendor's volatility."""
    rows = [
        {
            "session": SESSION,
            "symbol": "AAA",
            "expiry": EXPIRY,
            "strike": strike,
            "right": right,
            "bid": bid,
            "ask": ask,
            "last": None,
            "volume": 1.0,
            "open_interest": 1.0,
            "vendor_iv": iv,
            "underlying_price": 100.0,
            "available_at": as_of(SESSION),
        }
        for right, strike, bid, ask, iv in quotes
    ]
    return pa.Table.from_pylist(rows, CHAINS.schema)


def test_what_the_vendor_gives_stands_and_what_is_missing_follows_from_the_middle() -> None:
    given = chain([("C", 100.0, 3.0, 3.2, None), ("P", 95.0, 1.4, 1.5, None), ("C", 105.0, 1.1, 1.2, 0.31)])
    found = with_volatility(given)
    assert found.schema.equals(given.schema) and found["vendor_iv"][2].as_py() == 0.31
    worth = black_scholes.price(contracts_of(found))
    assert worth[:2] == pytest.approx([3.1, 1.45], rel=1e-13)
    assert with_volatility(found) is found


@pytest.mark.parametrize(
    "quote",
    [
        ("C", 100.0, 0.0, 0.2, None),  # nobody bids
        ("C", 80.0, 10.0, 10.5, None),  # below what exercise is worth
        ("C", 100.0, 120.0, 130.0, None),  # above the underlying's price
    ],
)
def test_a_quote_that_tells_no_volatility_leaves_none_and_its_neighbours_have_theirs(
    quote: tuple[str, float, float, float, float | None],
) -> None:
    found = with_greeks(with_volatility(chain([quote, ("C", 100.0, 3.0, 3.2, None)])))
    assert found["vendor_iv"].to_pylist()[0] is None and found["delta"].to_pylist()[0] is None
    assert 0.1 < found["vendor_iv"][1].as_py() < 0.5 and 0.4 < found["delta"][1].as_py() < 0.6


def test_greeks_stand_beside_their_contract() -> None:
    quotes = [("C", 100.0, 3.0, 3.2, 0.2), ("P", 100.0, 3.0, 3.2, 0.2)]
    found = with_greeks(chain(quotes))
    expected = black_scholes.greeks(contracts_of(found))
    assert found.column_names[-6:] == ["delta", "gamma", "vega", "theta", "rho", "epsilon"]
    np.testing.assert_array_equal(found["delta"].to_numpy(), expected.delta)
    assert found["delta"][0].as_py() - found["delta"][1].as_py() == pytest.approx(1.0)
