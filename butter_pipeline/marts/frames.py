"""What marts look like once dbt has made them.

What belongs here: the columns of `marts.*`, in the order in which they are hashed. What does not: how they are
made, which is SQL (`dbt_project/models/marts`); a test compares the two.
"""

import pyarrow as pa

from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame, count, field, number, text

SESSION_COVERAGE = Frame(
    "session_coverage",
    pa.schema(
        [
            SESSION,
            count("datasets", "raw datasets that have an outcome"),
            count("rows", "rows that they have together", nullable=True),
            number("least_completeness_pct", "completeness of the worst of them", nullable=True),
            field("usable", pa.bool_(), "whether every one of them can be used"),
            text("reason", "why not, or a remark; null when there is nothing to say", nullable=True),
            AVAILABLE_AT,
        ]
    ),
    key=("session",),
    stage="marts",
)

ARM_PERFORMANCE = Frame(
    "arm_performance",
    pa.schema(
        [
            SESSION,
            text("arm", "ButterA (static weights) or ButterB (learned weights)"),
            number("equity_usd", "cash and what the open positions would fetch"),
            number("return_pct", "change of equity since the book before; null for the first", nullable=True),
            number("drawdown_pct", "how far equity is below its peak"),
            count("positions", "open positions"),
            count("closed_trades", "positions closed so far"),
            number("win_rate", "share of them that won; null before the first", nullable=True),
            number("profit_usd", "what they came to"),
            count("recent_closed_trades", "positions closed in the last 126 sessions"),
            number("recent_win_rate", "share of those that won; null without any", nullable=True),
            number("recent_profit_usd", "what those came to"),
            number("sharpe", "mean over deviation of the last 252 returns, per year; null below 20", nullable=True),
            number("sharpe_error", "its standard error, were returns independent and normal", nullable=True),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "arm"),
    stage="marts",
)

CALIBRATION = Frame(
    "calibration",
    pa.schema(
        [
            SESSION,
            text("model_id", "the model that decided"),
            count("bucket", "tenth of the probability, 0 to 9"),
            count("predictions", "predictions in it that matured in the last 126 sessions"),
            number("mean_probability", "what they said on average"),
            number("mean_market_probability", "what option prices said on average"),
            number("share_profitable", "share that came to a profit"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "model_id", "bucket"),
    stage="marts",
)

LOOK_BACK_SESSIONS = {"arm_performance": 0, "calibration": 125 + 8}
"""Sessions before the first one asked for that the SQL names: predictions matured over half a year, each eight
sessions old by then. The arms' books are read from their beginning."""
