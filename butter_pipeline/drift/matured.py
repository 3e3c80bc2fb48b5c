"""Predictions that matured, beside what became of them and what their model had promised.

What belongs here: that join. What does not: judging it (`performance`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def matured(predictions: "pa.Table", labels: "pa.Table", promised: Mapping[str, float]) -> "pa.Table":
    """A row per production prediction whose outcome is known, by the session in which it matured.

    `promised` is the log loss that each model reached on data it had not seen.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    decided = predictions.filter(pc.equal(predictions["role"], "production")).select(
        ["opportunity_id", "model_id", "success_probability", "market_probability"]
    )
    known = labels.filter(pc.is_valid(labels["is_profitable"])).select(["session", "opportunity_id", "is_profitable"])
    rows = decided.join(known, "opportunity_id", join_type="inner").sort_by(
        [("session", "ascending"), ("opportunity_id", "ascending")]
    )
    losses = [promised.get(model) for model in rows["model_id"].to_pylist()]
    return rows.append_column("validation_log_loss", pa.array(losses, pa.float64()))
