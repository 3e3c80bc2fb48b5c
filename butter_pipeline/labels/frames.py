"""What labels look like once dbt has made them: the columns that learning and trading read.

What belongs here: the columns of `labels.*`, in the order in which they are hashed. What does not: how they are
made, which is SQL (`dbt_project/models/labels`); a test compares the two.

A label belongs to the session in which it matures: nobody could know it before.
"""

import pyarrow as pa

from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame, count, day, number, text

BUTTERFLY_OUTCOMES = Frame(
    "butterfly_outcomes",
    pa.schema(
        [
            SESSION,
            text("opportunity_id", "the opportunity"),
            text("symbol", "underlying instrument"),
            day("opened_session", "session after whose close it was found"),
            day("entry_session", "session in which it would have been opened: the next"),
            number("entry_cost_usd", "what opening one would have cost, all in; null without quotes", nullable=True),
            number("exit_value_usd", "what closing it would have fetched; null without quotes", nullable=True),
            number("profit_usd", "the difference", nullable=True),
            number("profit_pct", "profit in percent of the entry's cost", nullable=True),
            count("is_profitable", "1 when the profit is above zero", nullable=True),
            count("landed_in_zone", "1 when the underlying was between the outer strikes at the exit", nullable=True),
            count("hit_target", "1 when a close reached the target before the stop", nullable=True),
            count("hit_stop", "1 when a close reached the stop before the target", nullable=True),
            count("hold_sessions", "sessions from entry to the first of target, stop and exit", nullable=True),
            number("max_favourable_pct", "best profit at any close of the hold, in percent", nullable=True),
            number("max_adverse_pct", "worst profit at any close of the hold, in percent", nullable=True),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "opportunity_id"),
    stage="labels",
)

SIGNAL_OUTCOMES = Frame(
    "signal_outcomes",
    pa.schema(
        [
            SESSION,
            text("signal_id", "the signal"),
            text("symbol", "instrument"),
            text("strategy", "strategy that gave it"),
            text("side", "long or short"),
            day("opened_session", "session after whose close it was given"),
            day("entry_session", "session at whose close it would have been entered: the next"),
            number("entry_price", "price of the entry, slippage included", nullable=True),
            number("exit_price", "price of the exit, slippage included", nullable=True),
            number("profit_pct", "profit in percent of the entry's price", nullable=True),
            count("is_profitable", "1 when the profit is above zero", nullable=True),
            count("hit_target", "1 when a session reached the target before the stop", nullable=True),
            count("hit_stop", "1 when a session reached the stop before or with the target", nullable=True),
            count("hold_sessions", "sessions from entry to the first of target, stop and exit", nullable=True),
            number("max_favourable_pct", "best excursion of the hold, in percent", nullable=True),
            number("max_adverse_pct", "worst excursion of the hold, in percent", nullable=True),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "signal_id"),
    stage="labels",
)
