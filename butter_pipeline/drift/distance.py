"""Distances between samples, and a metric that puts one into an Evidently report without drawing anything.

What belongs here: what must be imported together with Evidently, which takes seconds; import this module inside the
functions that need it. What does not: which samples are compared (`reference`, `report`).

Evidently's own `ValueDrift` spends four fifths of its time on a drawing; `ColumnDistance` calls the same registered
statistics on the same finite values, so its values are equal to the bit.
"""

from typing import Any

import numpy as np
import pandas as pd
from evidently.core.metric_types import ColumnMetric, SingleValueCalculation, SingleValueMetric
from evidently.legacy.calculations.stattests.registry import get_registered_stattest
from evidently.legacy.core import ColumnType
from numpy.typing import NDArray


def distance(method: str, reference: "pd.Series[float]", current: "pd.Series[float]") -> float:
    """The distance of two samples without gaps by one of Evidently's registered statistics."""
    found = get_registered_stattest(method, ColumnType.Numerical)
    return float(found(reference, current, ColumnType.Numerical, None).drift_score)


def sample(values: NDArray[np.float64]) -> "pd.Series[float]":
    """Every value that is there, in order."""
    return pd.Series(values[np.isfinite(values)])


class ColumnDistance(ColumnMetric, SingleValueMetric):  # type: ignore[misc]
    """The distance of a column's current values from its reference."""

    method: str
    threshold: float


class ColumnDistanceCalculation(SingleValueCalculation[ColumnDistance]):  # type: ignore[misc]
    """Computes a `ColumnDistance`."""

    def calculate(self, context: Any, current_data: Any, reference_data: Any) -> Any:
        """The distance, with nothing to look at."""
        reference, current = (
            sample(data.as_dataframe()[self.metric.column].to_numpy()) for data in (reference_data, current_data)
        )
        result = self.result(distance(self.metric.method, reference, current))
        result.widget = []
        return result

    def display_name(self) -> str:
        """What the report calls it."""
        return f"Distance of {self.metric.column} from its reference"
