from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from butter_pipeline.defs.automation import range_tags
from butter_pipeline.defs.operations.run_failures import run_failures
from butter_pipeline.defs.resources import House
from butter_pipeline.market import intake
from butter_pipeline.store import Store, outcomes

pytestmark = pytest.mark.database
FIRST, LAST = date(2024, 1, 2), date(2024, 1, 5)
BARS = dg.AssetKey(["market", "bars"])


@dg.op
def broken() -> None:
    raise RuntimeError("out of luck")


@dg.job
def failing() -> None:
    broken()


def fail(definitions: dg.Definitions, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = definitions.resolve_implicit_global_asset_job_def()
    tags = range_tags(FIRST, LAST)
    return job.execute_in_process(instance=instance, asset_selection=[BARS], tags=tags, raise_on_error=False)


def tick(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> None:
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    context = dg.build_run_status_sensor_context(
        sensor_name="run_failures",
        dagster_instance=instance,
        dagster_run=run,
        dagster_event=next(event for event in result.all_events if event.is_run_failure),
    ).for_run_failure()
    run_failures(context, house=House())


@pytest.fixture
def unlucky(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("bars.csv: row 4: out of luck")

    monkeypatch.setattr(intake, "ingest", refuse)


@pytest.mark.usefixtures("unlucky")
def test_the_sessions_that_a_failed_run_left_undone_are_written_down_with_the_cause(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    tick(instance, fail(definitions, instance))
    failed = outcomes.failed(house)
    assert [(o.asset, o.session) for o in failed] == [("market/bars", date(2024, 1, day)) for day in (2, 3, 4, 5)]
    assert {o.reason for o in failed} == {"market__bars: bars.csv: row 4: out of luck"}


@pytest.mark.usefixtures("unlucky")
def test_a_success_since_the_run_began_is_not_overwritten_however_late_the_sensor_comes(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    result = fail(definitions, instance)
    now = datetime.now(UTC)
    mended = outcomes.Outcome("market/bars", "simulator-7-edge", FIRST, "done", "later", "c", "h", now)
    before = outcomes.Outcome("market/bars", "simulator-7-edge", LAST, "done", "r", "c", "h", now - timedelta(days=1))
    outcomes.record(house, [mended, before])
    tick(instance, result)
    assert [o.session for o in outcomes.failed(house)] == [date(2024, 1, day) for day in (3, 4, 5)]


@pytest.mark.usefixtures("unlucky")
def test_a_run_that_began_after_the_failure_and_ends_after_the_sensor_has_the_last_word(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    result = fail(definitions, instance)
    began = datetime.now(UTC)
    tick(instance, result)
    mended = outcomes.Outcome("market/bars", "simulator-7-edge", FIRST, "done", "later", "c", "h", began)
    outcomes.record(house, [mended])
    assert [o.session for o in outcomes.failed(house)] == [date(2024, 1, day) for day in (3, 4, 5)]


def test_a_failed_run_without_sessions_leaves_nothing(instance: dg.DagsterInstance, house: Store) -> None:
    tick(instance, failing.execute_in_process(instance=instance, raise_on_error=False))
    assert outcomes.failed(house) == []
