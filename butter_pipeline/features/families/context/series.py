"""What the formulas of the context share: the series they name, and moving together.

What belongs here: what more than one module of the family needs. What does not: any feature.
"""

import numpy as np

from butter_pipeline.features.registry import Floats
from butter_pipeline.features.smoothing import covariance, variance

INDEX = "context.index_level"
TOGETHER = ("bars.close", INDEX)
COEFFICIENT = (-1.0, 1.0)


def correlation(one: Floats, other: Floats) -> Floats:
    """The correlation over all ages, between -1 and 1."""
    found: Floats = covariance(one, other) / (np.sqrt(variance(one)) * np.sqrt(variance(other)))
    return np.minimum(np.maximum(found, -1.0), 1.0)


def beta(own: Floats, market: Floats) -> Floats:
    """What one moves per move of the other."""
    return covariance(own, market) / variance(market)
