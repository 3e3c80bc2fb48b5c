"""Scoring: the one function that turns opportunities into probabilities, for a batch and for one alone.

What belongs here: that function. What does not: joining features (`dataset`), and which model stands (`registry`).
"""

from typing import TYPE_CHECKING

from butter_pipeline.learning.dataset import MissingFeature
from butter_pipeline.learning.model import SuccessModel
from butter_pipeline.learning.samples import Floats, feature_array, market_logit

if TYPE_CHECKING:
    import pyarrow as pa


def probabilities(model: SuccessModel, rows: "pa.Table") -> Floats:
    """The probability of a profit of each row: the model's features and `market_probability` must be columns."""
    missing = [name for name in (*model.features, "market_probability") if name not in rows.column_names]
    if missing:
        raise MissingFeature(f"the model needs {missing[0]}, which is missing; make the features again")
    return model.probability(feature_array(rows, model.features), market_logit(rows))
