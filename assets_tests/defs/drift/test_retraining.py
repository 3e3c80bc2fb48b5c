"""The retraining sensor by real turns of Dagster's daemon, and the runs that it asks for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test
from sqlalchemy import text

from assets_tests.defs.drift.retraining_house import ask, daemon, defs, little_configs, turn, with_history
from assets_tests.learning.learning_worlds import configurations
from assets_tests.registry.registry_rows import LAST, RUN, VENDOR, WORLD, keep
from butter_pipeline.defs.drift.retraining import ATTEMPT_TAG, INTENT_TAG, drift_retraining
from butter_pipeline.defs.operations.failures import first_cause
from butter_pipeline.defs.resources import House
from butter_pipeline.derivation import done
from butter_pipeline.drift import intents
from butter_pipeline.drift.intents import Attempt
from butter_pipeline.market.sessions import offset
from butter_pipeline.registry.fitting import WAITS_FOR
from butter_pipeline.settings import settings
from butter_pipeline.store import Store, outcomes

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 2, tzinfo=UTC)
VINTAGES = "vintages"


@pytest.fixture
def little_house(house: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A house whose vintages need little."""
    monkeypatch.setenv("BUTTER_CONFIGS", str(little_configs(tmp_path / "configs")))
    settings.cache_clear()
    return house


@pytest.fixture
def demanding_house(house: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A house whose vintages need as much as the real configuration says."""
    monkeypatch.setenv("BUTTER_CONFIGS", str(configurations(tmp_path / "configs", WORLD)))
    settings.cache_clear()
    return house


@pytest.fixture
def wanted(house: Store) -> str:
    """An intent on a session whose labels stand."""
    outcomes.record(house, [done(asset, LAST, RUN) for asset in WAITS_FOR])
    return ask(house)


@pytest.fixture
def daemons_instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """One on which a run that is asked for is made at once, in this process."""
    with dg.instance_for_test(
        temp_dir=str(tmp_path), synchronous_run_launcher=True, synchronous_run_coordinator=True
    ) as made:
        yield made


def tick(instance: dg.DagsterInstance) -> dg.SensorResult | str:
    context = dg.build_sensor_context(instance, resources={"house": House()})
    made = drift_retraining(context)
    return made if isinstance(made, dg.SensorResult) else str(made.skip_message)


def asked(instance: dg.DagsterInstance) -> list[str]:
    """The run keys that a tick asks for, each without its intent."""
    made = tick(instance)
    return [] if isinstance(made, str) else [str(each.run_key).split("/")[1] for each in made.run_requests or ()]


def launched(
    instance: dg.DagsterInstance, intent: str, attempt: int, status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED
) -> str:
    """A run as the daemon would have made it for an attempt."""
    tags = {INTENT_TAG: intent, ATTEMPT_TAG: str(attempt)}
    return create_run_for_test(instance, tags=tags, status=status).run_id


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def events(store: Store) -> list[tuple[int, str]]:
    return rows(store, "select attempt, state from drift.intent_events order by attempt, state <> 'claimed', state")


def test_a_tick_asks_for_the_vintage_of_the_alert_by_name(
    instance: dg.DagsterInstance, house: Store, wanted: str
) -> None:
    made = tick(instance)
    assert isinstance(made, dg.SensorResult)
    (request,) = made.run_requests or ()
    assert (request.partition_key, request.run_key) == (LAST.isoformat(), f"{wanted[:16]}/1")
    assert request.tags == {INTENT_TAG: wanted, ATTEMPT_TAG: "1", "dagster/max_retries": "0"}
    (vintages,) = made.dynamic_partitions_requests or ()
    assert (vintages.partitions_def_name, vintages.partition_keys) == (VINTAGES, [LAST.isoformat()])


def test_without_an_intent_nothing_is_asked_for(instance: dg.DagsterInstance, house: Store) -> None:
    assert str(tick(instance)).startswith("no retraining is asked for")


def test_two_ticks_at_once_ask_by_the_same_run_key(instance: dg.DagsterInstance, house: Store, wanted: str) -> None:
    assert asked(instance) == asked(instance) == ["1"]


def test_while_its_labels_are_not_made_a_retraining_waits_and_uses_up_no_attempt(
    instance: dg.DagsterInstance, house: Store, wanted: str
) -> None:
    later = replace(RUN, recorded_at=NOW, run_id="later")
    outcomes.record(house, [replace(done(WAITS_FOR[-1], LAST, later), status="failed", reason="dbt fell over")])
    assert asked(instance) == [] and events(house) == []
    last = replace(RUN, recorded_at=NOW.replace(hour=1), run_id="last")
    outcomes.record(house, [replace(done(WAITS_FOR[-1], LAST, last), status="blocked", reason="bars are blocked")])
    assert asked(instance) == ["1"]


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
def test_while_a_run_is_under_way_nothing_is_asked_for(
    instance: dg.DagsterInstance, house: Store, wanted: str, status: dg.DagsterRunStatus
) -> None:
    run_id = launched(instance, wanted, 1, status)
    assert asked(instance) == []
    intents.claim(house, Attempt(wanted, 1, run_id), NOW)
    assert asked(instance) == [] and events(house) == [(1, "claimed")]


def test_a_run_that_was_left_behind_before_its_launch_is_asked_for_by_its_own_key(
    instance: dg.DagsterInstance, house: Store, wanted: str
) -> None:
    launched(instance, wanted, 1, dg.DagsterRunStatus.NOT_STARTED)
    assert asked(instance) == ["1"] and events(house) == []


def test_a_run_that_was_deleted_before_its_claim_is_asked_for_again(
    instance: dg.DagsterInstance, house: Store, wanted: str
) -> None:
    instance.delete_run(launched(instance, wanted, 1))
    assert asked(instance) == ["1"] and events(house) == []


def test_a_run_that_was_deleted_after_its_claim_is_written_off_and_cannot_settle_it_any_more(
    instance: dg.DagsterInstance, house: Store, wanted: str
) -> None:
    mine = Attempt(wanted, 1, launched(instance, wanted, 1))
    intents.claim(house, mine, NOW)
    instance.delete_run(str(mine.run_id))
    assert asked(instance) == ["2"] and events(house) == [(1, "claimed"), (1, "failed")]
    with pytest.raises(intents.NotOurs), house.engine.begin() as connection:
        intents.finish(connection, mine, "late", NOW)


@pytest.mark.parametrize("claims", [True, False])
@pytest.mark.parametrize("status", [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED])
def test_every_run_that_ended_before_it_was_done_is_followed_by_the_next_until_it_is_given_up(
    instance: dg.DagsterInstance, house: Store, wanted: str, status: dg.DagsterRunStatus, claims: bool
) -> None:
    for attempt in (1, 2, 3):
        assert asked(instance) == [str(attempt)]
        run_id = launched(instance, wanted, attempt, status)
        if claims:
            intents.claim(house, Attempt(wanted, attempt, run_id), NOW)
    assert asked(instance) == [] and intents.pending(house, VENDOR) == []
    ((attempt, run_id, said),) = rows(
        house, "select attempt, run_id, reason from drift.intent_events where state = 'closed'"
    )
    assert (attempt, run_id) == (4, None) and said.startswith("given up after 3 attempts; the last: ")
    assert asked(instance) == [] and len(events(house)) == (7 if claims else 4)


def test_a_retraining_that_is_finished_between_a_ticks_two_looks_is_not_asked_for_again(
    instance: dg.DagsterInstance, house: Store, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Attempt(wanted, 1, launched(instance, wanted, 1, dg.DagsterRunStatus.SUCCESS))
    intents.claim(house, mine, NOW)
    seen = intents.pending(house, VENDOR)
    with house.engine.begin() as connection:
        intents.finish(connection, mine, "registered it", NOW)
    monkeypatch.setattr(intents, "pending", lambda *_: seen)
    assert asked(instance) == [] and events(house) == [(1, "claimed"), (1, "finished")]


def test_an_intent_whose_vintage_is_there_is_closed_as_already_trained(
    instance: dg.DagsterInstance, house: Store, wanted: str
) -> None:
    outcomes.record(house, [done("learning/success", LAST, RUN)])
    assert asked(instance) == []
    assert rows(house, "select state, run_id, reason from drift.intent_events") == [("closed", None, "already trained")]


def test_each_intent_is_asked_for_by_itself(instance: dg.DagsterInstance, house: Store, wanted: str) -> None:
    earlier = offset(LAST, -5)
    outcomes.record(house, [done(asset, earlier, RUN) for asset in WAITS_FOR])
    second = ask(house, earlier)
    launched(instance, wanted, 1)
    made = tick(instance)
    assert isinstance(made, dg.SensorResult)
    assert [(r.run_key, r.partition_key) for r in made.run_requests or ()] == [
        (f"{second[:16]}/1", earlier.isoformat())
    ]


def test_one_alert_makes_one_challenger_and_the_daemon_rests(
    daemons_instance: dg.DagsterInstance, little_house: Store
) -> None:
    with_history(little_house)
    with daemon(daemons_instance) as context:
        (run_id,) = turn(context)
        assert daemons_instance.get_run_by_id(run_id).is_success  # type: ignore[union-attr]
        assert turn(context) == turn(context) == []
    ((model_id, vintage),) = rows(little_house, "select model_id, vintage_session from registry.models")
    assert vintage == LAST and daemons_instance.get_dynamic_partitions(VINTAGES) == [LAST.isoformat()]
    assert rows(little_house, "select attempt, state, run_id, reason from drift.intent_events order by state") == [
        (1, "claimed", run_id, None),
        (1, "finished", run_id, f"registered {model_id}"),
    ]
    assert rows(little_house, "select to_state from registry.events order by effective_session") == [
        ("training",),
        ("shadow",),
    ]


def test_a_run_key_burned_by_failures_before_the_claim_does_not_stop_the_next_attempt(
    daemons_instance: dg.DagsterInstance, little_house: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_history(little_house)
    whole, calls = intents.claim, iter(["the disk is full", "the disk is still full"])

    def claim(store: Store, mine: Attempt, now: datetime) -> None:
        if said := next(calls, None):
            raise OSError(said)
        whole(store, mine, now)

    monkeypatch.setattr(intents, "claim", claim)
    with daemon(daemons_instance) as context:
        assert [len(turn(context)) for _ in range(5)] == [1, 1, 1, 0, 0]
    assert rows(little_house, "select vintage_session from registry.models") == [(LAST,)]
    assert events(little_house) == [(1, "failed"), (2, "failed"), (3, "claimed"), (3, "finished")]


@pytest.mark.slow
def test_a_run_that_was_deleted_after_its_launch_is_launched_again_by_the_daemon(
    daemons_instance: dg.DagsterInstance, little_house: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_history(little_house)
    with monkeypatch.context() as broken, daemon(daemons_instance) as context:
        broken.setattr(daemons_instance.run_launcher, "launch_run", lambda _: None)
        (run_id,) = turn(context)
        assert turn(context) == []
    daemons_instance.delete_run(run_id)
    with daemon(daemons_instance) as context:
        assert [len(turn(context)) for _ in range(3)] == [1, 0, 0]
    assert events(little_house) == [(1, "claimed"), (1, "finished")]


def test_a_second_run_for_the_same_attempt_registers_nothing_and_says_so_in_one_line(
    instance: dg.DagsterInstance, little_house: Store
) -> None:
    intent = with_history(little_house)
    said, hashes = [], []
    for _ in range(2):
        instance.add_dynamic_partitions(VINTAGES, [LAST.isoformat()])
        result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(["learning", "dataset"]), dg.AssetKey(["learning", "success"])],
            partition_key=LAST.isoformat(),
            tags={INTENT_TAG: intent, ATTEMPT_TAG: "1"},
            raise_on_error=False,
        )
        said.append(first_cause(result.all_events))
        hashes.append(rows(little_house, "select model_id, file_hash, recorded_at from registry.models"))
    assert said == [None, f"learning__dataset: intent {intent[:12]} is settled already; nothing to do"]
    assert hashes[0] == hashes[1] and len(hashes[0]) == 1
    assert events(little_house) == [(1, "claimed"), (1, "finished")]


def test_a_vintage_that_cannot_be_fitted_is_refused_once_and_its_intent_closed(
    daemons_instance: dg.DagsterInstance, demanding_house: Store
) -> None:
    keep(demanding_house)
    ask(demanding_house)
    with daemon(daemons_instance) as context:
        assert [len(turn(context)) for _ in range(3)] == [1, 0, 0]
    ((state, said),) = rows(demanding_house, "select state, reason from drift.intent_events where state <> 'claimed'")
    assert state == "closed" and "a model needs" in said
    assert rows(demanding_house, "select * from registry.models") == []
