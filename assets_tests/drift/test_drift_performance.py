from datetime import date
from math import log

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from butter_pipeline.drift.frames import PERFORMANCE
from butter_pipeline.drift.performance import performance
from butter_pipeline.drift.plan import PerformanceTerms
from butter_pipeline.market.sessions import sessions_between

SESSIONS = sessions_between(date(2025, 1, 2), date(2025, 6, 30))
TERMS = PerformanceTerms(window_sessions=60, tolerance_pct=10.0, least_predictions=100)
EASY = PerformanceTerms(window_sessions=2, tolerance_pct=10.0, least_predictions=1)


def matured(rows: list[tuple[date, float, float | None, int, float | None]]) -> pa.Table:
    names = ("session", "success_probability", "market_probability", "is_profitable", "validation_log_loss")
    kinds = (pa.date32(), pa.float64(), pa.float64(), pa.int64(), pa.float64())
    columns = zip(*rows, strict=True) if rows else [[]] * len(names)
    return pa.table({n: pa.array(list(c), k) for n, k, c in zip(names, kinds, columns, strict=True)})


def drawn(seed: int, skill: float, promised: float | None) -> pa.Table:
    """Ten predictions a session whose chance of a profit is what a skill of one says."""
    random = np.random.default_rng(seed)
    rows = []
    for session in SESSIONS:
        for true in random.uniform(0.1, 0.9, size=10):
            said = 0.5 + skill * (true - 0.5)
            rows.append((session, said, 0.5, int(random.random() < true), promised))
    return matured(rows)


def test_a_tiny_table_by_hand():
    table = matured(
        [(SESSIONS[0], 0.8, None, 1, 0.3), (SESSIONS[1], 0.4, 0.5, 0, 0.4), (SESSIONS[2], 0.5, 0.25, 1, 9.0)]
    )
    first, second, third = performance(table, SESSIONS[:3], EASY).to_pylist()
    assert (first["matured_predictions"], first["log_loss"], first["market_log_loss"]) == (1, -log(0.8), None)
    assert second["matured_predictions"] == 2
    assert second["log_loss"] == pytest.approx(-(log(0.8) + log(0.6)) / 2)
    assert (second["market_log_loss"], second["market_brier"]) == (-log(0.5), 0.25)
    assert second["brier"] == pytest.approx((0.04 + 0.16) / 2)
    assert (second["share_profitable"], second["mean_probability"]) == (0.5, pytest.approx(0.6))
    assert (second["verdict"], third["matured_predictions"]) == ("sound", 2)


def test_a_model_that_says_less_than_it_promised_has_decayed():
    table = drawn(1, 1.0, None)
    loss = performance(table, SESSIONS[-1:], TERMS)["log_loss"][0].as_py()
    for promised, verdict in ((loss / 1.09, "sound"), (loss / 1.11, "decayed"), (2 * loss, "sound")):
        found = performance(drawn(1, 1.0, promised), SESSIONS[-1:], TERMS)
        assert found["verdict"].to_pylist() == [verdict]


def test_too_few_predictions_or_promises_give_no_verdict():
    table = drawn(2, 1.0, None)
    found = performance(table, SESSIONS[:61:10], TERMS)["verdict"].to_pylist()
    assert found[0] == "cannot be judged: 10 predictions matured, 100 must have"
    assert found[-1] == "cannot be judged: validation promised something for 0 predictions of those that matured"


def test_no_predictions_at_all_are_rows_of_nothing():
    found = performance(matured([]), SESSIONS[:2], TERMS)
    assert found.schema.equals(PERFORMANCE.schema, check_metadata=True)
    assert found["matured_predictions"].to_pylist() == [0, 0] and found["log_loss"].to_pylist() == [None, None]


def test_a_sure_prediction_that_fails_costs_much_and_not_everything():
    found = performance(matured([(SESSIONS[0], 1.0, 0.0, 0, None)]), SESSIONS[:1], EASY).to_pylist()[0]
    assert 27.0 < found["log_loss"] < 28.0 and found["market_log_loss"] == pytest.approx(0.0, abs=1e-9)


def test_the_losses_are_scikit_learns():
    table = drawn(3, 0.9, 0.6)
    session = SESSIONS[90]
    inside = np.isin(table["session"].to_numpy().astype(object), SESSIONS[31:91])
    happened, said = table["is_profitable"].to_numpy()[inside], table["success_probability"].to_numpy()[inside]
    found = performance(table, [session], TERMS).to_pylist()[0]
    assert found["matured_predictions"] == 600
    assert found["log_loss"] == pytest.approx(log_loss(happened, said), rel=1e-12)
    assert found["brier"] == pytest.approx(brier_score_loss(happened, said), rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(place=st.integers(0, len(SESSIONS) - 1), order=st.integers(0, 99))
def test_a_session_alone_in_any_order_without_its_future_is_the_same_bits(place, order):
    table = drawn(4, 1.0, 0.62)
    whole = performance(table, SESSIONS, TERMS).to_pylist()[place]
    known = table.slice(0, 10 * (place + 1))
    shuffled = np.random.default_rng(order).permutation(known.num_rows)
    assert performance(known.take(pa.array(shuffled)), [SESSIONS[place]], TERMS).to_pylist() == [whole]
