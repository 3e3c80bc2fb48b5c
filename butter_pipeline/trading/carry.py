"""The book over splits: what was held or ordered, in the contracts that it has become.

What belongs here: carrying positions and orders over corporate actions. What does not: what an action does to contracts
(`market.actions.contracts`), and how marks are told (`opportunities.marks`: for all that one found has become).

Seven for one makes of 3 butterflies 21 of a seventh the strikes, entry cost and mark; the money is the same. Nothing is
carried twice: each butterfly remembers what it was carried over, so that an action that becomes known late is applied
then.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from butter_pipeline.trading.book import ArmBook, Butterfly, Order, Position

if TYPE_CHECKING:
    from butter_pipeline.market.actions.adjust import Action


def carried_book(book: ArmBook, session: date, actions: Sequence["Action"]) -> ArmBook:
    """The book at a session, given the actions that count by then."""
    if not actions:
        return book
    return replace(
        book,
        positions=tuple(_position(held, session, actions) for held in book.positions),
        orders=tuple(_order(wanted, session, actions) for wanted in book.orders),
    )


def _position(held: Position, session: date, actions: Sequence["Action"]) -> Position:
    butterfly = _butterfly(held.butterfly, (held.basis.decided_session, session), actions)
    number = butterfly.contracts / held.butterfly.contracts
    return replace(
        held,
        butterfly=butterfly,
        quantity=round(held.quantity * number),
        entry_cost_usd=held.entry_cost_usd / number,
        mark_usd=held.mark_usd / number,
    )


def _order(wanted: Order, session: date, actions: Sequence["Action"]) -> Order:
    butterfly = _butterfly(wanted.butterfly, (wanted.basis.decided_session, session), actions)
    number = butterfly.contracts / wanted.butterfly.contracts
    limit = None if wanted.limit_usd is None else wanted.limit_usd / number
    return replace(wanted, butterfly=butterfly, quantity=round(wanted.quantity * number), limit_usd=limit)


def _butterfly(held: Butterfly, span: tuple[date, date], actions: Sequence["Action"]) -> Butterfly:
    """The butterfly over what happened after it was found and up to the session, and was not applied yet."""
    import numpy as np

    from butter_pipeline.market.actions.contracts import CARRIED, carried_strikes, terms

    for action in actions:
        name = f"{action.session} {action.kind}"
        mine = action.symbol == held.symbol and span[0] < action.session <= span[1] and action.kind in CARRIED
        if not mine or name in held.carried:
            continue
        number, shares = terms(action)
        strikes = np.array([held.lower_strike, held.body_strike, held.upper_strike])
        lower, body, upper = carried_strikes(strikes, action).tolist()
        held = replace(
            held,
            lower_strike=lower,
            body_strike=body,
            upper_strike=upper,
            contracts=held.contracts * number,
            shares=held.shares * shares,
            carried=(*held.carried, name),
        )
    return held
