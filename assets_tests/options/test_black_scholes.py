"""Single options: what they must obey, and QuantLib and a textbook as oracles."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import QuantLib
from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline.options import black_scholes
from butter_pipeline.options.black_scholes import Contracts

HAUG = Path(__file__).parents[3] / "shared" / "data" / "reference" / "european_option_values.csv"

contracts = st.builds(
    lambda is_call, moneyness, strike, sessions, iv, rate: Contracts(
        np.array([is_call]),
        np.array([strike * moneyness]),
        np.array([strike]),
        np.array([sessions / 252]),
        np.array([iv]),
        rate,
    ),
    st.booleans(),
    st.floats(0.6, 1.6),
    st.floats(1.0, 1000.0),
    st.integers(1, 500),
    st.floats(0.03, 2.0),
    st.floats(-0.02, 0.1),
)


def black(each: Contracts) -> QuantLib.BlackCalculator:
    kind = QuantLib.Option.Call if each.is_call[0] else QuantLib.Option.Put
    years, growth = float(each.years[0]), float(np.exp(each.rate * each.years[0]))
    payoff = QuantLib.PlainVanillaPayoff(kind, float(each.strike[0]))
    return QuantLib.BlackCalculator(payoff, float(each.spot[0]) * growth, float(each.iv[0]) * years**0.5, 1.0 / growth)


@given(contracts)
def test_prices_and_greeks_are_quantlibs(each: Contracts) -> None:
    oracle, spot, years = black(each), float(each.spot[0]), float(each.years[0])
    near = {"rel": 1e-9, "abs": 1e-9 * spot}
    assert black_scholes.price(each)[0] == pytest.approx(oracle.value(), **near)
    assert black_scholes.delta(each)[0] == pytest.approx(oracle.delta(spot), **near)
    assert black_scholes.gamma(each)[0] == pytest.approx(oracle.gamma(spot), rel=1e-9, abs=1e-12)
    assert black_scholes.vega(each)[0] == pytest.approx(oracle.vega(years), **near)
    assert black_scholes.theta(each)[0] == pytest.approx(oracle.theta(spot, years), rel=1e-8, abs=1e-7 * spot)


@pytest.mark.skipif(not HAUG.exists(), reason="the reference values are not beside the project")
def test_published_prices_are_met() -> None:
    rows = list(csv.DictReader(HAUG.read_text().splitlines()))
    assert len(rows) > 40
    for row in rows:
        spot, strike, yielded, rate, years, iv, value, tolerance = (
            float(row[name]) for name in ("spot", "strike", "q", "r", "t", "vol", "value", "tol")
        )
        # dividends come off the spot
        numbers = (np.array([number]) for number in (spot * np.exp(-yielded * years), strike, years, iv))
        found = black_scholes.price(Contracts(np.array([row["type"] == "Call"]), *numbers, rate))
        assert found[0] == pytest.approx(value, abs=tolerance), row


@given(contracts)
def test_a_call_less_a_put_is_the_forward(each: Contracts) -> None:
    call = black_scholes.price(replace(each, is_call=np.array([True])))
    put = black_scholes.price(replace(each, is_call=np.array([False])))
    forward = each.spot - each.strike * np.exp(-each.rate * each.years)
    assert call - put == pytest.approx(forward, rel=1e-9, abs=1e-9 * float(each.spot[0]))


@pytest.mark.parametrize(("years", "iv"), [(0.0, 0.3), (0.5, 0.0)])
def test_without_time_or_volatility_an_option_is_worth_its_intrinsic_value(years: float, iv: float) -> None:
    spot = np.array([90.0, 100.0, 110.0])
    call = Contracts(np.full(3, True), spot, np.full(3, 100.0), np.full(3, years), np.full(3, iv))
    assert black_scholes.price(call).tolist() == [0.0, 0.0, 10.0]
    assert black_scholes.price(replace(call, is_call=np.full(3, False))).tolist() == [10.0, 0.0, 0.0]
    assert black_scholes.delta(call).tolist() == [0.0, 0.5, 1.0]
    assert black_scholes.gamma(call).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("missing", ["spot", "strike", "iv", "years"])
def test_what_is_not_known_makes_no_price(missing: str) -> None:
    known = Contracts(np.array([True]), np.array([100.0]), np.array([95.0]), np.array([0.1]), np.array([0.2]))
    unknown = replace(known, **{missing: np.array([np.nan])})
    for quantity in (black_scholes.price, black_scholes.gamma, black_scholes.vega):
        assert np.isnan(quantity(unknown)).all()


def test_a_contract_has_the_same_bits_alone_and_among_many() -> None:
    random = np.random.default_rng(5)
    many = Contracts(
        random.random(1003) < 0.5,
        100.0 * np.exp(random.normal(0.0, 0.2, 1003)),
        np.full(1003, 100.0),
        random.integers(0, 60, 1003) / 252,
        random.uniform(0.05, 0.9, 1003),
    )
    for quantity in (black_scholes.price, black_scholes.delta, black_scholes.gamma, black_scholes.vega):
        together = quantity(many)
        for at in (0, 1, 500, 1001, 1002):
            fields = {n: v[at : at + 1] for n, v in vars(many).items() if n != "rate"}
            assert quantity(Contracts(**fields))[0] == together[at]
