"""What each run made of each session: the latest counts, and nothing that failed is forgotten."""

from dataclasses import replace
from datetime import timedelta

from assets_tests.store.examples import MONDAY, RECORDED, TUESDAY, WEDNESDAY
from butter_pipeline.store import Store
from butter_pipeline.store.outcomes import Outcome, count_since, failed, last_session, latest, record, record_failure

DONE = Outcome(
    "market/bars", "v", MONDAY, "done", "run", "code", "config", RECORDED, rows=7, hash="h", completeness_pct=99.5
)
LATER = RECORDED + timedelta(seconds=1)


def test_outcomes_come_back_as_they_were_recorded(database: Store) -> None:
    record(database, [DONE, replace(DONE, session=TUESDAY)])
    assert latest(database, "market/bars", "v", MONDAY, MONDAY) == [DONE]
    assert latest(database, "market/bars", "another", MONDAY, WEDNESDAY) == []


def test_recording_again_or_nothing_adds_nothing(database: Store) -> None:
    record(database, [])
    record(database, [DONE])
    record(database, [DONE, DONE])
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from operations.session_outcomes").scalar_one() == 1


def test_the_latest_outcome_of_a_session_counts(database: Store) -> None:
    blocked = replace(DONE, status="blocked", reason="92 % complete", run_id="second", recorded_at=LATER)
    record(database, [blocked])
    record(database, [DONE])
    assert latest(database, "market/bars", "v", MONDAY, WEDNESDAY) == [blocked]


def test_moments_come_back_in_utc_whatever_the_servers_zone(database: Store) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "alter database " + str(database.engine.url.database) + " set timezone = 'Asia/Tokyo'"
        )
    database.engine.dispose()
    record(database, [DONE])
    assert str(latest(database, "market/bars", "v", MONDAY, MONDAY)[0].recorded_at) == "2025-01-01 00:00:00+00:00"


def test_blocked_and_failed_sessions_are_shown_until_done_or_released(database: Store) -> None:
    lost = [
        replace(DONE, session=MONDAY, status="blocked", reason="gap"),
        replace(DONE, session=TUESDAY, status="failed", reason="error"),
        replace(DONE, session=WEDNESDAY, status="failed", reason="error"),
        replace(DONE, session=WEDNESDAY, vendor="another"),
    ]
    record(database, lost)
    assert failed(database) == lost[:3]
    record(database, [replace(lost[0], status="released", recorded_at=LATER)])
    record(database, [replace(lost[1], status="done", recorded_at=LATER)])
    assert failed(database) == [lost[2]]


def test_progress_counts_sessions_not_outcomes_and_only_recent_ones(database: Store) -> None:
    record(database, [DONE, replace(DONE, session=TUESDAY, recorded_at=LATER)])
    record(database, [replace(DONE, session=TUESDAY, recorded_at=LATER, run_id="again")])
    assert count_since(database, ["market/bars", "market/chains"], LATER) == {"market/bars": 1, "market/chains": 0}
    assert count_since(database, ["market/bars"], RECORDED) == {"market/bars": 2}


def test_the_last_session_is_the_latest_that_is_good(database: Store) -> None:
    assert last_session(database, "market/bars", "v") is None
    record(database, [replace(DONE, session=TUESDAY, status="failed"), DONE])
    assert last_session(database, "market/bars", "v") == MONDAY


def test_a_dead_run_fails_what_it_left_without_an_outcome_of_its_own(database: Store) -> None:
    told = replace(DONE, status="failed", reason="killed", run_id="dead", recorded_at=LATER)
    record(database, [DONE])
    record(database, [replace(DONE, session=TUESDAY, run_id="dead", recorded_at=LATER)])
    days = [MONDAY, TUESDAY]
    assert record_failure(database, ["market/bars", "market/context"], days, told, since=LATER) == 3
    lost = [(outcome.asset, outcome.session) for outcome in failed(database)]
    assert lost == [("market/bars", MONDAY), ("market/context", MONDAY), ("market/context", TUESDAY)]
