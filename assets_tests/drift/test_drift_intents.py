import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from butter_pipeline.derivation import Run
from butter_pipeline.drift import intents
from butter_pipeline.drift.intents import Attempt, NotOurs
from butter_pipeline.drift.verdict import Alert
from butter_pipeline.market.sessions import as_of
from butter_pipeline.registry.versions import Version, register
from butter_pipeline.store import Store

VENDOR = "simulator-7-edge"
DAY, LATER = date(2024, 6, 3), date(2024, 7, 1)
NOW = datetime(2026, 11, 2, tzinfo=UTC)
RUN = Run(
    vendor=VENDOR, received_at=NOW, recorded_at=NOW, code_version="code", config_hash="config", run_id="a session's run"
)
URI = "drift/reports/it.json"


def alert(session: date = DAY, kind: str = "features") -> Alert:
    return Alert(VENDOR, session, date(2024, 5, 31), kind, 3, 2.5, 1.25, as_of(session))


@pytest.fixture
def intent(database: Store) -> str:
    intents.raise_alerts(database, {URI: alert()}, RUN)
    (wanted,) = intents.pending(database, VENDOR)
    return wanted.intent_id


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def events(store: Store) -> list[tuple[int, str, str | None]]:
    query = "select attempt, state, run_id from drift.intent_events order by attempt, state <> 'claimed', state"
    return rows(store, query)


def finish(store: Store, mine: Attempt) -> None:
    with store.engine.begin() as connection:
        intents.finish(connection, mine, "registered it", NOW)


def register_and_finish(store: Store, mine: Attempt) -> None:
    """What a run does with the model that it fitted."""
    with store.engine.begin() as connection:
        register(connection, version(f"model of {mine.run_id}"), RUN)
        intents.finish(connection, mine, "registered it", NOW)


def at_once(*doing: Callable[[], None]) -> list[str]:
    """What each of them raised, having begun together; in no order."""
    gate, said = threading.Barrier(len(doing)), []

    def act(one: Callable[[], None]) -> None:
        gate.wait()
        try:
            one()
        except NotOurs as refusal:
            said.append(str(refusal))

    threads = [threading.Thread(target=act, args=(one,)) for one in doing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return said


def version(content_hash: str) -> Version:
    texts = dict.fromkeys(("features_json", "params_json", "metrics_json", "card_json"), "{}")
    scores = dict.fromkeys(("accuracy", "precision", "recall", "f1", "auc"), 0.5)
    return Version(
        vendor=VENDOR,
        name="success",
        version=DAY.isoformat(),
        content_hash=content_hash,
        kind="success",
        library="lightgbm",
        vintage_session=DAY,
        training_first_session=DAY,
        training_last_session=DAY,
        training_rows=1,
        training_data_hash="data",
        uri="models/it",
        file_hash="file",
        onnx_uri=None,
        **texts,
        **scores,
    )


def test_an_alert_and_what_it_asks_for_stand_together_however_often_they_are_raised(database: Store) -> None:
    for _ in range(2):
        intents.raise_alerts(database, {URI: alert()}, RUN)
    (wanted,) = intents.pending(database, VENDOR)
    assert wanted == intents.Pending(
        wanted.intent_id, DAY, "features drifted: 2.5 beyond 1.25", 0, None, run_id=None, said=None
    )
    joined = "from drift.alerts a join drift.retraining_intents i using (alert_id)"
    assert rows(database, f"select a.session, i.vintage_session, a.report_uri {joined}") == [(DAY, DAY, URI)]
    assert rows(database, "select count(*) from drift.alerts") == [(1,)]


def test_what_fails_between_the_alert_and_its_intent_leaves_neither(database: Store) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("alter table drift.retraining_intents add constraint never check (false) not valid"))
    with pytest.raises(Exception, match="never"):
        intents.raise_alerts(database, {URI: alert()}, RUN)
    assert rows(database, "select * from drift.alerts") == []


def test_intents_are_told_oldest_vintage_first_and_by_vendor(database: Store) -> None:
    alerts = {"later": alert(LATER), "day": alert(), "other": replace(alert(), vendor="another")}
    intents.raise_alerts(database, alerts, RUN)
    assert [each.vintage_session for each in intents.pending(database, VENDOR)] == [DAY, LATER]
    assert intents.alert_sessions(database, VENDOR, "features", LATER) == [DAY]
    assert intents.alert_sessions(database, VENDOR, "targets", LATER) == []


def test_a_claim_lets_one_run_in_and_that_one_again(database: Store, intent: str) -> None:
    mine = Attempt(intent, 1, "mine")
    for _ in range(2):
        intents.claim(database, mine, NOW)
    with pytest.raises(NotOurs, match=r"^intent .{12} is answered by another run; nothing to do$"):
        intents.claim(database, replace(mine, run_id="another"), NOW)
    assert events(database) == [(1, "claimed", "mine")]
    (wanted,) = intents.pending(database, VENDOR)
    assert (wanted.attempt, wanted.state, wanted.run_id) == (1, "claimed", "mine")


def test_of_runs_that_race_for_a_claim_one_is_let_in(database: Store, intent: str) -> None:
    racing = [Attempt(intent, 1, f"run-{n}") for n in range(6)]
    said = at_once(*(lambda mine=mine: intents.claim(database, mine, NOW) for mine in racing))  # type: ignore[misc]
    assert len(said) == 5 and all("another run" in line for line in said)
    assert len(events(database)) == 1


def test_runs_that_race_to_settle_register_one_model_between_them(database: Store, intent: str) -> None:
    intents.claim(database, Attempt(intent, 1, "first"), NOW)
    intents.fail(database, Attempt(intent, 1, "first"), "its run died", NOW)
    racing = [Attempt(intent, attempt, f"run-{attempt}") for attempt in (1, 2, 3)]

    said = at_once(*(lambda mine=mine: register_and_finish(database, mine) for mine in racing))  # type: ignore[misc]
    assert len(said) == 2 and all("nothing was registered twice" in line for line in said)
    ((winner,),) = rows(database, "select run_id from drift.intent_events where state = 'finished'")
    assert winner in ("run-2", "run-3")
    assert rows(database, "select content_hash from registry.models") == [(f"model of {winner}",)]
    assert rows(database, "select count(*) from registry.events") == [(2,)]


def test_who_finishes_second_registers_nothing(database: Store, intent: str) -> None:
    finish(database, Attempt(intent, 1, "mine"))
    with pytest.raises(NotOurs, match="was settled by another run meanwhile"):
        register_and_finish(database, Attempt(intent, 2, "another"))
    assert rows(database, "select * from registry.models") == rows(database, "select * from registry.events") == []
    assert events(database) == [(1, "finished", "mine")]


@pytest.mark.parametrize("settle", [finish, lambda store, mine: intents.close(store, mine, "too few labels", NOW)])
def test_a_settled_intent_is_neither_pending_nor_claimed_nor_settled_again(
    database: Store, intent: str, settle: Callable[[Store, Attempt], None]
) -> None:
    mine = Attempt(intent, 1, "mine")
    intents.claim(database, mine, NOW)
    settle(database, mine)
    assert intents.pending(database, VENDOR) == []
    for late in (mine, Attempt(intent, 2, "late")):
        with pytest.raises(NotOurs, match=r"^intent .{12} is settled already; nothing to do$"):
            intents.claim(database, late, NOW)
        with pytest.raises(NotOurs):
            finish(database, late)
    settled = events(database)
    assert not intents.fail(database, mine, "late", NOW)
    intents.close(database, Attempt(intent, 2, None), "late", NOW)
    assert events(database) == settled and len(settled) == 2


def test_an_attempt_that_failed_leaves_room_for_the_next_and_none_for_itself(database: Store, intent: str) -> None:
    first, second = Attempt(intent, 1, "first"), Attempt(intent, 2, "second")
    intents.claim(database, first, NOW)
    assert intents.fail(database, first, "its run died", NOW)
    assert not intents.fail(database, first, "its run died", NOW)
    (wanted,) = intents.pending(database, VENDOR)
    assert (wanted.attempt, wanted.state, wanted.said) == (1, "failed", "its run died")
    with pytest.raises(NotOurs, match=r"^attempt 1 of intent .{12} was written off; nothing to do$"):
        intents.claim(database, first, NOW)
    intents.claim(database, second, NOW)
    with pytest.raises(NotOurs, match="answered by another run"):
        intents.claim(database, first, NOW)
    finish(database, second)
    assert events(database) == [
        (1, "claimed", "first"),
        (1, "failed", "first"),
        (2, "claimed", "second"),
        (2, "finished", "second"),
    ]


def test_a_run_that_comes_after_its_attempt_was_written_off_unclaimed_is_not_let_in(
    database: Store, intent: str
) -> None:
    slow = Attempt(intent, 1, "slow")
    intents.fail(database, slow, "its run ended before it was done", NOW)
    with pytest.raises(NotOurs, match="was written off"):
        intents.claim(database, slow, NOW)
    assert events(database) == [(1, "failed", "slow")]


def test_giving_up_is_written_down_with_its_reason_and_without_a_run(database: Store, intent: str) -> None:
    for attempt in (1, 2, 3):
        intents.fail(database, Attempt(intent, attempt, f"run-{attempt}"), "its run died", NOW)
    intents.close(database, Attempt(intent, 4, None), "given up after 3 attempts", NOW)
    assert intents.pending(database, VENDOR) == []
    assert rows(database, "select run_id, reason from drift.intent_events where state = 'closed'") == [
        (None, "given up after 3 attempts")
    ]
