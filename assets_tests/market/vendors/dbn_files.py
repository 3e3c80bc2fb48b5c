"""Real DBN files, written with the library's own encoder from the rows of another vendor."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import databento_dbn as dbn
import pyarrow as pa

from butter_pipeline.market.sessions import close_at
from butter_pipeline.market.vendors import Vendor

DAY_NS = 86_400_000_000_000


def ns(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def midnight(day: date) -> int:
    return ns(datetime(day.year, day.month, day.day, tzinfo=UTC))


def fixed(price: float | None) -> int:
    return dbn.UNDEF_PRICE if price is None else round(price * 1e9)


def encoded(schema: Any, symbols: dict[str, int], records: Iterable[Any], first: date = date(2024, 1, 1)) -> bytes:
    """A file: its metadata with the symbols' instruments, then its records."""
    mappings = [
        SimpleNamespace(
            raw_symbol=symbol,
            intervals=[SimpleNamespace(start_date=first, end_date=date(2030, 1, 1), symbol=str(number))],
        )
        for symbol, number in symbols.items()
    ]
    metadata = dbn.Metadata(
        dataset="TEST.ALL",
        start=midnight(first),
        stype_in=dbn.SType.RAW_SYMBOL,
        stype_out=dbn.SType.INSTRUMENT_ID,
        schema=schema,
        symbols=list(symbols),
        mappings=mappings,
    )
    return bytes(metadata.encode()) + b"".join(bytes(record) for record in records)


def ohlcv(rtype: Any, instrument: int, begins_ns: int, bar: dict[str, Any]) -> Any:
    prices = {name: fixed(bar[name]) for name in ("open", "high", "low", "close")}
    return dbn.OHLCVMsg(
        rtype=rtype, publisher_id=1, instrument_id=instrument, ts_event=begins_ns, volume=int(bar["volume"]), **prices
    )


def write_bars(path: Path, source: Vendor, sessions: Sequence[date]) -> dict[str, int]:
    """Daily bars, compressed; the instruments by symbol."""
    rows = source.bars(sessions).to_pylist()
    symbols = {symbol: number for number, symbol in enumerate(sorted({row["symbol"] for row in rows}), 1)}
    records = [ohlcv(dbn.RType.OHLCV_1D, symbols[row["symbol"]], midnight(row["session"]), row) for row in rows]
    raw = encoded(dbn.Schema.OHLCV_1D, symbols, records)
    path.write_bytes(pa.compress(raw, codec="zstd", asbytes=True))
    return symbols


def write_chains(folder: Path, source: Vendor, sessions: Sequence[date], symbol: str) -> None:
    """Definitions, quotes and statistics of one underlying's options."""
    rows = [row for row in source.chains(sessions).to_pylist() if row["symbol"] == symbol]
    contracts = sorted({(row["expiry"], row["strike"], row["right"]) for row in rows})
    numbers = {contract: 1000 + place for place, contract in enumerate(contracts)}
    definitions = [definition(numbers[contract], symbol, contract, sessions[0]) for contract in contracts]
    quotes, statistics = [], []
    for row in rows:
        number = numbers[row["expiry"], row["strike"], row["right"]]
        at = ns(close_at(row["session"]))
        quotes += [
            quote(number, at - 60_000_000_000, row["bid"] + 5, row["ask"] + 5),  # an earlier one
            quote(number, at, row["bid"] or None, row["ask"]),
            quote(number, at + 1_000_000_000, row["bid"] + 7, row["ask"] + 7),  # after the close
        ]
        for kind, amount in (("OPEN_INTEREST", row["open_interest"]), ("CLEARED_VOLUME", row["volume"])):
            statistics.append(statistic(number, midnight(row["session"]), kind, int(amount)))
    for name, schema, records in (
        ("definition", dbn.Schema.DEFINITION, definitions),
        ("quotes", dbn.Schema.CBBO_1M, quotes),
        ("statistics", dbn.Schema.STATISTICS, statistics),
    ):
        (folder / f"{name}.dbn").write_bytes(encoded(schema, {}, records))


def definition(number: int, symbol: str, contract: tuple[date, float, str], day: date) -> Any:
    expiry, strike, right = contract
    name = f"{symbol:<6}{expiry:%y%m%d}{right}{round(strike * 1000):08d}"
    return dbn.InstrumentDefMsg(
        publisher_id=1,
        instrument_id=number,
        ts_event=midnight(day),
        ts_recv=midnight(day),
        min_price_increment=fixed(0.01),
        display_factor=fixed(1.0),
        raw_symbol=name,
        asset=symbol,
        security_type="OPT",
        instrument_class=dbn.InstrumentClass.CALL if right == "C" else dbn.InstrumentClass.PUT,
        security_update_action=dbn.SecurityUpdateAction.ADD,
        expiration=ns(close_at(expiry)) if expiry.weekday() < 5 else midnight(expiry),
        strike_price=fixed(strike),
        underlying=symbol,
    )


def quote(number: int, at_ns: int, bid: float | None, ask: float | None) -> Any:
    return dbn.CBBOMsg(
        rtype=dbn.RType.CBBO_1M,
        publisher_id=1,
        instrument_id=number,
        ts_event=at_ns,
        ts_recv=at_ns,
        price=dbn.UNDEF_PRICE,
        size=0,
        side=dbn.Side.NONE,
        levels=dbn.ConsolidatedBidAskPair(bid_px=fixed(bid), ask_px=fixed(ask)),
    )


def statistic(number: int, at_ns: int, kind: str, amount: int) -> Any:
    return dbn.StatMsg(
        publisher_id=1,
        instrument_id=number,
        ts_event=at_ns,
        ts_recv=at_ns,
        ts_ref=at_ns,
        price=dbn.UNDEF_PRICE,
        quantity=amount,
        stat_type=getattr(dbn.StatType, kind),
    )
