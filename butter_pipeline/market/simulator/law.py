"""The conditional law of every symbol's return: characteristic functions, exactly, by recursion.

What belongs here: exponential-affine and Markov-chain recursions, the compensators that make discounted
prices martingales, tables of the n-session law, and the cosine densities that options are priced from.
What does not: payoffs and quotes (`pricing`, `chains`), and who believes in which state (`path`).

Bits must not depend on how many situations are evaluated at once, so everything here is elementwise
real arithmetic, or a sum over an axis of fixed length; complex products and BLAS stay in the tables,
which always have the same shape.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from butter_pipeline.market.simulator.parameters import (
    DT,
    HIGH_VOLATILITY,
    OVERCORRECTED,
    REGIMES,
    USUAL,
    Floats,
    Ints,
    Market,
    Own,
    Variance,
    stationary,
)
from butter_pipeline.market.simulator.world import Listing, World

Complexes = NDArray[np.complexfloating]

LONGEST = 70  # sessions to the furthest expiry: fourteen weeks after a third Friday
TERMS = 192  # of the cosine expansion; whole vectors on every processor
RANGE_SIGMAS = 12.0  # half-width of the expansion
JUMP_SIGMAS = 6.0  # of a jump's size that must fit, however calm the rest
QUIET = 0.12  # half-width that holds a calm session without jumps
WIDEST = 6  # doublings of the narrowest half-width
# the mean is read off a frequency near zero, the dispersion off one where it is well conditioned
MOMENT_FREQUENCIES = np.array([1e-3, 1.0])


@dataclass(frozen=True)
class Compensators:
    """The log-mean of a session's return: a constant, a part per unit of activity, and one per state."""

    constant: float
    activity: float
    state: Floats


def market_compensators(market: Market, beta: float) -> Compensators:
    """Return the log-mean of beta times the market factor."""
    point = np.array([beta], dtype=np.complex128)
    constant, activity = _activity_step(market.variance, _weight(market.variance, market.level, point))
    kernel = np.sum(_regime_kernel(market, point), axis=1)
    constant = constant + _jump_exponent(market, point)
    return Compensators(float(constant.real[0]), float(activity.real[0]), np.log(kernel.real[:, 0]))


def own_compensators(own: Own, own_variance: float) -> Compensators:
    """Return the log-mean of a stock's own return."""
    point = np.array([1.0], dtype=np.complex128)
    weight = _weight(own.variance, own_variance * (1.0 - own.hidden_share), point)
    constant, activity = _activity_step(own.variance, weight)
    kernel = np.sum(_hidden_kernel(own, own_variance, point), axis=1)
    return Compensators(float(constant.real[0]), float(activity.real[0]), np.log(kernel.real[:, 0]))


def _weight(variance: Variance, level: float, point: Complexes) -> Complexes:
    """Return the exponent per unit of activity of a session's return, at an argument of its moment function."""
    return np.asarray(level**0.5 * variance.leverage * point + 0.5 * level * point * point)


def _activity_step(variance: Variance, weight: Complexes) -> tuple[Complexes, Complexes]:
    """One step of the autoregressive gamma: log-moment = constant + slope times activity."""
    shrink = 1.0 - variance.scale * weight
    return np.asarray(-variance.shape * np.log(shrink)), variance.persistence * weight / shrink


def _jump_exponent(market: Market, point: Complexes) -> Complexes:
    jumps = market.jumps
    size = np.exp(jumps.mean * point + 0.5 * jumps.sd**2 * point * point)
    return np.asarray(np.log(1.0 - jumps.probability + jumps.probability * size))


def _regime_kernel(market: Market, point: Complexes) -> Complexes:
    """Transition probability times the moment of what a transition brings: [from, to, argument]."""
    regimes = market.regimes
    moments = np.exp(0.5 * np.square(np.array(regimes.vols))[:, None] * point * point)
    kernel: Complexes = np.array(regimes.transition)[:, :, None] * moments[None, :, :]
    entry = np.exp(regimes.entry_mean * point + 0.5 * regimes.entry_sd**2 * point * point)
    outside = np.arange(len(REGIMES)) != HIGH_VOLATILITY
    kernel[outside, HIGH_VOLATILITY] *= entry
    return kernel


def _hidden_kernel(own: Own, own_variance: float, point: Complexes) -> Complexes:
    squares = own_variance * own.hidden_share * np.square(np.array(own.scales))
    moments = np.exp(0.5 * squares[:, None] * point * point)
    return np.asarray(np.array(own.transition)[:, :, None] * moments[None, :, :])


@dataclass(frozen=True)
class Part:
    """Log characteristic functions for 0 to LONGEST sessions; axis 0 holds real and imaginary parts."""

    state: Floats  # [2, sessions, state, frequency]
    activity: Floats  # [2, sessions, frequency]: per unit of activity


def market_part(world: World, beta: float, frequencies: Floats, *, drifted: bool) -> Part:
    """Return the law of beta times the market factor plus the rate, compensated; drifted adds the true drift."""
    market, imaginary = world.market, 1j * frequencies
    point, fixed = imaginary * beta, market_compensators(market, beta)
    drifts = beta * np.array(market.regimes.drifts) if drifted else np.zeros(len(REGIMES))
    kernel = _regime_kernel(market, point) * np.exp(imaginary * (drifts - fixed.state)[:, None])[:, None, :]
    constant = imaginary * (world.rate * DT - fixed.constant) + _jump_exponent(market, point)
    base = _weight(market.variance, market.level, point)
    return _recursion(market.variance, (base, imaginary * fixed.activity), constant, kernel)


def own_part(own: Own, own_variance: float, frequencies: Floats) -> Part:
    """Return the law of a stock's own return, compensated; the state UNKNOWN is the stationary mixture."""
    imaginary = 1j * frequencies
    fixed = own_compensators(own, own_variance)
    kernel = _hidden_kernel(own, own_variance, imaginary) * np.exp(-imaginary * fixed.state[:, None])[:, None, :]
    base = _weight(own.variance, own_variance * (1.0 - own.hidden_share), imaginary)
    constant = -imaginary * fixed.constant
    mixture = stationary(own.transition)
    return _recursion(own.variance, (base, imaginary * fixed.activity), constant, kernel, mixture)


def _recursion(
    variance: Variance,
    weights: tuple[Complexes, Complexes],
    constant: Complexes,
    kernel: Complexes,
    mixture: Floats | None = None,
) -> Part:
    base, compensator = weights
    total, slope = np.zeros_like(base), np.zeros_like(base)
    chain = np.ones(kernel.shape[1:], dtype=np.complex128)
    states, slopes = [], []
    for ahead in range(LONGEST + 1):
        if ahead:
            gained, carried = _activity_step(variance, base + slope)
            total, slope = total + gained + constant, carried - compensator
            chain = np.sum(kernel * chain[None, :, :], axis=1)
        rows = chain if mixture is None else np.vstack([chain, np.sum(mixture[:, None] * chain, axis=0)])
        # a modulus that underflows stands for zero; its logarithm must stay finite
        states.append(np.log(np.where(np.abs(rows) < 1e-300, 1e-300, rows)) + total)
        slopes.append(slope)
    state, activity = np.array(states), np.array(slopes)
    return Part(np.array([state.real, state.imag]), np.array([activity.real, activity.imag]))


@dataclass(frozen=True)
class Situations:
    """What a law is conditional on, one element per situation to be priced."""

    symbol: Ints
    ahead: Ints  # sessions
    market_activity: Floats
    regime: Ints
    own_activity: Floats
    hidden: Ints  # a state, or UNKNOWN
    own_law: Ints  # USUAL, BROKEN or OVERCORRECTED

    def take(self, where: Ints) -> "Situations":
        """Return the situations at these positions."""
        return Situations(**{name: values[where] for name, values in vars(self).items()})


@dataclass(frozen=True)
class Density:
    """Cosine coefficients [situation, term] of log-return densities on [-half_width, half_width]."""

    half_width: Floats
    coefficients: Floats
    dispersion: Floats  # standard deviation of the log return

    def take(self, where: Ints) -> "Density":
        """Return the densities at these positions."""
        return Density(self.half_width[where], self.coefficients[where], self.dispersion[where])


class Laws:
    """The tables of one world, computed when first asked for; a path carries one."""

    def __init__(self, world: World) -> None:
        """Of one world; nothing is computed yet."""
        self._world = world
        self._market: dict[tuple[float, float, bool], Part] = {}
        self._own: dict[tuple[float, float, int], Part] = {}
        jumps, regimes = world.market.jumps, world.market.regimes
        rare, entry = abs(jumps.mean) + JUMP_SIGMAS * jumps.sd, abs(regimes.entry_mean) + JUMP_SIGMAS * regimes.entry_sd
        self._narrowest = np.array([QUIET + abs(each.beta) * max(rare, entry) for each in world.listings])
        self._turns = np.arange(TERMS) % 4

    def log_moments(self, situations: Situations, *, drifted: bool) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the log return."""
        real, imaginary = np.empty((2, situations.symbol.size, 2))
        for where, listing, own_law in self._groups(situations.symbol, situations.own_law):
            parts = self._parts(listing, None, own_law, drifted)
            real[where], imaginary[where] = _exponents(parts, situations.take(where))
        mean = imaginary[:, 0] / MOMENT_FREQUENCIES[0]
        return mean, np.sqrt(-2.0 * real[:, 1]) / MOMENT_FREQUENCIES[1]

    def densities(self, situations: Situations, *, drifted: bool) -> Density:
        """Return the cosine densities of the log returns; drifted for the truth, which knows the regimes' drift."""
        _, dispersion = self.log_moments(situations, drifted=drifted)
        narrowest = self._narrowest[situations.symbol]
        bounds = narrowest[:, None] * 2.0 ** np.arange(WIDEST)
        doubling = np.sum(RANGE_SIGMAS * dispersion[:, None] > bounds, axis=1)
        half_width = narrowest * 2.0**doubling
        coefficients = np.empty((situations.symbol.size, TERMS))
        for where, listing, packed in self._groups(situations.symbol, situations.own_law + 4 * doubling):
            parts = self._parts(listing, float(half_width[where[0]]), packed % 4, drifted)
            real, imaginary = _exponents(parts, situations.take(where))
            # the cosine of imaginary + k pi / 2, without a large argument
            turned = np.cos(imaginary) * np.array([1.0, 0.0, -1.0, 0.0])[self._turns]
            turned -= np.sin(imaginary) * np.array([0.0, 1.0, 0.0, -1.0])[self._turns]
            coefficients[where] = np.exp(real) * turned / half_width[where][:, None]
        coefficients[:, 0] *= 0.5
        return Density(half_width, coefficients, dispersion)

    def _groups(self, symbol: Ints, other: Ints) -> list[tuple[Ints, Listing, int]]:
        keys = symbol * 64 + other
        found = [(np.flatnonzero(keys == key), int(key)) for key in np.unique(keys)]
        return [(where, self._world.listings[key // 64], key % 64) for where, key in found]

    def _parts(
        self, listing: Listing, half_width: float | None, own_law: int, drifted: bool
    ) -> tuple[Part, Part | None]:
        """Return the tables of a listing for one half-width of the expansion, or for the moments."""
        width, frequencies = 0.0, MOMENT_FREQUENCIES
        if half_width is not None:
            width, frequencies = half_width, np.asarray(np.arange(TERMS) * (np.pi / (2.0 * half_width)))
        market = (listing.beta, width, drifted)
        if market not in self._market:
            self._market[market] = market_part(self._world, listing.beta, frequencies, drifted=drifted)
        if listing.own_variance == 0.0:
            return self._market[market], None
        own = (listing.own_variance, width, own_law)
        if own not in self._own:
            self._own[own] = own_part(*self._own_law(listing, own_law), frequencies)
        return self._market[market], self._own[own]

    def _own_law(self, listing: Listing, own_law: int) -> tuple[Own, float]:
        own, change = self._world.own, self._world.change
        if own_law == USUAL:
            return own, listing.own_variance
        if own_law == OVERCORRECTED:
            own = replace(own, scales=tuple(scale**change.exaggeration for scale in own.scales))
        return own, listing.own_variance * change.variance_scale


def _exponents(parts: tuple[Part, Part | None], situations: Situations) -> tuple[Floats, Floats]:
    market, own = parts
    ahead, found = situations.ahead, []
    for side in (0, 1):
        exponent = market.state[side][ahead, situations.regime]
        exponent = exponent + market.activity[side][ahead] * situations.market_activity[:, None]
        if own is not None:
            exponent = exponent + own.state[side][ahead, situations.hidden]
            exponent = exponent + own.activity[side][ahead] * situations.own_activity[:, None]
        found.append(exponent)
    return found[0], found[1]
