"""Option chains from definitions, quotes and statistics.

What belongs here: which quote closes a session, and joining it with what its contract is. What does not: decoding
(`files`).

A contract's quote is the last one received on the session's day up to the close. An empty side of the book has no
price: no bid is a bid of 0, no ask is a missing value. Open interest and cleared volume come from the statistics of
that day (the last of each), the price of the underlying from its bar.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from butter_pipeline.market.sessions import EXCHANGE_ZONE, close_at
from butter_pipeline.market.vendors.databento.files import DbnFile, moment, price
from butter_pipeline.market.vendors.records import Record

QUOTES = ("bbo-1s", "bbo-1m", "cbbo-1s", "cbbo-1m", "mbp-1", "cmbp-1", "tbbo", "tcbbo")
RIGHTS = {"C": "C", "P": "P"}


@dataclass(frozen=True)
class Contract:
    """What an option is."""

    symbol: str
    expiry: date
    strike: float | None
    right: str


def contracts(files: Sequence[DbnFile]) -> Mapping[int, Contract]:
    """The options that definitions name, by instrument; the latest definition of each stands."""
    found = {}
    for file in files:
        if file.schema == "definition":
            for record in file.records:
                right = RIGHTS.get(str(getattr(record, "instrument_class", "")))
                if right is not None:
                    expiry = moment(record.expiration).astimezone(EXCHANGE_ZONE).date()
                    symbol = record.underlying or record.asset
                    found[record.instrument_id] = Contract(symbol, expiry, price(record.strike_price), right)
    return found


def chain_records(
    files: Sequence[DbnFile], options: Mapping[int, Contract], closes: Mapping[tuple[date, str], float], lag: timedelta
) -> Mapping[date, Sequence[Record]]:
    """The chains of every day that has quotes of options."""
    statistics = _statistics(files)
    chains: dict[date, list[Record]] = {}
    for (day, instrument), (quote, file, row) in _closing_quotes(files, options).items():
        contract = options[instrument]
        held = {name: statistics.get((day, instrument, name)) for name in ("volume", "open_interest")}
        bid = price(quote.bid_px_00)
        values = {
            "session": day,
            "symbol": contract.symbol,
            "expiry": contract.expiry,
            "strike": contract.strike,
            "right": contract.right,
            "bid": 0.0 if bid is None else bid,
            "ask": price(quote.ask_px_00),
            "last": None,
            "vendor_iv": None,
            "underlying_price": closes.get((day, contract.symbol)),
            "available_at": close_at(day) + lag,
            **held,
        }
        raw = {"instrument_id": instrument, "bid_px": quote.bid_px_00, "ask_px": quote.ask_px_00}
        chains.setdefault(day, []).append(Record(values, str(file.path), row, raw))
    return chains


def _closing_quotes(
    files: Sequence[DbnFile], options: Mapping[int, Contract]
) -> Mapping[tuple[date, int], tuple[Any, DbnFile, int]]:
    found: dict[tuple[date, int], tuple[datetime, Any, DbnFile, int]] = {}
    for file, row, record in _records(files, QUOTES):
        if record.instrument_id not in options:
            continue
        when = moment(record.ts_recv)
        day = when.astimezone(EXCHANGE_ZONE).date()
        if not _is_by_close(day, when):
            continue
        key = (day, record.instrument_id)
        if key not in found or found[key][0] <= when:
            found[key] = (when, record, file, row)
    return {key: (record, file, row) for key, (_, record, file, row) in found.items()}


def _is_by_close(day: date, when: datetime) -> bool:
    from butter_pipeline.market.sessions import is_session

    return is_session(day) and when <= close_at(day)


def _statistics(files: Sequence[DbnFile]) -> Mapping[tuple[date, int, str], float]:
    """Open interest and cleared volume by day and instrument; the last of each stands."""
    names = {"OPEN_INTEREST": "open_interest", "CLEARED_VOLUME": "volume"}
    found: dict[tuple[date, int, str], float] = {}
    for _, _, record in _records(files, ("statistics",)):
        name = names.get(getattr(record.stat_type, "name", ""))
        if name is not None:
            stated = record.ts_ref if record.ts_ref < 2**63 else record.ts_event
            day = moment(stated).date()
            found[day, record.instrument_id, name] = float(record.quantity)
    return found


def _records(files: Sequence[DbnFile], schemas: Sequence[str]) -> Iterator[tuple[DbnFile, int, Any]]:
    for file in files:
        if file.schema in schemas:
            for row, record in enumerate(file.records, 1):
                yield file, row, record
