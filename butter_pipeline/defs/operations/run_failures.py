"""Run failures: every failed run leaves its sessions in our own table.

What belongs here: writing them down, for the daemon's runs by a sensor and for those of `butter backfill` by
itself. What does not: retrying (run_retries in dagster.yaml). With one planned event per range Dagster no
longer shows which sessions a failed run left undone.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import dagster as dg

from butter_pipeline.defs.automation import RANGE_END_TAG, RANGE_START_TAG
from butter_pipeline.defs.drift.retraining import INTENT_TAG
from butter_pipeline.defs.operations.failures import first_cause
from butter_pipeline.defs.partitions import VINTAGES
from butter_pipeline.defs.resources import House
from butter_pipeline.market.sessions import sessions_between


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes the sessions that a failed run left undone where operations.failed_sessions shows them.",
)
def run_failures(context: dg.RunFailureSensorContext, house: House) -> None:
    """Mark the sessions that the run was to make and did not finish."""
    run = context.dagster_run
    reason = first_cause(context.get_step_failure_events()) or context.failure_event.message or "the run failed"
    count = write_down(context.instance, run.run_id, house, reason)
    context.log.info(f"run {run.run_id} left {count} sessions undone")


def write_down(instance: dg.DagsterInstance, run_id: str, house: House, reason: str) -> int:
    """Mark what a run was to make and left without an outcome; what was made since it began stands."""
    from butter_pipeline.store import outcomes

    record = instance.get_run_record_by_id(run_id)
    span = _cut(instance, record.dagster_run) if record is not None else ()
    if record is None or not span:
        return 0
    assets = sorted(key.to_user_string() for key in record.dagster_run.asset_selection or ())
    if INTENT_TAG in record.dagster_run.tags:
        # A run that came too late to answer an intent failed at nothing: the vintage stands.
        good = outcomes.good_sessions(house.store(), assets[-1], house.vendor().name) if assets else set()
        span = [vintage for vintage in span if vintage not in good]
        if not span:
            return 0
    told = outcomes.Outcome(
        asset="",
        vendor=house.vendor().name,
        session=span[0],
        status="failed",
        run_id=run_id,
        code_version="",
        config_hash=house.config_hash(),
        # The moment of the failure, not of this writing: a run that began since may be at the same sessions.
        recorded_at=datetime.fromtimestamp(record.end_time, UTC) if record.end_time else datetime.now(UTC),
        reason=reason,
    )
    return outcomes.record_failure(house.store(), assets, span, told, record.create_timestamp)


def _cut(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Sequence[date]:
    """The sessions, or the vintages, that the run was to make."""
    partition = run.tags.get("dagster/partition")
    first, last = run.tags.get(RANGE_START_TAG, partition), run.tags.get(RANGE_END_TAG, partition)
    if first is None or last is None:
        return ()
    between = sessions_between(date.fromisoformat(first), date.fromisoformat(last))
    if not all(key.path[0] == "learning" for key in run.asset_selection or ()):
        return between
    known = set(instance.get_dynamic_partitions(VINTAGES.name or ""))
    return [session for session in between if session.isoformat() in known]
