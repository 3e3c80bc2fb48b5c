"""What happens by itself: the session after each close through every stage, and the week's review.

What belongs here: when sessions are made by themselves, and in which runs. What does not: the assets, vintages
(`defs.learning`), retraining (`defs.drift`), and a person's backfills (`butter backfill`).
"""

from collections.abc import Sequence
from datetime import date

import dagster as dg

from butter_pipeline.defs.automation import AFTER_CLOSE_CRONS, range_tags
from butter_pipeline.defs.partitions import FIRST_SESSION
from butter_pipeline.defs.resources import House
from butter_pipeline.learning.vintages import is_last_of_its_month
from butter_pipeline.market.sessions import EXCHANGE_ZONE, is_session, last_settled, next_session, sessions_between
from butter_pipeline.operations.sample import LAST_ASSETS

LONGEST_CATCH_UP_SESSIONS = 252
"""A longer gap is caught up by the ticks that follow, or by `butter backfill` at once."""

WEEKLY_CRON = "45 18 * * 5"
"""Friday evening in New York, when the week's last session has gone through."""

REVIEW = dg.AssetSelection.assets("drift/review", "features/health")
BY_SESSION = dg.AssetSelection.all().materializable() - dg.AssetSelection.groups("learning") - REVIEW


@dg.schedule(
    cron_schedule=AFTER_CLOSE_CRONS,
    execution_timezone=EXCHANGE_ZONE.key,
    target=BY_SESSION,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="After the close: the session just settled, and those missed before it, through every stage. The "
    "second tick of an evening takes what had to wait for a model.",
)
def after_close(context: dg.ScheduleEvaluationContext, house: House) -> dg.RunRequest | dg.SkipReason:
    """Take the session from the exchange calendar, not from the tick's date."""
    tick = context.scheduled_execution_time.astimezone(EXCHANGE_ZONE)
    if not is_session(tick.date()):
        return dg.SkipReason(f"{tick.date()} is no exchange session")
    session = last_settled(tick)
    since = house.last_session_made(LAST_ASSETS)
    if since == session:
        return dg.SkipReason(f"{session} has gone through every stage")
    first = next_session(since) if since is not None and since < session else session
    missed = sessions_between(max(first, FIRST_SESSION), session)[:LONGEST_CATCH_UP_SESSIONS]
    part = _until_a_model_is_due(missed)
    return dg.RunRequest(run_key=f"{part[0]}/{part[-1]}/{tick:%Y-%m-%dT%H:%M}", tags=range_tags(part[0], part[-1]))


@dg.schedule(
    cron_schedule=WEEKLY_CRON,
    execution_timezone=EXCHANGE_ZONE.key,
    target=REVIEW,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every Friday evening: the week's review, with Evidently's drawings of the latest drift report, and "
    "the health of every feature.",
)
def weekly_review(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One page a week, named by its Friday."""
    friday = context.scheduled_execution_time.astimezone(EXCHANGE_ZONE).date()
    return dg.RunRequest(run_key=f"review/{friday}")


def _until_a_model_is_due(missed: Sequence[date]) -> Sequence[date]:
    """The sessions up to the end of the first month among them: those behind it wait for its vintage."""
    ends = [place for place, session in enumerate(missed) if is_last_of_its_month(session)]
    return missed[: ends[0] + 1] if ends else missed
