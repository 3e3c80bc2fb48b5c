"""Running ranges of sessions in this process, one after another.

What belongs here: what `butter demo`, `butter backfill` and `butter up` ask of Dagster. What does not:
schedules and sensors, which the daemon serves. Daemon backfills are not used: they split at offset edges
and run past the end that was asked for.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import dagster as dg

from butter_pipeline.defs.automation import range_tags, yearly_ranges
from butter_pipeline.defs.operations.janitor import WORKER_TAG, worker_tag
from butter_pipeline.defs.partitions import FIRST_SESSION, SESSIONS
from butter_pipeline.errors import ButterError
from butter_pipeline.market.sessions import sessions_between

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RangeRun:
    """One run over a range of sessions, and how it ended."""

    first: date
    last: date
    run_id: str
    error: str | None


def selected(definitions: dg.Definitions, selection: str) -> Sequence[dg.AssetKey]:
    """The session-partitioned assets that a selection names, in Dagster's selection syntax."""
    graph = definitions.resolve_asset_graph()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.BetaWarning)  # of the selection syntax, which the UI speaks too
            keys = dg.AssetSelection.from_string(selection).resolve(graph)
    except Exception as error:
        raise ButterError(f"--select {selection!r}: {' '.join(str(error).split())[:200]}") from None
    kept = [key for key in graph.toposorted_asset_keys if key in keys and graph.get(key).partitions_def == SESSIONS]
    if not kept:
        raise ButterError(f"--select {selection!r}: names no asset with sessions; try group:market or key:market/bars")
    return kept


def missing_ranges(
    instance: dg.DagsterInstance, keys: Sequence[dg.AssetKey], first: date, last: date, *, again: bool
) -> list[tuple[date, date]]:
    """The ranges, of at most a year, in which some selected asset lacks a session (all, when `again`)."""
    every = sessions_between(FIRST_SESSION, last)
    wanted = [session for session in every if session >= first]
    if not again:
        made = [instance.get_materialized_partitions(key) for key in keys]
        wanted = [session for session in wanted if not all(session.isoformat() in some for some in made)]
    return yearly_ranges(wanted, every)


def run_ranges(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    keys: Sequence[dg.AssetKey],
    ranges: Sequence[tuple[date, date]],
) -> Iterator[RangeRun]:
    """Make the ranges in order; stops after the first that fails, since later sessions build on it."""
    job = definitions.resolve_implicit_global_asset_job_def()
    for first, last in ranges:
        result = job.execute_in_process(
            instance=instance,
            asset_selection=list(keys),
            tags={**range_tags(first, last), WORKER_TAG: worker_tag()},
            run_config=QUIET,
            raise_on_error=False,
        )
        error = None if result.success else _first_error(result)
        yield RangeRun(first, last, result.run_id, error)
        if error is not None:
            return


def _first_error(result: dg.ExecuteInProcessResult) -> str:
    """The innermost cause of the first failure, in one line."""
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            if error is not None:
                return f"{event.step_key}: {' '.join(error.message.split())[:500]}"
        if event.is_run_failure and event.message:
            return " ".join(event.message.split())[:500]
    return "the run ended without saying why; see it in the UI"
