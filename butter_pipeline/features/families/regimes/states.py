"""A hidden Markov model of the curve of expected variance, and the regime that it takes a session to be in.

What belongs here: finding states, filtering them, naming them. What does not: the curve (`curve`), groups of trend and
volatility (`groups`).

Within a state the curve moves along one direction, as activity rises and falls; between states it jumps aside. The
direction is the principal axis of the session-to-session changes, those that jump left out. What lies across it is
grouped by k-means, and the groups are where the Baum-Welch algorithm (hmmlearn) starts from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from butter_pipeline.features.clusters import centers_of, nearest
from butter_pipeline.features.families.regimes.curve import (
    INDICES,
    LEAST_ROWS,
    LOOKBACK_ROWS,
    SAMPLE_SESSIONS,
    variances,
)
from butter_pipeline.features.registry import Floats, Integers, feature
from butter_pipeline.features.transforms import Transform, applied
from butter_pipeline.features.windows import View

SERIES = (*INDICES, "context.index_level")
WARMUP = LEAST_ROWS + 24
STATES = ("trending_bullish", "trending_bearish", "ranging", "high_volatility")
BULLISH, BEARISH, RANGING, HIGH = range(4)
LEAST_VARIANCE = 1e-5
STEPS = 15


@dataclass(frozen=True)
class Law:
    """The view across the curve's direction, and the law of its states in that view, named: state 0 is STATES[0]."""

    across: Floats
    middle: Floats
    scale: float
    begin: Floats
    transition: Floats
    means: Floats
    variances: Floats
    names: Integers


def fit_law(sample: Floats) -> Law:
    """The law of a sample of near, middle and far variance and the index's return, [row, 4]."""
    across = _across(sample[:, :3])
    seen = _projected(sample[:, :3], across)
    middle = np.median(seen, axis=0)
    scale = float(np.sqrt(((seen - middle) ** 2).mean(axis=0).sum())) or 1.0
    seen = (seen - middle) / scale
    begin, transition, means, spread = _baum_welch(seen)
    law = Law(across, middle, scale, begin, transition, means, spread, np.arange(len(means)))
    weights = _filtered(law, sample)
    names = _named(weights, sample)
    return Law(across, middle, scale, begin, transition, means, spread, names)


def filtered_states(law: Law, rows: Floats) -> Floats:
    """After each row, the probability of each named state and for how many sessions the likeliest has been it."""
    weights = _filtered(law, rows)
    found = np.zeros((len(rows), len(STATES) + 1))
    for state, name in enumerate(law.names.tolist()):
        found[:, name] = found[:, name] + weights[:, state]
    likeliest, age = found[:, : len(STATES)].argmax(axis=1), 0
    for row in range(len(rows)):
        age = age + 1 if row and likeliest[row] == likeliest[row - 1] else 1
        found[row, -1] = age
    return found


MARKET_STATES = Transform("market_states", fit_law, filtered_states, SAMPLE_SESSIONS, LEAST_ROWS, len(STATES) + 1)


@feature(SERIES, LOOKBACK_ROWS, "probability", (0.0, 1.0), WARMUP)
def regime_bullish(view: View) -> Floats:
    """The probability that the market is trending_bullish.

    P(state | curves up to the session), forward filter. Source: Hamilton (1989), Econometrica 57(2).
    """
    found: Floats = view.shared(_told)[BULLISH]
    return found


@feature(SERIES, LOOKBACK_ROWS, "probability", (0.0, 1.0), WARMUP)
def regime_bearish(view: View) -> Floats:
    """The probability that the market is trending_bearish.

    P(state | curves up to the session), forward filter. Source: Hamilton (1989), Econometrica 57(2).
    """
    found: Floats = view.shared(_told)[BEARISH]
    return found


@feature(SERIES, LOOKBACK_ROWS, "probability", (0.0, 1.0), WARMUP)
def regime_ranging(view: View) -> Floats:
    """The probability that the market is ranging.

    P(state | curves up to the session), forward filter. Source: Hamilton (1989), Econometrica 57(2).
    """
    found: Floats = view.shared(_told)[RANGING]
    return found


@feature(SERIES, LOOKBACK_ROWS, "probability", (0.0, 1.0), WARMUP)
def regime_high_volatility(view: View) -> Floats:
    """The probability that the market is in high_volatility.

    P(state | curves up to the session), forward filter. Source: Hamilton (1989), Econometrica 57(2).
    """
    found: Floats = view.shared(_told)[HIGH]
    return found


@feature(SERIES, LOOKBACK_ROWS, "0 bullish, 1 bearish, 2 ranging, 3 high volatility", (0.0, 3.0), WARMUP)
def regime_state(view: View) -> Floats:
    """The likeliest regime of the market.

    argmax of the four probabilities. Source: Hamilton (1989), Econometrica 57(2).
    """
    told = view.shared(_told)[: len(STATES)]
    return np.where(np.isnan(told[0]), np.nan, told.argmax(axis=0).astype(np.float64))


@feature(SERIES, LOOKBACK_ROWS, "probability", (0.0, 1.0), WARMUP)
def regime_confidence(view: View) -> Floats:
    """How sure the likeliest regime is.

    max of the four probabilities. Source: Hamilton (1989), Econometrica 57(2).
    """
    found: Floats = view.shared(_told)[: len(STATES)].max(axis=0)
    return found


@feature(SERIES, LOOKBACK_ROWS, "sessions", (1.0, float(LOOKBACK_ROWS)), WARMUP)
def regime_age_sessions(view: View) -> Floats:
    """For how many sessions the likeliest regime has been the same, within what the month's fit has seen.

    Sessions since the argmax changed. Source: Hamilton (1989), Econometrica 57(2).
    """
    found: Floats = view.shared(_told)[-1]
    return found


def _told(view: View) -> Floats:
    index = np.log(view["context.index_level"])
    returns = np.full(index.shape, np.nan)
    returns[1:] = index[1:] - index[:-1]
    return np.minimum(applied(MARKET_STATES, [*variances(view), returns], view.places), float(LOOKBACK_ROWS))


def _across(curves: Floats) -> Floats:
    """Two axes across the direction in which the curve usually moves, [axis, column]."""
    moves = curves[1:] - curves[:-1]
    kept = np.ones(len(moves), dtype=np.bool_)
    axes = np.eye(3)
    for _ in range(4):
        _, axes = np.linalg.eigh(np.einsum("ij,ik->jk", moves[kept], moves[kept]))
        aside = np.sqrt((_projected(moves, axes.T[:2]) ** 2).sum(axis=1))
        kept = aside <= np.quantile(aside, 0.8)
    return axes.T[:2]


def _projected(rows: Floats, axes: Floats) -> Floats:
    found = np.zeros((len(rows), len(axes)))
    for column in range(rows.shape[1]):
        found = found + rows[:, column, None] * axes[None, :, column]
    return found


def _baum_welch(seen: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Begin, transition, means and variances of four Gaussian states, started from k-means."""
    from hmmlearn.hmm import GaussianHMM

    count = len(STATES)
    centers = centers_of(seen, count)
    group = nearest(seen, centers)
    spread = [seen[group == state].var(axis=0) if (group == state).sum() > 1 else np.zeros(2) for state in range(count)]
    model = GaussianHMM(
        count, covariance_type="diag", n_iter=STEPS, tol=1e-2, init_params="", params="stmc", min_covar=LEAST_VARIANCE
    )
    model.startprob_ = np.full(count, 1.0 / count)
    model.transmat_ = np.where(np.eye(count) > 0.0, 0.95, 0.05 / (count - 1))
    model.means_ = centers
    model.covars_ = np.maximum(np.array(spread), LEAST_VARIANCE)
    model.fit(seen)
    widths = np.array([np.diag(each) for each in model.covars_])
    return model.startprob_, model.transmat_, model.means_, np.maximum(widths, LEAST_VARIANCE)


def _filtered(law: Law, rows: Floats) -> Floats:
    """The forward filter: after each row, the probability of each state given that row and those before it."""
    seen = (_projected(rows[:, :3], law.across) - law.middle) / law.scale
    apart = (seen[:, None, :] - law.means) ** 2 / law.variances + np.log(law.variances)
    logs = -0.5 * (apart[:, :, 0] + apart[:, :, 1])
    likely = np.exp(logs - logs.max(axis=1, keepdims=True))
    weights = np.empty(likely.shape)
    ahead = law.begin
    for row, each in enumerate(likely):
        joint = ahead * each
        added = joint.sum()
        weights[row] = joint / added if added > 0.0 else np.full(len(joint), 1.0 / len(joint))
        ahead = (weights[row][:, None] * law.transition).sum(axis=0)
    return weights


def _named(weights: Floats, sample: Floats) -> Integers:
    """The name of every state, by the family's rule."""
    share = weights.sum(axis=0) + 1e-12
    near = (weights * sample[:, :1]).sum(axis=0) / share
    drift = (weights * sample[:, 3:]).sum(axis=0) / share
    left: Sequence[int] = sorted(range(len(STATES)), key=lambda state: -near[state])
    names = np.full(len(STATES), RANGING, dtype=np.int64)
    if near[left[0]] >= 2.0 * sample[:, 0].mean():
        names[left[0]] = HIGH
        left = left[1:]
    names[left[0]] = BEARISH
    names[max(left[1:], key=lambda state: drift[state])] = BULLISH
    return names
