"""The book: what each arm holds and has asked for, frozen, and exact as JSON.

What belongs here: positions, orders, the arms' cash and equity, and the way to JSON and back. What does not: how
the book changes (`step`), and what it may hold (`risk`).

Both arms trade one account and are told apart by the arm's name. Money is added in the order in which positions
stand, by name, so equal books have equal equity to the bit.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from butter_pipeline.trading.frames import ARMS

T = TypeVar("T")
UNCARRIED = ("contracts", "shares", "carried")


@dataclass(frozen=True)
class Butterfly:
    """The contracts of one opportunity, as they are since the last split that they were carried over.

    `contracts` says how many each one found has become, `shares` how many one delivers relative to before.
    """

    opportunity_id: str
    symbol: str
    expiry: date
    option_right: str
    lower_strike: float
    body_strike: float
    upper_strike: float
    contracts: float = 1.0
    shares: float = 1.0
    carried: tuple[str, ...] = ()


@dataclass(frozen=True)
class Basis:
    """The decision that a position rests on."""

    decision_id: str
    decided_session: date
    prediction_id: str | None
    success_probability: float


@dataclass(frozen=True)
class Order:
    """Something wanted of the broker; a close that finds no quote stays wanted."""

    order_intent_id: str
    purpose: str
    butterfly: Butterfly
    basis: Basis
    quantity: int
    limit_usd: float | None
    fill_session: date


@dataclass(frozen=True)
class Position:
    """Butterflies held. Without a quote the mark stays what it was, and `marked_session` says since when."""

    butterfly: Butterfly
    basis: Basis
    quantity: int
    entry_session: date
    entry_cost_usd: float
    mark_usd: float
    marked_session: date

    @property
    def name(self) -> tuple[date, str, str]:
        """What positions are sorted by."""
        return self.basis.decided_session, self.butterfly.symbol, self.butterfly.opportunity_id

    @property
    def value_usd(self) -> float:
        """What the whole position would fetch at its mark."""
        return self.quantity * self.mark_usd


@dataclass(frozen=True)
class ArmBook:
    """One arm's side of the account, after a session."""

    arm: str
    cash_usd: float
    peak_usd: float
    losses_in_a_row: int = 0
    positions: tuple[Position, ...] = ()
    orders: tuple[Order, ...] = ()

    @property
    def equity_usd(self) -> float:
        """Cash and what the open positions would fetch."""
        equity = self.cash_usd
        for position in self.positions:
            equity += position.value_usd
        return equity

    @property
    def drawdown_pct(self) -> float:
        """How far equity is below its peak, in percent of the peak."""
        return (self.peak_usd - self.equity_usd) / self.peak_usd * 100.0

    def json(self) -> str:
        """The arm's book as JSON, every number exact."""
        return json.dumps(self, default=_plain, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class Book:
    """Both arms, after a session; none yet when nothing was ever decided."""

    session: date | None
    arms: tuple[ArmBook, ...]

    @property
    def hash(self) -> str:
        """The sha256 of everything in it."""
        told = json.dumps([self.session and self.session.isoformat(), *(arm.json() for arm in self.arms)])
        return hashlib.sha256(told.encode()).hexdigest()


def opened(start_equity_usd: float) -> Book:
    """The book before anything was decided: each arm with its cash."""
    return Book(None, tuple(ArmBook(arm, start_equity_usd, start_equity_usd) for arm in ARMS))


def arm_from_json(told: str) -> ArmBook:
    """The arm's book that `ArmBook.json` told."""
    values = json.loads(told)
    positions = tuple(_position(position) for position in values.pop("positions"))
    orders = tuple(_order(order) for order in values.pop("orders"))
    return ArmBook(**values, positions=positions, orders=orders)


def _plain(held: Any) -> Any:
    """What JSON has no word for: a dataclass by its fields, a date as text. Floats are written exactly."""
    if isinstance(held, date):
        return held.isoformat()
    # Of a butterfly that was never carried over a split, there is nothing to say about it.
    untold = UNCARRIED if isinstance(held, Butterfly) and not held.carried else ()
    return {name: value for name, value in vars(held).items() if name not in untold}


def _position(values: dict[str, Any]) -> Position:
    return _dated(Position, _with_parts(values), "entry_session", "marked_session")


def _order(values: dict[str, Any]) -> Order:
    return _dated(Order, _with_parts(values), "fill_session")


def _with_parts(values: dict[str, Any]) -> dict[str, Any]:
    butterfly = values["butterfly"] | {"carried": tuple(values["butterfly"].get("carried", ()))}
    return values | {
        "butterfly": _dated(Butterfly, butterfly, "expiry"),
        "basis": _dated(Basis, values["basis"], "decided_session"),
    }


def _dated(kind: type[T], values: Mapping[str, Any], *names: str) -> T:
    return kind(**{**values, **{name: date.fromisoformat(values[name]) for name in names}})
