"""A house with one retraining asked for, and one process that is its daemon, its code server and its run at once.

`python -m assets_tests.defs.drift.retraining_house <module> <function> <before|after> <call>` is that process on the
house that the environment names; it dies of SIGKILL at that call of that function, before or after it. It lives at
call 0.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import wraps
from importlib import import_module
from itertools import count
from logging import getLogger
from pathlib import Path

import dagster as dg
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.scheduler.instigation import SensorInstigatorData
from dagster._core.test_utils import freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.sensor import execute_sensor_iteration

from assets_tests.learning.learning_worlds import configurations
from assets_tests.registry.registry_rows import LAST, RUN, VENDOR, WORLD, keep
from butter_pipeline.defs.drift.retraining import drift_retraining
from butter_pipeline.defs.learning.assets import READS, dataset, success
from butter_pipeline.defs.partitions import SESSIONS
from butter_pipeline.defs.resources import resources
from butter_pipeline.drift import intents
from butter_pipeline.drift.verdict import Alert
from butter_pipeline.market.sessions import as_of
from butter_pipeline.settings import PROJECT_ROOT
from butter_pipeline.store import Store

defs = dg.Definitions(
    assets=[*(dg.AssetSpec(key.split("/"), partitions_def=SESSIONS) for key in READS), dataset, success],
    sensors=[drift_retraining],
    resources=resources(),
    executor=dg.in_process_executor,
)
"""The very assets and the very sensor, and nothing else."""

MODULE = "assets_tests.defs.drift.retraining_house"
"""This module's name also while it is the main one."""


def little_configs(folder: Path) -> Path:
    """The configurations, with needs that a little history can meet."""
    return configurations(
        folder,
        WORLD,
        needs={"minimum_rows": 400, "minimum_sessions": 40},
        validation={"minimum_rows": 100, "resamples": 50},
        trees={"min_data_in_leaf": 30, "num_leaves": 4},
    )


def ask(store: Store, vintage: date = LAST, kind: str = "features") -> str:
    """Raise an alert as a drift report would; returns the intent's id."""
    alert = Alert(VENDOR, vintage, date(2023, 12, 29), kind, 3, 2.0, 1.0, as_of(vintage))
    known = {each.intent_id for each in intents.pending(store, VENDOR)}
    intents.raise_alerts(store, {"drift/reports/it.json": alert}, RUN)
    (new,) = {each.intent_id for each in intents.pending(store, VENDOR)} - known
    return new


def with_history(store: Store) -> str:
    """Keep a history to learn from, and ask for a retraining on it; returns the intent's id."""
    keep(store)
    return ask(store)


@contextmanager
def daemon(instance: dg.DagsterInstance) -> Iterator[WorkspaceProcessContext]:
    """What Dagster's daemon works with, our definitions loaded in this process."""
    target = LoadableTargetOrigin(
        executable_path=sys.executable, module_name=MODULE, attribute="defs", working_directory=str(PROJECT_ROOT)
    )
    origin = InProcessCodeLocationOrigin(target, location_name="house")
    with WorkspaceProcessContext(instance, InProcessWorkspaceLoadTarget(origin)) as context:
        yield context


def turn(context: WorkspaceProcessContext) -> list[str]:
    """One turn of Dagster's sensor daemon, a minute after the last; returns the ids of the runs it made."""
    before = {run.run_id for run in context.instance.get_runs()}
    held = [state.instigator_data for state in context.instance.all_instigator_state()]
    last = [data.last_tick_start_timestamp or 0.0 for data in held if isinstance(data, SensorInstigatorData)]
    with freeze_time(max([datetime.now(UTC).timestamp(), *last]) + 60):
        list(execute_sensor_iteration(context, getLogger("daemon"), None, None))
    return [run.run_id for run in context.instance.get_runs() if run.run_id not in before]


def turns(instance: dg.DagsterInstance) -> list[str]:
    """Turns of the daemon until two running ask for nothing; returns the ids of the runs it made."""
    made: list[str] = []
    quiet = 0
    with daemon(instance) as context:
        while quiet < 2:
            new = turn(context)
            made += new
            quiet = 0 if new else quiet + 1
    return made


def die(module: str, function: str, when: str, call: int) -> None:
    """Have a function kill this process at one of its calls."""
    owner = import_module(module)
    *within, name = function.split(".")
    for part in within:
        owner = getattr(owner, part)
    whole, calls = getattr(owner, name), count(1)

    @wraps(whole)
    def dying(*args: object, **more: object) -> object:
        fatal = next(calls) == call
        if fatal and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        made = whole(*args, **more)
        if fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return made

    setattr(owner, name, dying)


if __name__ == "__main__":
    die(*sys.argv[1:4], int(sys.argv[4]))
    with dg.DagsterInstance.get() as here:
        turns(here)
