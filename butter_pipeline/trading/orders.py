"""Order intents: what the desk wants of the broker after a session.

What belongs here: orders to open what was decided, and to close what has had its time. What does not: whether
they are filled (`brokers`).
"""

from collections.abc import Iterable
from datetime import date

from butter_pipeline.identity import natural_id
from butter_pipeline.market.sessions import next_session, offset
from butter_pipeline.opportunities.search import EXIT_AGE_SESSIONS
from butter_pipeline.trading.book import ArmBook, Basis, Butterfly, Order
from butter_pipeline.trading.desk import Desk


def to_open(arm: str, butterfly: Butterfly, basis: Basis, amount: tuple[int, float], desk: Desk) -> Order:
    """The order for a decision: filled in the next session, or not at all; `amount` is quantity and worst price."""
    return Order(
        order_intent_id=natural_id("order_intent", desk.vendor, arm, butterfly.opportunity_id, "open"),
        purpose="open",
        butterfly=butterfly,
        basis=basis,
        quantity=amount[0],
        limit_usd=amount[1],
        fill_session=next_session(basis.decided_session),
    )


def to_close(book: ArmBook, session: date, desk: Desk) -> Iterable[Order]:
    """Orders for the positions whose exit is the next session, or has passed, and that nobody asked to close yet."""
    coming = next_session(session)
    asked = {order.butterfly.opportunity_id for order in book.orders if order.purpose == "close"}
    for position in book.positions:
        butterfly = position.butterfly
        due = offset(position.basis.decided_session, EXIT_AGE_SESSIONS) <= coming
        if due and butterfly.opportunity_id not in asked:
            yield Order(
                order_intent_id=natural_id("order_intent", desk.vendor, book.arm, butterfly.opportunity_id, "close"),
                purpose="close",
                butterfly=butterfly,
                basis=position.basis,
                quantity=position.quantity,
                limit_usd=None,
                fill_session=coming,
            )
