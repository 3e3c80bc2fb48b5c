"""The shapes of raw market data: the Arrow schema of every frame that a vendor hands over.

What belongs here: column names, types, units and natural keys of raw rows, each named once.
What does not: how rows are fetched (`market.vendors`), judged (`market.quality`) or kept (`store`).

Prices are raw (unadjusted) in the instrument's own currency.
"""

import pyarrow as pa

from butter_pipeline.frame import AVAILABLE_AT, INSTANT, SESSION, Frame, count, day, field, number, text

BARS = Frame(
    "bars",
    pa.schema(
        [
            SESSION,
            text("symbol", "instrument"),
            number("open", "first price of the session"),
            number("high", "highest price of the session"),
            number("low", "lowest price of the session"),
            number("close", "last price of the session"),
            number("volume", "units traded in the session"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "symbol"),
)

CHAINS = Frame(
    "chains",
    pa.schema(
        [
            SESSION,
            text("symbol", "underlying instrument"),
            day("expiry", "last session of the contract"),
            number("strike", "strike price"),
            text("right", "C for a call, P for a put"),
            number("bid", "closing bid; 0 when nobody bids"),
            number("ask", "closing ask"),
            number("last", "last trade, null when it has never traded", nullable=True),
            number("volume", "contracts traded in the session"),
            number("open_interest", "contracts open at the session's start"),
            number("vendor_iv", "the vendor's implied volatility, null when not given", nullable=True),
            number("underlying_price", "price of the underlying when the quotes were taken"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "symbol", "expiry", "strike", "right"),
)

CONTEXT = Frame(
    "context",
    pa.schema(
        [
            SESSION,
            text("series", "name of the series, such as vol_index or sector_energy"),
            number("value", "level of the series at the session's close, in the series' own unit"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "series"),
)

INTRADAY = Frame(
    "intraday",
    pa.schema(
        [
            SESSION,
            text("symbol", "instrument"),
            count("minutes", "length of the bar in minutes, 1 to 60"),
            field("starts_at", INSTANT, "when the bar begins (UTC); it ends `minutes` later"),
            number("open", "first price of the bar"),
            number("high", "highest price of the bar"),
            number("low", "lowest price of the bar"),
            number("close", "last price of the bar"),
            number("volume", "units traded in the bar"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "symbol", "minutes", "starts_at"),
)
"""Bars within a session. A bar belongs to the first session that closes no earlier than the bar ends: what trades
after the close (on half days after 13:00) comes with the session that follows."""

CANDIDATES = Frame(
    "candidates",
    pa.schema(
        [
            SESSION,
            text("symbol", "instrument that is proposed"),
            text("source", "who proposes it: a file, or a service and its model"),
            text("list", "long or short"),
            number("confidence", "how sure the source is, 0 to 1"),
            text("reasoning", "why, in the source's own words"),
            text("answer_hash", "sha256 of the raw answer that the row was read from, in market.candidate_answers"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "symbol", "source"),
)

CANDIDATE_ANSWERS = Frame(
    "candidate_answers",
    pa.schema(
        [
            SESSION,
            text("source", "who was asked"),
            text("answer_hash", "sha256 of the answer"),
            text("prompt_hash", "sha256 of the prompt; of the empty text where nobody was asked"),
            text("prompt", "what was asked, to the letter"),
            text("answer", "what came back, to the letter"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "source"),
)
"""Raw answers: a model's answer cannot be computed again, so it is kept as it was received."""

FRAMES = {frame.name: frame for frame in (BARS, CHAINS, CONTEXT, INTRADAY)}
"""What a vendor may offer; candidates come from a source of their own."""

IN_LAKE = frozenset({CHAINS, INTRADAY})
"""Frames too large for rows in PostgreSQL: a file per session."""

ACTIONS = Frame(
    "actions",
    pa.schema(
        [
            day("session", "the ex-session: the first that trades on the new basis; of earnings, on what they say"),
            text("symbol", "instrument"),
            text("kind", "split, dividend, special_dividend, spin_off, roll or earnings"),
            number("ratio", "split: new shares per old one; roll: new contract's price per old one's", nullable=True),
            number("cash", "paid, or given away in kind, per share of the session before", nullable=True),
            number("difference", "roll: new contract's price less the old one's", nullable=True),
            number("contracts", "new option contracts per old one; null: by the clearing house's rule", nullable=True),
            text("from_contract", "roll: the contract that is left, where it is known", nullable=True),
            text("to_contract", "roll: the contract that is entered, where it is known", nullable=True),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "symbol", "kind"),
)
"""What changes the meaning of a price from one session to the next, and earnings, which change what is known; no rows
of quotes, so not among FRAMES."""
