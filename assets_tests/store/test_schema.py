"""The schema says what everything means, the migrations make it, and the database holds people to it."""

from typing import Any

import pytest
from sqlalchemy import BigInteger, Connection, Date, DateTime, Double, Text, create_engine, insert, text
from sqlalchemy.exc import IntegrityError

from assets_tests.store.catalogue import described
from assets_tests.store.examples import MONDAY, RECORDED, SETTLED, TUESDAY
from butter_pipeline.market.frames import BARS, CONTEXT
from butter_pipeline.settings import with_driver
from butter_pipeline.store import Store, schema
from butter_pipeline.store.migrations.time_partitions import statements
from butter_pipeline.store.schema.ddl import PARTITION_MARK, create_statements

MADE = {"code_version": "code", "config_hash": "config", "recorded_at": RECORDED}
MODEL: dict[str, Any] = {
    "model_id": "m", "vendor": "v", "name": "success", "version": "1", "content_hash": "h", "kind": "success",
    "library": "lightgbm",
    "vintage_session": TUESDAY, "training_first_session": MONDAY, "training_last_session": MONDAY,
    "training_rows": 1, "training_data_hash": "d", "features_json": "[]", "params_json": "{}", "metrics_json": "{}",
    "uri": "models/m", "file_hash": "h", "card_json": "{}", **MADE,
}  # fmt: skip
PREDICTION: dict[str, Any] = {
    "vendor": "v", "prediction_id": "p", "session": MONDAY, "decision_at": SETTLED[MONDAY], "opportunity_id": "o",
    "symbol": "ES", "strategy": "butterfly", "model_id": "m", "role": "shadow", "success_probability": 0.5,
    "market_probability": 0.4, "confidence": 0.0, "recommendation": "take", "features_hash": "f",
    "horizon_sessions": 7, "available_at": SETTLED[MONDAY], **MADE,
}  # fmt: skip
DECISION: dict[str, Any] = {
    "vendor": "v", "decision_id": "d", "session": MONDAY, "decision_at": SETTLED[MONDAY], "arm": "ButterA",
    "opportunity_id": "o", "symbol": "ES", "prediction_id": "p", "score": 60.0, "success_probability": 0.5,
    "action": "take", "quantity": 1, "size_multiplier": 1.0, "weights_json": "{}", "reason": "r", "limits_hit": "",
    "available_at": SETTLED[MONDAY], **MADE,
}  # fmt: skip
TRIAL: dict[str, Any] = {
    "trial_id": "t", "study": "s", "trial_number": 0, "model_kind": "success", "params_json": "{}", "value": 0.5,
    "metric": "auc", "state": "complete", "seed": 1, "first_session": MONDAY, "last_session": TUESDAY,
    "started_at": RECORDED, "finished_at": RECORDED, **MADE,
}  # fmt: skip
EVENT: dict[str, Any] = {
    "event_id": "e", "model_id": "m", "to_state": "training", "effective_session": TUESDAY, "actor": "a",
    "reason": "r", "recorded_at": RECORDED,
}  # fmt: skip
ALERT: dict[str, Any] = {
    "alert_id": "a", "vendor": "v", "session": TUESDAY, "vintage_session": MONDAY, "kind": "features",
    "feature_count": 3, "statistic": 0.4, "threshold": 0.2, "available_at": SETTLED[TUESDAY], **MADE,
}  # fmt: skip
INTENT: dict[str, Any] = {
    "intent_id": "i", "vendor": "v", "alert_id": "a", "vintage_session": TUESDAY, "reason": "r",
    "requested_by": "drift", "recorded_at": RECORDED,
}  # fmt: skip
CLAIM: dict[str, Any] = {"intent_id": "i", "attempt": 1, "state": "claimed", "run_id": "r", "recorded_at": RECORDED}
OUTCOME: dict[str, Any] = {
    "asset": "market/bars", "vendor": "v", "session": MONDAY, "status": "done", "completeness_pct": 100.0,
    "run_id": "r", **MADE,
}  # fmt: skip
EXAMPLES: dict[str, dict[str, Any]] = {
    "registry.models": MODEL,
    "registry.events": EVENT,
    "trading.predictions": PREDICTION,
    "trading.decisions": DECISION,
    "learning.trials": TRIAL,
    "drift.alerts": ALERT,
    "drift.retraining_intents": INTENT,
    "drift.intent_events": CLAIM,
    "operations.session_outcomes": OUTCOME,
}
REFUSED = [
    ("registry.models", {"auc": 1.01}),
    ("registry.models", {"accuracy": float("nan")}),
    ("registry.models", {"training_last_session": TUESDAY, "vintage_session": MONDAY}),
    ("registry.models", {"training_rows": -1}),
    ("registry.events", {"to_state": "live"}),
    ("registry.events", {"from_state": "nowhere"}),
    ("registry.events", {"model_id": "unknown"}),
    ("trading.predictions", {"success_probability": -0.01}),
    ("trading.predictions", {"success_probability": float("nan")}),
    ("trading.predictions", {"market_probability": 1.5}),
    ("trading.predictions", {"risk_score": 2.0}),
    ("trading.predictions", {"confidence": 2.0}),
    ("trading.predictions", {"role": "understudy"}),
    ("trading.predictions", {"recommendation": "maybe"}),
    ("trading.predictions", {"horizon_sessions": 0}),
    ("trading.predictions", {"available_at": None}),
    ("trading.predictions", {"model_id": "unknown"}),
    ("trading.decisions", {"arm": "ButterC"}),
    ("trading.decisions", {"action": "maybe"}),
    ("trading.decisions", {"quantity": -1}),
    ("learning.trials", {"state": "running"}),
    ("learning.trials", {"trial_number": -1}),
    ("learning.trials", {"first_session": TUESDAY, "last_session": MONDAY}),
    ("drift.alerts", {"kind": "mood"}),
    ("drift.alerts", {"feature_count": -1}),
    ("drift.retraining_intents", {"alert_id": "unknown"}),
    ("drift.intent_events", {"state": "open"}),
    ("drift.intent_events", {"attempt": 0}),
    ("drift.intent_events", {"intent_id": "unknown"}),
    ("operations.session_outcomes", {"status": "unknown"}),
    ("operations.session_outcomes", {"completeness_pct": 101.0}),
]


def fill(connection: Connection, before: str = "") -> None:
    """A row in every table that examples name, in an order that their foreign keys allow, up to one."""
    for name, row in EXAMPLES.items():
        if name == before:
            return
        connection.execute(insert(schema.table(name)), row)


def test_only_types_that_arrow_carries_there_and_back_are_used() -> None:
    allowed = (BigInteger, Date, DateTime, Double, Text)
    odd = [c for table in schema.METADATA.tables.values() for c in table.columns if not isinstance(c.type, allowed)]
    assert odd == []


def test_raw_tables_hold_exactly_the_frames_columns_in_their_words() -> None:
    for frame in (BARS, CONTEXT):
        table = schema.table(f"market.{frame.name}")
        assert table.columns.keys() == ["vendor", *frame.schema.names, "recorded_at"]
        for field in frame.schema:
            assert table.c[field.name].comment == field.metadata[b"doc"].decode()
            assert table.c[field.name].nullable == field.nullable


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no table 'market.bar'; store.schema has drift.alerts, "):
        schema.table("market.bar")


def test_migrations_make_exactly_what_the_schema_says(database: Store, empty_url: str) -> None:
    engine = create_engine(with_driver(empty_url, "psycopg"))
    with engine.begin() as direct, database.engine.connect() as migrated:
        for statement in create_statements():
            name = statement.split(maxsplit=3)[2]
            parts = statements(name, statement, hypertables=False) if PARTITION_MARK in statement else [statement]
            for part in parts:
                direct.execute(text(part.replace(":", r"\:")))
        expected, found = described(direct), described(migrated)
    engine.dispose()
    assert len(found["columns"]) > 150 and len(found["triggers"]) == 2 * len(schema.METADATA.tables)
    for kind, lines in expected.items():
        assert found[kind] == lines


@pytest.mark.parametrize(("name", "change"), REFUSED, ids=lambda value: str(value))
def test_the_database_refuses(database: Store, name: str, change: dict[str, Any]) -> None:
    with database.engine.connect() as connection:
        fill(connection, before=name)
        with pytest.raises(
            IntegrityError, match="violates (check constraint|not-null constraint|foreign key constraint)"
        ):
            connection.execute(insert(schema.table(name)), EXAMPLES[name] | change)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
@pytest.mark.parametrize("change", ["update {} set recorded_at = now()", "delete from {}", "truncate {} cascade"])
def test_nothing_that_was_written_can_be_changed(database: Store, name: str, change: str) -> None:
    with database.engine.connect() as connection:
        fill(connection)
        with pytest.raises(IntegrityError, match="is append-only"):
            connection.exec_driver_sql(change.format(name))


def test_raw_rows_cannot_be_changed_not_even_in_their_partition(database: Store) -> None:
    from assets_tests.store.examples import bars, origin
    from butter_pipeline.store.frames import append

    append(database, BARS, bars([(MONDAY, "ES", 1.0)]), origin())
    for name in ("market.bars", "market.bars_2024"):
        for change in ("update {} set close = 2", "delete from {}"):
            with database.engine.connect() as connection, pytest.raises(IntegrityError, match="is append-only"):
                connection.exec_driver_sql(change.format(name))


def test_an_alert_asks_once_and_an_attempt_is_claimed_and_ended_once(database: Store) -> None:
    events = schema.table("drift.intent_events")
    impossible = [
        (schema.table("drift.retraining_intents"), INTENT | {"intent_id": "j"}),
        (events, CLAIM | {"run_id": "another"}),
        (events, CLAIM | {"state": "failed"}),
        (events, CLAIM | {"attempt": 2, "state": "closed"}),
    ]
    with database.engine.begin() as connection:
        fill(connection)
        connection.execute(insert(events), CLAIM | {"state": "finished"})
    for table, row in impossible:
        with database.engine.connect() as connection, pytest.raises(IntegrityError, match="duplicate key"):
            connection.execute(insert(table), row)


def test_a_failed_attempt_leaves_room_for_the_next(database: Store) -> None:
    events = schema.table("drift.intent_events")
    with database.engine.begin() as connection:
        fill(connection)
        for attempt, state in ((1, "failed"), (2, "claimed"), (2, "finished")):
            connection.execute(insert(events), CLAIM | {"attempt": attempt, "state": state})
        count = connection.execute(text("select count(*) from drift.intent_events")).scalar_one()
    assert count == 4
