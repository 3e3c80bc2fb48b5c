"""What each run made of each session: written by runs, read by whoever asks what is missing.

What belongs here: appending outcomes and reading the latest. What does not: deciding what an outcome is.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from butter_pipeline.store import Store


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
    from sqlalchemy.dialects.postgresql import insert

    from butter_pipeline.store.schema.operations import SESSION_OUTCOMES

    if not outcomes:
        return
    with store.engine.begin() as connection:
        connection.execute(insert(SESSION_OUTCOMES).on_conflict_do_nothing(), [asdict(outcome) for outcome in outcomes])


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
    """The latest session of an asset that has any outcome."""
    from sqlalchemy import text

    query = text("select max(session) from operations.session_outcomes where asset = :asset and vendor = :vendor")
    with store.engine.connect() as connection:
        found: date | None = connection.execute(query, {"asset": asset, "vendor": vendor}).scalar()
        return found


def record_failure(store: Store, assets: Sequence[str], sessions: Sequence[date], told: Outcome) -> int:
    """Append `told` for every asset and session that its run left without an outcome; returns how many."""
    missing = []
    for asset in assets:
        known = {
            o.session for o in latest(store, asset, told.vendor, sessions[0], sessions[-1]) if o.run_id == told.run_id
        }
        missing += [replace(told, asset=asset, session=session) for session in sessions if session not in known]
    record(store, missing)
    return len(missing)
