from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assets_tests.learning.learning_worlds import FIRST, World, butterflies_of, matrix_of, outcomes_of, sources
from butter_pipeline.identity import content_hash
from butter_pipeline.learning.dataset import MissingFeature, Sources, feature_names, features_of, joined
from butter_pipeline.learning.frames import STRUCTURE
from butter_pipeline.market.sessions import offset

DAY, NEXT = FIRST, offset(FIRST, 1)
SMALL = World(sessions=30, symbols=3, per_symbol=2, features=2)


def little(won: list[bool] | None = None) -> Sources:
    """Two sessions, symbols A and B, one opportunity each."""
    random = np.random.default_rng(1)
    matrix = matrix_of([DAY, NEXT], ["A", "B"], ["vol_index"], random).set_column(
        2, "vol_index", pa.array([1.0, 2.0, 3.0, None])
    )
    butterflies = butterflies_of([DAY, DAY, NEXT, NEXT], ["A", "B", "A", "B"], np.full(4, 0.5), random)
    return Sources(butterflies, matrix, outcomes_of(butterflies, np.array(won or [True, False, True, False])))


def matures(session: date) -> date:
    return offset(session, 8)


def test_every_opportunity_gets_the_matrix_row_of_its_own_symbol_and_session() -> None:
    table = joined(little(), (FIRST, matures(NEXT))).table
    assert table.select(["session", "symbol", "matured_session", "is_profitable", "vol_index"]).to_pylist() == [
        {"session": DAY, "symbol": "A", "matured_session": matures(DAY), "is_profitable": 1, "vol_index": 1.0},
        {"session": DAY, "symbol": "B", "matured_session": matures(DAY), "is_profitable": 0, "vol_index": 2.0},
        {"session": NEXT, "symbol": "A", "matured_session": matures(NEXT), "is_profitable": 1, "vol_index": 3.0},
        {"session": NEXT, "symbol": "B", "matured_session": matures(NEXT), "is_profitable": 0, "vol_index": None},
    ]


def test_a_label_that_matures_after_the_cutoff_is_never_used() -> None:
    table = joined(little(), (FIRST, matures(DAY))).table
    assert set(table["session"].to_pylist()) == {DAY}
    full = sources(SMALL)
    cutoff = offset(FIRST, 20)
    later = pc.greater(full.outcomes["session"], pa.scalar(cutoff))
    upside_down = pc.if_else(later, pc.subtract(1, full.outcomes["is_profitable"]), full.outcomes["is_profitable"])
    place = full.outcomes.column_names.index("is_profitable")
    planted = full.outcomes.set_column(place, full.outcomes.schema.field(place), upside_down)
    assert pc.sum(pc.not_equal(planted["is_profitable"], full.outcomes["is_profitable"])).as_py() > 0
    changed = joined(Sources(full.butterflies, full.matrix, planted), (FIRST, cutoff)).table
    assert content_hash(changed) == content_hash(joined(full, (FIRST, cutoff)).table)
    assert pc.max(changed["matured_session"]).as_py() == cutoff


def test_a_label_that_matured_before_the_window_is_left_out() -> None:
    table = joined(little(), (matures(NEXT), matures(NEXT))).table
    assert set(table["session"].to_pylist()) == {NEXT}


def test_an_opportunity_without_a_label_is_left_out_and_counted() -> None:
    held = little()
    nulled = pa.array([None, 0, 1, 0], pa.int64())
    place = held.outcomes.column_names.index("is_profitable")
    outcomes = held.outcomes.set_column(place, held.outcomes.schema.field(place), nulled)
    found = joined(Sources(held.butterflies, held.matrix, outcomes), (FIRST, matures(NEXT)))
    assert (found.table.num_rows, found.unlabelled) == (3, 1)


def test_the_order_of_the_rows_that_are_handed_in_does_not_matter() -> None:
    held = sources(SMALL)
    random = np.random.default_rng(3)
    shuffled = Sources(
        *(table.take(random.permutation(table.num_rows)) for table in (held.butterflies, held.matrix, held.outcomes))
    )
    span = (FIRST, offset(FIRST, 29))
    assert content_hash(joined(shuffled, span).table) == content_hash(joined(held, span).table)


def test_features_are_the_opportunity_s_own_and_then_the_matrix_s_in_its_order() -> None:
    assert feature_names(joined(sources(SMALL), (FIRST, offset(FIRST, 29))).table) == (
        *STRUCTURE,
        "vol_index",
        "vol_term",
    )


@pytest.mark.parametrize("name", ["rsi_14", "width_pct"])
def test_a_feature_that_is_missing_is_named_in_one_line(name: str) -> None:
    held = little()
    butterflies = held.butterflies.drop_columns(["width_pct"])
    with pytest.raises(MissingFeature, match=f"feature {name} is missing; make the features again"):
        features_of(butterflies, held.matrix, ["vol_index", name])
