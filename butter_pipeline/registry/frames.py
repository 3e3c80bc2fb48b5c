"""What the registry writes down per session: which model stands.

What belongs here: the columns. What does not: versions and events, which are ledgers (`store.schema.ledgers`).
"""

import pyarrow as pa

from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame, text

STANDING = Frame(
    "standing",
    pa.schema(
        [
            SESSION,
            text("name", "what the model is for, such as success"),
            text("production_model_id", "the model that decides; null when none does", nullable=True),
            text("shadow_model_ids", "models that are only watched, oldest first, comma-separated; may be empty"),
            text("reason", "why it is so, in one line"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "name"),
    stage="registry",
)
