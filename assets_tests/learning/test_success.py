from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assets_tests.learning.learning_worlds import World, dataset, plan
from butter_pipeline.learning.dataset import MissingFeature, feature_names
from butter_pipeline.learning.model_file import dumps
from butter_pipeline.learning.samples import sample_of, sigmoid
from butter_pipeline.learning.scoring import probabilities
from butter_pipeline.learning.success import Fitted, OneClass, TooFewLabels, fit, intercept_of

PLAN = plan()
PLANTED = World(sessions=220, signal=0.8)


@pytest.fixture(scope="module")
def planted() -> tuple[pa.Table, Fitted]:
    table = dataset(PLANTED).table
    return table, fit(table, PLAN)


def test_what_the_market_does_not_know_is_learned_and_passes_the_gate(planted: tuple[pa.Table, Fitted]) -> None:
    _, fitted = planted
    assert fitted.verdict.gate.passed and fitted.verdict.lifts["log_loss"].lower > 0
    assert fitted.parameters["rounds"] > 0 and next(iter(fitted.model.gains())) == "vol_index"


@pytest.mark.parametrize("seed", range(6))
def test_noise_is_not_taken_for_knowledge(seed: int) -> None:
    fitted = fit(dataset(World(sessions=180, seed=seed)).table, PLAN)
    assert not fitted.verdict.gate.passed
    assert fitted.verdict.lifts["log_loss"].lift < 0.002


def test_the_number_of_trees_that_is_chosen_may_be_none() -> None:
    rounds = [fit(dataset(World(sessions=180, seed=seed)).table, PLAN).parameters["rounds"] for seed in range(6)]
    assert rounds.count(0) >= 2


def test_without_trees_the_model_says_what_the_market_says_but_for_one_intercept() -> None:
    fitted = fit(dataset(World(sessions=180)).table, plan(rounds=replace(PLAN.rounds, most=0)))
    table = dataset(World(sessions=180)).table
    whole = sample_of(table, feature_names(table))
    assert fitted.parameters["rounds"] == 0 and fitted.model.gains() == {}
    assert np.array_equal(probabilities(fitted.model, table), sigmoid(whole.market_logit + intercept_of(whole)))
    assert fitted.verdict.lifts["log_loss"].lift == 0


def test_the_intercept_makes_the_market_s_mean_probability_the_share_of_profits() -> None:
    table = dataset(World(sessions=180)).table
    whole = sample_of(table, feature_names(table))
    moved = replace(whole, market_logit=whole.market_logit + 0.7)
    assert np.mean(sigmoid(moved.market_logit + intercept_of(moved))) == pytest.approx(np.mean(moved.label), abs=1e-12)
    assert intercept_of(moved) == pytest.approx(intercept_of(whole) - 0.7)


def test_fitting_again_gives_the_same_bits(planted: tuple[pa.Table, Fitted]) -> None:
    table, fitted = planted
    again = fit(table, PLAN)
    assert dumps(again.model) == dumps(fitted.model) and again.verdict == fitted.verdict


def test_one_row_scores_to_the_bits_of_the_batch(planted: tuple[pa.Table, Fitted]) -> None:
    table, fitted = planted
    batch = probabilities(fitted.model, table)
    single = [probabilities(fitted.model, table.slice(place, 1))[0] for place in range(0, table.num_rows, 37)]
    assert np.array_equal(batch[::37], single)
    order = np.random.default_rng(1).permutation(table.num_rows)
    assert np.array_equal(probabilities(fitted.model, table.take(order)), batch[order])


def test_no_rows_have_no_probabilities(planted: tuple[pa.Table, Fitted]) -> None:
    table, fitted = planted
    assert len(probabilities(fitted.model, table.slice(0, 0))) == 0


def test_what_judges_did_not_teach(planted: tuple[pa.Table, Fitted]) -> None:
    """Turning the validation's labels round turns its metrics round, and not the model that was judged."""
    table, fitted = planted
    first = np.datetime64(int(fitted.later.opened.min()), "D").astype(object)
    judges = pc.greater_equal(table["session"], pa.scalar(first))
    label = pc.if_else(judges, pc.subtract(1, table["is_profitable"]), table["is_profitable"])
    turned = fit(table.set_column(4, table.schema.field(4), label), PLAN)
    assert np.array_equal(turned.judged.model, fitted.judged.model)
    assert np.array_equal(turned.judged.market, fitted.judged.market)
    assert turned.parameters == fitted.parameters
    assert turned.verdict.lifts["log_loss"].lift < 0


def test_too_few_labels_are_refused_with_what_there_was_and_what_is_needed() -> None:
    with pytest.raises(TooFewLabels, match="1472 labels of 92 sessions have matured, a model needs 1500 of 120"):
        fit(dataset(World(sessions=100)).table, PLAN)


def test_labels_that_all_say_the_same_are_refused() -> None:
    table = dataset(World(sessions=180)).table
    won = table.set_column(4, table.schema.field(4), pa.array(np.ones(table.num_rows, np.int64)))
    with pytest.raises(OneClass, match="the window has 2752 labels that all say 1; there is nothing to tell apart"):
        fit(won, PLAN)


def test_a_feature_that_the_model_needs_and_nobody_gives_is_named(planted: tuple[pa.Table, Fitted]) -> None:
    table, fitted = planted
    with pytest.raises(MissingFeature, match="the model needs vol_index, which is missing"):
        probabilities(fitted.model, table.drop_columns(["vol_index"]))


def test_features_that_are_missing_here_and_there_or_constant_do_not_stop_the_fit() -> None:
    table = dataset(World(sessions=180, signal=0.8)).table
    holes = pa.array(np.where(np.arange(table.num_rows) % 3 == 0, np.nan, table["vol_index"].to_numpy()))
    table = table.set_column(table.column_names.index("vol_index"), "vol_index", holes)
    for name, value in (("vol_term", np.nan), ("index_trend_20_pct", 5.0)):
        table = table.set_column(table.column_names.index(name), name, pa.array(np.full(table.num_rows, value)))
    found = probabilities(fit(table, PLAN).model, table)
    assert np.isfinite(found).all()
