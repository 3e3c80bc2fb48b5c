"""Ending runs whose worker died, at start.

What belongs here: telling a dead run from a living one. What does not: restarting anything; a run that was
ended is simply asked for again. Dagster's own monitoring never notices a worker that died with its host.
"""

import os
import socket

import dagster as dg
import psutil

WORKER_TAG = ".dagster/butter_worker"
"""Under Dagster's own prefix for tags that the UI does not show."""
UNFINISHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def worker_tag() -> str:
    """Names this process so that no later process with the same number is taken for it."""
    return f"{socket.gethostname()}:{os.getpid()}:{psutil.Process().create_time():.2f}"


def is_alive(worker: str) -> bool:
    """Whether the process that a worker tag names still runs; one on another host counts as alive."""
    host, pid, created = worker.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" == created
    except psutil.Error:
        return False


def end_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Fail every unfinished run that no living process works on; returns their ids.

    Called by the one owner of a home before it starts any server, when no launched run can be alive:
    the runs that may be are those of `butter backfill`, which say who works on them.
    """
    ended = []
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=UNFINISHED)):
        worker = run.tags.get(WORKER_TAG)
        if worker is None or not is_alive(worker):
            instance.report_run_failed(run, message="Its worker died; found at start. Run it again: nothing was lost.")
            ended.append(run.run_id)
    return ended


if __name__ == "__main__":
    with dg.DagsterInstance.get() as here:
        end_dead_runs(here)
