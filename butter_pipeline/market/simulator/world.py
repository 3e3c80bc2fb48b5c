"""The parameters of the embedded market: what is listed, and the law that everything follows.

What belongs here: frozen values, their units, their checks, and how a configuration becomes a `World`.
What does not: random numbers (`shocks`), prices (`law`, `pricing`), or anything that depends on time.

Units: variances, volatilities and drifts are per session (252 sessions to a year) unless a name says
otherwise; `rate` is continuously compounded per year. Configurations state yearly per cents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import sqrt
from typing import Any

import numpy as np

from butter_pipeline.market.simulator.parameters import (
    BREAK_BELIEFS,
    DT,
    HIDDEN_STATES,
    MODES,
    REGIMES,
    SESSIONS_PER_YEAR,
    Break,
    Jumps,
    Market,
    Own,
    Quotes,
    Regimes,
    Sessions,
    Variance,
    stationary,
)
from butter_pipeline.market.simulator.reading import Section


@dataclass(frozen=True)
class Listing:
    """One tradable symbol; the index has no sector and nothing of its own."""

    symbol: str
    sector: str
    beta: float
    own_variance: float
    start_price: float
    average_volume: float
    cycle_amplitude: float
    cycle_period: float
    cycle_phase: float


@dataclass(frozen=True)
class World:
    """Everything that determines the embedded market; equal worlds make equal bits."""

    seed: int
    mode: str
    first_session: date
    sample_last_session: date
    break_session: date | None
    rate: float
    market: Market
    own: Own
    quotes: Quotes
    sessions: Sessions
    index_symbol: str
    listings: tuple[Listing, ...]
    change: Break  # what happens at break_session

    def __post_init__(self) -> None:
        """Refuse what no configuration could mean, and sort the listings."""
        if self.mode not in MODES:
            raise ValueError(f"simulator.mode: was {self.mode!r}, must be one of {', '.join(MODES)}")
        names = [listing.symbol for listing in self.listings]
        if len(set(names)) != len(names):
            raise ValueError(f"simulator.listings: was {names}, must name every symbol once")
        if self.index_symbol not in names:
            raise ValueError(f"simulator.index.symbol: was {self.index_symbol!r}, must be among {names}")
        object.__setattr__(self, "listings", tuple(sorted(self.listings, key=lambda each: each.symbol)))

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every tradable symbol, sorted: the order of the columns of a path."""
        return tuple(listing.symbol for listing in self.listings)

    def with_(self, **changes: Any) -> "World":
        """Return the same world but for the named fields, such as seed, mode or break_session."""
        return replace(self, **changes)

    def reference_vol(self, listing: Listing) -> float:
        """Return a symbol's yearly volatility in the long run; the strike grid is laid out with it."""
        variance = listing.beta**2 * self.market.mean_variance + listing.own_variance
        return sqrt(variance * SESSIONS_PER_YEAR)


def world_from_config(config: Mapping[str, object]) -> World:
    """Return the world that a configuration describes; one clear line says which key is wrong."""
    root = Section(config, "simulator")
    index, own = root.section("index"), root.section("own")
    world = World(
        seed=root.integer("seed"),
        mode=root.choice("mode", MODES),
        first_session=root.day("first_session"),
        sample_last_session=root.day("sample_last_session"),
        break_session=root.day_or_none("break_session"),
        rate=root.number("short_rate_pct", -5.0, 50.0) / 100.0,
        market=_market(root.section("market")),
        own=_own(own),
        quotes=_quotes(root.section("quotes")),
        sessions=_sessions(root.section("sessions")),
        index_symbol=index.text("symbol"),
        listings=(_index(index), *(_stock(each) for each in root.sections("listings"))),
        change=_break(root.section("break")),
    )
    root.finish()
    return world


def _daily_vol(vol_pct: float) -> float:
    return vol_pct / 100.0 * sqrt(DT)


def _variance(part: Section) -> Variance:
    found = Variance(
        part.number("persistence", 0.01, 0.999), part.number("shape", 0.2, 50.0), part.number("leverage", -20.0, 0.0)
    )
    part.finish()
    return found


def _market(part: Section) -> Market:
    states, jumps = part.section("regimes"), part.section("jumps")
    entry = states.section("entry_jump")
    found = Market(
        level=_daily_vol(part.number("vol_pct", 0.0, 200.0)) ** 2,
        variance=_variance(part.section("variance")),
        regimes=Regimes(
            transition=states.transition("transition", REGIMES),
            vols=tuple(_daily_vol(each) for each in states.by_state("vol_pct", REGIMES, 0.0)),
            drifts=tuple(each / 1e4 for each in states.by_state("drift_bps", REGIMES)),
            entry_mean=entry.number("mean_pct", -30.0, 0.0) / 100.0,
            entry_sd=entry.number("sd_pct", 0.0, 10.0) / 100.0,
        ),
        jumps=Jumps(
            jumps.number("per_year", 0.0, 100.0) * DT,
            jumps.number("mean_pct", -30.0, 30.0) / 100.0,
            jumps.number("sd_pct", 0.0, 10.0) / 100.0,
        ),
    )
    for each in (entry, states, jumps, part):
        each.finish()
    return found


def _own(part: Section) -> Own:
    transition = part.transition("hidden_transition", HIDDEN_STATES)
    raw = np.array(part.by_state("hidden_scale", HIDDEN_STATES, 0.0))
    norm = sqrt(float(np.sum(stationary(transition) * np.square(raw))))
    if norm == 0.0:
        raise part.refuse("hidden_scale", "above 0 for at least one state")
    found = Own(
        variance=_variance(part.section("variance")),
        transition=transition,
        scales=tuple(float(each) for each in raw / norm),
        hidden_share=part.number("hidden_share", 0.0, 1.0),
    )
    part.finish()
    return found


def _break(part: Section) -> Break:
    found = Break(
        part.number("variance_scale", 0.1, 10.0),
        part.choice("belief", BREAK_BELIEFS),
        part.number("exaggeration", 1.0, 5.0),
    )
    part.finish()
    return found


def _quotes(part: Section) -> Quotes:
    found = Quotes(
        band_sigmas=part.number("band_sigmas", 0.5, 10.0),
        strikes_each_side_min=part.integer("strikes_each_side_min", 1),
        strikes_at_listing_max=part.integer("strikes_at_listing_max", 3),
        spread_vol=part.number("spread_vol_points", 0.0, 20.0) / 100.0,
        spread_price=part.number("spread_price_pct", 0.0, 50.0) / 100.0,
        contracts_per_share=part.number("contracts_per_share", 0.0, 1.0),
    )
    part.finish()
    return found


def _sessions(part: Section) -> Sessions:
    share, weekdays = part.number("overnight_share", 0.0, 0.95), part.numbers("weekday_volume", 5, 0.1, 10.0)
    spread, slope = part.number("volume_sd", 0.0, 2.0), part.number("volume_per_sigma", 0.0, 2.0)
    found = Sessions(share, spread, part.number("volume_persistence", 0.0, 0.999), slope, weekdays)
    part.finish()
    return found


def _index(part: Section) -> Listing:
    price, volume = part.number("start_price", 1.0), part.number("average_volume", 1.0)
    found = Listing(part.text("symbol"), "", 1.0, 0.0, price, volume, 0.0, 1.0, 0.0)
    part.finish()
    return found


def _stock(part: Section) -> Listing:
    found = Listing(
        symbol=part.text("symbol"),
        sector=part.text("sector"),
        beta=part.number("beta", -3.0, 3.0),
        own_variance=_daily_vol(part.number("own_vol_pct", 0.1, 200.0)) ** 2,
        start_price=part.number("start_price", 1.0),
        average_volume=part.number("average_volume", 1.0),
        cycle_amplitude=part.number("cycle_amplitude_bps", 0.0, 1000.0) / 1e4,
        cycle_period=part.number("cycle_period_sessions", 2.0, 1000.0),
        cycle_phase=part.number("cycle_phase", 0.0, 1.0),
    )
    part.finish()
    return found
