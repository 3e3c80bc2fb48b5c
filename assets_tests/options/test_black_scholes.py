"""Single European options: what they must obey, and QuantLib and a textbook as oracles."""

import csv
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import QuantLib
from hypothesis import given
from hypothesis import strategies as st

from assets_tests.options import exact
from assets_tests.shared_data import shared_data
from butter_pipeline.options import american, black_scholes
from butter_pipeline.options.black_scholes import Contracts
from butter_pipeline.options.status import Status


def one(
    is_call: bool, spot: float, strike: float, years: float, iv: float, rate: float = 0.0, dividend_yield: float = 0.0
) -> Contracts:
    return Contracts(np.array([is_call]), *(np.array([x]) for x in (spot, strike, years, iv)), rate, dividend_yield)


contracts = st.builds(
    lambda is_call, moneyness, strike, sessions, iv, rate, dividend_yield: one(
        is_call, strike * moneyness, strike, sessions / 252, iv, rate, dividend_yield
    ),
    st.booleans(),
    st.floats(0.6, 1.6),
    st.floats(1.0, 1000.0),
    st.integers(1, 500),
    st.floats(0.03, 2.0),
    st.floats(-0.02, 0.1),
    st.floats(-0.02, 0.1),
)


def black(each: Contracts) -> QuantLib.BlackCalculator:
    kind = QuantLib.Option.Call if each.is_call[0] else QuantLib.Option.Put
    years = float(each.years[0])
    forward = float(each.spot[0]) * np.exp((each.rate - each.dividend_yield) * years)
    payoff = QuantLib.PlainVanillaPayoff(kind, float(each.strike[0]))
    return QuantLib.BlackCalculator(payoff, forward, float(each.iv[0]) * years**0.5, float(np.exp(-each.rate * years)))


def many(count: int, seed: int = 5) -> Contracts:
    random = np.random.default_rng(seed)
    return Contracts(
        random.random(count) < 0.5,
        100.0 * np.exp(random.normal(0.0, 0.3, count)),
        np.full(count, 100.0),
        random.integers(0, 500, count) / 252,
        random.uniform(0.05, 0.9, count),
        random.uniform(-0.02, 0.1, count),
        random.uniform(-0.02, 0.1, count),
    )


def part(of: Contracts, positions: np.ndarray) -> Contracts:
    return Contracts(*(getattr(of, field.name)[positions] for field in fields(of)))


def everything(of: Contracts) -> dict[str, np.ndarray]:
    worth = {"price": black_scholes.price(of), "status": black_scholes.status(of)}
    return worth | vars(black_scholes.greeks(of)) | vars(black_scholes.higher_greeks(of))


@given(contracts)
def test_prices_and_greeks_are_quantlibs(each: Contracts) -> None:
    oracle, spot, years = black(each), float(each.spot[0]), float(each.years[0])
    near = {"rel": 1e-9, "abs": 1e-9 * spot}
    found = black_scholes.greeks(each)
    assert black_scholes.price(each)[0] == pytest.approx(oracle.value(), **near)
    assert found.delta[0] == pytest.approx(oracle.delta(spot), **near)
    assert found.gamma[0] == pytest.approx(oracle.gamma(spot), rel=1e-9, abs=1e-12)
    assert found.vega[0] == pytest.approx(oracle.vega(years), **near)
    assert found.theta[0] == pytest.approx(oracle.theta(spot, years), rel=1e-8, abs=1e-7 * spot)
    assert found.rho[0] == pytest.approx(oracle.rho(years), **near)
    assert found.epsilon[0] == pytest.approx(oracle.dividendRho(years), **near)
    assert black_scholes.higher_greeks(each).dual_delta[0] == pytest.approx(
        oracle.strikeSensitivity(), rel=1e-9, abs=1e-9
    )
    assert black_scholes.higher_greeks(each).dual_gamma[0] == pytest.approx(oracle.strikeGamma(), rel=1e-9, abs=1e-12)


def test_published_prices_are_met() -> None:
    rows = list(csv.DictReader(shared_data("reference", "european_option_values.csv").read_text().splitlines()))
    assert len(rows) > 40
    for row in rows:
        names = ("spot", "strike", "t", "vol", "r", "q", "value", "tol")
        spot, strike, years, iv, rate, dividend_yield, value, tolerance = (float(row[name]) for name in names)
        found = black_scholes.price(one(row["type"] == "Call", spot, strike, years, iv, rate, dividend_yield))
        assert found[0] == pytest.approx(value, abs=tolerance), row


def test_blacks_formula_of_1976_is_the_same_on_a_forward() -> None:
    """Haug 2007, section 1.1.3: a call on oil futures at 19, strike 19, nine months, rate 10 %, volatility 28 %."""
    oil = Contracts.on_forward(np.array([True, False]), *(np.array([x]) for x in (19.0, 19.0, 0.75, 0.28)), 0.10)
    assert black_scholes.price(oil) == pytest.approx([1.7011, 1.7011], abs=5e-5)
    found = black_scholes.greeks(oil)
    assert found.rho + found.epsilon == pytest.approx(-0.75 * black_scholes.price(oil), rel=1e-13)


@given(
    st.booleans(),
    st.floats(-4.0, 4.0),
    st.floats(-3.0, 3.0),
    st.floats(-7.0, 1.5),
    st.floats(-4.0, 0.7),
    st.floats(-0.1, 0.2),
    st.floats(-0.1, 0.2),
)
def test_prices_are_right_to_the_last_digits_out_to_the_far_wings(
    is_call: bool, moneyness: float, scale: float, years: float, iv: float, rate: float, dividend_yield: float
) -> None:
    numbers = (10.0**scale * np.exp(moneyness), 10.0**scale, 10.0**years, 10.0**iv, rate, dividend_yield)
    found = black_scholes.price(one(is_call, *numbers))[0]
    names = ("spot", "strike", "years", "iv", "rate", "dividend_yield")
    exactly = dict(zip(names, map(Decimal, map(float, numbers)), strict=True)) | {"sign": Decimal(1 if is_call else -1)}
    true = exact.price(exactly)
    # an option far out is as uncertain as the square of its distance in deviations, which has rounded inputs
    deviation = numbers[3] * numbers[2] ** 0.5
    distance = abs(moneyness + (rate - dividend_yield) * numbers[2]) / deviation
    if true < Decimal("1e-280"):
        assert found <= 1e-279
    else:
        assert found == pytest.approx(float(true), rel=1e-15 * (10.0 + 3.0 * distance**2))


@given(contracts)
def test_a_call_less_a_put_is_the_forward_and_so_for_every_derivative(each: Contracts) -> None:
    call, put = (everything(replace(each, is_call=np.array([flag]))) for flag in (True, False))
    spot, strike, years = each.spot, each.strike, each.years
    received, paid = np.exp(-each.dividend_yield * years), np.exp(-each.rate * years)
    carry = each.dividend_yield * spot * received - each.rate * strike * paid
    forward = {
        "price": spot * received - strike * paid,
        "delta": received,
        "theta": carry,
        "rho": years * strike * paid,
        "epsilon": -years * spot * received,
        "charm": each.dividend_yield * received,
        "dual_delta": -paid,
    }
    for name in call:
        expected = forward.get(name, 0.0)
        scale = float(np.max(np.abs(call[name]))) + float(spot[0] + strike[0])
        assert call[name] - put[name] == pytest.approx(expected, rel=1e-12, abs=2e-14 * scale), name


@given(contracts)
def test_the_equation_of_black_scholes_and_merton_holds(each: Contracts) -> None:
    worth, found = black_scholes.price(each), black_scholes.greeks(each)
    spot, drift = each.spot, each.rate - each.dividend_yield
    diffusion = 0.5 * each.iv**2 * spot**2 * found.gamma
    left = found.theta + diffusion + drift * spot * found.delta - each.rate * worth
    assert left == pytest.approx(0.0, abs=1e-13 * float(spot[0] + each.strike[0]) * (1.0 + float(each.iv[0]) ** 2 * 30))


@given(contracts, st.floats(1e-3, 1e3))
def test_prices_scale_with_spot_and_strike(each: Contracts, scale: float) -> None:
    scaled = replace(each, spot=each.spot * scale, strike=each.strike * scale)
    near = {"rel": 1e-11, "abs": 1e-13 * scale * float(each.spot[0])}
    assert black_scholes.price(scaled) == pytest.approx(black_scholes.price(each) * scale, **near)
    worth, found, dual = black_scholes.price(each), black_scholes.greeks(each), black_scholes.higher_greeks(each)
    by_euler = each.spot * found.delta + each.strike * dual.dual_delta
    assert by_euler == pytest.approx(worth, rel=1e-12, abs=1e-13 * float(each.spot[0] + each.strike[0]))


@pytest.mark.parametrize(("years", "iv"), [(0.0, 0.3), (0.5, 0.0)])
def test_without_time_or_volatility_an_option_is_worth_its_intrinsic_value(years: float, iv: float) -> None:
    spot = np.array([90.0, 100.0, 110.0])
    call = Contracts(np.full(3, True), spot, np.full(3, 100.0), np.full(3, years), np.full(3, iv))
    assert black_scholes.price(call).tolist() == [0.0, 0.0, 10.0]
    assert black_scholes.price(replace(call, is_call=np.full(3, False))).tolist() == [10.0, 0.0, 0.0]
    assert black_scholes.greeks(call).delta.tolist() == [0.0, 0.5, 1.0]
    assert black_scholes.greeks(call).gamma.tolist() == [0.0, 0.0, 0.0]
    for name, values in everything(call).items():
        assert np.isfinite(values).all(), name


FAULTS = {
    "spot": (Status.BAD_SPOT, [np.nan, np.inf, -1.0, 0.0, 1e200]),
    "strike": (Status.BAD_STRIKE, [np.nan, np.inf, -1.0, 0.0, 5e-324]),
    "years": (Status.BAD_YEARS, [np.nan, np.inf, -0.1]),
    "iv": (Status.BAD_VOLATILITY, [np.nan, np.inf, -0.2]),
    "rate": (Status.BAD_RATE, [np.nan, np.inf, -np.inf, 1e9]),
    "dividend_yield": (Status.BAD_RATE, [np.nan, -np.inf, -1e9]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_bad_has_no_number_but_a_reason_and_harms_no_other(name: str) -> None:
    status, values = FAULTS[name]
    good = part(many(700), np.arange(700))
    positions = np.arange(len(values)) * 100 + 50
    column = getattr(good, name).copy()
    column[positions] = values
    found, clean = everything(replace(good, **{name: column})), everything(good)
    assert (found["status"][positions] == status).all()
    others = np.delete(np.arange(700), positions)
    for quantity, numbers in found.items():
        assert (numbers[others] == clean[quantity][others]).all(), quantity
        assert quantity == "status" or np.isnan(numbers[positions]).all(), quantity
    assert status.reason != Status.OK.reason


def test_a_contract_has_the_same_bits_alone_and_among_many_and_at_any_place() -> None:
    all_of_them = many(100_003)
    together = everything(all_of_them)
    for positions in (
        np.array([0]),
        np.array([100_002]),
        np.arange(40_000, 40_007),
        np.arange(255, 258),
        np.arange(99),
    ):
        for name, values in everything(part(all_of_them, positions)).items():
            assert values.tobytes() == together[name][positions].tobytes(), name


def test_one_thread_and_many_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    from butter_pipeline.options.kernels import compiled

    all_of_them, found = many(200_001), []
    for threads in (1, 2, 5):
        monkeypatch.setattr(compiled, "processors", lambda threads=threads: threads)
        found.append({name: values.tobytes() for name, values in everything(all_of_them).items()})
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("rights", [np.array(["C", "P"]), np.array([1, -1]), np.array([1.0, 0.0])])
def test_rights_that_are_not_true_or_false_are_refused_and_never_taken_for_calls(rights: Any) -> None:
    contracts = Contracts(rights, np.array(100.0), np.array(100.0), np.array(1.0), np.array(0.2))
    for price in (black_scholes.price, american.price):
        with pytest.raises(ValueError, match="is_call must be true or false"):
            price(contracts)


def test_any_shape_broadcasts() -> None:
    strikes = np.linspace(80.0, 120.0, 5)
    grid = Contracts(
        np.array([[[True]], [[False]]]), np.float64(100.0), strikes, np.array([[0.1], [0.5]]), np.array(0.2)
    )
    found = black_scholes.price(grid)
    assert found.shape == (2, 2, 5)
    assert found[1, 0, 3] == black_scholes.price(one(False, 100.0, float(strikes[3]), 0.1, 0.2))[0]
    assert black_scholes.price(replace(grid, strike=np.empty(0))).shape == (2, 2, 0)
    assert black_scholes.price(replace(grid, strike=strikes[::-1]))[0, 0, 1] == found[0, 0, 3]
