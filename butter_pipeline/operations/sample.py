"""The sample history: which sessions it has, and making it when it is missing.

What belongs here: what `butter up` asks before it serves. What does not: making sessions
(`defs.operations.history`), which runs in a process of its own so that its memory is given back.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import date

from butter_pipeline import configs
from butter_pipeline.errors import ButterError
from butter_pipeline.market.sessions import sessions_between
from butter_pipeline.operations.addresses import addresses, process_environment
from butter_pipeline.operations.processes import Child
from butter_pipeline.settings import Settings

LAST_ASSETS = (
    "market/surfaces",
    "features/confirmations",
    "features/intraday",
    "features/regimes",
    "drift/report",
    "drift/performance",
    "labels/signal_outcomes",
    "marts/session_coverage",
    "marts/arm_performance",
    "marts/calibration",
)
"""The assets on which no other rests: when they have a session, everything before them has it."""

GOOD = """
select count(*) from operations.latest_outcomes
where asset = %s and vendor = %s and session between %s and %s and status in ('done', 'released')
"""
SHOWN = """
select count(distinct partition) from event_logs
where dagster_event_type = 'ASSET_MATERIALIZATION' and asset_key = %s and partition between %s and %s
"""


def sample_span() -> tuple[date, date]:
    """The first and the last session of the sample, as the configuration of the embedded market says."""
    first = configs.value("simulator", "first_session", date)
    return first, configs.value("simulator", "sample_last_session", date)


def make_sample_if_missing(settings: Settings, say: Callable[[str], None]) -> None:
    """Make the sample history unless it is there; in a process of its own, so that its memory is given back.

    Called by the owner of the home. With a vendor of the user's own there is no sample.
    """
    if settings.vendor != "simulator" or _sample_is_there(settings):
        return
    first, last = sample_span()
    say(f"making the sample history, {first} to {last}: a few minutes, once")
    command = [sys.executable, "-m", "butter_pipeline.cli", "backfill", "--from", str(first), "--to", str(last)]
    child = Child("sample history", command)
    child.start(process_environment(settings), settings.home)
    try:
        while child.exit_code is None:
            time.sleep(0.1)
    finally:
        child.stop()
    if child.exit_code != 0:
        raise ButterError("the sample history was not finished, see above; `butter up` continues it")


def _sample_is_there(settings: Settings) -> bool:
    """Whether Dagster and our outcomes have every sample session of the last assets; in SQL, to answer at once."""
    import psycopg

    from butter_pipeline.market.vendors import vendor_from_settings

    first, last = sample_span()
    where, wanted = addresses(settings), len(sessions_between(first, last))
    with psycopg.connect(where.database_url) as connection:
        vendor = vendor_from_settings(settings).name
        for asset in LAST_ASSETS:
            if connection.execute(GOOD, (asset, vendor, first, last)).fetchone() != (wanted,):
                return False
    with psycopg.connect(where.dagster_url) as connection:
        if connection.execute("select to_regclass('public.event_logs')").fetchone() == (None,):
            return False
        counts = [
            connection.execute(SHOWN, (json.dumps(asset.split("/")), first.isoformat(), last.isoformat())).fetchone()
            for asset in LAST_ASSETS
        ]
    return counts == [(wanted,)] * len(LAST_ASSETS)
