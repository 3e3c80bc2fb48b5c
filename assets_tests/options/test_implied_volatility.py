"""Volatilities from prices: as exact as the price can tell, and a reason where it cannot."""

from dataclasses import replace
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets_tests.options import exact
from assets_tests.options.test_black_scholes import many, one, part
from butter_pipeline.options import black_scholes
from butter_pipeline.options.black_scholes import Contracts, Quotes
from butter_pipeline.options.status import Status

LEAST = 2.0**-53
NAMES = ("spot", "strike", "years", "iv", "rate", "dividend_yield")


def quoted(contracts: Contracts, price: np.ndarray) -> Quotes:
    return Quotes(
        contracts.is_call,
        contracts.spot,
        contracts.strike,
        contracts.years,
        price,
        contracts.rate,
        contracts.dividend_yield,
    )


def quote(is_call: bool, spot: float, strike: float, years: float, price: float) -> Quotes:
    return quoted(one(is_call, spot, strike, years, 0.2), np.array([price]))


def test_a_textbook_volatility_is_found() -> None:
    """Haug 2007, section 1.1.2: an index put at 75, strike 70, half a year, rate 10 %, yield 5 %, volatility 35 %."""
    contract = one(False, 75.0, 70.0, 0.5, 0.35, 0.10, 0.05)
    price = black_scholes.price(contract)
    assert price == pytest.approx([4.0870], abs=5e-5)
    assert black_scholes.implied_volatility(quoted(contract, price)).iv == pytest.approx([0.35], rel=1e-15)


@given(
    st.booleans(),
    st.floats(-3.0, 3.0),
    st.floats(-3.0, 3.0),
    st.floats(-6.0, 1.5),
    st.floats(-4.0, 0.7),
    st.floats(-0.05, 0.15),
    st.floats(-0.05, 0.15),
)
def test_the_volatility_of_an_exact_price_is_found_to_the_last_digit_that_the_price_tells(
    is_call: bool, moneyness: float, scale: float, years: float, iv: float, rate: float, dividend_yield: float
) -> None:
    numbers = [10.0**scale * float(np.exp(moneyness)), 10.0**scale, 10.0**years, 10.0**iv, rate, dividend_yield]
    exactly = dict(zip(NAMES, map(Decimal, map(float, numbers)), strict=True)) | {"sign": Decimal(1 if is_call else -1)}
    true, slope = exact.price(exactly), exact.derivative(exactly, "iv")
    found = black_scholes.implied_volatility(quoted(one(is_call, *numbers), np.array([float(true)])))
    status = Status(found.status[0])
    with localcontext(prec=exact.DIGITS):
        received = exactly["spot"] * (-exactly["dividend_yield"] * exactly["years"]).exp()
        paid = exactly["strike"] * (-exactly["rate"] * exactly["years"]).exp()
        inner = exactly["sign"] * (received - paid)
        # of the price, or where there is something to subtract from it, of what is subtracted
        rounding = Decimal(LEAST) * (max(received, paid) if inner > 0 else true)
        uncertainty = float(rounding / slope / exactly["iv"]) if slope > 0 else np.inf
        distance = float(abs(received / paid).ln()) / (numbers[3] * numbers[2] ** 0.5)
    if status is Status.OK:
        # the distance between spot and strike has rounded inputs too: felt by a volatility as by the price
        assert abs(found.iv[0] / numbers[3] - 1.0) <= 8.0 * uncertainty + 16.0 * LEAST, (numbers, distance)
    else:
        assert np.isnan(found.iv[0])
        assert status is Status.UNRESOLVED
        assert uncertainty > 1e-7 or true < Decimal("1e-149")


def test_errors_stay_below_a_billionth_wherever_the_time_value_is_worth_something() -> None:
    contracts = many(200_000)
    contracts = replace(contracts, years=np.maximum(contracts.years, 1 / 252))
    price = black_scholes.price(contracts)
    found = black_scholes.implied_volatility(quoted(contracts, price))
    received = contracts.spot * np.exp(-contracts.dividend_yield * contracts.years)
    paid = contracts.strike * np.exp(-contracts.rate * contracts.years)
    worth = price - np.maximum(np.where(contracts.is_call, received - paid, paid - received), 0.0)
    matters = worth > 1e-4
    assert matters.sum() > 100_000
    assert (found.status[matters] == Status.OK).all()
    assert np.abs(found.iv - contracts.iv)[matters].max() < 1e-11
    again = black_scholes.price(replace(contracts, iv=found.iv))
    resolved = found.status == Status.OK
    assert np.abs(again - price)[resolved].max() < 1e-12
    assert set(np.unique(found.status)) <= {Status.OK, Status.UNRESOLVED}


@pytest.mark.parametrize(
    ("each", "status"),
    [
        (quote(True, 100.0, 90.0, 0.5, 9.99), Status.BELOW_INTRINSIC),
        (quote(False, 90.0, 100.0, 0.5, 9.0), Status.BELOW_INTRINSIC),
        (quote(True, 100.0, 110.0, 0.5, -0.01), Status.BELOW_INTRINSIC),
        (quote(True, 100.0, 110.0, 0.5, 0.0), Status.UNRESOLVED),
        (quote(True, 100.0, 90.0, 0.5, 10.0), Status.UNRESOLVED),
        (quote(True, 100.0, 50.0, 0.01, 50.00000000000001), Status.UNRESOLVED),
        (quote(True, 100.0, 110.0, 0.5, 100.0), Status.UNRESOLVED),
        (quote(True, 100.0, 110.0, 0.5, 100.01), Status.ABOVE_MAXIMUM),
        (quote(False, 100.0, 110.0, 0.5, 110.5), Status.ABOVE_MAXIMUM),
        (quote(True, 100.0, 110.0, 0.0, 1.0), Status.NO_TIME),
        (quote(True, 100.0, 110.0, -0.1, 1.0), Status.BAD_YEARS),
        (quote(True, 100.0, 110.0, 0.5, np.nan), Status.BAD_PRICE),
        (quote(True, 100.0, 110.0, 0.5, np.inf), Status.BAD_PRICE),
        (quote(True, 0.0, 110.0, 0.5, 1.0), Status.BAD_SPOT),
        (quote(True, 100.0, -1.0, 0.5, 1.0), Status.BAD_STRIKE),
        (replace(quote(True, 100.0, 110.0, 0.5, 1.0), rate=np.nan), Status.BAD_RATE),
    ],
)
def test_where_there_is_no_volatility_there_is_a_reason(each: Quotes, status: Status) -> None:
    found = black_scholes.implied_volatility(each)
    assert Status(found.status[0]) is status
    assert np.isnan(found.iv[0])


@pytest.mark.parametrize("iv", [1e-4, 1e-3, 0.01, 0.2, 1.0, 5.0])
@pytest.mark.parametrize("years", [1e-4, 1 / 365, 1.0, 30.0])
def test_at_the_money_every_volatility_is_found(iv: float, years: float) -> None:
    contract = one(True, 100.0, 100.0, years, iv)
    found = black_scholes.implied_volatility(quoted(contract, black_scholes.price(contract)))
    if iv * years**0.5 > 12.0:
        assert found.status[0] == Status.UNRESOLVED
    else:
        assert found.iv == pytest.approx([iv], rel=1e-15 * max(4.0, np.exp((iv * years**0.5) ** 2 / 8)))


def test_a_volatility_rises_with_the_price() -> None:
    prices = np.linspace(0.0, 100.0, 4001)
    for strike in (60.0, 100.0, 140.0):
        found = black_scholes.implied_volatility(Quotes(np.array(True), 100.0, strike, 0.25, prices))
        known = found.iv[found.status == Status.OK]
        assert known.size > 2000
        assert (np.diff(known) > 0).all()


def test_a_volatility_has_the_same_bits_alone_and_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    from butter_pipeline.options.kernels import compiled

    contracts = many(100_003)
    prices = black_scholes.price(contracts)
    prices[::97] *= 0.5
    together = black_scholes.implied_volatility(quoted(contracts, prices))
    for positions in (np.array([0]), np.array([100_002]), np.arange(50_000, 50_009), np.arange(250, 260)):
        alone = black_scholes.implied_volatility(quoted(part(contracts, positions), prices[positions]))
        assert alone.iv.tobytes() == together.iv[positions].tobytes()
        assert alone.status.tobytes() == together.status[positions].tobytes()
    monkeypatch.setattr(compiled, "processors", lambda: 1)
    assert black_scholes.implied_volatility(quoted(contracts, prices)).iv.tobytes() == together.iv.tobytes()


def test_every_status_has_a_reason() -> None:
    reasons = [status.reason for status in Status]
    assert len(set(reasons)) == len(Status)
