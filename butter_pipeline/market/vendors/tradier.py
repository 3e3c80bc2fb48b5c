"""Tradier's REST API as a vendor: daily history, and option chains with their Greeks.

What belongs here: what is asked of the API and what its answers mean. What does not: waiting, trying again and giving
up (`http`), and checking fields (`records`).

History is there for every session. Chains are quoted in the present only: a session's chains can be had from its
settling until the next opening bell, and sessions before are withheld with that reason. An adjusted contract (another
root or size) is set aside: its key would be that of a standard one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import BARS, CHAINS, CONTEXT
from butter_pipeline.market.sessions import (
    as_of,
    close_at,
    is_session,
    next_session,
    open_at,
    session_from,
)
from butter_pipeline.market.vendors.http import JsonService, Patience
from butter_pipeline.market.vendors.protocol import REFUSED, VendorError
from butter_pipeline.market.vendors.records import Record, day, rows_of

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.settings import Settings

STANDARD_SIZE = 100


@dataclass(frozen=True)
class Wanted:
    """What configs/market.yml asks of Tradier."""

    symbols: tuple[str, ...]
    underlyings: tuple[str, ...]
    series: Mapping[str, str]
    """Tradier's symbol for each context series, such as VIX for vol_index."""
    longest_expiry_days: int
    first_session: date

    @classmethod
    def from_config(cls, values: Mapping[str, Any]) -> "Wanted":
        """What the section `vendors.tradier` states."""
        from butter_pipeline.configs import ConfigError

        def names(key: str) -> tuple[str, ...]:
            found = values.get(key) or []
            if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
                raise ConfigError(f"market.yml: vendors.tradier.{key} must be a list of symbols, was {found!r}")
            return tuple(sorted(found))

        series, days, first = (values.get(key) for key in ("series", "longest_expiry_days", "first_session"))
        if not isinstance(series or {}, dict):
            raise ConfigError(f"market.yml: vendors.tradier.series must map series to symbols, was {series!r}")
        if isinstance(days, bool) or not isinstance(days, int) or days < 1:
            raise ConfigError(f"market.yml: vendors.tradier.longest_expiry_days must be a number, was {days!r}")
        if not isinstance(first, date) or not is_session(first):
            raise ConfigError(f"market.yml: vendors.tradier.first_session must be a session, was {first!r}")
        return cls(names("symbols"), names("underlyings"), dict(series or {}), days, first)


def from_settings(settings: "Settings", lag: timedelta, config: Mapping[str, Any]) -> "Tradier":
    """Tradier with the token of `BUTTER_TRADIER_TOKEN`."""
    remedy = "set BUTTER_TRADIER_TOKEN to an access token of the account"
    if settings.tradier_token is None:
        raise VendorError(f"BUTTER_TRADIER_TOKEN: not set, and the tradier vendor needs it; {remedy}")
    token = settings.tradier_token.get_secret_value()
    return Tradier(
        JsonService("tradier", settings.tradier_url, token, remedy, Patience()), Wanted.from_config(config), lag
    )


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Tradier:
    """Tradier's markets, as far as they are wanted."""

    service: JsonService
    wanted: Wanted
    lag: timedelta
    now: Callable[[], datetime] = _now
    _refused: dict[str, "pa.Table"] = field(default_factory=dict)
    """Of each frame, what could not be read when it was last fetched."""

    @property
    def name(self) -> str:
        """`tradier`, or `tradier-sandbox`, whose data are others."""
        host = urlsplit(self.service.url).hostname or ""
        return "tradier-sandbox" if host.startswith("sandbox.") else "tradier"

    @property
    def first_session(self) -> date:
        """As configured: how far back to ask."""
        return self.wanted.first_session

    @property
    def datasets(self) -> frozenset[str]:
        """Bars, and chains and context where any are wanted."""
        optional = {CHAINS.name: self.wanted.underlyings, CONTEXT.name: self.wanted.series}
        return frozenset({BARS.name, *(name for name, wanted in optional.items() if wanted)})

    def symbols(self, session: date) -> Sequence[str]:
        """The configured instruments."""
        return self.wanted.symbols

    def underlyings(self, session: date) -> Sequence[str]:
        """The configured underlyings."""
        return self.wanted.underlyings

    def series(self, session: date) -> Sequence[str]:
        """The configured series."""
        return sorted(self.wanted.series)

    def bars(self, sessions: Sequence[date]) -> "pa.Table":
        """The sessions' bars."""
        records = [
            self._record({"symbol": symbol, **_only(raw, "open", "high", "low", "close", "volume")}, raw, place)
            for symbol in self.wanted.symbols
            for place, raw in self._history(symbol, sessions)
        ]
        return self._kept(BARS, records)

    def context(self, sessions: Sequence[date]) -> "pa.Table":
        """The closes of the sessions' series."""
        records = [
            self._record({"series": series, "value": raw.get("close")}, raw, place)
            for series, symbol in sorted(self.wanted.series.items())
            for place, raw in self._history(symbol, sessions)
        ]
        return self._kept(CONTEXT, records)

    def chains(self, sessions: Sequence[date]) -> "pa.Table":
        """The present chains, where the present session is among those asked for."""
        present = [session for session in sorted(set(sessions)) if self._is_present(session)]
        records = [record for session in present for record in self._chain_records(session)]
        return self._kept(CHAINS, records)

    def probe(self) -> str:
        """Ask for the state of the market: token and address must be right for an answer."""
        answer = self.service.get("/v1/markets/clock")
        state = answer.get("clock", {}).get("state") if isinstance(answer, dict) else None
        return f"{urlsplit(self.service.url).hostname} answers, the market is in state {state}"

    def refused(self, frame: Frame, sessions: Sequence[date]) -> "pa.Table":
        """What could not be read when the frame was last fetched."""
        import pyarrow as pa

        table = self._refused.get(frame.name, REFUSED.empty_table())
        wanted = set(sessions)
        found = [session is None or session_from(session) in wanted for session in table["session"].to_pylist()]
        return table.filter(pa.array(found, pa.bool_()))

    def withheld(self, frame: Frame, sessions: Sequence[date]) -> Mapping[date, str]:
        """Sessions whose chains are no longer quoted, or not yet."""
        if frame.name != CHAINS.name:
            return {}
        reason = f"{self.name} quotes chains in the present only: from the settling of a session until the next opening"
        return {session: reason for session in sessions if not self._is_present(session)}

    def _is_present(self, session: date) -> bool:
        return as_of(session) <= self.now() < open_at(next_session(session))

    def _kept(self, frame: Frame, records: Sequence[Record]) -> "pa.Table":
        rows, self._refused[frame.name] = rows_of(frame, records)
        return rows

    def _record(self, values: Mapping[str, Any], raw: Mapping[str, Any], place: int) -> Record:
        """A record of history with its session and the moment from which it could be known."""
        date_of = day(raw.get("date"))
        session = None if date_of is None else session_from(date_of)
        known = None if session is None else close_at(session) + self.lag
        full = {"session": date_of, "available_at": known, **values}
        return Record(full, f"{self.service.url.rstrip('/')}/v1/markets/history", place, raw)

    def _history(self, symbol: str, sessions: Sequence[date]) -> list[tuple[int, Mapping[str, Any]]]:
        """The days of a symbol that go with some sessions, each with its place in the answer."""
        if not sessions:
            return []
        first, last = min(sessions), max(sessions)
        path = "/v1/markets/history"
        answer = self.service.get(path, symbol=symbol, interval="daily", start=str(first), end=str(last))
        days = _listed(answer, "history", "day", f"{path} of {symbol}")
        wanted, found = set(sessions), []
        for place, raw in enumerate(days, 1):
            date_of = day(raw.get("date"))
            if date_of is None or session_from(date_of) in wanted:
                found.append((place, raw))
        return found

    def _chain_records(self, session: date) -> Sequence[Record]:
        prices = self._prices()
        latest = session + timedelta(days=self.wanted.longest_expiry_days)
        records: list[Record] = []
        for symbol in self.wanted.underlyings:
            for expiry in self._expirations(symbol):
                if session <= expiry <= latest:
                    records += self._contracts(session, symbol, expiry, prices.get(symbol))
        return records

    def _prices(self) -> Mapping[str, Any]:
        """The last price of each underlying."""
        path = "/v1/markets/quotes"
        answer = self.service.get(path, symbols=",".join(self.wanted.underlyings), greeks="false")
        return {raw.get("symbol"): raw.get("last") for raw in _listed(answer, "quotes", "quote", path)}

    def _expirations(self, symbol: str) -> Sequence[date]:
        path = "/v1/markets/options/expirations"
        texts = _listed(self.service.get(path, symbol=symbol), "expirations", "date", f"{path} of {symbol}", str)
        expiries = [(text, day(text)) for text in texts]
        wrong = [text for text, expiry in expiries if expiry is None]
        if wrong:
            raise VendorError(f"tradier: {path} of {symbol}: {wrong[0]!r} is no date YYYY-MM-DD; ask Tradier")
        return sorted(expiry for _, expiry in expiries if expiry is not None)

    def _contracts(self, session: date, symbol: str, expiry: date, price: Any) -> Sequence[Record]:
        path = "/v1/markets/options/chains"
        answer = self.service.get(path, symbol=symbol, expiration=str(expiry), greeks="true")
        given = {"session": session, "symbol": symbol, "underlying_price": price}
        given["available_at"] = close_at(session) + self.lag
        source = f"{self.service.url.rstrip('/')}{path} of {symbol} {expiry}"
        found = _listed(answer, "options", "option", f"{path} of {symbol}")
        return [
            Record(given | _contract(raw), source, place, raw, _adjusted(raw, symbol))
            for place, raw in enumerate(found, 1)
        ]


def _contract(raw: Mapping[str, Any]) -> dict[str, Any]:
    right = {"call": "C", "put": "P"}.get(str(raw.get("option_type")), raw.get("option_type"))
    counts = {name: raw.get(name) for name in ("bid", "ask", "last", "volume", "open_interest", "strike")}
    return {"expiry": day(raw.get("expiration_date")), "right": right, "vendor_iv": _volatility(raw), **counts}


def _volatility(raw: Mapping[str, Any]) -> Any:
    """The volatility of the middle quote, else the smoothed one; nought stands for none."""
    greeks = raw.get("greeks")
    if not isinstance(greeks, dict):
        return None
    return next((greeks[name] for name in ("mid_iv", "smv_vol") if greeks.get(name)), None)


def _adjusted(raw: Mapping[str, Any], symbol: str) -> str:
    root, size = raw.get("root_symbol", symbol), raw.get("contract_size", STANDARD_SIZE)
    if root == symbol and size == STANDARD_SIZE:
        return ""
    return f"is an adjusted contract (root {root!r}, size {size!r}), must be of {symbol} and {STANDARD_SIZE} shares"


def _only(raw: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: raw.get(name) for name in names}


def _listed(answer: Any, outer: str, inner: str, where: str, kind: type = dict) -> list[Any]:
    """The list under two names of an answer: Tradier writes null for none, and one thing without its list."""
    if not isinstance(answer, dict) or outer not in answer:
        raise VendorError(f"tradier: {where}: answered without {outer!r} ({str(answer)[:80]}); is that Tradier's API?")
    held = answer[outer]
    found = held.get(inner) if isinstance(held, dict) else held
    if found in (None, "null", ""):
        return []
    listed = found if isinstance(found, list) else [found]
    wrong = [each for each in listed if not isinstance(each, kind)]
    if wrong:
        raise VendorError(f"tradier: {where}: {inner} holds {str(wrong[0])[:80]!r}; is that Tradier's API?")
    return listed
