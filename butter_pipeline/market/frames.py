"""The shapes of raw market data: the Arrow schema of every frame that a vendor hands over.

What belongs here: column names, types, units and natural keys of raw rows, each named once.
What does not: how rows are fetched (`market.vendors`), judged (`market.quality`) or kept (`store`).

Prices are raw (unadjusted) in the instrument's own currency. Every row carries `available_at`: the
moment from which the market could know it. A row with the same natural key and a later
`available_at` is a correction of the earlier one; both are kept.
"""

from dataclasses import dataclass

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")


def _field(name: str, kind: pa.DataType, doc: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"doc": doc})


SESSION = _field("session", pa.date32(), "exchange session that the row belongs to")
AVAILABLE_AT = _field("available_at", INSTANT, "when the market could know the row (UTC); receipt for a correction")


@dataclass(frozen=True)
class Frame:
    """A kind of raw rows: its schema, and the columns that name one row until it is corrected."""

    name: str
    schema: pa.Schema
    key: tuple[str, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that a correction may change."""
        return tuple(n for n in self.schema.names if n not in self.key and n != "available_at")


BARS = Frame(
    "bars",
    pa.schema(
        [
            SESSION,
            _field("symbol", pa.string(), "instrument"),
            _field("open", pa.float64(), "first price of the session"),
            _field("high", pa.float64(), "highest price of the session"),
            _field("low", pa.float64(), "lowest price of the session"),
            _field("close", pa.float64(), "last price of the session"),
            _field("volume", pa.float64(), "units traded in the session"),
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
            _field("symbol", pa.string(), "underlying instrument"),
            _field("expiry", pa.date32(), "last session of the contract"),
            _field("strike", pa.float64(), "strike price"),
            _field("right", pa.string(), "C for a call, P for a put"),
            _field("bid", pa.float64(), "closing bid; 0 when nobody bids"),
            _field("ask", pa.float64(), "closing ask"),
            _field("last", pa.float64(), "last trade, null when it has never traded", nullable=True),
            _field("volume", pa.float64(), "contracts traded in the session"),
            _field("open_interest", pa.float64(), "contracts open at the session's start"),
            _field("vendor_iv", pa.float64(), "the vendor's implied volatility, null when not given", nullable=True),
            _field("underlying_price", pa.float64(), "price of the underlying when the quotes were taken"),
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
            _field("series", pa.string(), "name of the series, such as vol_index or sector_energy"),
            _field("value", pa.float64(), "level of the series at the session's close, in the series' own unit"),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "series"),
)

FRAMES = {frame.name: frame for frame in (BARS, CHAINS, CONTEXT)}
