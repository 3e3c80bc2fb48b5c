from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_tests.learning.learning_worlds import plan
from butter_pipeline.learning.evaluation import Judged, draws, judge, reliability

PLAN = plan().validation


def judged(rows: int = 600, seed: int = 0, *, sessions: int = 40, lift: float = 0.0) -> Judged:
    """A market that is right but for `lift` times something that the model sees."""
    random = np.random.default_rng(seed)
    seen, market = random.normal(size=rows), random.uniform(0.2, 0.8, rows)
    truth = 1 / (1 + np.exp(-(np.log(market / (1 - market)) + lift * seen)))
    label = (random.random(rows) < truth).astype(float)
    return Judged(np.sort(random.integers(0, sessions, rows)).astype(np.int32), label, truth, market)


def test_the_metrics_of_four_rows_are_those_of_the_textbook() -> None:
    four = Judged(
        np.array([1, 1, 2, 2], np.int32),
        np.array([1.0, 0.0, 1.0, 0.0]),
        np.array([0.9, 0.6, 0.4, 0.4]),
        np.array([0.5, 0.5, 0.5, 0.5]),
    )
    found = judge(four, PLAN)
    assert found.model["log_loss"] == pytest.approx(-np.mean(np.log([0.9, 0.4, 0.4, 0.6])))
    assert found.model["brier"] == pytest.approx((0.01 + 0.36 + 0.36 + 0.16) / 4)
    assert found.model["accuracy"] == 0.5
    assert (found.model["precision"], found.model["recall"], found.model["f1"]) == (0.5, 0.5, 0.5)
    assert found.model["auc"] == (2 + 0.5) / 4
    assert found.market["auc"] == 0.5 and found.market["precision"] == 0.0
    assert found.lifts["auc"].lift == 0.125


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_metrics_agree_with_scikit_learn(seed: int) -> None:
    from sklearn import metrics

    held = judged(120, seed)
    rounded = replace(held, model=np.round(held.model, 1).clip(0.05, 0.95))
    if rounded.label.min() == rounded.label.max():
        return
    found, called = judge(rounded, PLAN).model, rounded.model > 0.5
    assert found["log_loss"] == pytest.approx(metrics.log_loss(rounded.label, rounded.model))
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(rounded.label, rounded.model))
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(rounded.label, rounded.model))
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(rounded.label, called))
    assert found["precision"] == pytest.approx(metrics.precision_score(rounded.label, called, zero_division=0))
    assert found["recall"] == pytest.approx(metrics.recall_score(rounded.label, called))
    assert found["f1"] == pytest.approx(metrics.f1_score(rounded.label, called))


def test_the_interval_of_the_auc_is_that_of_rows_drawn_in_blocks() -> None:
    from sklearn.metrics import roc_auc_score

    held = judged(lift=1.0)
    sessions, place = np.unique(held.opened, return_inverse=True)
    lifts = []
    for count in draws(len(sessions), PLAN)[:300]:
        rows = np.repeat(np.arange(len(place)), count[place].astype(int))
        lifts.append(
            roc_auc_score(held.label[rows], held.model[rows]) - roc_auc_score(held.label[rows], held.market[rows])
        )
    found = judge(held, replace(PLAN, resamples=300)).lifts["auc"]
    assert (found.lower, found.upper) == (
        pytest.approx(np.percentile(lifts, 5)),
        pytest.approx(np.percentile(lifts, 95)),
    )


def test_blocks_are_of_neighbouring_sessions_and_every_draw_is_as_long_as_the_whole() -> None:
    counts = draws(35, replace(PLAN, resamples=50))
    assert (counts.sum(axis=1) == 35).all()
    single = draws(10, replace(PLAN, resamples=5, block_sessions=10))
    assert (single == 1).all()


def test_a_model_that_sees_more_than_the_market_passes_and_its_interval_holds_the_truth() -> None:
    found = judge(judged(3000, lift=1.0), PLAN)
    assert found.gate.passed and found.gate.reasons == ()
    assert 0 < found.lifts["log_loss"].lower < found.lifts["log_loss"].lift < found.lifts["log_loss"].upper


def test_the_market_s_own_probability_never_passes() -> None:
    found = judge(replace(judged(3000), model=judged(3000).market), PLAN)
    assert not found.gate.passed and "not surely above 0" in found.gate.reasons[0]
    assert all(lift.lift == 0 for lift in found.lifts.values())


def test_too_few_rows_keep_the_gate_shut_however_good_the_model() -> None:
    found = judge(judged(PLAN.minimum_rows - 1, lift=3.0), PLAN)
    assert found.lifts["log_loss"].lower > 0
    assert found.gate.reasons == (f"{PLAN.minimum_rows - 1} rows of validation, {PLAN.minimum_rows} are needed",)


def test_a_reliability_curve_counts_every_row_once_and_its_intervals_hold_what_came() -> None:
    held = judged(2000, lift=0.5)
    buckets = reliability(held, PLAN)
    assert sum(bucket.rows for bucket in buckets) == 2000
    assert all(bucket.lower <= bucket.share <= bucket.upper for bucket in buckets)
    wide = [bucket for bucket in buckets if bucket.rows > 50]
    assert sum(bucket.lower <= bucket.said <= bucket.upper for bucket in wide) >= len(wide) - 2
