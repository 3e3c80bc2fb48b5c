"""The embedded broker: fills orders in their session at that session's marks.

What belongs here: whether an order is filled, and at what price. What does not: how quotes become prices, which
is `backtest.fills` by way of the marks, and what a fill does to the book (`step`).

An order to open that finds no quote, or a price beyond its limit, lapses. An order to close stays wanted until
there is a quote; from the expiry on there is none to wait for, and it is settled at the worth that the
underlying's price gives the butterfly, less the commission.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from butter_pipeline.trading.book import Butterfly, Order

if TYPE_CHECKING:
    from butter_pipeline.backtest.fills import Costs
    from butter_pipeline.trading.inputs import Seen


UNQUOTED = (None, None)


@dataclass(frozen=True)
class Fill:
    """An order that was filled: the price of one butterfly, costs included."""

    order: Order
    price_usd: float


def fill(order: Order, seen: "Seen", costs: "Costs") -> Fill | None:
    """The order as it was filled in the session; none when it was not."""
    price = _open_price(order, seen) if order.purpose == "open" else _close_price(order, seen, costs)
    return None if price is None else Fill(order, price)


def _open_price(order: Order, seen: "Seen") -> float | None:
    cost, _ = seen.marks.get(order.butterfly.opportunity_id, UNQUOTED)
    cost = None if cost is None else cost / order.butterfly.contracts
    if cost is None or not cost > 0.0 or (order.limit_usd is not None and cost > order.limit_usd):
        return None
    return cost


def _close_price(order: Order, seen: "Seen", costs: "Costs") -> float | None:
    _, value = seen.marks.get(order.butterfly.opportunity_id, UNQUOTED)
    spot = seen.underlying_prices.get(order.butterfly.symbol)
    if value is not None:
        return value / order.butterfly.contracts
    if spot is None or seen.session < order.butterfly.expiry:
        return None
    return _worth(order.butterfly, spot) * (costs.multiplier * order.butterfly.shares) - costs.commission_usd


def _worth(butterfly: Butterfly, spot: float) -> float:
    """What a butterfly is worth per share when it is settled."""
    if not butterfly.carried:
        return max(butterfly.body_strike - butterfly.lower_strike - abs(spot - butterfly.body_strike), 0.0)
    # Carried strikes are rounded to cents: the wings need not stand equally far from the body any more.
    sign = 1.0 if butterfly.option_right == "C" else -1.0
    legs = butterfly.lower_strike, butterfly.body_strike, butterfly.upper_strike
    lower, body, upper = (max(sign * (spot - strike), 0.0) for strike in legs)
    return lower - 2.0 * body + upper
