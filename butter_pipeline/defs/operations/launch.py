"""Running ranges of sessions, and vintages, in this process, one after another.

What belongs here: what `butter demo`, `butter backfill` and `butter up` ask of Dagster. What does not:
schedules and sensors, which the daemon serves. Daemon backfills are not used: they split at offset edges
and run past the end that was asked for.
"""

import time
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline.defs.automation import range_tags, yearly_ranges
from butter_pipeline.defs.operations.failures import first_cause, was_interrupted
from butter_pipeline.defs.operations.janitor import WORKER_TAG, worker_tag
from butter_pipeline.defs.operations.turns import together
from butter_pipeline.defs.partitions import FIRST_SESSION, VINTAGES
from butter_pipeline.errors import ButterError
from butter_pipeline.market.sessions import sessions_between

if TYPE_CHECKING:
    from butter_pipeline.store import Store

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Ran:
    """One run over a range of sessions or vintages, and how it ended."""

    first: date
    last: date
    run_id: str
    error: str | None
    seconds: float


def selected(definitions: dg.Definitions, selection: str) -> Sequence[dg.AssetKey]:
    """The assets that a selection names, in Dagster's selection syntax, in the order in which they are made."""
    graph = definitions.resolve_asset_graph()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.BetaWarning)  # of the selection syntax, which the UI speaks too
            keys = dg.AssetSelection.from_string(selection).resolve(graph)
    except Exception as error:
        raise ButterError(f"--select {selection!r}: not understood; try group:market or key:market/bars+") from error
    wanted = {made for key in keys & graph.materializable_asset_keys for made in together(graph, key)}
    kept = [key for key in graph.toposorted_asset_keys if key in wanted]
    if not kept:
        raise ButterError(
            f"--select {selection!r}: names nothing that can be made; try group:market or key:market/bars"
        )
    return kept


def ranges_to_make(first: date, last: date, made: Sequence[Collection[date]]) -> list[tuple[date, date]]:
    """The ranges, of at most a year, in which some asset lacks a session; `made` holds what each has."""
    every = sessions_between(FIRST_SESSION, last)
    wanted = [session for session in every if session >= first and not all(session in some for some in made)]
    return yearly_ranges(wanted, every)


def made_sessions(instance: dg.DagsterInstance, store: "Store", vendor: str, key: dg.AssetKey) -> set[date]:
    """The sessions (or vintages) of an asset that Dagster has and that are good, from this vendor.

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
) -> Iterator[Ran]:
    """Make the ranges in order; stops after the first that fails, since later sessions build on it."""
    for first, last in ranges:
        ran = run_one(definitions, instance, keys, (first, last))
        yield ran
        if ran.error is not None:
            return


def consecutive_vintages(instance: dg.DagsterInstance, wanted: Collection[date]) -> list[tuple[date, date]]:
    """The vintages in as few ranges as can be, in the order in which Dagster holds them; new ones are added to it."""
    known = set(instance.get_dynamic_partitions(VINTAGES.name or ""))
    instance.add_dynamic_partitions(VINTAGES.name or "", [str(v) for v in sorted(wanted) if str(v) not in known])
    order = [date.fromisoformat(key) for key in instance.get_dynamic_partitions(VINTAGES.name or "")]
    ranges: list[tuple[date, date]] = []
    for place, vintage in enumerate(order):
        if vintage not in wanted:
            continue
        if ranges and place and ranges[-1][1] == order[place - 1]:
            ranges[-1] = (ranges[-1][0], vintage)
        else:
            ranges.append((vintage, vintage))
    return ranges


def run_one(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    keys: Sequence[dg.AssetKey],
    span: tuple[date, date] | None,
    tags: Mapping[str, str] | None = None,
) -> Ran:
    """One run over a span of sessions or vintages (none for what is not cut in time), with further tags."""
    began = time.monotonic()
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        asset_selection=list(keys),
        tags={**(range_tags(*span) if span else {}), **(tags or {}), WORKER_TAG: worker_tag()},
        run_config=QUIET,
        raise_on_error=False,
    )
    if was_interrupted(result.all_events):
        raise KeyboardInterrupt
    error = None
    if not result.success:
        error = first_cause(result.all_events) or "the run ended without saying why; see it in the UI"
    return Ran(*(span or (date.min, date.max)), result.run_id, error, round(time.monotonic() - began, 3))
