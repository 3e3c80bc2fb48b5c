"""Quoted option chains of a path: exact mids, and the bids, asks, volumes and open interest around them.

What belongs here: from listed contracts and the market makers' belief to one flat array per column.
What does not: the truth (`edge`), and Arrow (`tables`).

Contracts are priced in blocks of [group, strike] whose widths are padded; nothing that is computed for
a contract depends on which other contracts stand in its block.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from butter_pipeline.market.simulator.contracts import Groups, listed_groups
from butter_pipeline.market.simulator.law import LONGEST, Density
from butter_pipeline.market.simulator.parameters import DT, Floats, Ints
from butter_pipeline.market.simulator.path import CENT, Path
from butter_pipeline.market.simulator.pricing import (
    PAD,
    SMALLEST_TIME_VALUE,
    implied_sigmas,
    normal_density,
    put_prices,
)
from butter_pipeline.market.simulator.shocks import hashed_uniforms

RIGHTS = ("C", "P")
_BLOCK = 16384  # contracts priced at once: small enough for the processor's cache
_FLAT = ("put", "call", "sigma", "vega", "distance", "near", "central")


@dataclass(frozen=True)
class Strip:
    """Mids and what quotes are made of, one element per session, symbol, expiry and strike."""

    groups: Groups
    group: Ints  # position in groups
    grid: Ints  # strike in steps
    strike: Floats
    spot: Floats
    put: Floats  # discounted, not rounded
    call: Floats
    sigma: Floats  # Black-76 standard deviation to expiry; nan for none
    vega: Floats  # currency per unit of yearly volatility
    distance: Floats  # from the forward, in standard deviations to expiry
    near: Floats  # 1 at the money, falling with distance
    central: Floats  # the same about the spot at listing


@dataclass(frozen=True)
class Chain:
    """Quotes [strike, right] of a strip; nan stands for null."""

    strip: Strip
    bid: Floats
    ask: Floats
    last: Floats
    volume: Floats
    open_interest: Floats
    implied_vol: Floats


def growth(path: Path) -> Floats:
    """Forward per unit of spot, by sessions ahead."""
    return np.asarray(np.exp(path.world.rate * DT * np.arange(LONGEST + 1)))


def strip(path: Path, indices: Sequence[int]) -> Strip:
    """Return the exact mids of everything listed on the wanted sessions."""
    groups = listed_groups(path, indices)
    counts = groups.high - groups.low + 1
    offsets = np.cumsum(counts) - counts
    group = np.repeat(np.arange(counts.size), counts)
    grid = np.arange(group.size) - offsets[group] + groups.low[group]
    spot = path.bars.close[groups.session, groups.symbol]
    # an expiring contract is quoted at intrinsic value; its law is only asked for the quotes' shape
    situations = path.priced_situations(groups.session, groups.symbol, np.maximum(groups.ahead, 1))
    density = path.laws.densities(situations, drifted=False)
    flat = {name: np.empty(group.size) for name in _FLAT}
    for where, width in _blocks(counts):
        columns = np.arange(width)
        block = _block(path, groups.take(where), density.take(where), (spot[where], columns))
        mask = columns < counts[where][:, None]
        target = (offsets[where][:, None] + columns)[mask]
        for name, values in zip(_FLAT, block, strict=True):
            flat[name][target] = values[mask]
    return Strip(groups=groups, group=group, grid=grid, strike=grid * groups.step[group], spot=spot[group], **flat)


def _blocks(counts: Ints) -> Iterator[tuple[Ints, int]]:
    """Positions of groups whose strikes fit one padded width."""
    widths = (counts + PAD - 1) // PAD * PAD
    for width in np.unique(widths):
        where = np.flatnonzero(widths == width)
        size = max(1, _BLOCK // int(width))
        for start in range(0, where.size, size):
            yield where[start : start + size], int(width)


def _block(path: Path, groups: Groups, density: Density, place: tuple[Floats, Ints]) -> tuple[Floats, ...]:
    """Return the columns of _FLAT for [group, strike]."""
    spot, columns = place[0][:, None], place[1]
    ahead = groups.ahead
    forward = growth(path)[ahead][:, None]
    strike = (groups.low[:, None] + columns) * groups.step[:, None]
    ratio = strike / spot
    expired = (ahead == 0)[:, None]
    floor = np.maximum(ratio - forward, 0.0)
    put = np.where(expired, floor, np.maximum(put_prices(density, ratio), floor))
    call = np.where(expired, np.maximum(1.0 - ratio, 0.0), np.maximum(put + (forward - ratio), 0.0))
    log_strike = np.log(ratio / forward)
    dispersion = np.broadcast_to(density.dispersion[:, None], ratio.shape)
    time_value = np.where(log_strike < 0.0, put, call)
    worth = np.where(expired | (time_value < SMALLEST_TIME_VALUE), 0.0, time_value)
    sigma = implied_sigmas(worth / forward, log_strike, dispersion)
    width = np.where(np.isnan(sigma), dispersion, sigma)
    slope = normal_density(0.5 * width - log_strike / width)
    vega = spot * slope * np.sqrt(ahead * DT)[:, None]
    distance = np.abs(log_strike) / dispersion
    drawn = np.log(strike / groups.spot_at_listing[:, None]) / groups.sigma_at_listing[:, None]
    present = spot / forward
    return (
        put * present,
        call * present,
        sigma,
        vega,
        distance,
        np.exp(-0.5 * distance * distance),
        np.exp(-0.5 * drawn * drawn),
    )


def chain(path: Path, indices: Sequence[int]) -> Chain:
    """Return the quotes of everything listed on the wanted sessions."""
    rows = strip(path, indices)
    mid = np.stack([rows.call, rows.put], axis=1)
    bid, ask = _quotes(path, rows, mid)
    volume, open_interest = _traded(path, rows)
    ahead = rows.groups.ahead[rows.group]
    with np.errstate(divide="ignore", invalid="ignore"):
        implied = rows.sigma / np.sqrt(ahead * DT)
    return Chain(
        strip=rows,
        bid=bid,
        ask=ask,
        last=np.where((volume == 0.0) & (open_interest == 0.0), np.nan, np.rint(mid * 100.0) / 100.0),
        volume=volume,
        open_interest=open_interest,
        implied_vol=np.stack([implied, implied], axis=1),
    )


def _quotes(path: Path, rows: Strip, mid: Floats) -> tuple[Floats, Floats]:
    """Bids rounded down and asks rounded up to the cent; wider with vega, with price and far from the money."""
    terms = path.world.quotes
    price = mid * (terms.spread_price * (0.25 + np.minimum(rows.distance, 4.0)))[:, None]
    half = np.maximum(CENT, (terms.spread_vol * rows.vega)[:, None] + price)
    # in the last session nothing is left to disagree about
    half = np.where((rows.groups.ahead[rows.group] == 0)[:, None], CENT, half)
    # the nudge keeps a price that is a whole number of cents but for rounding from moving a tick
    bid = np.floor(np.maximum(mid - half, 0.0) * 100.0 + 1e-6)
    ask = np.maximum(np.ceil((mid + half) * 100.0 - 1e-6), bid + 1.0)
    return bid / 100.0, ask / 100.0


def _traded(path: Path, rows: Strip) -> tuple[Floats, Floats]:
    """Volume and open interest in whole contracts: a smooth shape times noise hashed from the contract's name."""
    world, groups, group = path.world, rows.groups, rows.group
    names = np.array([_key(f"{world.seed}/{name}/contracts") for name in world.symbols], dtype=np.int64)
    days = np.array(path.sessions, dtype="datetime64[D]").astype(np.int64)
    cents = np.rint(rows.strike * 100.0).astype(np.int64)
    scale = np.array([each.average_volume for each in world.listings])[groups.symbol] * world.quotes.contracts_per_share
    age = (groups.session - groups.listed)[group]
    base = scale[group] / (1.0 + groups.ahead[group] / 10.0)
    fresh = (rows.grid < groups.low_before[group]) | (rows.grid > groups.high_before[group])
    open_shape = np.where(fresh, 0.0, 8.0 * scale[group] * rows.central * (age / (age + 8.0)))
    volume, open_interest = np.empty((2, group.size, len(RIGHTS)))
    for side in range(len(RIGHTS)):
        contract = (names[groups.symbol][group], days[groups.expiry][group], cents, side)
        lasting, passing = hashed_uniforms(*contract), hashed_uniforms(*contract, days[groups.session][group])
        volume[:, side] = np.floor(base * rows.near * (0.2 + 3.2 * passing * passing * passing))
        open_interest[:, side] = np.floor(open_shape * (0.4 + 1.2 * lasting))
    return volume, open_interest


def _key(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:7], "big")
