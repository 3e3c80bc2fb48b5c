"""American options: published values, QuantLib, a binomial tree, and what every one must obey."""

from dataclasses import fields, replace

import numpy as np
import pytest
import QuantLib
from hypothesis import given
from hypothesis import strategies as st

from assets_tests.options.test_black_scholes import many, one, part
from assets_tests.options.test_implied_volatility import quoted
from butter_pipeline.options import american, black_scholes
from butter_pipeline.options.black_scholes import Contracts
from butter_pipeline.options.status import Status

JU = {
    # by volatility and strike: values after one, four and seven months
    (0.2, 35.0): (0.006, 0.201, 0.433),
    (0.2, 40.0): (0.852, 1.580, 1.990),
    (0.2, 45.0): (5.000, 5.088, 5.267),
    (0.3, 35.0): (0.078, 0.698, 1.220),
    (0.3, 40.0): (1.310, 2.483, 3.170),
    (0.3, 45.0): (5.060, 5.706, 6.244),
    (0.4, 35.0): (0.247, 1.346, 2.155),
    (0.4, 40.0): (1.768, 3.388, 4.353),
    (0.4, 45.0): (5.287, 6.510, 7.383),
}
"""Ju (1998), "Pricing an American option by approximating its early exercise boundary", table 1: 10,000 steps."""

contracts = st.builds(
    one,
    st.booleans(),
    st.floats(60.0, 160.0),
    st.just(100.0),
    st.floats(0.005, 3.0),
    st.floats(0.05, 1.0),
    st.floats(0.0, 0.12),
    st.floats(0.0, 0.12),
)


def quantlib(each: Contracts) -> float:
    """Andersen, Lake and Offengenden as QuantLib has them, with more nodes and iterations than ours."""
    today = QuantLib.Date(1, 1, 2020)
    QuantLib.Settings.instance().evaluationDate = today
    days = QuantLib.Actual365Fixed()
    curves = [
        QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, float(rate), days))
        for rate in (each.dividend_yield, each.rate)
    ]
    constant = QuantLib.BlackConstantVol(today, QuantLib.NullCalendar(), float(each.iv[0]), days)
    process = QuantLib.BlackScholesMertonProcess(
        QuantLib.QuoteHandle(QuantLib.SimpleQuote(float(each.spot[0]))),
        *curves,
        QuantLib.BlackVolTermStructureHandle(constant),
    )
    kind = QuantLib.Option.Call if each.is_call[0] else QuantLib.Option.Put
    until = today + round(float(each.years[0]) * 365)
    option = QuantLib.VanillaOption(
        QuantLib.PlainVanillaPayoff(kind, float(each.strike[0])), QuantLib.AmericanExercise(today, until)
    )
    option.setPricingEngine(QuantLib.QdFpAmericanEngine(process, QuantLib.QdFpLegendreTanhSinhScheme(32, 24, 16, 1e-9)))
    return float(option.NPV())


def binomial(each: Contracts, steps: int, sign: float) -> float:
    """A tree after Leisen and Reimer would be faster; this one is plain."""
    years, iv = float(each.years[0]), float(each.iv[0])
    step = years / steps
    up = np.exp(iv * step**0.5)
    chance = (np.exp((each.rate - each.dividend_yield) * step) - 1.0 / up) / (up - 1.0 / up)
    spots = float(each.spot[0]) * up ** (2.0 * np.arange(steps + 1) - steps)
    worth = np.maximum(sign * (spots - float(each.strike[0])), 0.0)
    for _ in range(steps):
        spots = spots[1:] / up
        worth = np.exp(-each.rate * step) * (chance * worth[1:] + (1.0 - chance) * worth[:-1])
        worth = np.maximum(worth, sign * (spots - float(each.strike[0])))
    return float(worth[0])


def test_published_values_are_met() -> None:
    for (iv, strike), values in JU.items():
        for months, value in zip((1, 4, 7), values, strict=True):
            found = american.price(one(False, 40.0, strike, round(months / 12, 4), iv, 0.0488))
            assert found[0] == pytest.approx(value, abs=1e-3), (iv, strike, months)


def test_the_premium_of_andersen_lake_and_offengenden_is_met() -> None:
    """Their table 2: spot and strike 100, a year, 25 % of volatility, rate and yield 5 %: 0.106952702747."""
    each = one(False, 100.0, 100.0, 1.0, 0.25, 0.05, 0.05)
    assert american.price(each) - black_scholes.price(each) == pytest.approx([0.106952702747], abs=2e-7)


def test_quantlib_says_the_same() -> None:
    random = np.random.default_rng(4)
    off = []
    for number in range(150):
        each = one(
            bool(number % 2),
            float(100.0 * np.exp(random.normal(0.0, 0.2))),
            100.0,
            int(random.integers(2, 1095)) / 365,
            random.uniform(0.08, 0.9),
            random.uniform(0.001, 0.12),
            0.0 if number % 5 == 0 else random.uniform(-0.0, 0.12),
        )
        off.append(abs(american.price(each)[0] - quantlib(each)))
    assert np.median(off) < 5e-7
    assert max(off) < 4e-5


@pytest.mark.parametrize(
    "each",
    [
        one(False, 100.0, 100.0, 1.0, 0.2, 0.05, 0.0),
        one(True, 110.0, 100.0, 0.5, 0.3, 0.02, 0.08),
        one(False, 100.0, 110.0, 2.0, 0.15, 0.04, 0.06),
        one(True, 100.0, 100.0, 1.0, 0.25, -0.01, 0.0),
        one(True, 100.0, 95.0, 1.0, 0.25, -0.02, 0.01),
        one(False, 90.0, 100.0, 1.0, 0.3, 0.01, -0.02),
        one(True, 100.0, 100.0, 0.25, 0.2, 0.0, 0.0),
    ],
    ids=lambda each: f"{each.is_call[0]}-{each.rate}-{each.dividend_yield}",
)
def test_a_fine_tree_says_the_same(each: Contracts) -> None:
    sign = 1.0 if each.is_call[0] else -1.0
    steps = np.mean([binomial(each, steps, sign) for steps in (2000, 2001)])
    assert american.price(each)[0] == pytest.approx(steps, abs=2e-3)


@given(contracts)
def test_the_right_to_exercise_early_never_costs_and_never_pays_more_than_the_whole(each: Contracts) -> None:
    worth = american.price(each)[0]
    sign = 1.0 if each.is_call[0] else -1.0
    assert worth >= black_scholes.price(each)[0] - 1e-12
    assert worth >= sign * (each.spot[0] - each.strike[0])
    assert worth <= (each.spot[0] if each.is_call[0] else each.strike[0]) * (1 + 1e-12)


@given(contracts)
def test_a_call_is_the_put_with_everything_exchanged(each: Contracts) -> None:
    other = Contracts(~each.is_call, each.strike, each.spot, each.years, each.iv, each.dividend_yield, each.rate)
    assert american.price(other) == pytest.approx(american.price(each), rel=1e-12)


@given(contracts)
def test_exercise_is_best_exactly_beyond_the_boundary(each: Contracts) -> None:
    critical = american.boundary(each)[0]
    if not 1.0 < critical < 1e4:
        return
    sign = 1.0 if each.is_call[0] else -1.0
    beyond, before = (
        american.price(replace(each, spot=np.array([critical * (1 + sign * by)]))) for by in (1e-3, -1e-2)
    )
    assert beyond[0] == pytest.approx(sign * (critical * (1 + sign * 1e-3) - each.strike[0]), rel=1e-12)
    assert before[0] >= sign * (critical * (1 - sign * 1e-2) - each.strike[0])


def test_without_dividends_a_call_is_european_to_the_bit_almost() -> None:
    calls = replace(many(500), is_call=np.array([True]), rate=0.04, dividend_yield=0.0)
    assert american.price(calls) == pytest.approx(black_scholes.price(calls), rel=1e-13, abs=1e-13)
    assert (american.boundary(calls) == np.inf).all()


def test_greeks_are_the_slopes_of_the_price() -> None:
    each = one(False, 95.0, 100.0, 0.75, 0.3, 0.05, 0.02)
    found = american.greeks(each)

    def slope(name: str, by: float) -> float:
        at = np.asarray(getattr(each, name))
        higher, lower = (american.price(replace(each, **{name: at + s * by}))[0] for s in (1.0, -1.0))
        return float(higher - lower) / (2.0 * by)

    assert found.delta[0] == pytest.approx(slope("spot", 0.01), rel=1e-5)
    assert found.vega[0] == pytest.approx(slope("iv", 1e-4), rel=1e-4)
    assert found.theta[0] == pytest.approx(-slope("years", 1e-4), rel=1e-4)
    assert found.rho[0] == pytest.approx(slope("rate", 1e-4), rel=1e-4)
    assert found.epsilon[0] == pytest.approx(slope("dividend_yield", 1e-4), rel=1e-4)
    above, below = (american.greeks(replace(each, spot=each.spot + by)).delta[0] for by in (0.01, -0.01))
    assert found.gamma[0] == pytest.approx((above - below) / 0.02, rel=1e-4)


def test_what_is_exercised_moves_with_the_spot_alone() -> None:
    deep = one(False, 50.0, 100.0, 0.5, 0.2, 0.05)
    assert american.price(deep).tolist() == [50.0]
    found = american.greeks(deep)
    assert [found.delta[0], found.gamma[0], found.theta[0]] == [-1.0, 0.0, 0.0]


def test_bad_contracts_have_a_reason_and_harm_no_other() -> None:
    good = replace(many(300), rate=0.03, dividend_yield=0.02)
    clean = american.price(good)
    spot, iv = good.spot.copy(), good.iv.copy()
    spot[7], iv[250] = np.nan, -1.0
    mixed = replace(good, spot=spot, iv=iv)
    codes = american.status(mixed)
    assert [codes[7], codes[250]] == [Status.BAD_SPOT, Status.BAD_VOLATILITY]
    found, others = american.price(mixed), np.delete(np.arange(300), [7, 250])
    assert np.isnan(found[[7, 250]]).all()
    assert (found[others] == clean[others]).all()


def test_where_exercise_never_pays_the_value_is_european() -> None:
    each = one(False, 90.0, 100.0, 1.0, 0.2, -0.03, -0.01)
    assert american.price(each) == pytest.approx(black_scholes.price(each), rel=1e-14)
    assert american.boundary(each).tolist() == [0.0]


@pytest.mark.parametrize("rates", ["usual", "tiny", "large", "negative"])
def test_every_boundary_settles(rates: str) -> None:
    random = np.random.default_rng(9)
    draw = {
        "usual": lambda: random.uniform(0.0, 0.12, 5000),
        "tiny": lambda: 10.0 ** random.uniform(-15.0, -2.0, 5000),
        "large": lambda: random.uniform(0.0, 1.0, 5000),
        "negative": lambda: random.uniform(-0.05, 0.05, 5000),
    }[rates]
    chain = Contracts(
        random.random(5000) < 0.5,
        100.0 * np.exp(random.normal(0.0, 0.4, 5000)),
        np.array(100.0),
        10.0 ** random.uniform(-3.0, 1.5, 5000),
        10.0 ** random.uniform(-3.0, 0.7, 5000),
        draw(),
        draw(),
    )
    refused = american.status(chain) == Status.TWO_BOUNDARIES
    assert (american.status(chain)[~refused] == Status.OK).all()
    assert refused.any() == (rates == "negative")
    assert np.isfinite(american.price(chain)[~refused]).all()


def test_two_boundaries_are_refused() -> None:
    each = one(False, 100.0, 100.0, 1.0, 0.2, -0.01, -0.04)
    assert american.status(each)[0] == Status.TWO_BOUNDARIES
    assert np.isnan(american.price(each)[0])


@pytest.mark.parametrize("years", [0.0, 0.5])
def test_without_volatility_the_best_moment_is_known(years: float) -> None:
    put = one(False, 90.0, 100.0, years, 0.0, 0.05, 0.0)
    assert american.price(put) == pytest.approx([10.0])
    call = one(True, 100.0, 90.0, years, 0.0, 0.05, 0.0)
    assert american.price(call) == pytest.approx([100.0 - 90.0 * np.exp(-0.05 * years)])


@given(contracts)
def test_the_volatility_of_a_price_is_found(each: Contracts) -> None:
    worth = american.price(each)
    found = american.implied_volatility(quoted(each, worth))
    if found.status[0] == Status.OK:
        again = american.price(replace(each, iv=found.iv))
        assert again == pytest.approx(worth, abs=2e-7 * 100.0)
        assert found.iv == pytest.approx(each.iv, abs=1e-4 + 2e-5 / max(american.greeks(each).vega[0], 1e-9))
    else:
        sign = 1.0 if each.is_call[0] else -1.0
        assert found.status[0] in (Status.EXERCISED, Status.UNRESOLVED)
        certain = american.price(replace(each, iv=np.zeros(1)))[0]
        assert worth[0] - max(certain, sign * (each.spot[0] - each.strike[0])) <= 2e-5


def test_prices_without_a_volatility_have_a_reason() -> None:
    each = one(False, 90.0, 100.0, 0.5, 0.2, 0.05)
    prices = {
        9.0: Status.BELOW_INTRINSIC,
        10.0: Status.EXERCISED,
        101.0: Status.ABOVE_MAXIMUM,
        np.nan: Status.BAD_PRICE,
    }
    for price, status in prices.items():
        found = american.implied_volatility(quoted(each, np.array([price])))
        assert Status(found.status[0]) is status, price
        assert np.isnan(found.iv[0])


def test_a_contract_has_the_same_bits_alone_and_among_many() -> None:
    chain = many(700)
    chain = replace(chain, rate=np.abs(chain.rate), dividend_yield=np.abs(chain.dividend_yield))
    together = american.price(chain)
    for positions in (np.array([0]), np.arange(255, 258), np.array([699])):
        assert american.price(part(chain, positions)).tobytes() == together[positions].tobytes()
    assert len(fields(chain)) == 7
