"""Random numbers and the processes that they drive, one session after another.

What belongs here: generators keyed by name, and the steps of variance, chains and jumps, written over
[session, lane] arrays: a lane is a symbol in production and a replicate in a Monte Carlo test.
What does not: what returns are compensated by (`law`), and how they become prices (`path`).

Every process draws a fixed number of uniforms per session and turns them into variates by inverse
distribution functions. Samplers that reject would consume more or less of the stream depending on
parameters, so that a break would shift every later draw.
"""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from scipy import special

from butter_pipeline.market.simulator.parameters import (
    HIGH_VOLATILITY,
    Floats,
    Ints,
    Market,
    Matrix,
    Own,
    Variance,
    stationary,
)

Hashes = NDArray[np.uint64]


def uniforms(seed: int, purpose: str, sessions: int, columns: int) -> Floats:
    """Uniforms [session, column] in the open unit interval; more sessions only append rows."""
    key = int.from_bytes(sha256(f"{seed}/{purpose}".encode()).digest()[:16], "big")
    draws = np.random.Generator(np.random.Philox(key=key)).random((sessions, columns))
    return np.clip(draws, 2.0**-54, 1.0 - 2.0**-53)


def normals(draws: Floats) -> Floats:
    """Return standard normals of uniforms."""
    return np.asarray(special.ndtri(draws), dtype=np.float64)


def poisson_quantile(draws: Floats, mean: Floats) -> Floats:
    """Return the smallest count whose distribution function reaches the draw."""
    count = np.ceil(np.maximum(special.pdtrik(draws, mean), 0.0))
    # the inverse is continuous and rounds: settle both neighbours by the exact distribution function
    count = np.where((count > 0) & (special.pdtr(np.maximum(count - 1.0, 0.0), mean) >= draws), count - 1.0, count)
    return np.asarray(np.where(special.pdtr(count, mean) < draws, count + 1.0, count))


def activity_path(variance: Variance, start: Floats, draws: Floats) -> Floats:
    """Activity [session + 1, lane]: row 0 is stationary, before the first session; draws are [session, lane, 2]."""
    shape, scale = variance.shape, variance.scale
    path = np.empty((draws.shape[0] + 1, draws.shape[1]))
    path[0] = special.gammaincinv(shape, start) / shape
    for t in range(draws.shape[0]):
        count = poisson_quantile(draws[t, :, 0], variance.persistence / scale * path[t])
        path[t + 1] = scale * special.gammaincinv(shape + count, draws[t, :, 1])
    return path


def chain_path(transition: Matrix, start: Floats, draws: Floats) -> Ints:
    """States [session + 1, lane]: row 0 is stationary, before the first session; draws are [session, lane]."""
    # the last bound is left out: rounding must not leave a draw above it without a state
    bounds = np.cumsum(np.array(transition), axis=1)[:, :-1]
    path = np.empty((draws.shape[0] + 1, draws.shape[1]), dtype=np.int64)
    path[0] = np.sum(start[:, None] > np.cumsum(stationary(transition))[:-1], axis=1)
    for t in range(draws.shape[0]):
        path[t + 1] = np.sum(draws[t][:, None] > bounds[path[t]], axis=1)
    return path


@dataclass(frozen=True)
class MarketMoves:
    """The market factor [session, lane] before compensation; states have a row 0 before the first session."""

    activity: Floats
    regime: Ints
    diffusion: Floats
    jump: Floats


def market_moves(market: Market, start: Floats, draws: Floats) -> MarketMoves:
    """Return the market factor of draws [session, lane, 8] and start [lane, 2]."""
    activity = activity_path(market.variance, start[:, 0], draws[:, :, 0:2])
    regime = chain_path(market.regimes.transition, start[:, 1], draws[:, :, 3])
    diffusion = market.level**0.5 * _activity_return(market.variance, activity[1:], draws[:, :, 2])
    diffusion = diffusion + np.array(market.regimes.vols)[regime[1:]] * normals(draws[:, :, 4])
    entered = (regime[1:] == HIGH_VOLATILITY) & (regime[:-1] != HIGH_VOLATILITY)
    entry = market.regimes.entry_mean + market.regimes.entry_sd * normals(draws[:, :, 5])
    rare = market.jumps.mean + market.jumps.sd * normals(draws[:, :, 7])
    jump = np.where(entered, entry, 0.0) + np.where(draws[:, :, 6] < market.jumps.probability, rare, 0.0)
    return MarketMoves(activity, regime, diffusion, jump)


@dataclass(frozen=True)
class OwnMoves:
    """A stock's own return [session, lane] before compensation, per unit of its own volatility."""

    activity: Floats
    hidden: Ints
    diffusion: Floats


def own_moves(own: Own, start: Floats, draws: Floats) -> OwnMoves:
    """Return the own parts of draws [session, lane, 5] and start [lane, 2]."""
    activity = activity_path(own.variance, start[:, 0], draws[:, :, 0:2])
    hidden = chain_path(own.transition, start[:, 1], draws[:, :, 3])
    seen = (1.0 - own.hidden_share) ** 0.5 * _activity_return(own.variance, activity[1:], draws[:, :, 2])
    unseen = own.hidden_share**0.5 * np.array(own.scales)[hidden[1:]] * normals(draws[:, :, 4])
    return OwnMoves(activity, hidden, seen + unseen)


def _activity_return(variance: Variance, activity: Floats, draws: Floats) -> Floats:
    return variance.leverage * activity + np.sqrt(activity) * normals(draws)


def mix(*keys: Ints | int) -> Hashes:
    """Return a hash of integer keys, by value: 64 well-mixed bits per element, whatever stands next to it."""
    state = np.zeros((), dtype=np.uint64)
    for key in keys:
        state = _splitmix(state ^ np.asarray(key).astype(np.uint64))
    return state


def _splitmix(state: Hashes) -> Hashes:
    with np.errstate(over="ignore"):
        state = state + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return state ^ (state >> np.uint64(31))


def hashed_uniforms(*keys: Ints | int) -> Floats:
    """Uniforms in [0, 1) that depend on the keys alone."""
    return (mix(*keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53
