from datetime import UTC, date, datetime

import dagster as dg
import pytest

from butter_pipeline.defs.automation import range_tags
from butter_pipeline.defs.operations.run_failures import run_failures
from butter_pipeline.defs.resources import House
from butter_pipeline.store import Store, outcomes

pytestmark = pytest.mark.database
FIRST, LAST = date(2024, 1, 2), date(2024, 1, 5)


@dg.op
def broken() -> None:
    raise RuntimeError("out of luck")


@dg.job
def failing() -> None:
    broken()


def tick(instance: dg.DagsterInstance, tags: dict[str, str], done: list[outcomes.Outcome], house: Store) -> None:
    result = failing.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    run = run._replace(asset_selection=frozenset({dg.AssetKey(["market", "bars"])}))
    outcomes.record(house, [o.__class__(**{**vars(o), "run_id": run.run_id}) for o in done])
    context = dg.build_run_status_sensor_context(
        sensor_name="run_failures",
        dagster_instance=instance,
        dagster_run=run,
        dagster_event=next(event for event in result.all_events if event.is_run_failure),
    ).for_run_failure()
    run_failures(context, house=House())


def test_the_sessions_that_a_failed_run_left_undone_are_written_down_once(
    instance: dg.DagsterInstance, house: Store
) -> None:
    done = outcomes.Outcome("market/bars", "simulator-7-edge", FIRST, "done", "", "c", "h", datetime.now(UTC))
    tick(instance, range_tags(FIRST, LAST), [done], house)
    failed = outcomes.failed(house)
    assert [(o.asset, o.session) for o in failed] == [("market/bars", date(2024, 1, day)) for day in (3, 4, 5)]
    assert all("failed" in (o.reason or "") for o in failed)


def test_a_failed_run_without_sessions_leaves_nothing(instance: dg.DagsterInstance, house: Store) -> None:
    tick(instance, {}, [], house)
    assert outcomes.failed(house) == []
