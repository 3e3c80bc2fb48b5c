"""A hidden Markov model of the curve of expected variance: what is fitted, and what it says of a session.

What belongs here: finding states and filtering them. What does not: what they are called (`naming`), the curve
(`curve`), and the features (`states`).

Within a state the curve moves along one direction, as activity rises and falls; between states it jumps aside. The
direction is the principal axis of the session-to-session changes, those that jump left out. What lies across it is
grouped by k-means, and the groups are where the Baum-Welch algorithm (hmmlearn) starts from.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from butter_pipeline.features.clusters import centers_of, nearest
from butter_pipeline.features.families.regimes.curve import LEAST_ROWS
from butter_pipeline.features.families.regimes.naming import STATES, named
from butter_pipeline.features.registry import Floats, Integers
from butter_pipeline.features.transforms import Transform

if TYPE_CHECKING:
    from hmmlearn.hmm import GaussianHMM

SAMPLE_SESSIONS = 1001
"""Four years: what a state's returns say of it, they say slowly."""
AGE, CONVERGED = len(STATES), len(STATES) + 1
"""What is told of a session besides the probability of every state."""
LEAST_VARIANCE = 1e-5
MOST_STEPS, TOLERANCE = 200, 1e-2


@dataclass(frozen=True)
class Law:
    """The view across the curve's direction, and the law of its states in that view; `names` says what each is called.

    `converged` is false where the likelihood still moved when the most steps were done.
    """

    across: Floats
    middle: Floats
    scale: float
    begin: Floats
    transition: Floats
    means: Floats
    variances: Floats
    converged: bool
    names: Integers


def fit_law(sample: Floats) -> Law:
    """The law of a sample of near, middle and far variance and the index's return, [row, 4]."""
    across = _across(sample[:, :3])
    seen = _projected(sample[:, :3], across)
    middle = np.median(seen, axis=0)
    scale = float(np.sqrt(((seen - middle) ** 2).mean(axis=0).sum())) or 1.0
    model = _baum_welch((seen - middle) / scale)
    widths = np.maximum(np.array([np.diag(each) for each in model.covars_]), LEAST_VARIANCE)
    law = Law(
        across,
        middle,
        scale,
        model.startprob_,
        model.transmat_,
        model.means_,
        widths,
        _settled(list(model.monitor_.history)),
        np.arange(len(STATES)),
    )
    return replace(law, names=named(_filtered(law, sample), law.transition, sample))


def filtered_states(law: Law, rows: Floats) -> Floats:
    """After each row: how likely each named state is, how many sessions the likeliest has been so, and the flag."""
    weights = _filtered(law, rows)
    found = np.zeros((len(rows), len(STATES) + 2))
    for state, name in enumerate(law.names.tolist()):
        found[:, name] = found[:, name] + weights[:, state]
    likeliest = found[:, : len(STATES)].argmax(axis=1)
    row = np.arange(len(rows))
    changed = np.append(True, likeliest[1:] != likeliest[:-1])[: len(rows)]
    found[:, AGE] = row - np.maximum.accumulate(np.where(changed, row, 0)) + 1
    found[:, CONVERGED] = law.converged
    return found


MARKET_STATES = Transform("market_states", fit_law, filtered_states, SAMPLE_SESSIONS, LEAST_ROWS, len(STATES) + 2)


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


def _baum_welch(seen: Floats) -> "GaussianHMM":
    """Four Gaussian states, started from k-means."""
    from hmmlearn.hmm import GaussianHMM

    count = len(STATES)
    centers = centers_of(seen, count)
    group = nearest(seen, centers)
    spread = [seen[group == state].var(axis=0) if (group == state).sum() > 1 else np.zeros(2) for state in range(count)]
    model = GaussianHMM(
        count,
        covariance_type="diag",
        n_iter=MOST_STEPS,
        init_params="",
        params="stmc",
        min_covar=LEAST_VARIANCE,
        covars_prior=1e-9,
        transmat_prior=1.1,  # a passage that the sample does not have stays possible
    )
    model.startprob_ = np.full(count, 1.0 / count)
    model.transmat_ = np.where(np.eye(count) > 0.0, 0.95, 0.05 / (count - 1))
    model.means_ = centers
    model.covars_ = np.maximum(np.array(spread), LEAST_VARIANCE)
    model.monitor_ = _monitor()
    return model.fit(seen)


def _monitor() -> object:
    """What ends the fit, without a word: a likelihood that moves no more, up or (because of the priors) down."""
    from hmmlearn.base import ConvergenceMonitor

    class Quiet(ConvergenceMonitor):  # type: ignore[misc]
        def report(self, log_prob: float) -> None:
            self.history.append(log_prob)
            self.iter += 1

        @property
        def converged(self) -> bool:
            return self.iter == self.n_iter or _settled(list(self.history))

    return Quiet(TOLERANCE, MOST_STEPS, verbose=False)


def _settled(history: list[float]) -> bool:
    return len(history) > 1 and abs(history[-1] - history[-2]) < TOLERANCE


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
