"""What trading writes down: predictions, decisions, order intents, executions, outcomes, and the book.

What belongs here: the columns of these rows, each named once. What does not: how they come about (`trading.step`).

A row stands as it was first written: somebody may have acted on it. Both arms trade one account and are told
apart by `order_ref`, which is the arm's name.
"""

import pyarrow as pa

from butter_pipeline.frame import AVAILABLE_AT, INSTANT, SESSION, Frame, count, day, field, number, text

ARMS = ("ButterA", "ButterB")
ACTIONS = ("take", "reduce_size", "skip")
PURPOSES = ("open", "close")

_DECISION_AT = field("decision_at", INSTANT, "the moment of decision (UTC)")
_ARM = text("arm", "ButterA (static weights) or ButterB (learned weights)")
_OPPORTUNITY = text("opportunity_id", "the opportunity it is about")
_SYMBOL = text("symbol", "underlying instrument")
_QUANTITY = count("quantity", "butterflies")

PREDICTIONS = Frame(
    "predictions",
    pa.schema(
        [
            SESSION,
            text("prediction_id", "sha256 of vendor, opportunity, model and decision time"),
            _DECISION_AT,
            _OPPORTUNITY,
            _SYMBOL,
            text("strategy", "strategy that found the opportunity"),
            text("model_id", "the model that scored it"),
            text("role", "production (it decides) or shadow (it is only watched)"),
            number("success_probability", "probability of a profit after costs"),
            number("market_probability", "the same probability as option prices imply it"),
            number("confidence", "twice the distance of the probability from a half"),
            text("recommendation", "take, reduce_size or skip"),
            text("features_hash", "content hash of the session's feature matrix it was read from"),
            count("horizon_sessions", "sessions until the outcome is known"),
            number("expected_return_pct", "expected return on the cost, in percent", nullable=True),
            number("risk_score", "probability of reaching the stop", nullable=True),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "prediction_id"),
    stage="trading",
)

DECISIONS = Frame(
    "decisions",
    pa.schema(
        [
            SESSION,
            text("decision_id", "sha256 of vendor, arm, opportunity and decision time"),
            _DECISION_AT,
            _ARM,
            _OPPORTUNITY,
            _SYMBOL,
            text("prediction_id", "the prediction it rests on; null when it rests on the baseline", nullable=True),
            number("score", "the arm's weighted score of the opportunity, 0 to 100"),
            number("success_probability", "the probability that the rule was applied to"),
            text("action", "take, reduce_size or skip"),
            count("quantity", "butterflies to open; 0 when skipped"),
            number("size_multiplier", "factor on the base size"),
            text("weights_json", "the analyzer's weights at that moment, as JSON"),
            text("reason", "why, in one line"),
            text("limits_hit", "names of the hard limits that cut it, comma-separated; empty when none"),
            text("killed", "why the learned parts stood aside; null when they did not", nullable=True),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "decision_id"),
    stage="trading",
)

ORDER_INTENTS = Frame(
    "order_intents",
    pa.schema(
        [
            SESSION,
            text("order_intent_id", "sha256 of vendor, arm, opportunity and purpose"),
            _ARM,
            text("order_ref", "what the broker is told, and echoes: the arm"),
            text("purpose", "open or close"),
            _OPPORTUNITY,
            text("decision_id", "the decision that asks for it; null when time asks", nullable=True),
            _SYMBOL,
            day("expiry", "last session of the contracts"),
            text("option_right", "C for calls, P for puts"),
            number("lower_strike", "strike of the lower wing"),
            number("body_strike", "strike of the body, sold twice"),
            number("upper_strike", "strike of the upper wing"),
            _QUANTITY,
            number("limit_usd", "worst price accepted per butterfly; null for the market's", nullable=True),
            day("fill_session", "the session in which it is to be filled"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "order_intent_id"),
    stage="trading",
)

EXECUTIONS = Frame(
    "executions",
    pa.schema(
        [
            SESSION,
            text("execution_id", "sha256 of the order intent and the session"),
            text("order_intent_id", "the order intent that was filled"),
            _ARM,
            text("order_ref", "as the broker echoed it"),
            text("purpose", "open or close"),
            _OPPORTUNITY,
            _SYMBOL,
            _QUANTITY,
            number("price_usd", "per butterfly: paid to open, received to close, costs included"),
            number("cash_usd", "what it did to the arm's cash"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "execution_id"),
    stage="trading",
)

OUTCOMES = Frame(
    "outcomes",
    pa.schema(
        [
            SESSION,
            text("outcome_id", "sha256 of vendor, arm and opportunity"),
            _ARM,
            _OPPORTUNITY,
            _SYMBOL,
            text("prediction_id", "the prediction its decision rested on", nullable=True),
            day("decided_session", "session after whose close it was decided"),
            day("entry_session", "session in which it was opened"),
            _QUANTITY,
            number("success_probability", "the probability that its decision rested on"),
            number("entry_cost_usd", "paid per butterfly, costs included"),
            number("exit_value_usd", "received per butterfly, costs taken off"),
            number("profit_usd", "profit of the whole position"),
            number("profit_pct", "profit in percent of what was paid"),
            count("is_profitable", "1 when the profit is above zero"),
            count("hold_sessions", "sessions from entry to exit"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "outcome_id"),
    stage="trading",
)

BOOKS = Frame(
    "books",
    pa.schema(
        [
            SESSION,
            _ARM,
            number("equity_usd", "cash and what the open positions would fetch"),
            number("cash_usd", "cash"),
            count("positions", "open positions"),
            number("peak_usd", "highest equity so far"),
            number("drawdown_pct", "how far equity is below its peak"),
            count("losses_in_a_row", "closed positions lost since the last one won"),
            text("killed", "why the learned parts stand aside; null when they do not", nullable=True),
            text("book_json", "the whole book, from which the next session goes on"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "arm"),
    stage="trading",
)
