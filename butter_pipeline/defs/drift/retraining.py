"""From a drift alert to exactly one retraining: what the sensor asks for, and what the run's first and last steps do.

What belongs here: which run to ask for, and reading a run's tags. What does not: what makes it exactly once
(`drift.intents`), and training (`learning`).
"""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline.defs.partitions import VINTAGES
from butter_pipeline.defs.resources import House

if TYPE_CHECKING:
    from butter_pipeline.drift.intents import Attempt, Pending
    from butter_pipeline.store import Store

INTENT_TAG = "butter/intent"
ATTEMPT_TAG = "butter/attempt"
MOST_ATTEMPTS = 3

RETRAINED = dg.AssetSelection.groups("learning")


@dg.sensor(
    target=RETRAINED,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Turns every retraining that a drift alert asked for into exactly one run; asks again when it died.",
)
def drift_retraining(context: dg.SensorEvaluationContext, house: House) -> dg.SensorResult | dg.SkipReason:
    """Ask for the vintage that each unsettled intent wants."""
    requests = retraining_requests(house, context.instance)
    if not requests:
        return dg.SkipReason("no retraining is asked for, or it is under way, or what it learns from is not made yet")
    wanted = [request.partition_key for request in requests if request.partition_key]
    return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=[VINTAGES.build_add_request(wanted)])


def retraining_requests(house: House, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    """A run for every intent that is neither settled nor under way, once what it learns from stands."""
    from butter_pipeline.drift import intents
    from butter_pipeline.store import outcomes

    store, vendor = house.store(), house.vendor().name
    trained = outcomes.good_sessions(store, "learning/success", vendor)
    requests = []
    for each in intents.pending(store, vendor):
        attempt = _next_attempt(store, instance, each)
        if attempt is None:
            continue
        if attempt > MOST_ATTEMPTS or each.vintage_session in trained:
            said = f"given up after {MOST_ATTEMPTS} attempts; the last: {each.said or 'its run died'}"
            said = "already trained" if each.vintage_session in trained else said
            intents.close(store, intents.Attempt(each.intent_id, attempt, None), said, datetime.now(UTC))
        elif _can_be_trained(store, vendor, each.vintage_session):
            requests.append(_request(each, attempt))
    return requests


def _request(each: "Pending", attempt: int) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{each.intent_id[:16]}/{attempt}",
        partition_key=each.vintage_session.isoformat(),
        # A crashed run is asked for anew as the next attempt, never tried again behind our back.
        tags={INTENT_TAG: each.intent_id, ATTEMPT_TAG: str(attempt), "dagster/max_retries": "0"},
    )


def _can_be_trained(store: "Store", vendor: str, vintage: date) -> bool:
    """Whether what a vintage learns from stands: asked for before, its attempts would be used up by waiting."""
    from butter_pipeline.registry.fitting import STOOD, WAITS_FOR
    from butter_pipeline.store import outcomes

    found = [outcomes.latest(store, asset, vendor, vintage, vintage) for asset in WAITS_FOR]
    return all(told and told[0].status in STOOD for told in found)


def _next_attempt(store: "Store", instance: dg.DagsterInstance, each: "Pending") -> int | None:
    """The attempt to ask for; none while a run is at it. An attempt whose run died is written off."""
    from butter_pipeline.drift import intents

    if each.state == "claimed":
        attempt, run_id = each.attempt, each.run_id
        runs = [run] if (run := instance.get_run_by_id(run_id or "")) is not None else []
    else:
        attempt = each.attempt + 1
        tags = {INTENT_TAG: each.intent_id, ATTEMPT_TAG: str(attempt)}
        asked = instance.get_runs(dg.RunsFilter(tags=tags))
        # A run that a dying daemon left behind before it was launched is launched by asking for it again.
        runs = [run for run in asked if run.status is not dg.DagsterRunStatus.NOT_STARTED]
        if not runs:
            return attempt
        run_id = runs[0].run_id
    if any(not run.is_finished for run in runs):
        return None
    mine = intents.Attempt(each.intent_id, attempt, run_id)
    # What ended it meanwhile may have settled the intent: the next tick knows.
    return attempt + 1 if intents.fail(store, mine, "its run ended before it was done", datetime.now(UTC)) else None


def attempt_of(context: dg.AssetExecutionContext) -> "Attempt | None":
    """The intent that this run answers, if it answers one."""
    from butter_pipeline.drift.intents import Attempt

    tags = context.run.tags
    if INTENT_TAG not in tags:
        return None
    return Attempt(tags[INTENT_TAG], int(tags[ATTEMPT_TAG]), context.run.run_id)
