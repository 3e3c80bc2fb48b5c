"""The schedule of the market stage.

What belongs here: when market data is taken in by itself. What does not: the assets, and a person's
backfills (`butter backfill`).
"""

import dagster as dg

from butter_pipeline.defs.automation import AFTER_CLOSE_CRON, range_tags
from butter_pipeline.defs.partitions import FIRST_SESSION
from butter_pipeline.defs.resources import House
from butter_pipeline.market.sessions import EXCHANGE_ZONE, is_session, last_settled, next_session, sessions_between

LONGEST_CATCH_UP_SESSIONS = 252
"""A longer gap is caught up by the ticks that follow, or by `butter backfill` at once."""


@dg.schedule(
    cron_schedule=AFTER_CLOSE_CRON,
    execution_timezone=EXCHANGE_ZONE.key,
    target=dg.AssetSelection.groups("market").materializable(),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="After the close: the session just settled, and those missed since the last one that was taken in.",
)
def market_after_close(context: dg.ScheduleEvaluationContext, house: House) -> dg.RunRequest | dg.SkipReason:
    """Take the session from the exchange calendar, not from the tick's date."""
    today = context.scheduled_execution_time.astimezone(EXCHANGE_ZONE).date()
    if not is_session(today):
        return dg.SkipReason(f"{today} is no exchange session")
    session = last_settled(context.scheduled_execution_time)
    since = house.last_session_taken_in()
    first = next_session(since) if since is not None and since < session else session
    missed = sessions_between(max(first, FIRST_SESSION), session)[:LONGEST_CATCH_UP_SESSIONS]
    return dg.RunRequest(run_key=f"{missed[0]}/{missed[-1]}", tags=range_tags(missed[0], missed[-1]))
