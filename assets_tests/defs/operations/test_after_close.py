from datetime import UTC, date, datetime

import dagster as dg
import pytest

from butter_pipeline.defs.automation import RANGE_END_TAG, RANGE_START_TAG
from butter_pipeline.defs.market.schedules import market_after_close
from butter_pipeline.defs.resources import House
from butter_pipeline.store import Store, outcomes

pytestmark = pytest.mark.database


def tick(definitions: dg.Definitions, instance: dg.DagsterInstance, moment: str) -> dg.RunRequest | str:
    context = dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime.fromisoformat(moment),
        repository_def=definitions.get_repository_def(),
        resources={"house": House()},
    )
    made = market_after_close.evaluate_tick(context)
    return made.run_requests[0] if made.run_requests else str(made.skip_message)


def took_in(house: Store, session: date) -> None:
    told = outcomes.Outcome(
        "market/bars", "simulator-7-edge", session, "done", "run", "code", "config", datetime.now(UTC)
    )
    outcomes.record(house, [told])


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
    took_in(house, date(2026, 11, 25))
    assert span(tick(definitions, instance, "2026-11-27T17:30:00-05:00")) == ("2026-11-27", "2026-11-27")


def test_sessions_missed_while_the_house_was_down_are_caught_up_in_one_run(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    took_in(house, date(2026, 10, 30))
    assert span(tick(definitions, instance, "2026-11-20T17:30:00-05:00")) == ("2026-11-02", "2026-11-20")


def test_an_evening_that_was_already_taken_in_by_hand_is_asked_for_once_more_not_skipped_over(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    took_in(house, date(2026, 11, 20))
    assert span(tick(definitions, instance, "2026-11-20T17:30:00-05:00")) == ("2026-11-20", "2026-11-20")
