"""Running ranges of sessions in this process, one after another.

What belongs here: what `butter demo`, `butter backfill` and `butter up` ask of Dagster. What does not:
schedules and sensors, which the daemon serves. Daemon backfills are not used: they split at offset edges
and run past the end that was asked for.
"""

import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline.defs.automation import range_tags, yearly_ranges
from butter_pipeline.defs.operations.failures import first_cause, was_interrupted
from butter_pipeline.defs.operations.janitor import WORKER_TAG, worker_tag
from butter_pipeline.defs.partitions import FIRST_SESSION, SESSIONS
from butter_pipeline.errors import ButterError
from butter_pipeline.market.sessions import sessions_between

if TYPE_CHECKING:
    from butter_pipeline.store import Store

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
        raise ButterError(f"--select {selection!r}: not understood; try group:market or key:market/bars+") from error
    kept = [key for key in graph.toposorted_asset_keys if key in keys and graph.get(key).partitions_def == SESSIONS]
    if not kept:
        raise ButterError(f"--select {selection!r}: names no asset with sessions; try group:market or key:market/bars")
    return kept


def ranges_to_make(first: date, last: date, made: Sequence[Collection[date]]) -> list[tuple[date, date]]:
    """The ranges, of at most a year, in which some asset lacks a session; `made` holds what each has."""
    every = sessions_between(FIRST_SESSION, last)
    wanted = [session for session in every if session >= first and not all(session in some for some in made)]
    return yearly_ranges(wanted, every)


def made_sessions(instance: dg.DagsterInstance, store: "Store", vendor: str, key: dg.AssetKey) -> set[date]:
    """The sessions of an asset that Dagster has and that are good, from this vendor.

    Dagster knows neither vendors nor verdicts, our outcomes do not know what the UI shows: both must agree.
    """
    from butter_pipeline.store import outcomes

    shown = {date.fromisoformat(made) for made in instance.get_materialized_partitions(key)}
    return shown & outcomes.good_sessions(store, key.to_user_string(), vendor)


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
        if was_interrupted(result.all_events):
            raise KeyboardInterrupt
        error = None
        if not result.success:
            error = first_cause(result.all_events) or "the run ended without saying why; see it in the UI"
        yield RangeRun(first, last, result.run_id, error)
        if error is not None:
            return
