"""Partitions: how the assets are cut in time.

What belongs here: every partitions definition, once. What does not: calendar arithmetic
(`market.sessions`) and mappings between partitions, which stand with the asset that needs them.
"""

from collections.abc import Sequence
from datetime import date, datetime, time

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.market.holidays import HOLIDAYS
from butter_pipeline.market.sessions import EXCHANGE_ZONE

FIRST_SESSION: date = configs.load("market").values["first_session"]

# end_offset=1: today's session has its partition today, not after the next session's midnight.
SESSIONS = dg.TimeWindowPartitionsDefinition(
    start=datetime.combine(FIRST_SESSION, time(), EXCHANGE_ZONE),
    fmt="%Y-%m-%d",
    cron_schedule="0 0 * * 1-5",
    timezone=EXCHANGE_ZONE.key,
    end_offset=1,
    exclusions=[datetime.combine(day, time(), EXCHANGE_ZONE) for day in sorted(HOLIDAYS) if day >= FIRST_SESSION],
)


def sessions_of(context: dg.AssetExecutionContext) -> Sequence[date]:
    """The sessions that this run is to make, in order; taken from the keys, never from the time window."""
    return sorted(date.fromisoformat(key) for key in context.partition_keys)
