"""One realised history of the embedded market: prices, bars, and the true state behind them.

What belongs here: the simulation of a calendar of sessions, and what the market makers and the truth
each condition on at a session's close.
What does not: option prices (`chains`), and vendor frames (`tables`), which never carry the true state.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from butter_pipeline.market.simulator.law import Laws, Situations, market_compensators, own_compensators
from butter_pipeline.market.simulator.parameters import BROKEN, DT, OVERCORRECTED, UNKNOWN, USUAL, Floats, Ints
from butter_pipeline.market.simulator.shocks import (
    MarketMoves,
    OwnMoves,
    market_moves,
    normals,
    own_moves,
    uniforms,
)
from butter_pipeline.market.simulator.world import World

CENT = 0.01


@dataclass(frozen=True)
class Bars:
    """Open, high, low, close in whole cents, and volume in whole units: [session, symbol]."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


@dataclass(frozen=True)
class Path:
    """Arrays [session, symbol] ([session] for the market); a state belongs to its session's close."""

    world: World
    sessions: tuple[date, ...]
    laws: Laws
    bars: Bars
    log_return: Floats  # of prices that are not rounded
    drift: Floats  # what part of it no price knows of
    cycle: Floats  # the drift's sinusoid, before a break turns it
    market_activity: Floats
    regime: Ints
    own_activity: Floats
    hidden: Ints
    break_index: int  # first session of the changed market; the number of sessions when there is none

    def column(self, symbol: str) -> int:
        """Return the column of a symbol."""
        return self.world.symbols.index(symbol)

    def after_break(self, session: Ints) -> NDArray[np.bool_]:
        """Whether sessions are of the changed market."""
        return session >= self.break_index

    def true_situations(self, session: Ints, symbol: Ints, ahead: Ints) -> Situations:
        """Return what is true at the close; a break to come is not foreseen, by anybody."""
        own_law = np.where(self.after_break(session), BROKEN, USUAL)
        return self._situations((session, symbol, ahead), self.hidden[session, symbol], own_law)

    def priced_situations(self, session: Ints, symbol: Ints, ahead: Ints) -> Situations:
        """Return what the market makers price with: the truth, ignorance, or after the break too much."""
        if self.world.mode == "placebo":
            return self.true_situations(session, symbol, ahead)
        hidden, after, law = self.hidden[session, symbol], self.after_break(session), OVERCORRECTED
        if self.world.change.belief == "mirror":
            hidden, law = UNKNOWN - 1 - hidden, BROKEN
        return self._situations((session, symbol, ahead), np.where(after, hidden, UNKNOWN), np.where(after, law, USUAL))

    def _situations(self, place: tuple[Ints, Ints, Ints], hidden: Ints, own_law: Ints) -> Situations:
        session, symbol, ahead = place
        return Situations(
            symbol=symbol,
            ahead=ahead,
            market_activity=self.market_activity[session],
            regime=self.regime[session],
            own_activity=self.own_activity[session, symbol],
            hidden=hidden,
            own_law=own_law,
        )


def simulate(world: World, sessions: Sequence[date]) -> Path:
    """Return the history of a world over consecutive sessions; more sessions only append to it."""
    _check_calendar(world, sessions)
    count = len(sessions)
    turn = _break_index(world, sessions)
    market = market_moves(world.market, *_draws(world, ["market"], count, 8))
    own = own_moves(world.own, *_draws(world, world.symbols, count, 5))
    cycle = _cycles(world, count)
    after = np.arange(count) >= turn
    drift = np.where(after[:, None], -cycle, cycle)
    if world.mode == "edge":
        states = np.array(world.market.regimes.drifts)[market.regime[:-1, 0]]
        drift = drift + states[:, None] * np.array([each.beta for each in world.listings])
    gap, spread, move = _returns(world, market, own, after)
    log_return = gap + move + drift
    bars = _bars(world, sessions, gap, spread, log_return)
    return Path(
        world=world,
        sessions=tuple(sessions),
        laws=Laws(world),
        bars=bars,
        log_return=log_return,
        drift=drift,
        cycle=cycle,
        market_activity=market.activity[1:, 0],
        regime=market.regime[1:, 0],
        own_activity=own.activity[1:],
        hidden=own.hidden[1:],
        break_index=turn,
    )


def _check_calendar(world: World, sessions: Sequence[date]) -> None:
    if not sessions or sessions[0] != world.first_session:
        found = sessions[0] if sessions else "nothing"
        raise ValueError(f"sessions[0]: was {found}, must be the world's first session {world.first_session}")
    for before, after in pairwise(sessions):
        if after <= before:
            raise ValueError(f"sessions: {after} follows {before}, must be in order and without repeats")


def _break_index(world: World, sessions: Sequence[date]) -> int:
    # the placebo has no edge that could turn, and a break that nobody foresees would make one
    if world.break_session is None or world.mode == "placebo":
        return len(sessions)
    return bisect_left(sessions, world.break_session)


def _draws(world: World, names: Sequence[str], count: int, columns: int) -> tuple[Floats, Floats]:
    """Return starting draws [name, 2] and draws [session, name, column], each name from generators of its own."""
    start = [uniforms(world.seed, f"{name}/start", 1, 2)[0] for name in names]
    moves = [uniforms(world.seed, f"{name}/moves", count, columns) for name in names]
    return np.stack(start), np.stack(moves, axis=1)


def _cycles(world: World, count: int) -> Floats:
    """Return the known drift of every symbol before any break: nothing in the placebo."""
    if world.mode == "placebo":
        return np.zeros((count, len(world.listings)))
    t = np.arange(count)
    waves = [
        each.cycle_amplitude * np.sin(2.0 * np.pi * (t / each.cycle_period + each.cycle_phase))
        for each in world.listings
    ]
    return np.stack(waves, axis=1)


def _returns(
    world: World, market: MarketMoves, own: OwnMoves, after: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    """Per [session, symbol]: jumps, the standard deviation of the rest, and the rest, compensated."""
    shape = (after.size, len(world.listings))
    gap, spread, move = np.empty(shape), np.empty(shape), np.empty(shape)
    common = world.market.level * market.activity[1:, 0]
    common = common + np.square(np.array(world.market.regimes.vols))[market.regime[1:, 0]]
    squares = (1.0 - world.own.hidden_share) * own.activity[1:]
    squares = squares + world.own.hidden_share * np.square(np.array(world.own.scales))[own.hidden[1:]]
    for i, listing in enumerate(world.listings):
        fixed = market_compensators(world.market, listing.beta)
        gap[:, i] = listing.beta * market.jump[:, 0]
        move[:, i] = world.rate * DT + listing.beta * market.diffusion[:, 0] - fixed.constant
        move[:, i] -= fixed.activity * market.activity[:-1, 0] + fixed.state[market.regime[:-1, 0]]
        variance = listing.own_variance * np.where(after, world.change.variance_scale, 1.0)
        spread[:, i] = np.sqrt(listing.beta**2 * common + variance * squares[:, i])
        if listing.own_variance == 0.0:
            continue
        move[:, i] += np.sqrt(variance) * own.diffusion[:, i]
        for scale, during in ((1.0, ~after), (world.change.variance_scale, after)):
            known = own_compensators(world.own, listing.own_variance * scale)
            log_mean = known.constant + known.activity * own.activity[:-1, i] + known.state[own.hidden[:-1, i]]
            move[:, i] -= np.where(during, log_mean, 0.0)
    return gap, spread, move


def _bars(world: World, sessions: Sequence[date], gap: Floats, spread: Floats, log_return: Floats) -> Bars:
    """Bars of log returns: jumps happen overnight, the rest is a Brownian bridge over the session."""
    count, shape = len(sessions), world.sessions
    draws = np.stack([uniforms(world.seed, f"{name}/bars", count, 4) for name in world.symbols], axis=1)
    share = shape.overnight_share
    overnight = gap + share * (log_return - gap) + (share * (1.0 - share)) ** 0.5 * spread * normals(draws[:, :, 0])
    within = log_return - overnight
    # extremes of a bridge from 0 to `within`, each exact on its own
    above, below = (np.sqrt(within**2 - 2.0 * (1.0 - share) * spread**2 * np.log(draws[:, :, k])) for k in (1, 2))
    ends = np.array([each.start_price for each in world.listings]) * np.exp(np.cumsum(log_return, axis=0))
    starts = ends * np.exp(-within)
    first, last = _cents(starts), _cents(ends)
    high = np.maximum(_cents(starts * np.exp(0.5 * (within + above))), np.maximum(first, last))
    low = np.minimum(_cents(starts * np.exp(0.5 * (within - below))), np.minimum(first, last))
    surprise = np.abs(log_return) / np.maximum(spread, 1e-9)
    return Bars(first, high, low, last, _volumes(world, sessions, surprise, draws[:, :, 3]))


def _cents(price: Floats) -> Floats:
    return np.maximum(np.round(price, 2), CENT)


def _volumes(world: World, sessions: Sequence[date], surprise: Floats, draws: Floats) -> Floats:
    """Whole units: a lognormal level that persists, more on large moves, and a weekday's habit."""
    shape = world.sessions
    fresh = normals(draws)
    level = np.empty_like(fresh)
    level[0] = fresh[0]
    for t in range(1, len(sessions)):
        level[t] = shape.volume_persistence * level[t - 1] + (1.0 - shape.volume_persistence**2) ** 0.5 * fresh[t]
    habit = np.array([shape.weekday_volume[min(day.weekday(), 4)] for day in sessions])
    average = np.array([each.average_volume for each in world.listings])
    shift = shape.volume_sd * level + shape.volume_per_sigma * (np.minimum(surprise, 4.0) - 0.8)
    return np.asarray(np.maximum(np.rint(average * habit[:, None] * np.exp(shift)), 1.0))
