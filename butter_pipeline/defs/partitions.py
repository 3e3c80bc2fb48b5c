"""Partitions: how the assets are cut in time.

What belongs here: every partitions definition, once. What does not: calendar arithmetic
(`market.sessions`) and mappings between partitions, which stand with the asset that needs them.
"""

from collections.abc import Sequence
from datetime import date, datetime

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.market.holidays import HOLIDAYS
from butter_pipeline.market.sessions import CLOSE, EXCHANGE_ZONE, SETTLE_LAG

FIRST_SESSION = configs.value("market", "first_session", date)

SETTLED = (datetime.combine(FIRST_SESSION, CLOSE) + SETTLE_LAG).time()


# Every planned event carries the whole definition, so it names no more holidays than it must:
# partitions exist until today, and no process lives for a year.
LAST_YEAR = datetime.now(EXCHANGE_ZONE).year + 1


def _holidays() -> Sequence[date]:
    return [day for day in sorted(HOLIDAYS) if day >= FIRST_SESSION and day.year <= LAST_YEAR]


# A window opens when its session settles, and end_offset=1 shows it from then on: whoever asks in the UI for
# all that is missing gets no session that is still under way.
SESSIONS = dg.TimeWindowPartitionsDefinition(
    start=datetime.combine(FIRST_SESSION, SETTLED, EXCHANGE_ZONE),
    fmt="%Y-%m-%d",
    cron_schedule=f"{SETTLED.minute} {SETTLED.hour} * * 1-5",
    timezone=EXCHANGE_ZONE.key,
    end_offset=1,
    exclusions=[datetime.combine(day, SETTLED, EXCHANGE_ZONE) for day in _holidays()],
)


VINTAGES = dg.DynamicPartitionsDefinition(name="vintages")
"""One partition per training cut-off: the months' last sessions, and what drift asked for in between."""

ALL_BEFORE = dg.AllPartitionMapping()
"""How a vintage reads sessions, and a session vintages: through the store, which gives what was known by then."""


def sessions_of(context: dg.AssetExecutionContext) -> Sequence[date]:
    """The sessions that this run is to make, in order; taken from the keys, never from the time window."""
    return sorted(date.fromisoformat(key) for key in context.partition_keys)


vintages_of = sessions_of
"""The training cut-offs that this run is to make, in order; a vintage is named by its session too."""
