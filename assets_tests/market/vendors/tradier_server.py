"""Tradier as its documentation describes it, on the loopback, with the rows of another vendor.

One day is answered without a list, none as null, as the real service does.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from assets_tests.market.vendors.loopback import Reply, Request
from butter_pipeline.market.vendors import Vendor

TOKEN = "a-token-of-the-test"


def unlisted(things: list[Any]) -> Any:
    """As Tradier writes a list: null for none, one thing by itself."""
    return things if len(things) > 1 else (things[0] if things else None)


class TradierServer:
    """Answers with the bars, series and chains of a vendor; `symbols` names Tradier's symbol of each series."""

    def __init__(self, source: Vendor, sessions: Sequence[date], series: dict[str, str]) -> None:
        """Over the rows of some sessions; of chains those of the last."""
        self.bars = source.bars(sessions).to_pylist()
        self.context = source.context(sessions).to_pylist()
        self.chains = source.chains(sessions[-1:]).to_pylist()
        self.series = {symbol: name for name, symbol in series.items()}

    def __call__(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Reply("Invalid Access Token", 401)
        answers = {
            "/v1/markets/clock": lambda _: {"clock": {"state": "closed"}},
            "/v1/markets/history": self.history,
            "/v1/markets/quotes": self.quotes,
            "/v1/markets/options/expirations": self.expirations,
            "/v1/markets/options/chains": self.chain,
        }
        return Reply(answers[request.path](request.query)) if request.path in answers else Reply("not found", 404)

    def history(self, query: Any) -> Any:
        name = query["symbol"]
        if name in self.series:
            rows = [r for r in self.context if r["series"] == self.series[name]]
            days = [
                {"date": str(r["session"]), **dict.fromkeys(("open", "high", "low", "close"), r["value"]), "volume": 0}
                for r in rows
            ]
        else:
            rows = [r for r in self.bars if r["symbol"] == name]
            columns = ("open", "high", "low", "close", "volume")
            days = [{"date": str(r["session"])} | {column: r[column] for column in columns} for r in rows]
        days = [day for day in days if query["start"] <= day["date"] <= query["end"]]
        return {"history": {"day": unlisted(days)} if days else None}

    def quotes(self, query: Any) -> Any:
        wanted = query["symbols"].split(",")
        last = {row["symbol"]: row["underlying_price"] for row in self.chains}
        return {"quotes": {"quote": unlisted([{"symbol": s, "last": last[s]} for s in wanted if s in last])}}

    def expirations(self, query: Any) -> Any:
        days = sorted({str(r["expiry"]) for r in self.chains if r["symbol"] == query["symbol"]})
        return {"expirations": {"date": unlisted(days)} if days else None}

    def chain(self, query: Any) -> Any:
        wanted = (query["symbol"], query["expiration"])
        rows = [r for r in self.chains if (r["symbol"], str(r["expiry"])) == wanted]
        return {"options": {"option": unlisted([option(row) for row in rows])} if rows else None}


def option(row: dict[str, Any]) -> dict[str, Any]:
    """A contract as Tradier describes it."""
    kind = {"C": "call", "P": "put"}[row["right"]]
    return {
        "symbol": f"{row['symbol']}{row['expiry']:%y%m%d}{row['right']}{round(row['strike'] * 1000):08d}",
        "underlying": row["symbol"],
        "root_symbol": row["symbol"],
        "type": "option",
        "option_type": kind,
        "expiration_date": str(row["expiry"]),
        "expiration_type": "standard",
        "contract_size": 100,
        **{name: row[name] for name in ("strike", "bid", "ask", "last", "volume", "open_interest")},
        "greeks": {"delta": 0.5, "mid_iv": row["vendor_iv"] or 0.0, "smv_vol": 0.0},
    }
