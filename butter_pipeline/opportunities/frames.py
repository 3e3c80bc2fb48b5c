"""The shapes of what is found: butterflies with their scores, their marks, and the strategies' signals.

What belongs here: columns, units and natural keys, each named once. What does not: how they come about.

Money per share is in the instrument's currency; money per unit (`_usd`) is for one butterfly of the contract's
multiplier, commission included where the name says cost or value.
"""

import pyarrow as pa

from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame, count, day, number, text

_SYMBOL = text("symbol", "underlying instrument")
_EXPIRY = day("expiry", "last session of the contracts")
_STRIKES = (
    number("lower_strike", "strike of the lower wing, bought once"),
    number("body_strike", "strike of the body, sold twice"),
    number("upper_strike", "strike of the upper wing, bought once"),
)
_OPPORTUNITY = text("opportunity_id", "sha256 of vendor, session, symbol, right, expiry and strikes")

BUTTERFLIES = Frame(
    "butterflies",
    pa.schema(
        [
            SESSION,
            _OPPORTUNITY,
            _SYMBOL,
            text("strategy", "strategy that found it"),
            text("option_right", "C for calls, P for puts"),
            _EXPIRY,
            count("sessions_to_expiry", "sessions from this one to expiry"),
            *_STRIKES,
            number("spot", "price of the underlying when the quotes were taken"),
            number("body_iv", "implied volatility of the body, per year"),
            number("mid_usd", "value of one at the mids"),
            number("open_cost_usd", "what opening one at these quotes costs, commission included"),
            number("cost_share_pct", "spread and commission there and back, in percent of the open cost"),
            number("width_pct", "from body to wing, in percent of spot"),
            number("moneyness_pct", "body above spot, in percent"),
            number("reward_to_risk", "most it can earn per open cost"),
            number("delta", "value per unit of spot, per share"),
            number("gamma", "delta per unit of spot, per share"),
            number("vega", "value per unit of yearly volatility, per share"),
            number("theta", "value per session, per share"),
            number("price_match_score", "how near the body is to where the price is forecast, 0 to 100"),
            number("vol_mispricing_score", "how far implied volatility is above the forecast, 0 to 100"),
            number("stability_score", "how quiet the price is, 0 to 100"),
            number("fourier_score", "how well the cycles point at the body, 0 to 100"),
            number("static_score", "the four with the static weights, 0 to 100"),
            number("market_probability", "probability of a profit at the exit as option prices imply it"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "opportunity_id"),
    stage="opportunities",
)

MARKS = Frame(
    "marks",
    pa.schema(
        [
            SESSION,
            _OPPORTUNITY,
            day("opened_session", "session after whose close it was found"),
            count("age_sessions", "sessions since then: 0 then, 1 at the entry, 8 at the exit"),
            _SYMBOL,
            _EXPIRY,
            *_STRIKES,
            number("lower_bid", "bid of the lower wing", nullable=True),
            number("lower_ask", "ask of the lower wing", nullable=True),
            number("body_bid", "bid of the body", nullable=True),
            number("body_ask", "ask of the body", nullable=True),
            number("upper_bid", "bid of the upper wing", nullable=True),
            number("upper_ask", "ask of the upper wing", nullable=True),
            number("underlying_price", "price of the underlying when the quotes were taken", nullable=True),
            number("mid_usd", "value of one at the mids", nullable=True),
            number("open_cost_usd", "what opening one would cost, commission included", nullable=True),
            number("close_value_usd", "what closing one would fetch, commission taken off", nullable=True),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "opportunity_id"),
    stage="opportunities",
)

SIGNALS = Frame(
    "signals",
    pa.schema(
        [
            SESSION,
            text("signal_id", "sha256 of vendor, session, symbol and strategy"),
            text("symbol", "instrument"),
            text("strategy", "strategy that gave it"),
            text("side", "long or short"),
            number("entry_price", "close at which it was given"),
            number("stop_price", "price at which it is wrong"),
            number("target_price", "price at which it has done its work"),
            number("confidence", "how far its conditions are met, 0 to 1"),
            count("confirmations", "conditions that are met"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "signal_id"),
    stage="opportunities",
)
