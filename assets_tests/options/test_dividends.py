"""Cash dividends of European options."""

import numpy as np
import pytest

from butter_pipeline.options import black_scholes
from butter_pipeline.options.black_scholes import Contracts
from butter_pipeline.options.dividends import CashDividends, escrowed_spot
from butter_pipeline.options.status import Status

TWO = CashDividends(np.array([0.25, 0.5]), np.array([2.0, 2.0]))


def test_a_textbook_call_on_a_share_that_pays_twice_is_met() -> None:
    """Haug 2007, section 9.1: spot 100, strike 90, nine months, rate 10 %, volatility 25 %, 2 after 3 and 6 months."""
    spot = escrowed_spot(np.array([100.0]), np.array([0.75]), 0.10, TWO)
    assert spot == pytest.approx([96.1469], abs=5e-5)
    call = Contracts(np.array([True]), spot, np.array([90.0]), np.array([0.75]), np.array([0.25]), 0.10)
    assert black_scholes.price(call) == pytest.approx([15.6465], abs=5e-5)


def test_only_what_is_paid_within_the_options_life_counts() -> None:
    years = np.array([0.1, 0.25, 0.3, 0.5, 2.0])
    assert escrowed_spot(np.array(50.0), years, 0.0, TWO).tolist() == [50.0, 48.0, 48.0, 46.0, 46.0]
    past = CashDividends(np.array([-0.1, 0.0]), np.array([5.0, 5.0]))
    assert escrowed_spot(np.array([50.0]), np.array([1.0]), 0.03, past).tolist() == [50.0]


def test_a_share_that_pays_out_more_than_it_is_worth_has_no_price() -> None:
    spot = escrowed_spot(np.array([3.0]), np.array([1.0]), 0.0, TWO)
    each = Contracts(np.array([True]), spot, np.array([3.0]), np.array([1.0]), np.array([0.2]))
    assert black_scholes.status(each).tolist() == [Status.BAD_SPOT]
