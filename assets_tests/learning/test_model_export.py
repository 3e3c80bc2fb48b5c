import numpy as np
import pyarrow as pa
import pytest

from assets_tests.learning.learning_worlds import World, dataset, plan
from butter_pipeline.learning import pictures
from butter_pipeline.learning.card import Facts, as_json, card, onnx_of
from butter_pipeline.learning.dataset import feature_names
from butter_pipeline.learning.evaluation import reliability
from butter_pipeline.learning.export import Parity, parity, to_onnx
from butter_pipeline.learning.model import SuccessModel
from butter_pipeline.learning.model_file import ModelFileError, dumps, loads
from butter_pipeline.learning.samples import Sample, sample_of
from butter_pipeline.learning.success import Fitted, fit

PLAN = plan()


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    table = dataset(World(sessions=220, signal=0.8)).table
    holes = np.where(np.arange(table.num_rows) % 5 == 0, np.nan, table["vol_term"].to_numpy())
    return fit(table.set_column(table.column_names.index("vol_term"), "vol_term", pa.array(holes)), PLAN)


@pytest.fixture(scope="module")
def rows() -> Sample:
    table = dataset(World(sessions=220, signal=0.8, seed=9)).table
    return sample_of(table, feature_names(table))


def edges(fitted: Fitted, rows: Sample) -> np.ndarray:
    """Rows that lie on the trees' very thresholds, or nowhere."""
    features = rows.features.copy()
    for tree in fitted.model.trees:
        for feature, threshold in zip(tree["split_feature"].split(), tree["threshold"].split(), strict=True):
            features[::3, int(feature)] = float(threshold)
    features[np.random.default_rng(2).random(features.shape) < 0.2] = np.nan
    return features


def test_onnx_decides_as_the_native_model_does_on_thresholds_and_without_values_too(
    fitted: Fitted, rows: Sample
) -> None:
    onnx = to_onnx(fitted.model)
    assert onnx is not None
    for features in (rows.features, edges(fitted, rows)):
        found = parity(fitted.model, onnx, features, rows.market_logit)
        assert found.passed and found.largest_difference < 1e-14


def test_a_flipped_decision_shuts_the_gate_and_the_card_says_so(fitted: Fitted, rows: Sample) -> None:
    other = SuccessModel(fitted.model.features, fitted.model.intercept + 0.01, fitted.model.text)
    onnx = to_onnx(other)
    assert onnx is not None
    found = parity(fitted.model, onnx, rows.features, rows.market_logit)
    assert found.flips > 0 and not found.passed
    told = onnx_of(found)
    assert told["exported"] is False and told["reason"] == f"{found.flips} decisions differ"
    assert onnx_of(None) == {"exported": False, "reason": "the model has no trees"}
    assert not Parity(0, 0, 0.0).passed


def test_equal_models_give_equal_onnx(fitted: Fitted) -> None:
    assert to_onnx(fitted.model) == to_onnx(loads(dumps(fitted.model), "a file"))


def test_a_model_read_back_from_its_file_scores_to_the_bit(fitted: Fitted, rows: Sample) -> None:
    again = loads(dumps(fitted.model), "a file")
    features = edges(fitted, rows)
    assert np.array_equal(
        again.probability(features, rows.market_logit), fitted.model.probability(features, rows.market_logit)
    )
    assert again.content_hash == fitted.model.content_hash


def test_the_hash_is_of_the_trees_and_not_of_the_parameters_text(fitted: Fitted) -> None:
    model = fitted.model
    renamed = SuccessModel(model.features, model.intercept, model.text.replace("[num_threads: 1]", "[num_threads: 4]"))
    assert renamed.text != model.text and renamed.content_hash == model.content_hash
    leaf = model.trees[0]["leaf_value"].split()[0]
    changed = SuccessModel(model.features, model.intercept, model.text.replace(leaf, f"{leaf}1", 1))
    assert changed.content_hash != model.content_hash
    assert SuccessModel(model.features, model.intercept + 1e-16, model.text).content_hash != model.content_hash


@pytest.mark.parametrize(
    "harm", [lambda b: b[:200], lambda b: b"\x80" + b, lambda b: b.replace(b"leaf_value=", b"leaf_value=1")]
)
def test_a_harmed_file_is_one_line_that_names_it(fitted: Fitted, harm: object) -> None:
    with pytest.raises(ModelFileError, match=r"^models/success/x.model: .*; make the vintage again$") as raised:
        loads(harm(dumps(fitted.model)), "models/success/x.model")  # type: ignore[operator]
    assert "\n" not in str(raised.value)


def test_the_card_tells_the_window_the_features_the_metrics_and_the_gate_and_is_plain_json(fitted: Fitted) -> None:
    from datetime import date

    facts = Facts(
        "success",
        "simulator",
        date(2025, 1, 31),
        (date(2023, 11, 1), date(2025, 1, 31)),
        "d",
        {"vol_index": "v1"},
        "c",
        "g",
    )
    told = card(facts, fitted, None)
    assert {"name": "vol_index", "version": "v1"} in told["features"]
    assert told["gate"] == {"passed": True, "reasons": []}
    assert set(told["metrics"]["lift"]["log_loss"]) == {"lift", "lower", "upper"}
    assert told["window"] == {"first": "2023-11-01", "last": "2025-01-31"}
    assert as_json(told) == as_json(card(facts, fitted, None))


def test_pictures_are_png_and_equal_for_equal_models(fitted: Fitted) -> None:
    drawn = [
        (
            pictures.reliability(reliability(fitted.judged, PLAN.validation), "success of 2025-01-31"),
            pictures.importances(fitted.model.gains(), "success of 2025-01-31"),
        )
        for _ in range(2)
    ]
    assert drawn[0] == drawn[1] and all(png.startswith(b"\x89PNG") for png in drawn[0])
