"""Small markets from which labels can be counted by hand, and what writes them down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from butter_pipeline.derivation import Run
from butter_pipeline.frame import Frame
from butter_pipeline.labels.rules import Rules
from butter_pipeline.market.frames import BARS
from butter_pipeline.market.sessions import as_of, offset
from butter_pipeline.opportunities.frames import BUTTERFLIES, MARKS, SIGNALS
from butter_pipeline.store import Store, frames
from butter_pipeline.store.terms import Origin, Reading

FOUND = date(2024, 3, 4)
MATURES = offset(FOUND, 8)
VENDOR = "v"
RULES = Rules(horizon_sessions=7, target_pct=50.0, stop_pct=50.0, slippage_bps=100.0)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def run(received_at: datetime = NOW, code: str = "code") -> Run:
    """A run that has everything in hand which was available by then."""
    return Run(
        vendor=VENDOR, received_at=received_at, recorded_at=NOW, code_version=code, config_hash="config", run_id="run"
    )


def origin(received_at: datetime) -> Origin:
    """Where rows come from."""
    return Origin(vendor=VENDOR, received_at=received_at, recorded_at=NOW, code_version="code", config_hash="config")


def _plain(frame: Frame) -> dict[str, Any]:
    """A row of a frame in which nothing matters."""
    zero = {pa.float64(): 0.0, pa.int64(): 0, pa.string(): "", pa.date32(): FOUND}
    return {field.name: zero.get(field.type) for field in frame.schema}


@dataclass(frozen=True)
class Held:
    """A butterfly: what opening it would cost in each session, and what closing it would fetch, by age."""

    name: str
    costs: Mapping[int, float | None]
    values: Mapping[int, float | None]
    underlying: float | None = 100.0
    found: date = FOUND

    @property
    def marks(self) -> list[dict[str, Any]]:
        """Its marks; an age without a value has no row."""
        strikes = {"lower_strike": 95.0, "body_strike": 100.0, "upper_strike": 105.0}
        return [
            _plain(MARKS)
            | strikes
            | {
                "session": offset(self.found, age),
                "opportunity_id": self.name,
                "opened_session": self.found,
                "age_sessions": age,
                "symbol": "ES",
                "underlying_price": self.underlying,
                "open_cost_usd": self.costs.get(age),
                "close_value_usd": self.values.get(age),
                "available_at": as_of(offset(self.found, age)),
            }
            for age in sorted({*self.costs, *self.values})
        ]

    @property
    def butterfly(self) -> dict[str, Any]:
        """The row with which it was found."""
        named = {"session": self.found, "opportunity_id": self.name, "available_at": as_of(self.found)}
        return _plain(BUTTERFLIES) | named


def held(name: str, *values: float | None, cost: float | None = 100.0, **more: Any) -> Held:
    """A butterfly opened for `cost`, with what closing would fetch at ages 2 to 8."""
    return Held(name, {0: 90.0, 1: cost}, dict(enumerate(values, start=2)), **more)


def keep(store: Store, butterflies: Sequence[Held], received_at: datetime = NOW) -> None:
    """Write butterflies and marks down as they are received."""
    for frame, rows in (
        (BUTTERFLIES, [one.butterfly for one in butterflies]),
        (MARKS, [mark for one in butterflies for mark in one.marks]),
    ):
        frames.append(store, frame, pa.Table.from_pylist(rows, schema=frame.schema), origin(received_at))


def signal(name: str, side: str, stop: float, target: float) -> dict[str, Any]:
    """A signal of the first session."""
    named = {"session": FOUND, "signal_id": name, "symbol": "ES", "strategy": "ibs", "side": side}
    return _plain(SIGNALS) | named | {"stop_price": stop, "target_price": target, "available_at": as_of(FOUND)}


def bar(age: int, opened: float, high: float, low: float, close: float) -> dict[str, Any]:
    """A bar of one symbol, so many sessions after the first."""
    session = offset(FOUND, age)
    prices = {"open": opened, "high": high, "low": low, "close": close, "volume": 1.0}
    return {"session": session, "symbol": "ES", **prices, "available_at": as_of(session)}


def keep_rows(store: Store, frame: Frame, rows: Sequence[dict[str, Any]], received_at: datetime = NOW) -> None:
    """Write rows of one frame down."""
    frames.append(store, frame, pa.Table.from_pylist(list(rows), schema=frame.schema), origin(received_at))


def keep_bars(store: Store, rows: Sequence[dict[str, Any]], received_at: datetime = NOW) -> None:
    """Write bars down."""
    keep_rows(store, BARS, rows, received_at)


def read(store: Store, frame: Frame, known_at: datetime = NOW + timedelta(days=365)) -> dict[str, dict[str, Any]]:
    """The labels as known at a moment, by the name of what they are of."""
    asked = Reading(vendor=VENDOR, first=date(2023, 1, 3), last=date(2025, 12, 31), as_of=known_at)
    return {row[frame.key[1]]: row for row in frames.read(store, frame, asked).to_pylist()}
