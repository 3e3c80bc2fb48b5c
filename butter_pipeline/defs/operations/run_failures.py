"""Run failures: every failed run leaves its sessions in our own table.

What belongs here: the sensor that writes them down. What does not: retrying (run_retries in dagster.yaml).
With one planned event per range Dagster itself no longer shows which sessions a failed run left undone.
"""

from datetime import UTC, date, datetime

import dagster as dg

from butter_pipeline.defs.automation import RANGE_END_TAG, RANGE_START_TAG
from butter_pipeline.defs.resources import House
from butter_pipeline.market.sessions import sessions_between


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes the sessions that a failed run left undone where operations.failed_sessions shows them.",
)
def run_failures(context: dg.RunFailureSensorContext, house: House) -> None:
    """Mark the sessions that the run was to make and did not finish."""
    run = context.dagster_run
    partition = run.tags.get("dagster/partition")
    first, last = run.tags.get(RANGE_START_TAG, partition), run.tags.get(RANGE_END_TAG, partition)
    if first is None or last is None or not run.asset_selection:
        return
    from butter_pipeline.store import outcomes

    told = outcomes.Outcome(
        asset="",
        vendor=house.vendor().name,
        session=date.fromisoformat(first),
        status="failed",
        run_id=run.run_id,
        code_version="",
        config_hash=house.config_hash(),
        recorded_at=datetime.now(UTC),
        reason=" ".join((context.failure_event.message or "the run failed").split())[:500],
    )
    sessions = sessions_between(date.fromisoformat(first), date.fromisoformat(last))
    assets = sorted(key.to_user_string() for key in run.asset_selection)
    count = outcomes.record_failure(house.store(), assets, sessions, told)
    context.log.info(f"run {run.run_id} left {count} sessions undone")
