"""Fitting the success model: the probability of a profit after costs, as lift over the market's own.

What belongs here: refusing what cannot teach, choosing the number of trees, and fitting. What does not: what the
model is worth (`evaluation`), and which model stands (`registry`).

Fitted twice: on the earlier part of the window, to be judged on the later; then on the whole of it, with the number
of trees that an inner cut of the earlier part chose. Nothing that judges has taught.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from butter_pipeline.errors import ButterError
from butter_pipeline.learning.dataset import feature_names
from butter_pipeline.learning.evaluation import Judged, Verdict, judge
from butter_pipeline.learning.model import SuccessModel
from butter_pipeline.learning.plan import Needs, Plan, Trees
from butter_pipeline.learning.samples import Floats, Places, Sample, cut, sample_of, sigmoid

if TYPE_CHECKING:
    import pyarrow as pa

_SAME_BITS = {
    "objective": "binary",
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "boost_from_average": False,
    "feature_pre_filter": False,
    "verbosity": -1,
}


class TooFewLabels(ButterError):
    """There are not enough matured labels to fit on."""


class OneClass(ButterError):
    """All labels say the same, so there is nothing to tell apart."""


@dataclass(frozen=True)
class Fitted:
    """A model of the whole window, and what one like it, fitted on the earlier part, was worth on the later."""

    model: SuccessModel
    rows: int
    parameters: Mapping[str, Any]
    verdict: Verdict
    judged: Judged
    later: Sample


def fit(table: "pa.Table", plan: Plan) -> Fitted:
    """Fit on a dataset's table, and judge; raises `TooFewLabels` or `OneClass` where nothing can be learned."""
    features = tuple(feature_names(table))
    whole = sample_of(table, features)
    _refuse_too_little(whole, plan.needs)
    outer = cut(whole, plan.validation.share_pct)
    earlier, later = whole.at(outer.earlier), whole.at(outer.later)
    for part, name in ((earlier, "earlier"), (later, "later")):
        _refuse_one_class(part, f"the {name} part of the window")
    intercept = intercept_of(earlier)
    boosting = _Boosting(earlier, intercept, plan.trees)
    inner = cut(earlier, plan.validation.rounds_share_pct)
    rounds = boosting.best_rounds(inner.earlier, inner.later, plan.rounds.most, plan.rounds.patience)
    judging = SuccessModel(features, intercept, boosting.text(rounds))
    judged = Judged(
        later.opened,
        later.label,
        judging.probability(later.features, later.market_logit),
        sigmoid(later.market_logit + intercept),
    )
    final = intercept_of(whole)
    model = SuccessModel(features, final, _Boosting(whole, final, plan.trees).text(rounds))
    parameters = _SAME_BITS | asdict(plan.trees) | {"rounds": rounds}
    return Fitted(model, len(whole.label), parameters, judge(judged, plan.validation), judged, later)


def intercept_of(sample: Sample) -> float:
    """What must be added to the market's log odds so that its mean probability is the share of profits.

    Newton's method on a concave likelihood; the last steps change nothing.
    """
    intercept = 0.0
    for _ in range(30):
        probability = sigmoid(sample.market_logit + intercept)
        step = float(np.sum(sample.label - probability) / np.sum(probability * (1 - probability)))
        intercept += min(max(step, -1.0), 1.0)
        if abs(step) < 1e-12:
            break
    return intercept


class _Boosting:
    """LightGBM on one sample: its features are binned once, for the search and for the fit."""

    def __init__(self, sample: Sample, intercept: float, trees: Trees) -> None:
        import lightgbm

        self.parameters: dict[str, Any] = _SAME_BITS | asdict(trees)
        self.sample = sample
        self.start = sample.market_logit + intercept
        self.data = lightgbm.Dataset(
            sample.features, sample.label, init_score=self.start, params=self.parameters, free_raw_data=False
        ).construct()

    def text(self, rounds: int) -> str:
        """That many trees, as LightGBM's text."""
        import lightgbm

        booster = lightgbm.Booster(self.parameters, self.data)
        for _ in range(rounds):
            booster.update()
        made: str = booster.model_to_string()
        return made

    def best_rounds(self, earlier: Places, later: Places, most: int, patience: int) -> int:
        """The number of trees, fitted on the earlier rows, with the lowest log loss on the later; it may be none."""
        import lightgbm

        if not len(earlier) or not len(later):
            return 0
        booster = lightgbm.Booster(self.parameters, self.data.subset(earlier.tolist()))
        booster.add_valid(self.data.subset(later.tolist()), "later")
        losses = [_log_loss(self.sample.label[later], self.start[later])]
        for rounds in range(1, most + 1):
            booster.update()
            losses.append(booster.eval_valid()[0][2])
            if rounds - int(np.argmin(losses)) >= patience:
                break
        return int(np.argmin(losses))


def _log_loss(label: Floats, log_odds: Floats) -> float:
    return float(np.mean(np.logaddexp(0.0, log_odds) - label * log_odds))


def _refuse_too_little(sample: Sample, needs: Needs) -> None:
    sessions = len(np.unique(sample.opened))
    if len(sample.label) < needs.minimum_rows or sessions < needs.minimum_sessions:
        raise TooFewLabels(
            f"{len(sample.label)} labels of {sessions} sessions have matured, a model needs {needs.minimum_rows} "
            f"of {needs.minimum_sessions}; wait, or make more history"
        )
    _refuse_one_class(sample, "the window")


def _refuse_one_class(sample: Sample, where: str) -> None:
    if not len(sample.label) or sample.label.min() == sample.label.max():
        said = "no labels" if not len(sample.label) else f"{len(sample.label)} labels that all say {sample.label[0]:g}"
        raise OneClass(f"{where} has {said}; there is nothing to tell apart")
