"""Marts follow what is made without them, by real evaluations of their automation condition."""

from datetime import date
from typing import Any

import dagster as dg
import pytest

from butter_pipeline.defs.automation import range_tags
from butter_pipeline.store import Store

pytestmark = pytest.mark.database

FIRST, LAST = date(2023, 11, 1), date(2023, 11, 8)
MARKET = [dg.AssetKey(["market", name]) for name in ("bars", "chains", "context")]
COVERAGE = dg.AssetKey(["marts", "session_coverage"])
MARTS = dg.AssetSelection.groups("marts")


def made(
    definitions: dg.Definitions, instance: dg.DagsterInstance, keys: list[dg.AssetKey], first: date, last: date
) -> None:
    job = definitions.resolve_implicit_global_asset_job_def()
    done = job.execute_in_process(instance=instance, asset_selection=keys, tags=range_tags(first, last))
    assert done.success


def wanted(definitions: dg.Definitions, instance: dg.DagsterInstance, cursor: Any | None) -> tuple[set[str], Any]:
    """What a tick asks for of the coverage, and the cursor for the next tick."""
    told = dg.evaluate_automation_conditions(definitions, instance, asset_selection=MARTS, cursor=cursor)
    return set(told.get_requested_partitions(COVERAGE)), told.cursor


def test_a_mart_follows_what_is_made_without_it_and_nothing_else(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    _, cursor = wanted(definitions, instance, None)
    made(definitions, instance, [*MARKET, COVERAGE], FIRST, LAST)
    together, cursor = wanted(definitions, instance, cursor)
    assert together == set(), "a schedule's or a backfill's run makes a session with its marts: no news"
    made(definitions, instance, MARKET[1:2], date(2023, 11, 3), date(2023, 11, 3))
    alone, cursor = wanted(definitions, instance, cursor)
    assert alone == {"2023-11-03"}
    made(definitions, instance, [COVERAGE], date(2023, 11, 3), date(2023, 11, 3))
    after, _ = wanted(definitions, instance, cursor)
    assert after == set()


def test_the_sensor_that_asks_runs_from_the_start_and_looks_at_marts_alone(definitions: dg.Definitions) -> None:
    sensor = definitions.resolve_sensor_def("marts_follow")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    graph = definitions.resolve_asset_graph()
    conditioned = {key for key in graph.get_all_asset_keys() if graph.get(key).automation_condition is not None}
    assert sensor.asset_selection is not None and sensor.asset_selection.resolve(graph) == conditioned
