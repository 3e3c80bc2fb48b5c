"""The book through Dagster on a real database, over inputs written by hand."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime

import dagster as dg
import pyarrow as pa
import pytest

from assets_tests.trading.desks import DAYS, STATIC, life, tables
from butter_pipeline.defs.automation import range_tags
from butter_pipeline.defs.policy.assets import weights
from butter_pipeline.defs.resources import resources
from butter_pipeline.defs.trading.assets import SPECS, trading_book
from butter_pipeline.derivation import Run
from butter_pipeline.frame import Frame
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES
from butter_pipeline.market.sessions import as_of
from butter_pipeline.opportunities.frames import BUTTERFLIES, MARKS
from butter_pipeline.policy.frames import WEIGHTS
from butter_pipeline.store import Store, frames, outcomes
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Reading
from butter_pipeline.trading.frames import BOOKS, DECISIONS, EXECUTIONS, ORDER_INTENTS, PREDICTIONS
from butter_pipeline.trading.frames import OUTCOMES as CLOSED

VENDOR = "simulator-7-edge"
NOW = datetime(2024, 8, 1, tzinfo=UTC)
SESSIONS = DAYS[:10]
FOUND = {"AAA.1": 0, "BBB.1": 0}
MARKET = tables({"AAA.1": life(100.0, 5.0), "BBB.1": life(80.0, -5.0)}, FOUND)
RUN = Run(vendor=VENDOR, received_at=NOW, recorded_at=NOW, code_version="code", config_hash="config", run_id="by hand")
BENEATH = (BUTTERFLIES, MARKS, BUTTERFLY_OUTCOMES, PREDICTIONS)
MODEL = "m" * 64
pytestmark = pytest.mark.database


def told(store: Store, frame: Frame, sessions: Sequence[date], status: str, reason: str | None = None) -> None:
    """Write down how an asset's sessions went."""
    moment = NOW if status == "done" else datetime(2024, 8, 2, tzinfo=UTC)
    made = [
        Outcome(frame.asset, VENDOR, session, status, "by hand", "code", "config", moment, reason)
        for session in sessions
    ]
    outcomes.record(store, made)


@pytest.fixture
def market(house: Store) -> Store:
    """A house whose opportunities, marks, labels and predictions are written by hand."""
    frames.append(house, BUTTERFLIES, MARKET.butterflies, RUN)
    frames.append(house, MARKS, MARKET.marks, RUN)
    frames.insert(house, "registry.models", _model())
    frames.enter(house, PREDICTIONS, _prediction(), RUN)
    _empty_labels(house)
    for frame in BENEATH:
        told(house, frame, SESSIONS, "done")
    return house


def _empty_labels(store: Store) -> None:
    """The table that dbt makes, with nothing in it."""
    schema = BUTTERFLY_OUTCOMES.schema.append(pa.field("vendor", pa.string()))
    with store.adbc() as connection, connection.cursor() as cursor:
        cursor.execute("create schema if not exists labels")
        cursor.adbc_ingest(BUTTERFLY_OUTCOMES.name, schema.empty_table(), mode="create", db_schema_name="labels")
        connection.commit()


def _model() -> pa.Table:
    texts = ("model_id", "name", "version", "content_hash", "kind", "library", "training_data_hash", "features_json")
    texts += ("params_json", "metrics_json", "uri", "file_hash", "card_json", "code_version", "config_hash")
    days = ("vintage_session", "training_first_session", "training_last_session")
    row = dict.fromkeys(texts, "m") | dict.fromkeys(days, date(2024, 2, 29))
    row |= {"vendor": VENDOR, "model_id": MODEL, "training_rows": 1, "recorded_at": NOW}
    return pa.Table.from_pylist([row])


def _prediction() -> pa.Table:
    """The model believes in one of the two."""
    row = {
        "session": DAYS[0],
        "prediction_id": "p",
        "decision_at": as_of(DAYS[0]),
        "opportunity_id": "BBB.1",
        "symbol": "BBB",
        "strategy": "butterfly",
        "model_id": MODEL,
        "role": "production",
        "success_probability": 0.3,
        "market_probability": 0.7,
        "confidence": 0.4,
        "recommendation": "skip",
        "features_hash": "f",
        "horizon_sessions": 7,
        "available_at": as_of(DAYS[0]),
    }
    return pa.Table.from_pylist([row], schema=PREDICTIONS.schema)


def made(instance: dg.DagsterInstance, first: date, last: date) -> dg.ExecuteInProcessResult:
    job = dg.Definitions(assets=[weights, trading_book], resources=resources()).resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=instance, tags=range_tags(first, last), raise_on_error=False)


def rows(store: Store, frame: Frame) -> pa.Table:
    asked = Reading(vendor=VENDOR, first=SESSIONS[0], last=SESSIONS[-1], as_of=datetime(2025, 1, 1, tzinfo=UTC))
    return frames.read(store, frame, asked)


def test_a_range_run_makes_the_weights_and_folds_the_book(instance: dg.DagsterInstance, market: Store) -> None:
    result = made(instance, SESSIONS[0], SESSIONS[-1])
    assert result.success
    keys = [WEIGHTS.asset, *(frame.asset for frame in (DECISIONS, ORDER_INTENTS, EXECUTIONS, CLOSED, BOOKS))]
    for key in keys:
        asset = dg.AssetKey(key.split("/"))
        assert instance.get_materialized_partitions(asset) == {session.isoformat() for session in SESSIONS}, key
        assert {o.status for o in outcomes.latest(market, key, VENDOR, SESSIONS[0], SESSIONS[-1])} == {"done"}, key
    assert set(rows(market, WEIGHTS)["candidate"].to_pylist()) == {"static"}
    decided = {(row["arm"], row["symbol"]): row for row in rows(market, DECISIONS).to_pylist()}
    assert {key: row["action"] for key, row in decided.items()} == {
        ("ButterA", "AAA"): "take",
        ("ButterA", "BBB"): "skip",
        ("ButterB", "AAA"): "take",
        ("ButterB", "BBB"): "skip",
    }
    assert decided["ButterA", "BBB"]["prediction_id"] == "p" and decided["ButterA", "AAA"]["prediction_id"] is None
    assert json.loads(decided["ButterA", "AAA"]["weights_json"]) == vars(STATIC)
    closed = rows(market, CLOSED).to_pylist()
    assert [(row["session"], row["profit_pct"]) for row in closed] == [(DAYS[8], 100 * 31.0 / 107.0)] * 2
    books = [event for event in result.all_events if event.is_step_materialization and event.asset_key == SPECS[-1].key]
    shown = {event.partition: event.step_materialization_data.materialization.metadata for event in books}
    assert {"equity", "open_positions"} <= set(shown[SESSIONS[-1].isoformat()])
    assert shown[SESSIONS[0].isoformat()]["dagster/row_count"].value == 2


def test_session_by_session_gives_the_bits_of_one_range_run(instance: dg.DagsterInstance, market: Store) -> None:
    for session in SESSIONS[:3]:
        assert made(instance, session, session).success
    before = {o.session: o.hash for o in outcomes.latest(market, BOOKS.asset, VENDOR, SESSIONS[0], SESSIONS[2])}
    assert made(instance, SESSIONS[0], SESSIONS[-1]).success
    after = {o.session: o.hash for o in outcomes.latest(market, BOOKS.asset, VENDOR, SESSIONS[0], SESSIONS[-1])}
    assert after.items() >= before.items() and len(set(after.values())) == len(SESSIONS)


def test_a_blocked_session_is_said_and_the_rest_of_the_range_goes_on(
    instance: dg.DagsterInstance, market: Store
) -> None:
    told(market, PREDICTIONS, SESSIONS[4:5], "blocked", "the file is corrupt")
    result = made(instance, SESSIONS[0], SESSIONS[-1])
    assert result.success
    (found,) = outcomes.latest(market, DECISIONS.asset, VENDOR, SESSIONS[4], SESSIONS[4])
    assert found.reason == "trading/predictions is blocked: the file is corrupt"
    checks = {check.asset_key.path[-1]: check.passed for check in result.get_asset_check_evaluations()}
    assert checks == {"books": False}  # it answers for all that the step makes


def test_a_run_without_one_usable_session_fails_its_check(instance: dg.DagsterInstance, market: Store) -> None:
    told(market, MARKS, SESSIONS[:1], "blocked", "no chains")
    assert not made(instance, SESSIONS[0], SESSIONS[0]).success
    assert rows(market, BOOKS).num_rows == 0


def test_the_book_depends_on_the_book_before_it_and_on_nothing_that_lies_ahead() -> None:
    mappings = {(spec.key, dep.asset_key): dep.partition_mapping for spec in SPECS for dep in spec.deps}
    before = mappings.pop((SPECS[-1].key, SPECS[-1].key))
    assert isinstance(before, dg.TimeWindowPartitionMapping)
    assert (before.start_offset, before.end_offset) == (-1, -1)
    assert set(mappings.values()) == {None}
    for dep in (dep for spec in weights.specs for dep in spec.deps):
        assert isinstance(dep.partition_mapping, dg.TimeWindowPartitionMapping)
        assert dep.partition_mapping.start_offset < -100 and dep.partition_mapping.end_offset == 0
