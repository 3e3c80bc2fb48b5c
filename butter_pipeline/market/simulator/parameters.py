"""The parameters of the embedded market's law, and of how it is quoted: frozen values and their units.

What belongs here: one dataclass per part of the law, the names of states, and what follows from the
values alone.
What does not: symbols and the world that they make (`world`), or anything that depends on time.

Variances, volatilities and drifts are per session (252 sessions to a year) unless a name says otherwise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SESSIONS_PER_YEAR = 252
DT = 1.0 / SESSIONS_PER_YEAR
MODES = ("edge", "placebo")
REGIMES = ("trending_bullish", "trending_bearish", "ranging", "high_volatility")
HIGH_VOLATILITY = REGIMES.index("high_volatility")
HIDDEN_STATES = ("calm", "neutral", "wild")
BREAK_BELIEFS = ("overcorrect", "mirror")
UNKNOWN = len(HIDDEN_STATES)  # the belief of those who know only the hidden state's stationary law

# versions of a stock's own law: before a break, after it, and as believed by those who over-correct
USUAL, BROKEN, OVERCORRECTED = range(3)

Matrix = tuple[tuple[float, ...], ...]


def stationary(transition: Matrix) -> Floats:
    """Return the stationary law of a chain."""
    size = len(transition)
    flow = np.array(transition).T - np.eye(size)
    flow[-1] = 1.0
    return np.asarray(np.linalg.solve(flow, np.eye(size)[-1]), dtype=np.float64)


@dataclass(frozen=True)
class Variance:
    """An autoregressive-gamma process of mean one, called activity; variance is a level times activity."""

    persistence: float
    shape: float
    leverage: float  # return per unit of activity, in units of sqrt(level)

    @property
    def scale(self) -> float:
        """The gamma scale that makes the stationary mean one."""
        return (1.0 - self.persistence) / self.shape


@dataclass(frozen=True)
class Regimes:
    """The market's four states: Gaussian volatility, drift outside the prices, and a jump on entering the worst."""

    transition: Matrix
    vols: tuple[float, ...]
    drifts: tuple[float, ...]
    entry_mean: float
    entry_sd: float


@dataclass(frozen=True)
class Jumps:
    """At most one jump per session, Gaussian in log return."""

    probability: float
    mean: float
    sd: float


@dataclass(frozen=True)
class Market:
    """The market factor: three independent parts."""

    level: float
    variance: Variance
    regimes: Regimes
    jumps: Jumps

    @property
    def mean_variance(self) -> float:
        """Roughly the variance of a session in the long run (leverage left out)."""
        share = stationary(self.regimes.transition)
        states = float(np.sum(share * np.square(self.regimes.vols)))
        return self.level + states + self.jumps.probability * (self.jumps.mean**2 + self.jumps.sd**2)


@dataclass(frozen=True)
class Own:
    """What every stock has of its own: a variance process, and a hidden state that scales a Gaussian part."""

    variance: Variance
    transition: Matrix
    scales: tuple[float, ...]  # volatility per hidden state; squares average to one under the stationary law
    hidden_share: float  # of a stock's own variance


@dataclass(frozen=True)
class Break:
    """What a break changes: every stock's own variance, and what the market makers make of the hidden state."""

    variance_scale: float
    belief: str  # overcorrect: they exaggerate the true state; mirror: they take calm for wild
    exaggeration: float  # power of the hidden scales in the belief of those who over-correct


@dataclass(frozen=True)
class Quotes:
    """How contracts are listed and quoted."""

    band_sigmas: float
    strikes_each_side_min: int
    strikes_at_listing_max: int
    spread_vol: float  # half-spread in volatility, as a fraction (0.01 is one point)
    spread_price: float  # half-spread per unit of price, for strikes one standard deviation away
    contracts_per_share: float  # contracts traded at a strike at the money, per share traded


@dataclass(frozen=True)
class Sessions:
    """How a session looks inside: the overnight part of its variance, and its volume."""

    overnight_share: float
    volume_sd: float
    volume_persistence: float
    volume_per_sigma: float
    weekday_volume: tuple[float, ...]
