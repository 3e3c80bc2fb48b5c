"""A vintage and what stands on it, through Dagster, on a real database."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import text

from assets_tests.learning.learning_worlds import FIRST, World, configurations
from assets_tests.registry.registry_rows import VENDOR, keep
from butter_pipeline.defs.automation import range_tags
from butter_pipeline.defs.learning.assets import dataset, success
from butter_pipeline.defs.registry.assets import standing
from butter_pipeline.defs.resources import resources
from butter_pipeline.defs.trading.predictions import predictions
from butter_pipeline.market.sessions import next_session, offset, sessions_between
from butter_pipeline.registry import versions
from butter_pipeline.settings import settings
from butter_pipeline.store import Store, outcomes

pytestmark = pytest.mark.database

WORLD = World(sessions=150, symbols=4, per_symbol=6, signal=2.0, features=3)
CUTOFF = offset(FIRST, 140)
SHORT = offset(FIRST, 60)
LAST = offset(FIRST, 149)


@pytest.fixture
def house(house: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A house whose models learn from the world's features."""
    monkeypatch.setenv("BUTTER_CONFIGS", str(configurations(tmp_path / "configs", WORLD)))
    settings.cache_clear()
    return house


def defined() -> dg.Definitions:
    outside = [
        dg.AssetSpec(key.split("/"), partitions_def=standing.partitions_def)
        for key in ("opportunities/butterflies", "features/matrix", "labels/butterfly_outcomes")
    ]
    return dg.Definitions(
        assets=[*outside, dataset, success, standing, predictions],
        resources=resources(),
        executor=dg.in_process_executor,
    )


def ran(
    instance: dg.DagsterInstance, assets: Sequence[dg.AssetsDefinition], first: date, last: date
) -> dg.ExecuteInProcessResult:
    return (
        defined()
        .resolve_implicit_global_asset_job_def()
        .execute_in_process(
            instance=instance,
            asset_selection=[asset.key for asset in assets],
            tags=range_tags(first, last),
            raise_on_error=False,
        )
    )


def vintages(instance: dg.DagsterInstance, *cutoffs: date) -> dg.ExecuteInProcessResult:
    instance.add_dynamic_partitions("vintages", [cutoff.isoformat() for cutoff in cutoffs])
    return ran(instance, [dataset, success], cutoffs[0], cutoffs[-1])


def rows(house: Store, query: str) -> list[tuple[object, ...]]:
    with house.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_vintage_becomes_a_shadow_then_decides_and_scores_every_opportunity(
    instance: dg.DagsterInstance, house: Store
) -> None:
    keep(house, WORLD)
    result = vintages(instance, CUTOFF)
    assert result.success
    shown = result.asset_materializations_for_node("learning__success")[0].metadata
    assert {"reliability", "importances", "content_hash", "dagster/row_count"} <= set(shown)
    assert {(check.check_name, check.passed) for check in result.get_asset_check_evaluations()} == {
        ("vintage_usable", True)
    }
    assert ran(instance, [standing, predictions], next_session(CUTOFF), LAST).success
    found = rows(house, "select session, production_model_id, shadow_model_ids from registry.standing order by session")
    assert [(bool(production), bool(shadows)) for _, production, shadows in found] == [(False, True)] * 5 + [
        (True, False)
    ] * 4
    scored = rows(house, "select session, role, count(*) from trading.predictions group by 1, 2 order by 1")
    sessions = sessions_between(next_session(CUTOFF), LAST)
    assert scored == [(s, "shadow" if n < 5 else "production", 24) for n, s in enumerate(sessions)]


def test_a_vintage_with_too_few_labels_is_blocked_by_its_check_and_the_other_goes_on(
    instance: dg.DagsterInstance, house: Store
) -> None:
    keep(house, WORLD)
    result = vintages(instance, SHORT, CUTOFF)
    assert result.success
    (check,) = [c for c in result.get_asset_check_evaluations() if c.asset_key == success.key]
    assert not check.passed and check.severity is dg.AssetCheckSeverity.WARN
    told = {o.session: o.status for o in outcomes.latest(house, "learning/success", VENDOR, FIRST, LAST)}
    assert told == {SHORT: "blocked", CUTOFF: "done"}
    assert rows(house, "select vintage_session from registry.models") == [(CUTOFF,)]


def test_a_run_of_which_no_vintage_could_be_made_stops(instance: dg.DagsterInstance, house: Store) -> None:
    keep(house, WORLD)
    assert not vintages(instance, SHORT).success
    assert rows(house, "select * from registry.models") == []


def test_a_corrupted_model_file_fails_the_session_in_one_line_and_moves_nothing(
    instance: dg.DagsterInstance, house: Store
) -> None:
    keep(house, WORLD)
    assert vintages(instance, CUTOFF).success
    versions.fetched.cache_clear()
    ((uri,),) = rows(house, "select uri from registry.models")
    file = Path(house.lake) / str(uri)
    file.write_bytes(file.read_bytes()[:-1])
    day = next_session(CUTOFF)
    result = ran(instance, [standing, predictions], day, day)
    assert not result.success
    failure = next(event for event in result.all_events if event.is_step_failure)
    said = failure.step_failure_data.error.cause.message
    assert str(uri) in said and "its bytes are not what was kept" in said
    assert rows(house, "select * from trading.predictions") == []
    assert rows(house, "select to_state from registry.events order by effective_session") == [
        ("training",),
        ("shadow",),
    ]


@pytest.mark.slow
def test_making_it_all_again_changes_no_bit(instance: dg.DagsterInstance, house: Store) -> None:
    keep(house, WORLD)
    seen = []
    for _ in range(2):
        vintages(instance, CUTOFF)
        ran(instance, [standing, predictions], next_session(CUTOFF), LAST)
        assets = ("learning/dataset", "learning/success", "registry/standing", "trading/predictions")
        seen.append({(a, o.session): o.hash for a in assets for o in outcomes.latest(house, a, VENDOR, FIRST, LAST)})
    assert seen[0] == seen[1] and len(seen[0]) == 2 + 2 * 9 and all(seen[0].values())
