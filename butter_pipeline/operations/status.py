"""`butter status`: what runs and what is stored, without loading Dagster.

What belongs here: reading. What does not: judging preconditions (`operations.doctor`).
"""

from typing import Any

from butter_pipeline.operations.addresses import addresses, without_password
from butter_pipeline.operations.home import owner
from butter_pipeline.settings import Settings

STORED = """
select asset, vendor, count(*), min(session), max(session), sum(rows)
from operations.latest_outcomes where status in ('done', 'released') group by asset, vendor order by asset, vendor
"""
WANTING = """
select asset, session, status, reason from operations.failed_sessions order by session desc, asset limit 20
"""
RELEASED = """
select asset, session, reason from operations.latest_outcomes where status = 'released'
order by recorded_at desc, asset limit 20
"""
RUNS = "select status, count(*) from runs group by status order by status"


def status(settings: Settings) -> dict[str, Any]:
    """The home's state, as plain values."""
    import psycopg

    where = addresses(settings)
    holder = owner(settings.home)
    found: dict[str, Any] = {
        "home": str(settings.home),
        "owner": f"{holder.command} (pid {holder.pid}, since {holder.since})" if holder else None,
        "address": holder.address or None if holder else None,
        "database": without_password(where.database_url),
        "lake": settings.lake,
        "vendor": settings.vendor,
    }
    try:
        with psycopg.connect(where.database_url, connect_timeout=3) as connection:
            stored = connection.execute(STORED).fetchall()
            wanting = connection.execute(WANTING).fetchall()
            released = connection.execute(RELEASED).fetchall()
        with psycopg.connect(where.dagster_url, connect_timeout=3) as connection:
            runs = connection.execute(RUNS).fetchall()
    except psycopg.Error as error:
        if where.embedded is not None and holder is None:
            return found | {"database_state": "not running; `butter up` starts it"}
        said = str(error).strip().splitlines()[0]
        return found | {"database_state": f"cannot be read ({said}); see `butter doctor`"}
    return found | {
        "stored": [f"{a} from {v}: {n:,} sessions {lo}..{hi}, {rows:,} rows" for a, v, n, lo, hi, rows in stored],
        "runs": [f"{state.lower()}: {count}" for state, count in runs],
        "failed_sessions": [f"{session} {asset} {state}: {reason}" for asset, session, state, reason in wanting],
        "released_sessions": [f"{session} {asset}: {reason}" for asset, session, reason in released],
    }
