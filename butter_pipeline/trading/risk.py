"""Hard limits that no model can override, and the switch that sets the learned parts aside.

What belongs here: how much may be bought, which limit says so, and when the switch falls. What does not: what a
model recommends (`rule`), and sizes by confidence (`decision`).

A long butterfly can lose all that it costs and no more, so its open cost is what is at risk.
"""

from dataclasses import dataclass

from butter_pipeline.errors import ButterError
from butter_pipeline.trading.book import ArmBook

CEILINGS = {"position_pct": 10.0, "open_positions": 20, "risk_per_trade_pct": 1.0}
"""What no configuration may go beyond."""


@dataclass(frozen=True)
class Limits:
    """The limits in force: at most the ceilings."""

    position_pct: float  # of the arm's equity, per symbol
    open_positions: int
    risk_per_trade_pct: float  # of the arm's equity

    def __post_init__(self) -> None:
        """Refuse limits that are looser than the ceilings."""
        for name, ceiling in CEILINGS.items():
            found = getattr(self, name)
            if not 0 <= found <= ceiling:
                raise ButterError(f"trading.yml: limits: {name} must be from 0 to {ceiling}, was {found!r}; mend it")


@dataclass(frozen=True)
class Switch:
    """When the learned parts stand aside."""

    losses_in_a_row: int
    drawdown_pct: float


@dataclass(frozen=True)
class Exposure:
    """What an arm has at stake when it asks for more: positions held, and orders to open that are out."""

    equity_usd: float
    free_usd: float
    positions: int
    symbol_usd: float


@dataclass(frozen=True)
class Allowed:
    """How many may be bought, and the limits that cut what was wanted."""

    quantity: int
    limits_hit: tuple[str, ...]


def exposure(book: ArmBook, symbol: str) -> Exposure:
    """What the arm has at stake, in a symbol and altogether."""
    free, positions, held = book.cash_usd, len(book.positions), 0.0
    for position in book.positions:
        if position.butterfly.symbol == symbol:
            held += max(position.value_usd, position.quantity * position.entry_cost_usd)
    for order in book.orders:
        if order.purpose == "open" and order.limit_usd is not None:
            free -= order.quantity * order.limit_usd
            positions += 1
            held += order.quantity * order.limit_usd if order.butterfly.symbol == symbol else 0.0
    return Exposure(book.equity_usd, free, positions, held)


def allowed(wanted: int, worst_price_usd: float, stake: Exposure, limits: Limits) -> Allowed:
    """The most that every limit allows of what is wanted, at the worst price it may be filled at."""
    if not worst_price_usd > 0.0:
        return Allowed(0, ("price",))
    rooms = {
        "position": stake.equity_usd * limits.position_pct / 100.0 - stake.symbol_usd,
        "risk_per_trade": stake.equity_usd * limits.risk_per_trade_pct / 100.0,
        "cash": stake.free_usd,
    }
    most = {name: affordable(room, worst_price_usd) for name, room in rooms.items()}
    most["open_positions"] = wanted if stake.positions < limits.open_positions else 0
    return Allowed(
        quantity=min(wanted, *most.values()),
        limits_hit=tuple(sorted(name for name, quantity in most.items() if quantity < wanted)),
    )


def affordable(budget_usd: float, price_usd: float) -> int:
    """How many a budget pays for, never a cent more than it."""
    if not budget_usd >= price_usd:
        return 0
    quantity = int(budget_usd / price_usd)
    return quantity if quantity * price_usd <= budget_usd else quantity - 1


def fallen(book: ArmBook, switch: Switch) -> str | None:
    """Why the learned parts stand aside as the book stands; none when they do not.

    It is asked anew after every session, so it releases itself when a later outcome wins or equity recovers.
    """
    if book.losses_in_a_row >= switch.losses_in_a_row:
        return f"{book.losses_in_a_row} losses in a row"
    if book.drawdown_pct > switch.drawdown_pct:
        return f"drawdown of {book.drawdown_pct:.1f} %"
    return None
