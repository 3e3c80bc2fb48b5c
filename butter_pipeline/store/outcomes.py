"""What each run made of each session: written by runs, read by whoever asks what is missing.

What belongs here: appending outcomes and reading the latest. What does not: deciding what an outcome is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from butter_pipeline.store import Store

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Outcome:
    """What one run made of one session of one asset."""

    asset: str
    vendor: str
    session: date
    status: str
    run_id: str
    code_version: str
    config_hash: str
    recorded_at: datetime
    reason: str | None = None
    rows: int | None = None
    hash: str | None = None
    completeness_pct: float | None = None


def record(store: Store, outcomes: Sequence[Outcome]) -> None:
    """Append outcomes, in one transaction; repeating it adds nothing."""
    with store.engine.begin() as connection:
        enter(connection, outcomes)


def enter(connection: "Connection", outcomes: Sequence[Outcome]) -> None:
    """Append outcomes in the caller's transaction."""
    from sqlalchemy.dialects.postgresql import insert

    from butter_pipeline.store.schema.operations import SESSION_OUTCOMES

    if outcomes:
        connection.execute(insert(SESSION_OUTCOMES).on_conflict_do_nothing(), [vars(outcome) for outcome in outcomes])


def latest(store: Store, asset: str, vendor: str, first: date, last: date) -> list[Outcome]:
    """The latest outcome of each session that has one, by session."""
    return _outcomes(
        store,
        "operations.latest_outcomes where asset = :asset and vendor = :vendor and session between :first and :last",
        {"asset": asset, "vendor": vendor, "first": first, "last": last},
    )


def failed(store: Store) -> list[Outcome]:
    """The sessions whose latest outcome is blocked or failed."""
    return _outcomes(store, "operations.failed_sessions", {})


def _outcomes(store: Store, source: str, values: dict[str, Any]) -> list[Outcome]:
    from sqlalchemy import text

    columns = ", ".join(field.name for field in fields(Outcome))
    with store.engine.connect() as connection:
        found = connection.execute(text(f"select {columns} from {source} order by asset, vendor, session"), values)
        return [Outcome(**row) for row in found.mappings()]


def count_since(store: Store, assets: Sequence[str], since: datetime) -> dict[str, int]:
    """How many sessions of each asset have had an outcome since that moment, for progress displays."""
    from sqlalchemy import text

    query = text(
        "select asset, count(distinct session) as sessions from operations.session_outcomes "
        "where recorded_at >= :since and asset = any(:assets) group by asset"
    )
    with store.engine.connect() as connection:
        rows = connection.execute(query, {"since": since, "assets": list(assets)}).mappings()
        found: dict[str, int] = {row["asset"]: row["sessions"] for row in rows}
    return {asset: found.get(asset, 0) for asset in assets}


def last_session(store: Store, asset: str, vendor: str) -> date | None:
    """The latest session of an asset that is done or released."""
    from sqlalchemy import text

    query = text(
        "select max(session) from operations.latest_outcomes "
        "where asset = :asset and vendor = :vendor and status in ('done', 'released')"
    )
    with store.engine.connect() as connection:
        found: date | None = connection.execute(query, {"asset": asset, "vendor": vendor}).scalar()
        return found


def record_failure(
    store: Store, assets: Sequence[str], sessions: Sequence[date], told: Outcome, since: datetime
) -> int:
    """Append `told` for every asset and session without an outcome since its run began; returns how many.

    What was made since then, by this run or by one that came after it, stands.
    """
    missing = []
    for asset in assets:
        made = latest(store, asset, told.vendor, sessions[0], sessions[-1])
        known = {outcome.session for outcome in made if outcome.recorded_at >= since}
        missing += [replace(told, asset=asset, session=session) for session in sessions if session not in known]
    record(store, missing)
    return len(missing)


def good_sessions(store: Store, asset: str, vendor: str) -> set[date]:
    """The sessions of an asset that are done or released."""
    from sqlalchemy import text

    query = text(
        "select session from operations.latest_outcomes "
        "where asset = :asset and vendor = :vendor and status in ('done', 'released')"
    )
    with store.engine.connect() as connection:
        return set(connection.execute(query, {"asset": asset, "vendor": vendor}).scalars())
