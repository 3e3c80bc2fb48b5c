from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assets_tests.learning.learning_worlds import FIRST, World, dataset, plan, sources
from butter_pipeline.identity import content_hash
from butter_pipeline.learning.dataset import MissingFeature
from butter_pipeline.learning.model import SuccessModel
from butter_pipeline.learning.scoring import probabilities
from butter_pipeline.learning.success import fit
from butter_pipeline.market.sessions import as_of, offset, sessions_between
from butter_pipeline.registry.frames import STANDING
from butter_pipeline.trading.frames import PREDICTIONS
from butter_pipeline.trading.predictions import Asked, predictions
from butter_pipeline.trading.rule import recommendation

WORLD = World(sessions=180, signal=0.8, features=3)
FIRST_ASKED, LAST_ASKED = offset(FIRST, 165), offset(FIRST, 170)


@pytest.fixture(scope="module")
def model() -> SuccessModel:
    return fit(dataset(WORLD).table, plan()).model


def standing(*rows: tuple[date, str | None, str]) -> pa.Table:
    held = [
        {
            "session": session,
            "name": "success",
            "production_model_id": production,
            "shadow_model_ids": shadows,
            "reason": "because",
            "available_at": as_of(session),
        }
        for session, production, shadows in rows
    ]
    return pa.Table.from_pylist(held, schema=STANDING.schema)


def of(table: pa.Table, first: date, last: date) -> pa.Table:
    held = table["session"]
    return table.filter(pc.and_(pc.greater_equal(held, pa.scalar(first)), pc.less_equal(held, pa.scalar(last))))


def asked(stands: pa.Table, first: date = FIRST_ASKED, last: date = LAST_ASKED) -> Asked:
    held = sources(WORLD)
    return Asked("simulator", of(held.butterflies, first, last), of(held.matrix, first, last), stands)


def test_every_opportunity_is_scored_by_who_decides_and_by_each_that_is_watched(model: SuccessModel) -> None:
    stands = standing((FIRST_ASKED, "p", "s,t"), (offset(FIRST_ASKED, 1), None, "p"))
    made = predictions(asked(stands, last=offset(FIRST_ASKED, 1)), dict.fromkeys("pst", model))
    assert made.schema == PREDICTIONS.schema and made.num_rows == 4 * 16
    counted = made.group_by(["session", "model_id", "role"]).aggregate([([], "count_all")]).to_pylist()
    assert {(row["session"], row["model_id"], row["role"], row["count_all"]) for row in counted} == {
        (FIRST_ASKED, "p", "production", 16),
        (FIRST_ASKED, "s", "shadow", 16),
        (FIRST_ASKED, "t", "shadow", 16),
        (offset(FIRST_ASKED, 1), "p", "shadow", 16),
    }
    assert len(set(made["prediction_id"].to_pylist())) == made.num_rows


def test_where_no_model_stands_there_are_no_predictions() -> None:
    made = predictions(asked(standing((FIRST_ASKED, None, ""))), {})
    assert made.num_rows == 0 and made.schema == PREDICTIONS.schema


def test_a_prediction_says_what_the_scoring_function_says_and_what_the_rule_makes_of_it(model: SuccessModel) -> None:
    held = asked(standing((FIRST_ASKED, "p", "")))
    made = predictions(held, {"p": model})
    table = dataset(WORLD).table
    rows = table.filter(pc.is_in(table["opportunity_id"], made["opportunity_id"].combine_chunks()))
    assert rows.num_rows == made.num_rows
    direct = dict(zip(rows["opportunity_id"].to_pylist(), probabilities(model, rows).tolist(), strict=True))
    matrix = of(held.matrix, FIRST_ASKED, FIRST_ASKED)
    for row in made.to_pylist():
        assert direct[row["opportunity_id"]] == row["success_probability"]
        assert row["recommendation"] == recommendation(row["success_probability"])
        assert row["confidence"] == 2 * abs(row["success_probability"] - 0.5)
        assert row["decision_at"] == row["available_at"] == as_of(FIRST_ASKED)
        assert row["features_hash"] == content_hash(matrix)
        assert row["expected_return_pct"] is None and row["risk_score"] is None


def test_a_range_gives_the_bits_of_its_sessions_one_by_one(model: SuccessModel) -> None:
    sessions = sessions_between(FIRST_ASKED, LAST_ASKED)
    rows = [(session, "p" if n % 2 else "s", "s" if n % 2 else "") for n, session in enumerate(sessions)]
    models = dict.fromkeys("ps", model)
    whole = predictions(asked(standing(*rows)), models)
    apart = [predictions(asked(standing(row), row[0], row[0]), models) for row in rows]
    assert content_hash(pa.concat_tables(apart)) == content_hash(whole)


def test_the_order_of_the_rows_does_not_matter(model: SuccessModel) -> None:
    held = asked(standing((FIRST_ASKED, "p", "s")))
    random = np.random.default_rng(0)
    mixed = replace(held, butterflies=held.butterflies.take(random.permutation(held.butterflies.num_rows)))
    models = dict.fromkeys("ps", model)
    assert content_hash(predictions(mixed, models)) == content_hash(predictions(held, models))


def test_a_matrix_without_a_feature_of_the_model_stops_it_with_the_feature_s_name(model: SuccessModel) -> None:
    held = asked(standing((FIRST_ASKED, "p", "")))
    with pytest.raises(MissingFeature, match="feature vol_term is missing"):
        predictions(replace(held, matrix=held.matrix.drop_columns(["vol_term"])), {"p": model})


def test_the_rule_takes_reduces_and_skips_at_its_two_thresholds() -> None:
    said = {p: recommendation(p) for p in (0.0, 0.3999999, 0.40, 0.5, 0.60, 0.6000001, 1.0)}
    assert list(said.values()) == ["skip", "skip", *["reduce_size"] * 3, "take", "take"]


@pytest.mark.parametrize("odd", [-0.01, 1.01, float("nan")])
def test_what_is_no_probability_has_no_recommendation(odd: float) -> None:
    with pytest.raises(ValueError, match="a probability must lie between 0 and 1"):
        recommendation(odd)
