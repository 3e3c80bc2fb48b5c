import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import text

from assets_tests.learning.learning_worlds import FIRST, World, sources
from assets_tests.registry.registry_rows import LAST, RUN, VENDOR, WORLD, Little, keep, keep_labels, making
from butter_pipeline.drift import intents
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES
from butter_pipeline.learning.dataset import joined
from butter_pipeline.learning.scoring import probabilities
from butter_pipeline.market.sessions import as_of, next_session, offset
from butter_pipeline.registry.fitting import fit_models, keep_datasets
from butter_pipeline.registry.folding import stood
from butter_pipeline.registry.versions import UnknownModel, fetched, history
from butter_pipeline.store import Store, frames, lake, outcomes
from butter_pipeline.store.files import LakeError
from butter_pipeline.store.terms import Reading

EARLIER = offset(LAST, -15)


def rows(store: Store, query: str) -> list[dict[str, object]]:
    with store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]


def test_a_vintage_is_kept_fitted_and_registered_as_a_shadow_and_scores_from_its_file(database: Store) -> None:
    keep(database)
    (kept,) = keep_datasets(making(database), [LAST])
    (made,) = fit_models(making(database), [LAST])
    assert (kept.status, made.outcome.status, made.outcome.reason) == ("done", "done", None)
    (model,) = rows(database, "select * from registry.models")
    card = json.loads(str(model["card_json"]))
    assert (model["vintage_session"], model["version"]) == (LAST, LAST.isoformat())
    assert model["training_data_hash"] == kept.hash and card["gate"]["passed"] and card["onnx"]["exported"]
    assert (Path(database.lake) / str(model["uri"])).exists() and (
        Path(database.lake) / str(model["onnx_uri"])
    ).exists()
    events = rows(database, "select from_state, to_state, effective_session from registry.events order by 3, 2 desc")
    assert [tuple(event.values()) for event in events] == [
        (None, "training", LAST),
        ("training", "shadow", next_session(LAST)),
    ]
    table = joined(sources(WORLD), (FIRST, LAST)).table
    assert made.fitted is not None
    scorer = fetched(database, str(model["model_id"]))
    assert np.array_equal(probabilities(scorer, table), probabilities(made.fitted.model, table))


def test_making_it_again_gives_the_same_bits_and_registers_nothing_twice(database: Store) -> None:
    keep(database)
    seen = []
    for hours in (0, 1):
        run = replace(RUN, recorded_at=RUN.recorded_at + timedelta(hours=hours), run_id=f"run-{hours}")
        (kept,) = keep_datasets(making(database, run), [LAST])
        (made,) = fit_models(making(database, run), [LAST])
        seen.append((kept.hash, made.outcome.hash))
    assert seen[0] == seen[1]
    assert rows(database, "select count(*) from registry.models") == [{"count": 1}]
    assert rows(database, "select count(*) from registry.events") == [{"count": 2}]


def test_vintages_in_one_run_are_those_made_one_by_one(database: Store) -> None:
    keep(database)
    cutoffs = [EARLIER, LAST]
    together = {o.session: o.hash for o in keep_datasets(making(database), cutoffs)}
    fitted = {m.outcome.session: m.outcome.hash for m in fit_models(making(database), cutoffs)}
    for cutoff in cutoffs:
        later = replace(RUN, recorded_at=RUN.recorded_at + timedelta(hours=1))
        assert [o.hash for o in keep_datasets(making(database, later), [cutoff])] == [together[cutoff]]
        assert [m.outcome.hash for m in fit_models(making(database, later), [cutoff])] == [fitted[cutoff]]
    assert len({*together.values(), *fitted.values()}) == 4


def test_a_correction_after_the_cutoff_is_not_seen_by_it_and_is_seen_by_a_later_one(database: Store) -> None:
    keep(database)
    (before,) = keep_datasets(making(database), [EARLIER])
    (late_before,) = keep_datasets(making(database), [LAST])
    labels = sources(WORLD).outcomes.slice(0, 12)
    place, arrived = labels.column_names.index("is_profitable"), as_of(EARLIER) + timedelta(hours=30)
    turned = pa.array([1 - won for won in labels["is_profitable"].to_pylist()])
    corrected = labels.set_column(place, labels.schema.field(place), turned)
    place = labels.column_names.index("available_at")
    corrected = corrected.set_column(
        place, labels.schema.field(place), pa.array([arrived] * 12, pa.timestamp("us", "UTC"))
    )
    keep_labels(database, corrected, mode="append")
    # In one run: the reading must be split, or the earlier vintage would see what arrived after it.
    again = {o.session: o.hash for o in keep_datasets(making(database), [EARLIER, LAST])}
    assert again[EARLIER] == before.hash
    assert again[LAST] != late_before.hash


def test_too_few_labels_block_the_vintage_register_nothing_and_leave_the_incumbent(database: Store) -> None:
    keep(database)
    list(keep_datasets(making(database), [EARLIER, LAST]))
    list(fit_models(making(database), [EARLIER]))
    (made,) = fit_models(making(database, little=Little(rows=10_000)), [LAST])
    assert made.outcome.status == "blocked" and made.fitted is None
    assert str(made.outcome.reason).endswith("a model needs 10000 of 40; wait, or make more history")
    assert rows(database, "select vintage_session from registry.models") == [{"vintage_session": EARLIER}]
    standing = stood(database, "success", [next_session(LAST)], Little().plan.registry, RUN)
    assert standing["shadow_model_ids"].to_pylist() == [history(database, VENDOR, "success", LAST).models[0].model_id]


def test_a_vintage_whose_labels_were_not_made_waits_and_says_for_what(database: Store) -> None:
    (kept,) = keep_datasets(making(database), [LAST])
    assert (kept.status, kept.reason) == ("blocked", "opportunities/butterflies has not been made")
    (made,) = fit_models(making(database), [LAST])
    assert made.outcome.reason == "learning/dataset is blocked: opportunities/butterflies has not been made"


def test_a_cutoff_whose_own_session_is_blocked_teaches_with_what_matured_before(database: Store) -> None:
    keep(database)
    from butter_pipeline.derivation import done

    later = replace(RUN, recorded_at=datetime(2026, 11, 2, tzinfo=UTC))
    blocked = replace(done(BUTTERFLY_OUTCOMES.asset, LAST, later), status="blocked", reason="bars are blocked")
    outcomes.record(database, [blocked])
    (kept,) = keep_datasets(making(database), [LAST])
    assert kept.status == "done" and kept.rows


def test_a_corrupted_model_file_is_refused_in_one_line_that_names_it(database: Store) -> None:
    keep(database)
    list(keep_datasets(making(database), [LAST]))
    list(fit_models(making(database), [LAST]))
    (model,) = rows(database, "select model_id, uri from registry.models")
    file = Path(database.lake) / str(model["uri"])
    file.write_bytes(file.read_bytes().replace(b"leaf_value=", b"leaf_value=1", 1))
    with pytest.raises(LakeError, match=r"its bytes are not what was kept; restore it, or make it again") as raised:
        fetched(database, str(model["model_id"]))
    assert str(model["uri"]) in str(raised.value) and "\n" not in str(raised.value)
    with pytest.raises(UnknownModel, match="is not in registry.models"):
        fetched(database, "nobody")


def claimed(database: Store) -> intents.Attempt:
    alert = intents.Alert(VENDOR, LAST, EARLIER, "features", 3, 2.0, 1.0, as_of(LAST))
    intents.raise_alerts(database, {"drift/report.json": alert}, RUN)
    (wanted,) = intents.pending(database, VENDOR)
    return intents.Attempt(wanted.intent_id, 1, RUN.run_id)


def test_a_retraining_intent_is_claimed_by_the_dataset_and_settled_with_the_model(database: Store) -> None:
    keep(database)
    answering = replace(making(database), attempt=claimed(database))
    list(keep_datasets(answering, [LAST]))
    assert [each.state for each in intents.pending(database, VENDOR)] == ["claimed"]
    with pytest.raises(intents.NotOurs):
        list(keep_datasets(replace(answering, attempt=replace(answering.attempt, run_id="another")), [LAST]))
    list(fit_models(answering, [LAST]))
    assert intents.pending(database, VENDOR) == []
    (event,) = rows(database, "select state, reason from drift.intent_events where state <> 'claimed'")
    (model,) = rows(database, "select model_id from registry.models")
    assert event == {"state": "finished", "reason": f"registered {model['model_id']}"}


def test_an_intent_with_nothing_to_train_is_closed_with_the_reason(database: Store) -> None:
    keep(database)
    answering = replace(making(database, little=Little(rows=10_000)), attempt=claimed(database))
    list(keep_datasets(answering, [LAST]))
    list(fit_models(answering, [LAST]))
    (event,) = rows(database, "select state, reason from drift.intent_events where state <> 'claimed'")
    assert event["state"] == "closed" and "a model needs 10000" in str(event["reason"])


def test_a_standing_that_was_written_down_stays_when_a_model_comes_late(database: Store) -> None:
    from butter_pipeline.registry.frames import STANDING

    keep(database)
    rules = Little().plan.registry
    sessions = [offset(LAST, day) for day in range(1, 9)]
    list(keep_datasets(making(database), [EARLIER, LAST]))
    list(fit_models(making(database), [EARLIER]))
    first = stood(database, "success", sessions[:4], rules, RUN)
    frames.enter(database, STANDING, first, RUN)
    list(fit_models(making(database), [LAST]))
    again = stood(database, "success", sessions, rules, RUN)
    assert again.slice(0, 4) == first
    assert len(again["shadow_model_ids"][4].as_py().split(",")) >= 1 and again["shadow_model_ids"][4] != first[3]
    asked = Reading(vendor=VENDOR, first=sessions[0], last=sessions[3], as_of=RUN.received_at)
    assert frames.read(database, STANDING, asked) == first


def test_a_dataset_is_read_as_of_its_cutoff(database: Store) -> None:
    keep(database, World(sessions=100, symbols=3, per_symbol=4, features=3))
    list(keep_datasets(making(database), [LAST]))
    asked = Reading.of_session(LAST, vendor=VENDOR, as_of=as_of(LAST))
    (manifest,) = lake.manifests(database, "learning.dataset", asked)
    assert manifest.available_at == as_of(LAST)


def test_registering_says_whether_the_model_was_new(database: Store) -> None:
    from butter_pipeline.registry.fitting import _fitted
    from butter_pipeline.registry.versions import register

    keep(database)
    list(keep_datasets(making(database), [LAST]))
    _, version = _fitted(making(database), LAST)
    for new in (True, False):
        with database.engine.begin() as connection:
            assert register(connection, version, RUN) is new
