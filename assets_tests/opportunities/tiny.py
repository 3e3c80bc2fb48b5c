"""Tiny markets for the tests: chains priced by Black and Scholes on a plain grid, and the delivered settings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache, partial

import numpy as np
import pyarrow as pa

from butter_pipeline import configs
from butter_pipeline.backtest.fills import Costs
from butter_pipeline.market.frames import CHAINS
from butter_pipeline.market.sessions import as_of, offset, sessions_between
from butter_pipeline.market.simulator.world import world_from_config
from butter_pipeline.market.vendors.simulated import SimulatedVendor
from butter_pipeline.opportunities.butterflies import Analyzer
from butter_pipeline.opportunities.search import Search
from butter_pipeline.options.black_scholes import Contracts, price
from butter_pipeline.policy.weightings import Weighting, weighted

SESSION = date(2024, 6, 3)
COSTS = Costs(multiplier=100.0, commission_per_contract_usd=0.65, slippage_bps=2.0)
SEARCH = Search(
    sessions_to_expiry_max=17,
    expiries=2,
    width_sigmas=(1.5,),
    body_sigmas_max=0.5,
    cost_share_pct_max=50.0,
    per_symbol=4,
)
STATIC = Weighting(35.0, 30.0, 20.0, 15.0)
ANALYZER = Analyzer("tiny", SEARCH, partial(weighted, weighting=STATIC), COSTS)
FEATURES = (
    "arima_7_pct",
    "arima_band_7_pct",
    "garch_7_pct",
    "hv_21_pct",
    "hv_ratio_10_63",
    "fourier_7_pct",
    "fourier_power_share",
    "adx_14",
    "momentum_20_pct",
)
SPAN = sessions_between(date(2024, 1, 2), date(2024, 12, 30))
"""All sessions of the tests."""
SAMPLE = sessions_between(date(2024, 6, 3), date(2024, 6, 21))


def searching(**changes: object) -> Analyzer:
    """The analyzer with other bounds."""
    return replace(ANALYZER, search=replace(SEARCH, **changes))


def chain(
    symbol: str = "AAA",
    session: date = SESSION,
    ahead: int = 8,
    spot: float = 100.0,
    strikes: Sequence[float] = tuple(range(70, 135, 5)),
    iv: float = 0.4,
) -> list[dict[str, object]]:
    """The rows of one expiry: mids of Black and Scholes, two cents of half-spread."""
    rows: list[dict[str, object]] = []
    for strike in strikes:
        for right in ("C", "P"):
            one = (np.array([number]) for number in (spot, float(strike), ahead / 252, iv))
            mid = float(price(Contracts(np.array([right == "C"]), *one))[0])
            rows.append(
                {
                    "session": session,
                    "symbol": symbol,
                    "expiry": offset(session, ahead),
                    "strike": float(strike),
                    "right": right,
                    "bid": max(round(mid - 0.02, 2), 0.0),
                    "ask": round(mid + 0.02, 2),
                    "last": None,
                    "volume": 10.0,
                    "open_interest": 10.0,
                    "vendor_iv": iv,
                    "underlying_price": spot,
                    "available_at": as_of(session) - timedelta(minutes=45),
                }
            )
    return rows


def table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """The rows as a vendor would hand them over."""
    made = pa.Table.from_pylist(list(rows), schema=CHAINS.schema)
    return made.sort_by([(name, "ascending") for name in CHAINS.key])


def features(*rows: Mapping[str, object], names: Sequence[str] = FEATURES) -> pa.Table:
    """A matrix with some features; what a row does not name is null."""
    schema = pa.schema([("session", pa.date32()), ("symbol", pa.string()), *((name, pa.float64()) for name in names)])
    return pa.Table.from_pylist(list(rows), schema=schema)


@lru_cache
def simulated() -> SimulatedVendor:
    """The delivered market."""
    return SimulatedVendor(world_from_config(configs.load("simulator").values), timedelta(minutes=15))


@lru_cache
def sample_chains() -> pa.Table:
    """The delivered market's chains of three weeks."""
    chains: pa.Table = simulated().chains(SAMPLE)
    return chains


@lru_cache
def sample_features() -> pa.Table:
    """A matrix for them: some numbers, some nothing, as early in a symbol's life."""
    random = np.random.default_rng(11)
    rows = []
    for session in SAMPLE:
        for symbol in simulated().symbols(session):
            values = dict(zip(FEATURES, random.uniform(0.1, 40.0, len(FEATURES)).tolist(), strict=True))
            values["fourier_power_share"] = random.random()
            values = {name: value for name, value in values.items() if random.random() < 0.8}
            rows.append({"session": session, "symbol": symbol, **values})
    return features(*rows)
