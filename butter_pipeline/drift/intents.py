"""The outbox of retraining: an alert asks once, one run at a time answers, and the asking is settled once.

What belongs here: alerts with their intents, claims, and endings; every one a row that the database lets in once.
What does not: when a report becomes an alert (`drift.verdict`), and running anything.

Sensors and daemons may ask twice, runs may die anywhere. What makes it exactly once is here: an attempt is claimed by
one run, an attempt ends once, an intent is settled once, and settling stands in the transaction that registers the
challenger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from butter_pipeline.drift.verdict import Alert
from butter_pipeline.errors import ButterError
from butter_pipeline.identity import natural_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from butter_pipeline.store import Store
    from butter_pipeline.store.terms import Origin

SETTLED = ("finished", "closed")

PENDING = """\
select i.intent_id, i.vintage_session, i.reason, e.attempt, e.state, e.run_id, e.reason as said
from drift.retraining_intents i
left join lateral (
    select attempt, state, run_id, reason from drift.intent_events
    where intent_id = i.intent_id order by attempt desc, state <> 'claimed' desc limit 1
) e on true
where i.vendor = :vendor and not exists (
    select from drift.intent_events s where s.intent_id = i.intent_id and s.state in ('finished', 'closed')
)
order by i.vintage_session, i.intent_id"""


class NotOurs(ButterError):
    """Another run answers this intent, or it is settled; the message is one line."""


@dataclass(frozen=True)
class Pending:
    """An intent that is not settled, with its latest attempt (0 for none) and what became of that."""

    intent_id: str
    vintage_session: date
    reason: str
    attempt: int
    state: str | None
    run_id: str | None
    said: str | None


@dataclass(frozen=True)
class Attempt:
    """One run's answer to an intent; an intent is closed without a run when nobody is to answer it."""

    intent_id: str
    attempt: int
    run_id: str | None


def raise_alerts(store: "Store", alerts: Mapping[str, Alert], origin: "Origin") -> None:
    """Write alerts, each by the uri of its report, and their retraining intents, in one transaction.

    Repeating it adds nothing.
    """
    from sqlalchemy.dialects.postgresql import insert

    from butter_pipeline.store.schema.ledgers import ALERTS, INTENTS

    made = {
        "code_version": origin.code_version,
        "config_hash": origin.config_hash,
        "recorded_at": origin.recorded_at,
    }
    with store.engine.begin() as connection:
        for uri, alert in alerts.items():
            row = {"alert_id": alert.alert_id, "report_uri": uri, **vars(alert), **made}
            connection.execute(insert(ALERTS).values(row).on_conflict_do_nothing())
            intent = {
                "intent_id": natural_id("intent", alert.alert_id),
                "vendor": alert.vendor,
                "alert_id": alert.alert_id,
                "vintage_session": alert.session,
                "reason": f"{alert.kind} drifted: {alert.statistic:.3g} beyond {alert.threshold:.3g}",
                "requested_by": "drift",
                "recorded_at": origin.recorded_at,
            }
            connection.execute(insert(INTENTS).values(intent).on_conflict_do_nothing())


def alert_sessions(store: "Store", vendor: str, kind: str, before: date) -> list[date]:
    """The sessions of earlier alerts of that kind, in order."""
    from sqlalchemy import text

    query = text(
        "select session from drift.alerts where vendor = :vendor and kind = :kind and session < :before order by 1"
    )
    with store.engine.connect() as connection:
        return list(connection.execute(query, {"vendor": vendor, "kind": kind, "before": before}).scalars())


def pending(store: "Store", vendor: str) -> list[Pending]:
    """The intents that are not settled, oldest vintage first."""
    from sqlalchemy import text

    with store.engine.connect() as connection:
        rows = connection.execute(text(PENDING), {"vendor": vendor}).mappings()
        return [Pending(**{**row, "attempt": row["attempt"] or 0}) for row in rows]


def claim(store: "Store", mine: Attempt, now: datetime) -> None:
    """Claim an attempt for a run, or raise `NotOurs`; a run that claims twice is let in again.

    An attempt that was written off is closed to its own run too: the next is on its way.
    """
    from sqlalchemy import text

    with store.engine.begin() as connection:
        _note(connection, mine, "claimed", None, now)
        query = text("select state, run_id, attempt from drift.intent_events where intent_id = :intent_id")
        events = connection.execute(query, {"intent_id": mine.intent_id}).all()
        if any(event.state in SETTLED for event in events):
            raise NotOurs(f"intent {mine.intent_id[:12]} is settled already; nothing to do")
        holder = next(e.run_id for e in events if e.attempt == mine.attempt and e.state == "claimed")
        if holder != mine.run_id or any(e.attempt > mine.attempt for e in events):
            raise NotOurs(f"intent {mine.intent_id[:12]} is answered by another run; nothing to do")
        if any(e.attempt == mine.attempt and e.state == "failed" for e in events):
            raise NotOurs(f"attempt {mine.attempt} of intent {mine.intent_id[:12]} was written off; nothing to do")


def finish(connection: "Connection", mine: Attempt, reason: str, now: datetime) -> None:
    """Settle the intent as answered, in the transaction that registers the challenger; raises if another run did."""
    if not _note(connection, mine, "finished", reason, now):
        raise NotOurs(
            f"intent {mine.intent_id[:12]} was settled by another run meanwhile; nothing was registered twice"
        )


def close(store: "Store", mine: Attempt, reason: str, now: datetime) -> None:
    """Settle the intent without a challenger: there is nothing to train, or nobody should try again."""
    with store.engine.begin() as connection:
        _note(connection, mine, "closed", reason, now)


def fail(store: "Store", mine: Attempt, reason: str, now: datetime) -> bool:
    """End an attempt that came to nothing, so that the next may be made; returns whether it had not ended before."""
    with store.engine.begin() as connection:
        return _note(connection, mine, "failed", reason, now)


def _note(connection: "Connection", mine: Attempt, state: str, reason: str | None, now: datetime) -> bool:
    """Write an event unless the database has one in its place; returns whether it was written."""
    from sqlalchemy.dialects.postgresql import insert

    from butter_pipeline.store.schema.ledgers import INTENT_EVENTS

    row = {"state": state, "reason": reason, "recorded_at": now, **vars(mine)}
    statement = insert(INTENT_EVENTS).values(row).on_conflict_do_nothing().returning(INTENT_EVENTS.c.state)
    return connection.execute(statement).first() is not None
