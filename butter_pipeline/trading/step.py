"""One session of the desk: from the book before it to the book after it, and everything written down on the way.

What belongs here: the order of things within a session. What does not: reading and writing (`fold`), and the
shape of what is kept (`ledger`). History and the live desk take the same step.

What a split has changed is carried over first. Then what the session before asked for is filled, at this session's
marks; then positions are marked; then those whose time has come are asked to be closed; then new ones are decided.
Nothing of a later session is seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from butter_pipeline.identity import natural_id
from butter_pipeline.market.sessions import position as place
from butter_pipeline.trading.book import ArmBook, Book, Order, Position
from butter_pipeline.trading.brokers import simulated
from butter_pipeline.trading.brokers.simulated import UNQUOTED, Fill
from butter_pipeline.trading.carry import carried_book
from butter_pipeline.trading.decision import Decision, decide
from butter_pipeline.trading.desk import Desk
from butter_pipeline.trading.inputs import Seen
from butter_pipeline.trading.orders import to_close


@dataclass(frozen=True)
class Execution:
    """An order as it was filled."""

    session: date
    execution_id: str
    order_intent_id: str
    arm: str
    order_ref: str
    purpose: str
    opportunity_id: str
    symbol: str
    quantity: int
    price_usd: float
    cash_usd: float


@dataclass(frozen=True)
class Outcome:
    """What a closed position came to."""

    session: date
    outcome_id: str
    arm: str
    opportunity_id: str
    symbol: str
    prediction_id: str | None
    decided_session: date
    entry_session: date
    quantity: int
    success_probability: float
    entry_cost_usd: float
    exit_value_usd: float
    profit_usd: float
    profit_pct: float
    is_profitable: int
    hold_sessions: int


@dataclass(frozen=True)
class ArmStep:
    """One arm's session."""

    book: ArmBook
    decisions: Sequence[Decision]
    intents: Sequence[Order]
    executions: Sequence[Execution]
    outcomes: Sequence[Outcome]


@dataclass(frozen=True)
class Step:
    """One session of the desk."""

    session: date
    arms: tuple[ArmStep, ...]

    @property
    def book(self) -> Book:
        """The book after the session."""
        return Book(self.session, tuple(arm.book for arm in self.arms))


def step(book: Book, seen: Seen, desk: Desk) -> Step:
    """The session that follows a book."""
    if book.session is not None and seen.session <= book.session:
        raise ValueError(f"the book stands after {book.session}; {seen.session} does not follow")
    return Step(seen.session, tuple(_arm_step(arm, seen, desk) for arm in book.arms))


def _arm_step(before: ArmBook, seen: Seen, desk: Desk) -> ArmStep:
    before = carried_book(before, seen.session, seen.actions)
    fills = [found for order in before.orders if (found := simulated.fill(order, seen, desk.costs))]
    executions = [_execution(fill, before.arm, seen.session) for fill in fills]
    outcomes = _outcomes(before, fills, seen.session, desk)
    book = _marked(_filled(before, fills, outcomes, seen.session), seen)
    out = len(book.orders)
    book = replace(book, orders=(*book.orders, *to_close(book, seen.session, desk)))
    book, decisions = decide(book, seen, desk)
    return ArmStep(book, decisions, book.orders[out:], executions, outcomes)


def _execution(fill: Fill, arm: str, session: date) -> Execution:
    order = fill.order
    sign = -1.0 if order.purpose == "open" else 1.0
    return Execution(
        session=session,
        execution_id=natural_id("execution", order.order_intent_id, session),
        order_intent_id=order.order_intent_id,
        arm=arm,
        order_ref=arm,
        purpose=order.purpose,
        opportunity_id=order.butterfly.opportunity_id,
        symbol=order.butterfly.symbol,
        quantity=order.quantity,
        price_usd=fill.price_usd,
        cash_usd=sign * (order.quantity * fill.price_usd),
    )


def _outcomes(book: ArmBook, fills: Sequence[Fill], session: date, desk: Desk) -> Sequence[Outcome]:
    """What the positions that were closed came to, in the order of the book."""
    exits = {fill.order.butterfly.opportunity_id: fill.price_usd for fill in fills if fill.order.purpose == "close"}
    return [
        _outcome(position, exits[position.butterfly.opportunity_id], (book.arm, session, desk.vendor))
        for position in book.positions
        if position.butterfly.opportunity_id in exits
    ]


def _outcome(held: Position, exit_value_usd: float, told: tuple[str, date, str]) -> Outcome:
    arm, session, vendor = told
    profit = exit_value_usd - held.entry_cost_usd
    return Outcome(
        session=session,
        outcome_id=natural_id("outcome", vendor, arm, held.butterfly.opportunity_id),
        arm=arm,
        opportunity_id=held.butterfly.opportunity_id,
        symbol=held.butterfly.symbol,
        prediction_id=held.basis.prediction_id,
        decided_session=held.basis.decided_session,
        entry_session=held.entry_session,
        quantity=held.quantity,
        success_probability=held.basis.success_probability,
        entry_cost_usd=held.entry_cost_usd,
        exit_value_usd=exit_value_usd,
        profit_usd=held.quantity * profit,
        profit_pct=100.0 * profit / held.entry_cost_usd,
        is_profitable=int(profit > 0.0),
        hold_sessions=place(session) - place(held.entry_session),
    )


def _filled(book: ArmBook, fills: Sequence[Fill], outcomes: Sequence[Outcome], session: date) -> ArmBook:
    """The book with what was filled; orders to open that were not have lapsed, those to close are still wanted."""
    cash, losses = book.cash_usd, book.losses_in_a_row
    filled = {fill.order.order_intent_id for fill in fills}
    closed = {outcome.opportunity_id for outcome in outcomes}
    positions = [held for held in book.positions if held.butterfly.opportunity_id not in closed]
    for outcome in outcomes:
        cash += outcome.quantity * outcome.exit_value_usd
        losses = 0 if outcome.is_profitable else losses + 1
    for fill in fills:
        order = fill.order
        if order.purpose == "open":
            cash -= order.quantity * fill.price_usd
            price = fill.price_usd
            positions.append(Position(order.butterfly, order.basis, order.quantity, session, price, price, session))
    wanted = tuple(o for o in book.orders if o.purpose == "close" and o.order_intent_id not in filled)
    ordered = tuple(sorted(positions, key=lambda held: held.name))
    return replace(book, cash_usd=cash, losses_in_a_row=losses, positions=ordered, orders=wanted)


def _marked(book: ArmBook, seen: Seen) -> ArmBook:
    """The book with every position at what it would fetch, where there is a quote."""
    marked = replace(book, positions=tuple(_at_mark(held, seen) for held in book.positions))
    return replace(marked, peak_usd=max(marked.peak_usd, marked.equity_usd))


def _at_mark(held: Position, seen: Seen) -> Position:
    _, value = seen.marks.get(held.butterfly.opportunity_id, UNQUOTED)
    if value is None:
        return held
    return replace(held, mark_usd=value / held.butterfly.contracts, marked_session=seen.session)
