"""What drift reports come to: every column's statistic, and how matured predictions did.

What belongs here: columns and keys. What does not: alerts and retraining intents, which are ledgers
(`store.schema.ledgers`).
"""

import pyarrow as pa

from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame, count, day, number, text

REPORT = Frame(
    "report",
    pa.schema(
        [
            SESSION,
            text("column_name", "the column that was compared"),
            day("vintage_session", "training cut-off whose reference it was compared with"),
            text("method", "Evidently's name of the statistic"),
            number("statistic", "distance between the reference and the last sessions", nullable=True),
            number("threshold", "calibrated threshold of that statistic", nullable=True),
            number("ratio", "statistic over threshold", nullable=True),
            count("drifted", "1 when the column counts as drifted"),
            text("verdict", "what the session's report comes to, or why the column cannot be judged", nullable=True),
            text("report_hash", "sha256 of the session's whole report, which is kept in the lake"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "column_name"),
    stage="drift",
)

PERFORMANCE = Frame(
    "performance",
    pa.schema(
        [
            SESSION,
            count("matured_predictions", "predictions of the production model that matured lately"),
            number("log_loss", "their log loss", nullable=True),
            number("market_log_loss", "that of the market's own probability", nullable=True),
            number("brier", "their Brier score", nullable=True),
            number("market_brier", "that of the market's own probability", nullable=True),
            number("share_profitable", "share that came to a profit", nullable=True),
            number("mean_probability", "what they said on average", nullable=True),
            text("verdict", "sound, decayed, or why it cannot be judged"),
            AVAILABLE_AT,
        ]
    ),
    key=("session",),
    stage="drift",
)
