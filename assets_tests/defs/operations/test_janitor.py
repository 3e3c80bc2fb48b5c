import subprocess
import sys

import dagster as dg
import psutil

from butter_pipeline.defs.operations.janitor import WORKER_TAG, end_dead_runs, is_alive, worker_tag


@dg.op
def nothing() -> None:
    return None


@dg.job
def a_job() -> None:
    nothing()


def started(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRun:
    run = instance.create_run_for_job(a_job, tags=tags)
    instance.report_engine_event("it is under way", run)
    instance.handle_run_event(run.run_id, start_event(run))
    found = instance.get_run_by_id(run.run_id)
    assert found is not None and found.status is dg.DagsterRunStatus.STARTED
    return found


def start_event(run: dg.DagsterRun) -> dg.DagsterEvent:
    return dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, run.job_name)


def status(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRunStatus:
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    return found.status


def test_a_run_whose_worker_is_gone_is_ended_and_one_that_is_worked_on_is_left_alone(
    instance: dg.DagsterInstance,
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    dead_tag = worker_tag().split(":")[0] + f":{gone.pid}:{psutil.Process().create_time():.2f}"
    gone.wait()
    dead, living, launched = (
        started(instance, {WORKER_TAG: dead_tag}),
        started(instance, {WORKER_TAG: worker_tag()}),
        started(instance, {}),
    )
    assert set(end_dead_runs(instance)) == {dead.run_id, launched.run_id}
    assert status(instance, dead) is dg.DagsterRunStatus.FAILURE
    assert status(instance, launched) is dg.DagsterRunStatus.FAILURE
    assert status(instance, living) is dg.DagsterRunStatus.STARTED


def test_a_later_process_with_the_same_number_is_not_taken_for_the_worker() -> None:
    host, pid, created = worker_tag().rsplit(":", 2)
    assert is_alive(worker_tag())
    assert not is_alive(f"{host}:{pid}:{float(created) - 3600:.2f}")


def test_a_worker_on_another_host_counts_as_alive() -> None:
    assert is_alive("elsewhere:1:0.00")


def test_a_finished_run_is_not_touched(instance: dg.DagsterInstance) -> None:
    done = a_job.execute_in_process(instance=instance)
    assert end_dead_runs(instance) == []
    found = instance.get_run_by_id(done.run_id)
    assert found is not None and found.status is dg.DagsterRunStatus.SUCCESS
