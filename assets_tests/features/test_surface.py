from datetime import date, timedelta
from math import erf

import numpy as np
import pyarrow as pa
import pytest

from assets_tests.features.feature_tables import LAST, chains, value
from butter_pipeline.features.compute import compute
from butter_pipeline.market.frames import CHAINS
from butter_pipeline.market.sessions import as_of


def chain_of(quotes: list[tuple[int, float, str, float | None]], symbol: str = "A", spot: float = 100.0) -> pa.Table:
    """Quotes of days to expiry, strike, right and volatility."""
    rows = [
        {
            "session": LAST,
            "symbol": symbol,
            "expiry": LAST + timedelta(days=days),
            "strike": strike,
            "right": right,
            "bid": 1.0,
            "ask": 1.1,
            "last": None,
            "volume": 0.0,
            "open_interest": 0.0,
            "vendor_iv": iv,
            "underlying_price": spot,
            "available_at": as_of(LAST),
        }
        for days, strike, right, iv in quotes
    ]
    return pa.Table.from_pylist(rows, schema=CHAINS.schema)


def surface_of(chain: pa.Table) -> pa.Table:
    return compute("surface", {"chains": chain}, [LAST])


def test_volatility_at_the_money_is_between_the_nearest_strikes_out_of_the_money() -> None:
    chain = chain_of([(30, 98.0, "P", 0.30), (30, 102.0, "C", 0.20), (30, 98.0, "C", 9.0), (30, 102.0, "P", 9.0)])
    low, high = np.log(0.98), np.log(1.02)
    expected = 30.0 + (0.0 - low) / (high - low) * -10.0
    assert value(surface_of(chain), "atm_iv_30d_pct", "A") == pytest.approx(expected)


def test_between_expiries_total_variance_is_linear_in_time() -> None:
    chain = chain_of([(20, 100.0, "C", 0.2), (50, 100.0, "C", 0.3)])
    variance = 0.2**2 * 20.0 + (0.3**2 * 50.0 - 0.2**2 * 20.0) * 10.0 / 30.0
    assert value(surface_of(chain), "atm_iv_30d_pct", "A") == pytest.approx(100.0 * np.sqrt(variance / 30.0))


def test_beyond_the_listed_expiries_volatility_is_that_of_the_nearest() -> None:
    table = surface_of(chain_of([(20, 100.0, "C", 0.2), (40, 100.0, "C", 0.3)]))
    assert value(table, "atm_iv_9d_pct", "A") == pytest.approx(20.0)
    assert value(table, "term_slope_pct", "A") == pytest.approx(10.0)


def test_nothing_is_said_beyond_the_listed_strikes() -> None:
    table = surface_of(chain_of([(30, 101.0, "C", 0.2), (30, 105.0, "C", 0.2)]))
    assert value(table, "atm_iv_30d_pct", "A") is None


def test_quotes_without_a_volatility_and_those_that_expire_today_do_not_count() -> None:
    chain = chain_of([(30, 100.0, "C", None), (0, 100.0, "C", 0.9), (40, 100.0, "C", 0.25)])
    assert value(surface_of(chain), "atm_iv_30d_pct", "A") == pytest.approx(25.0)


def test_a_symbol_without_any_volatility_has_a_row_of_nulls() -> None:
    table = surface_of(pa.concat_tables([chain_of([(30, 100.0, "C", None)]), chain_of([(30, 100.0, "C", 0.2)], "B")]))
    assert table["symbol"].to_pylist() == ["A", "B"]
    assert table["atm_iv_30d_pct"].to_pylist() == [None, pytest.approx(20.0)]


def test_skew_is_puts_less_calls_at_a_quarter_of_delta() -> None:
    strikes = np.linspace(80.0, 120.0, 41)
    smile = [(30, float(k), "C" if k >= 100.0 else "P", 0.2 - 0.5 * float(np.log(k / 100.0))) for k in strikes]
    wide = 2.0 * 0.6745 * 0.2 * np.sqrt(30.0 / 365.0)
    assert value(surface_of(chain_of(smile)), "skew_pct", "A") == pytest.approx(100.0 * 0.5 * wide)


def test_the_simulated_market_has_a_surface_for_every_symbol() -> None:
    chain = chains()
    table = compute("surface", {"chains": chain}, [LAST])
    assert table.num_rows == len(chain["symbol"].unique())
    assert table["atm_iv_30d_pct"].null_count == table["skew_pct"].null_count == 0


def test_the_order_of_quotes_does_not_matter() -> None:
    chain = chains()
    mixed = chain.take(np.random.default_rng(1).permutation(chain.num_rows))
    assert surface_of(mixed).equals(surface_of(chain))


def test_sessions_are_kept_apart() -> None:
    before = date(2025, 3, 13)
    chain = chain_of([(30, 100.0, "C", 0.2)])
    other = chain_of([(30, 100.0, "C", 0.4)]).set_column(0, CHAINS.schema.field(0), pa.array([before], pa.date32()))
    table = compute("surface", {"chains": pa.concat_tables([chain, other])}, [before, LAST])
    assert table["atm_iv_30d_pct"].to_pylist() == [pytest.approx(40.0), pytest.approx(20.0)]


def test_the_butterfly_is_its_lower_wing_less_two_bodies_and_its_upper_wing() -> None:
    (row, *_) = compute("surface", {"chains": chains()}, [LAST]).to_pylist()
    for name, body in (
        ("delta_30d", "atm_delta_30d"),
        ("gamma_30d", "atm_gamma_30d"),
        ("vega_30d_pct", "atm_vega_30d_pct"),
    ):
        whole = row[f"lower_wing_{name}"] - 2.0 * row[body] + row[f"upper_wing_{name}"]
        assert row[f"butterfly_{name}"] == pytest.approx(whole, abs=1e-12)


def test_a_flat_surface_gives_wings_the_greeks_of_the_textbook() -> None:
    """A volatility of 30 %, 30 days: K = 1 -+ 0.3 sqrt(30 / 365); the values by the formula, worked out by hand."""
    row = surface_of(
        chain_of([(30, float(strike), right, 0.3) for strike in range(70, 140) for right in "CP"])
    ).to_pylist()[0]
    root = np.sqrt(30.0 / 365.0)
    for side, strike in (("lower", 1.0 - 0.3 * root), ("upper", 1.0 + 0.3 * root)):
        d1 = (-np.log(strike) + 0.5 * 0.09 * root**2) / (0.3 * root)
        density = np.exp(-0.5 * d1**2) / np.sqrt(2.0 * np.pi)
        assert row[f"{side}_wing_iv_30d_pct"] == pytest.approx(30.0)
        assert row[f"{side}_wing_delta_30d"] == pytest.approx(0.5 * (1.0 + erf(d1 / np.sqrt(2.0))))
        assert row[f"{side}_wing_gamma_30d"] == pytest.approx(0.01 * density / (0.3 * root))
        assert row[f"{side}_wing_vega_30d_pct"] == pytest.approx(density * root)
        assert row[f"{side}_wing_theta_30d_pct"] == pytest.approx(-100.0 * density * 0.3 / (2.0 * root) / 252.0)
