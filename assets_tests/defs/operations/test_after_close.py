from datetime import UTC, date, datetime

import dagster as dg
import pytest

from butter_pipeline.defs.automation import RANGE_END_TAG, RANGE_START_TAG
from butter_pipeline.defs.operations.after_close import after_close, weekly_review
from butter_pipeline.defs.resources import House
from butter_pipeline.operations.sample import LAST_ASSETS
from butter_pipeline.store import Store, outcomes

pytestmark = pytest.mark.database


def tick(definitions: dg.Definitions, instance: dg.DagsterInstance, moment: str) -> dg.RunRequest | str:
    context = dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime.fromisoformat(moment),
        repository_def=definitions.get_repository_def(),
        resources={"house": House()},
    )
    made = after_close.evaluate_tick(context)
    return made.run_requests[0] if made.run_requests else str(made.skip_message)


def went_through(house: Store, session: date, assets: tuple[str, ...] = LAST_ASSETS) -> None:
    outcomes.record(
        house,
        [
            outcomes.Outcome(asset, "simulator-7-edge", session, "done", "run", "code", "config", datetime.now(UTC))
            for asset in assets
        ],
    )


def span(request: dg.RunRequest | str) -> tuple[str, str]:
    assert isinstance(request, dg.RunRequest)
    return request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]


def test_a_holiday_is_skipped_and_named(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    assert tick(definitions, instance, "2026-11-26T17:30:00-05:00") == "2026-11-26 is no exchange session"


def test_the_session_comes_from_the_calendar_and_a_full_day_has_settled_by_then(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    assert span(tick(definitions, instance, "2026-11-20T17:30:00-05:00")) == ("2026-11-20", "2026-11-20")


def test_a_half_day_is_taken_in_on_its_own_evening(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    went_through(house, date(2026, 11, 25))
    assert span(tick(definitions, instance, "2026-11-27T17:30:00-05:00")) == ("2026-11-27", "2026-11-27")


def test_sessions_missed_while_the_house_was_down_are_caught_up_in_one_run(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    went_through(house, date(2026, 10, 30))
    assert span(tick(definitions, instance, "2026-11-20T17:30:00-05:00")) == ("2026-11-02", "2026-11-20")


def test_a_catch_up_ends_with_the_month_for_what_follows_waits_for_its_model(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    went_through(house, date(2026, 10, 27))
    assert span(tick(definitions, instance, "2026-11-20T17:30:00-05:00")) == ("2026-10-28", "2026-10-30")
    went_through(house, date(2026, 10, 30))
    assert span(tick(definitions, instance, "2026-11-20T19:00:00-05:00")) == ("2026-11-02", "2026-11-20")


def test_a_session_that_stopped_halfway_is_asked_for_again_by_the_second_tick_of_the_evening(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    went_through(house, date(2026, 11, 19))
    went_through(house, date(2026, 11, 20), LAST_ASSETS[:1])
    first = tick(definitions, instance, "2026-11-20T17:30:00-05:00")
    second = tick(definitions, instance, "2026-11-20T19:00:00-05:00")
    assert span(first) == span(second) == ("2026-11-20", "2026-11-20")
    assert isinstance(first, dg.RunRequest) and isinstance(second, dg.RunRequest) and first.run_key != second.run_key


def test_an_evening_that_has_gone_through_is_not_made_again(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    went_through(house, date(2026, 11, 20))
    assert tick(definitions, instance, "2026-11-20T19:00:00-05:00") == "2026-11-20 has gone through every stage"


def test_the_run_that_a_tick_asks_for_makes_what_is_cut_by_session_and_nothing_else(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    job = definitions.get_repository_def().get_job(after_close.job_name)
    made = {key.to_user_string() for key in job.asset_layer.selected_asset_keys}
    by_session = {
        key.to_user_string()
        for key in graph.materializable_asset_keys
        if isinstance(graph.get(key).partitions_def, dg.TimeWindowPartitionsDefinition)
    }
    assert made == by_session


def test_the_review_is_asked_for_once_a_week(definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
    context = dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime.fromisoformat("2026-11-20T18:45:00-05:00"),
        repository_def=definitions.get_repository_def(),
    )
    (request,) = weekly_review.evaluate_tick(context).run_requests
    assert request.run_key == "review/2026-11-20"
