"""The success model: what was fitted, and the one way to ask it.

What belongs here: trees as lift over the market's own log odds, scoring, and what the model is named by. What does
not: fitting (`success`), and files (`model_file`).

probability = sigmoid(market's log odds + intercept + sum of trees). Without trees it is the market's probability,
moved by one intercept.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from butter_pipeline.learning.samples import Floats, sigmoid

KIND = "success"
LIBRARY = "lightgbm"

_FITTED = ("num_leaves", "split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value")
"""The lines of LightGBM's text that say what a tree is; the others say how it came about."""


@dataclass(frozen=True)
class SuccessModel:
    """What was fitted: the features' names in order, the intercept, and the trees in LightGBM's text."""

    features: tuple[str, ...]
    intercept: float
    text: str

    @cached_property
    def _booster(self) -> Any:
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    @cached_property
    def trees(self) -> Sequence[dict[str, str]]:
        """What each tree is, line by line of LightGBM's text."""
        trees: list[dict[str, str]] = []
        for line in self.text.split("end of trees")[0].splitlines():
            name, _, value = line.partition("=")
            if name == "Tree":
                trees.append({})
            elif trees and name in _FITTED:
                trees[-1][name] = value
        return trees

    @property
    def content_hash(self) -> str:
        """The sha256 of what was fitted: features, intercept and trees, whatever the parameters were called."""
        digest = hashlib.sha256("\x1f".join((*self.features, self.intercept.hex())).encode())
        for tree in self.trees:
            digest.update("\x1e".join(f"{name}={tree.get(name, '')}" for name in _FITTED).encode())
        return digest.hexdigest()

    def margin(self, features: Floats) -> Floats:
        """What the trees add to the log odds, row by row."""
        if not len(features):
            return np.zeros(0)
        made: Floats = self._booster.predict(features, raw_score=True, num_threads=1)
        return made

    def probability(self, features: Floats, market_logit: Floats) -> Floats:
        """The probability of a profit."""
        return sigmoid(market_logit + (self.intercept + self.margin(features)))

    def gains(self) -> dict[str, float]:
        """How much each feature that is used lowered the loss, largest first."""
        gains = zip(self.features, self._booster.feature_importance("gain").tolist(), strict=True)
        return dict(sorted(((name, gain) for name, gain in gains if gain > 0), key=lambda pair: (-pair[1], pair[0])))
