"""The shape of what is learned from: who, when, what came of it, and then the features.

What belongs here: the dataset's own columns, and which columns of an opportunity are features. What does not: the
features of the matrix, which the feature stage names.
"""

import pyarrow as pa

from butter_pipeline.frame import Frame, count, day, number, text
from butter_pipeline.opportunities.frames import BUTTERFLIES

STRUCTURE = (
    "width_pct",
    "moneyness_pct",
    "sessions_to_expiry",
    "cost_share_pct",
    "reward_to_risk",
    "body_iv",
    "delta",
    "gamma",
    "vega",
    "theta",
    "price_match_score",
    "vol_mispricing_score",
    "stability_score",
    "fourier_score",
    "static_score",
    "market_probability",
)
"""Features that an opportunity itself carries."""

FACTS = (
    day("session", "session after whose close the opportunity was found"),
    text("opportunity_id", "the opportunity"),
    text("symbol", "underlying instrument"),
    day("matured_session", "session in which the label matured; never after the cut-off"),
    count("is_profitable", "the label: 1 when the profit is above zero"),
    number("profit_pct", "profit in percent of the entry's cost"),
)

DATASET = Frame(
    "dataset",
    pa.schema(
        [
            *FACTS,
            *(number(name, BUTTERFLIES.schema.field(name).metadata[b"doc"].decode()) for name in STRUCTURE),
        ]
    ),
    key=("session", "opportunity_id"),
    stage="learning",
)
"""What every dataset has; the columns of the feature matrix follow, in the matrix's order."""

MODELS = Frame(
    "success",
    pa.schema(
        [
            day("session", "training cut-off, which names the vintage"),
            text("model_id", "the model's name in `registry.models`, by what was fitted"),
            text("content_hash", "hash of the trees, whatever file they stand in"),
            count("training_rows", "labels that it was fitted on"),
            number("log_loss", "log loss on sessions that it did not see"),
            number("market_log_loss", "that of the market's own probability, recalibrated"),
            text("card_json", "the model card: window, features, metrics with intervals, gate, importances"),
            text("uri", "the model file, relative to the lake's root"),
            text("onnx_uri", "the same model as ONNX; null when it did not pass the parity gate", nullable=True),
        ]
    ),
    key=("session",),
    stage="learning",
)
"""What a person finds of a fitted model; all of it stands in `registry.models`."""
