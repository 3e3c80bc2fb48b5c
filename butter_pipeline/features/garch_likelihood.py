"""GARCH(1,1) by maximum likelihood, one series at a time.

What belongs here: the likelihood of a series of shocks and the search for its greatest value. What does not: which
shocks those are and what the law is used for (`garch`).

The library arch does the same several times slower, and a month of a hundred symbols is fitted again for every
session; the tests hold this search to its likelihoods. Variances begin with arch's own weighted mean of the first
squares. The law is sought as long-run variance, persistence and the shock's share in it, each on a scale without
bounds, by scoring with damped steps (Levenberg and Marquardt): a step is taken only if it is an improvement.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from butter_pipeline.features.registry import Floats

BACKCAST_SESSIONS = 75
BACKCAST_KEPT = 0.94
START_PERSISTENCES = (0.5, 0.8, 0.94, 0.98)
START_SHARES = (0.03, 0.1, 0.3)
STEPS_MOST = 150
GAIN_LEAST = 1e-6
"""Log likelihood that a step must still gain; the search has converged when none does."""
STEP_MOST = 2.0
EASED, HARDENED = 2.0, 8.0
"""By what damping is divided after a step that gained, and multiplied after one that did not."""
DAMPING_FIRST, DAMPING_LEAST, DAMPING_MOST = 1e-2, 1e-8, 1e6
BEYOND = 8.0
"""Persistence and share stay within a logit of 8: 0.0003 from nothing and from all."""


@dataclass(frozen=True)
class Law:
    """Tomorrow's variance is the constant, plus a share of today's squared shock, plus a share of today's variance."""

    constant: float
    shock: float
    persistence: float

    @classmethod
    def at(cls, point: Floats) -> "Law":
        """The law at a point of the search: log of the long-run variance, logits of persistence and shock's share."""
        lasting, share = 1.0 / (1.0 + np.exp(-point[1:]))
        return cls(float(np.exp(point[0]) * (1.0 - lasting)), float(lasting * share), float(lasting * (1.0 - share)))

    def slopes(self) -> Floats:
        """How constant, shock and persistence change along the three axes of the search, [parameter, axis]."""
        lasting = self.shock + self.persistence
        share, spread = self.shock / lasting, lasting * (1.0 - lasting)
        turn = lasting * share * (1.0 - share)
        level = self.constant / (1.0 - lasting)
        return np.array(
            [[self.constant, -level * spread, 0.0], [0.0, share * spread, turn], [0.0, (1.0 - share) * spread, -turn]]
        )


@dataclass(frozen=True)
class Series:
    """Squared shocks, and those of the session before each, the first being the backcast."""

    squares: Floats
    before: Floats

    @classmethod
    def of(cls, shocks: Floats) -> "Series":
        """The series of these shocks."""
        squares = shocks**2
        first = squares[:BACKCAST_SESSIONS]
        weights = BACKCAST_KEPT ** np.arange(len(first))
        backcast = np.sum(weights * first) / np.sum(weights)
        return cls(squares, np.concatenate([[backcast], squares[:-1]]))

    def variances(self, law: Law) -> Floats:
        """The variance of every session, as known before it."""
        return _carried(law.constant + law.shock * self.before, law.persistence, float(self.before[0]))

    def log_likelihood(self, law: Law) -> float:
        """The normal log likelihood, less its constant."""
        variances = self.variances(law)
        return float(-0.5 * np.sum(np.log(variances) + self.squares / variances))

    def direction(self, law: Law) -> tuple[Floats, Floats]:
        """Along the axes of the search, the likelihood's gradient and its expected curvature."""
        variances = self.variances(law)
        known = np.concatenate([self.before[:1], variances[:-1]])
        inputs = np.stack([np.ones(len(known)), self.before, known])
        relative = law.slopes().T @ _carried(inputs, law.persistence, 0.0) / variances
        surprise = self.squares / variances - 1.0
        gradient = 0.5 * np.sum(relative * surprise, axis=1)
        curvature = 0.5 * np.sum(relative[:, None, :] * relative[None, :, :], axis=2)
        return gradient, curvature


def fit(series: Series) -> Law | None:
    """The law under which a series is likeliest; None where the search finds no end."""
    point = _start(series)
    best, damping = series.log_likelihood(Law.at(point)), DAMPING_FIRST
    gradient, curvature = series.direction(Law.at(point))
    for _ in range(STEPS_MOST):
        further = _stepped(point, gradient, curvature, damping)
        reached = series.log_likelihood(Law.at(further))
        if reached > best:
            gained, point, best, damping = reached - best, further, reached, max(damping / EASED, DAMPING_LEAST)
            if gained < GAIN_LEAST:
                return Law.at(point)
            gradient, curvature = series.direction(Law.at(point))
        elif damping >= DAMPING_MOST:
            return Law.at(point)
        else:
            damping *= HARDENED
    return None


def _stepped(point: Floats, gradient: Floats, curvature: Floats, damping: float) -> Floats:
    """The next point to try: no axis leads further beyond its bound, and none goes too far at once."""
    free = np.abs(point + np.sign(gradient) * 1e-9) < np.array([np.inf, BEYOND, BEYOND])
    held = np.outer(free, free) * curvature
    step = np.linalg.solve(held + np.diag(damping * np.diag(held) + np.where(free, 1e-12, 1.0)), free * gradient)
    further: Floats = point + step * (STEP_MOST / max(STEP_MOST, float(np.max(np.abs(step)))))
    further[1:] = np.clip(further[1:], -BEYOND, BEYOND)
    return further


def _start(series: Series) -> Floats:
    """The likeliest of a few laws, all with the series' own variance."""
    level = np.log(np.sum(series.squares) / len(series.squares))
    points = [np.array([level, _logit(p), _logit(s)]) for p, s in product(START_PERSISTENCES, START_SHARES)]
    return max(points, key=lambda point: series.log_likelihood(Law.at(point)))


def _logit(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


def _carried(inputs: Floats, persistence: float, before: float) -> Floats:
    """Every input plus a share of what was carried to it, beginning with what was carried before the first."""
    from scipy.signal import lfilter

    start = np.full((*inputs.shape[:-1], 1), persistence * before)
    carried: Floats = lfilter([1.0], [1.0, -persistence], inputs, zi=start)[0]
    return carried
