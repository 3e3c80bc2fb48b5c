"""What a model is worth: metrics beside the market's own, their difference with an interval, and the gate.

What belongs here: judging probabilities against labels. What does not: fitting, and moving models (`registry`).

Rows of one session, and of sessions within eight of each other, share their fate. So the interval comes from whole
blocks of neighbouring sessions drawn again and again, never from single rows. Every metric is a function of how
often each session counts: once for the metric itself, as often as it was drawn for the interval.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from butter_pipeline.learning.plan import Validation
from butter_pipeline.learning.samples import Days, Floats, Places

Weigh = Callable[[Floats], Floats]
"""From how often each session counts, a row per draw, to the metric of each draw."""

LOWER_IS_BETTER = ("log_loss", "brier")


@dataclass(frozen=True)
class Judged:
    """Rows that a model never saw, with the model's probability and the recalibrated market's."""

    opened: Days
    label: Floats
    model: Floats
    market: Floats


@dataclass(frozen=True)
class Lift:
    """How much better than the market (above zero is better), and between what it lies."""

    lift: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Gate:
    """Whether a model may be promoted; if not, why."""

    passed: bool
    reasons: Sequence[str]


@dataclass(frozen=True)
class Verdict:
    """Everything that judging came to."""

    rows: int
    sessions: int
    share_profitable: float
    model: Mapping[str, float]
    market: Mapping[str, float]
    lifts: Mapping[str, Lift]
    gate: Gate


@dataclass(frozen=True)
class Bucket:
    """Rows of about one probability: what was said of them, and the share that came to a profit."""

    rows: int
    said: float
    share: float
    lower: float
    upper: float


def judge(judged: Judged, plan: Validation) -> Verdict:
    """Judge the model beside the market."""
    sessions, found = np.unique(judged.opened, return_inverse=True)
    place = found.astype(np.int64)
    model = _metrics(judged.label, judged.model, place)
    market = _metrics(judged.label, judged.market, place)
    once: Floats = np.ones((1, len(sessions)))
    drawn = draws(len(sessions), plan)
    found_model = {name: float(metric(once)[0]) for name, metric in model.items()}
    found_market = {name: float(metric(once)[0]) for name, metric in market.items()}
    tail = (100 - plan.interval_pct) / 2
    lifts = {}
    for name in model:
        sign = -1.0 if name in LOWER_IS_BETTER else 1.0
        lift = sign * (found_model[name] - found_market[name])
        lower, upper = np.percentile(sign * (model[name](drawn) - market[name](drawn)), [tail, 100 - tail])
        lifts[name] = Lift(lift, float(lower), float(upper))
    return Verdict(
        rows=len(judged.label),
        sessions=len(sessions),
        share_profitable=float(np.mean(judged.label)),
        model=found_model,
        market=found_market,
        lifts=lifts,
        gate=_gate(len(judged.label), lifts["log_loss"], plan),
    )


def reliability(judged: Judged, plan: Validation, buckets: int = 10) -> Sequence[Bucket]:
    """How often what was said came true, by what was said, with intervals over blocks of sessions."""
    sessions, place = np.unique(judged.opened, return_inverse=True)
    drawn = draws(len(sessions), plan)
    bucket = np.minimum((judged.model * buckets).astype(np.int64), buckets - 1)
    tail = (100 - plan.interval_pct) / 2
    made = []
    for mine in (bucket == number for number in range(buckets)):
        if not mine.any():
            continue
        rows = np.bincount(place[mine], minlength=len(sessions)).astype(np.float64)
        won = np.bincount(place[mine], judged.label[mine], len(sessions))
        weight = drawn @ rows
        shares = (drawn @ won)[weight > 0] / weight[weight > 0]
        lower, upper = np.percentile(shares, [tail, 100 - tail])
        said, share = np.mean(judged.model[mine]), np.mean(judged.label[mine])
        made.append(Bucket(int(mine.sum()), float(said), float(share), float(lower), float(upper)))
    return made


def _gate(rows: int, lift: Lift, plan: Validation) -> Gate:
    reasons = []
    if rows < plan.minimum_rows:
        reasons.append(f"{rows} rows of validation, {plan.minimum_rows} are needed")
    if not lift.lower > 0:
        reasons.append(
            f"the log loss is better than the market's by {lift.lift:.5f}, "
            f"{plan.interval_pct} % between {lift.lower:.5f} and {lift.upper:.5f}: not surely above 0"
        )
    return Gate(not reasons, tuple(reasons))


def draws(sessions: int, plan: Validation) -> Floats:
    """How often each session counts in each resample, which strings blocks of neighbouring sessions together."""
    length = min(plan.block_sessions, sessions)
    blocks = -(-sessions // length)
    random = np.random.default_rng(plan.seed)
    starts = random.integers(0, sessions - length + 1, (plan.resamples, blocks))
    places = (starts[:, :, None] + np.arange(length)).reshape(plan.resamples, -1)[:, :sessions]
    counts = np.zeros((plan.resamples, sessions))
    np.add.at(counts, (np.arange(plan.resamples)[:, None], places), 1.0)
    return counts


def _metrics(label: Floats, probability: Floats, place: Places) -> Mapping[str, Weigh]:
    """The metrics of one set of probabilities, from sums per session."""

    def per_session(values: Floats) -> Floats:
        made: Floats = np.bincount(place, values, minlength=int(place.max()) + 1).astype(np.float64)
        return made

    kept = np.clip(probability, 1e-15, 1 - 1e-15)
    called = (probability > 0.5).astype(np.float64)
    rows = per_session(np.ones_like(label))
    loss = per_session(-(label * np.log(kept) + (1 - label) * np.log1p(-kept)))
    square = per_session((probability - label) ** 2)
    right = per_session((called == label).astype(np.float64))
    hits, calls, profits = per_session(called * label), per_session(called), per_session(label)
    pairs = _concordant(label, probability, place)
    return {
        "log_loss": lambda weight: (weight @ loss) / (weight @ rows),
        "brier": lambda weight: (weight @ square) / (weight @ rows),
        "auc": lambda weight: _share(
            np.einsum("ds,st,dt->d", weight, pairs, weight, optimize=True),
            (weight @ profits) * (weight @ (rows - profits)),
        ),
        "accuracy": lambda weight: (weight @ right) / (weight @ rows),
        "precision": lambda weight: _share(weight @ hits, weight @ calls),
        "recall": lambda weight: _share(weight @ hits, weight @ profits),
        "f1": lambda weight: _share(2 * (weight @ hits), weight @ calls + weight @ profits),
    }


def _share(part: Floats, whole: Floats) -> Floats:
    """A share; 0 where there is nothing to share."""
    made: Floats = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return made


def _concordant(label: Floats, probability: Floats, place: Places) -> Floats:
    """How many pairs of a profit in one session (row) and a loss in another (column) are ranked right; ties half."""
    count = int(place.max()) + 1
    order = np.argsort(probability, kind="stable")
    ranked, loss = probability[order], label[order] == 0
    below = np.zeros((len(label) + 1, count))
    below[1:][np.flatnonzero(loss), place[order][loss]] = 1
    np.cumsum(below, axis=0, out=below)
    made = np.zeros((count, count))
    gains = probability[label == 1]
    under = (below[np.searchsorted(ranked, gains, "left")] + below[np.searchsorted(ranked, gains, "right")]) / 2
    np.add.at(made, place[label == 1], under)
    return made
