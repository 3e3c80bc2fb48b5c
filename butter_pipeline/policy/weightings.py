"""Weightings of the analyzer's four scores, and the candidates that the policy chooses among.

What belongs here: what a weighting is, and reading the candidates. What does not: the scores themselves
(`opportunities`), and which candidate is chosen (`bandit`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from butter_pipeline.errors import ButterError

Number = TypeVar("Number", float, NDArray[np.float64])

PARTS = ("price_match", "vol_mispricing", "stability", "fourier")
STATIC = "static"


@dataclass(frozen=True)
class Weighting:
    """How much each of the four scores counts; only their proportions matter."""

    price_match: float
    vol_mispricing: float
    stability: float
    fourier: float

    def __post_init__(self) -> None:
        """Refuse weights with which nothing could be ranked."""
        if any(not math.isfinite(weight) or weight < 0.0 for weight in self.parts) or not self.total > 0.0:
            raise ButterError(f"weights must be at least 0 and not all 0, were {list(self.parts)}; set them right")

    @property
    def parts(self) -> tuple[float, float, float, float]:
        """The four weights in the order of `PARTS`."""
        return self.price_match, self.vol_mispricing, self.stability, self.fourier

    @property
    def total(self) -> float:
        """All four together."""
        return self.price_match + self.vol_mispricing + self.stability + self.fourier


def weighted(scores: Sequence[Number], weighting: Weighting) -> Number:
    """The weighted mean of the four scores, for one opportunity or for many: the same bits."""
    price_match, vol_mispricing, stability, fourier = scores
    total = price_match * weighting.price_match + vol_mispricing * weighting.vol_mispricing
    return (total + stability * weighting.stability + fourier * weighting.fourier) / weighting.total


def weighting_of(values: object, where: str) -> Weighting:
    """A weighting from four numbers, or from four numbers by name."""
    if isinstance(values, Mapping):
        values = [values.get(part) for part in PARTS]
    if not isinstance(values, Sequence) or len(values) != len(PARTS) or not all(map(_is_number, values)):
        raise ButterError(f"{where}: must be the weights of {', '.join(PARTS)}, was {values!r}; set it right")
    return Weighting(*map(float, values))


def candidates_of(values: Mapping[str, object], static: Weighting) -> Mapping[str, Weighting]:
    """The candidates by name, the static one first; `values` are those of the configuration."""
    if STATIC in values:
        raise ButterError(f"policy.yml: candidates: {STATIC} is set by opportunities.yml; take it out here")
    return {STATIC: static} | {name: weighting_of(values[name], f"policy.yml: candidates: {name}") for name in values}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
