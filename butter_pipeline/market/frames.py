"""The shapes of raw market data: the Arrow schema of every frame that a vendor hands over.

What belongs here: column names, types, units and natural keys of raw rows, each named once.
What does not: how rows are fetched (`market.vendors`), judged (`market.quality`) or kept (`store`).

Prices are raw (unadjusted) in the instrument's own currency.
"""

import pyarrow as pa

from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame, day, number, text

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

FRAMES = {frame.name: frame for frame in (BARS, CHAINS, CONTEXT)}
