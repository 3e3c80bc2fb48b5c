"""Finding rows by the values of several columns."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline.opportunities.columns import Index, taken

NAMES = ("symbol", "strike")
row = st.tuples(st.sampled_from("ABCD"), st.sampled_from([90.0, 95.0, 97.5, 100.0]))


def table(rows: list[tuple[str, float]]) -> pa.Table:
    return pa.table(
        {
            "symbol": pa.array([symbol for symbol, _ in rows], pa.string()),
            "strike": pa.array([strike for _, strike in rows], pa.float64()),
        }
    )


@given(st.lists(row, unique=True), st.lists(row))
def test_the_row_that_holds_the_values_is_found_and_none_where_there_is_none(
    held: list[tuple[str, float]], wanted: list[tuple[str, float]]
) -> None:
    found = Index(table(held), NAMES).rows(table(wanted))
    assert found.tolist() == [held.index(each) if each in held else -1 for each in wanted]


def test_a_value_that_is_unknown_is_not_taken_for_another() -> None:
    index = Index(table([("A", 90.0), ("A", 95.0), ("B", 90.0)]), NAMES)
    assert index.rows(table([("B", 100.0), ("C", 95.0), ("B", 95.0)])).tolist() == [-1, -1, -1]


def test_two_rows_of_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="two rows share symbol, strike"):
        Index(table([("A", 90.0), ("A", 90.0)]), NAMES)


def test_nothing_is_taken_from_no_row() -> None:
    assert np.isnan(taken(np.array([1.0, 2.0]), np.array([1, -1]))).tolist() == [False, True]
    assert np.isnan(taken(np.array([]), np.array([-1]))).all()
