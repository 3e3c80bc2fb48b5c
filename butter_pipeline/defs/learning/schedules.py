"""The schedule of the learning stage.

What belongs here: when a vintage is made by itself. What does not: which are due (`due`), and vintages out of turn,
which a drift alert asks for.
"""

import dagster as dg

from butter_pipeline.defs.learning.due import due_vintages
from butter_pipeline.defs.partitions import VINTAGES
from butter_pipeline.defs.resources import House
from butter_pipeline.market.sessions import EXCHANGE_ZONE, last_settled

EVENING_CRON = "15 18 * * 1-5"
"""Three quarters of an hour after the run that takes the session in; a vintage that must wait is asked for later."""


@dg.schedule(
    cron_schedule=EVENING_CRON,
    execution_timezone=EXCHANGE_ZONE.key,
    target=dg.AssetSelection.assets("learning/dataset", "learning/success"),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every evening: the vintages of months that are over, once the labels of their last session stand.",
)
def monthly_vintages(context: dg.ScheduleEvaluationContext, house: House) -> list[dg.RunRequest] | dg.SkipReason:
    """Ask for what is due and was never made; what was refused or failed is a person's to ask for again."""
    from butter_pipeline.store import outcomes

    due = due_vintages(house, last_settled(context.scheduled_execution_time))
    if due:
        made = outcomes.latest(house.store(), "learning/success", house.vendor().name, due[0], due[-1])
        due = [vintage for vintage in due if vintage not in {outcome.session for outcome in made}]
    if not due:
        return dg.SkipReason("every month that is over has its vintage, or still waits for its labels")
    keys = [vintage.isoformat() for vintage in due]
    context.instance.add_dynamic_partitions(VINTAGES.name or "", keys)
    return [dg.RunRequest(run_key=f"vintage/{key}", partition_key=key) for key in keys]
