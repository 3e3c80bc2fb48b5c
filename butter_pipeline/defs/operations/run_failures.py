"""Run failures: every failed run leaves its sessions in our own table.

What belongs here: the sensor that writes them down. What does not: retrying (run_retries in dagster.yaml).
With one planned event per range Dagster itself no longer shows which sessions a failed run left undone.
"""

import dagster as dg

from butter_pipeline.defs.automation import RANGE_END_TAG, RANGE_START_TAG
from butter_pipeline.defs.resources import House


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes the sessions of a failed run to operations.session_outcomes, where operations.failed_sessions shows them.",
)
def run_failures(context: dg.RunFailureSensorContext, house: House) -> None:
    """Mark the sessions that the run was to make and did not finish."""
    run = context.dagster_run
    partition = run.tags.get("dagster/partition")
    first, last = run.tags.get(RANGE_START_TAG, partition), run.tags.get(RANGE_END_TAG, partition)
    if first is None or last is None or not run.asset_selection:
        return
    reason = " ".join((context.failure_event.message or "the run failed").split())[:500]
    assets = sorted(key.to_user_string() for key in run.asset_selection)
    house.record_failure(run.run_id, assets, (first, last), reason)
