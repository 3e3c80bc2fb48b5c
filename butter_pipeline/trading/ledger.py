"""Steps as rows: decisions, order intents, executions, outcomes and books in the shapes in which they are kept.

What belongs here: from steps to Arrow tables, and from kept books back. What does not: how a step is taken
(`step`), and writing (`fold`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from butter_pipeline.frame import Frame
from butter_pipeline.market.sessions import as_of
from butter_pipeline.trading import risk
from butter_pipeline.trading.book import Book, Order, arm_from_json
from butter_pipeline.trading.desk import Desk
from butter_pipeline.trading.frames import ARMS, BOOKS, DECISIONS, EXECUTIONS, ORDER_INTENTS, OUTCOMES

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.trading.step import ArmStep, Step

KEPT = (DECISIONS, ORDER_INTENTS, EXECUTIONS, OUTCOMES, BOOKS)
"""What a step leaves, in the order in which it is written: the book last, for from it the next session goes on."""


def tables(steps: Iterable["Step"], desk: Desk) -> Mapping[str, "pa.Table"]:
    """The rows of some steps, by the frame's name."""
    rows: dict[str, list[Mapping[str, Any]]] = {frame.name: [] for frame in KEPT}
    for taken in steps:
        for arm in taken.arms:
            rows[DECISIONS.name] += map(vars, arm.decisions)
            rows[ORDER_INTENTS.name] += [_intent(order, arm.book.arm, taken.session) for order in arm.intents]
            rows[EXECUTIONS.name] += map(vars, arm.executions)
            rows[OUTCOMES.name] += map(vars, arm.outcomes)
            rows[BOOKS.name].append(_book(arm, taken.session, desk))
    return {frame.name: _table(frame, rows[frame.name]) for frame in KEPT}


def books(table: "pa.Table") -> Mapping[date, Book]:
    """The books that are kept, by the session after which they stand."""
    arms: dict[date, dict[str, str]] = {}
    for session, arm, told in zip(*(table[n].to_pylist() for n in ("session", "arm", "book_json")), strict=True):
        arms.setdefault(session, {})[arm] = told
    return {
        session: Book(session, tuple(arm_from_json(told[arm]) for arm in ARMS))
        for session, told in sorted(arms.items())
    }


def differences(kept: Mapping[str, "pa.Table"], made: Mapping[str, "pa.Table"]) -> str | None:
    """In what some rows differ from those that are kept, in a few words; none when they do not."""
    found = [said for frame in KEPT if (said := _difference(frame, kept[frame.name], made[frame.name]))]
    return "; ".join(found) or None


def _difference(frame: Frame, kept: "pa.Table", made: "pa.Table") -> str | None:
    if kept.num_rows != made.num_rows:
        return f"{frame.asset} ({made.num_rows} rows, {kept.num_rows} stand)"
    columns = [name for name in frame.schema.names if not kept[name].equals(made[name])]
    return f"{frame.asset} ({', '.join(columns)})" if columns else None


def _intent(order: Order, arm: str, session: date) -> Mapping[str, Any]:
    return vars(order.butterfly) | {
        "session": session,
        "order_intent_id": order.order_intent_id,
        "arm": arm,
        "order_ref": arm,
        "purpose": order.purpose,
        "decision_id": order.basis.decision_id if order.purpose == "open" else None,
        "quantity": order.quantity,
        "limit_usd": order.limit_usd,
        "fill_session": order.fill_session,
    }


def _book(arm: "ArmStep", session: date, desk: Desk) -> Mapping[str, Any]:
    book = arm.book
    return {
        "session": session,
        "arm": book.arm,
        "equity_usd": book.equity_usd,
        "cash_usd": book.cash_usd,
        "positions": len(book.positions),
        "peak_usd": book.peak_usd,
        "drawdown_pct": book.drawdown_pct,
        "losses_in_a_row": book.losses_in_a_row,
        "killed": risk.fallen(book, desk.switch),
        "book_json": book.json(),
    }


def _table(frame: Frame, rows: Sequence[Mapping[str, Any]]) -> "pa.Table":
    """The rows in the frame's shape, in the order of its key."""
    import pyarrow as pa

    known = {session: as_of(session) for session in {row["session"] for row in rows}}
    columns = {name: [row[name] for row in rows] for name in frame.schema.names if name != "available_at"}
    columns["available_at"] = [known[row["session"]] for row in rows]
    made = pa.table(columns, schema=frame.schema)
    return made.sort_by([(name, "ascending") for name in frame.key])
