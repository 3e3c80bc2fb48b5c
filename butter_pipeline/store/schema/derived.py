"""Rows that stages derive, session by session: tables whose columns come from the stages' frames.

What belongs here: one table per frame, with what the database refuses. What does not: columns (the stage's
`frames.py`), raw rows (`raw`), and what is not cut by session (`ledgers`).
"""

from sqlalchemy import ForeignKeyConstraint, Index

from butter_pipeline.drift.frames import PERFORMANCE, REPORT
from butter_pipeline.opportunities.frames import BUTTERFLIES, MARKS, SIGNALS
from butter_pipeline.policy.frames import WEIGHTS
from butter_pipeline.registry.frames import STANDING
from butter_pipeline.store.schema.base import at_least, frame_table, one_of, share
from butter_pipeline.store.schema.ledgers import MODELS
from butter_pipeline.trading.frames import (
    ACTIONS,
    ARMS,
    BOOKS,
    DECISIONS,
    EXECUTIONS,
    ORDER_INTENTS,
    OUTCOMES,
    PREDICTIONS,
    PURPOSES,
)

TABLES = (
    frame_table(BUTTERFLIES, "Butterflies found in the session's chains, with their four scores.", partitioned=True),
    frame_table(
        MARKS,
        "Quotes of every opportunity that is open, and what opening or closing it would come to.",
        Index(None, "vendor", "opportunity_id"),
        partitioned=True,
    ),
    frame_table(SIGNALS, "Signals of the strategies on bars.", one_of("side", "long", "short"), partitioned=True),
    frame_table(WEIGHTS, "The analyzer's weights as the policy chose them for the learned arm."),
    frame_table(STANDING, "Which model stands in each session: the one that decides, and those that are watched."),
    frame_table(
        PREDICTIONS,
        "Every score of every opportunity by every model that was asked, taken or not.",
        ForeignKeyConstraint(["model_id"], [MODELS.c.model_id]),
        share("success_probability"),
        share("market_probability"),
        share("risk_score"),
        share("confidence"),
        at_least("horizon_sessions", 1),
        one_of("role", "production", "shadow"),
        one_of("recommendation", *ACTIONS),
        Index(None, "opportunity_id"),
    ),
    frame_table(
        DECISIONS,
        "What each arm decided about each opportunity, with everything the decision rested on.",
        one_of("arm", *ARMS),
        one_of("action", *ACTIONS),
        at_least("quantity", 0),
        at_least("size_multiplier", 0),
    ),
    frame_table(
        ORDER_INTENTS,
        "Orders that are wanted: the outbox of whoever holds the broker's connection.",
        one_of("arm", *ARMS),
        one_of("purpose", *PURPOSES),
        at_least("quantity", 1),
    ),
    frame_table(EXECUTIONS, "Orders as they were filled, per arm.", one_of("arm", *ARMS), at_least("quantity", 1)),
    frame_table(OUTCOMES, "What every closed position came to.", one_of("arm", *ARMS)),
    frame_table(BOOKS, "Each arm's book after the session: the state from which the next one goes on."),
    frame_table(REPORT, "Drift reports: every column's statistic against its calibrated threshold."),
    frame_table(PERFORMANCE, "How the predictions that matured lately did, next to the market's own probability."),
)
