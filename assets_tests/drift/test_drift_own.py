from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_tests.drift.drift_matrices import COLUMNS, FIRST, SESSIONS, matrix_of, own_of, values_of
from butter_pipeline.drift.own import own_values, scale
from butter_pipeline.market.sessions import next_session

VALUES = values_of(1)


def tiny(rows: list[tuple[str, str, float | None]], span: tuple[date, date]):
    days, symbols, values = zip(*rows, strict=True)
    days = pa.array([date.fromisoformat(day) for day in days], pa.date32())
    return own_values(pa.table({"session": days, "symbol": symbols, "x": pa.array(values, pa.float64())}), ["x"], span)


def test_a_value_counts_as_its_distance_from_the_sessions_median():
    rows = [("2024-01-02", "A", 1.0), ("2024-01-02", "B", 4.0), ("2024-01-02", "C", 9.0)]
    own = tiny(rows, (date(2024, 1, 2), date(2024, 1, 2)))
    assert own.values[0].tolist() == [[-3.0, 0.0, 5.0]]


def test_the_median_of_an_even_number_is_the_middle_and_gaps_stay_gaps():
    rows = [("2024-01-02", "A", 1.0), ("2024-01-02", "B", None), ("2024-01-02", "C", 4.0), ("2024-01-04", "B", np.inf)]
    own = tiny(rows, (date(2024, 1, 2), date(2024, 1, 4)))
    assert own.sessions == (date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4))
    np.testing.assert_array_equal(own.values[0], [[-1.5, np.nan, 1.5], [np.nan] * 3, [np.nan] * 3])


def test_rows_outside_the_span_are_refused():
    with pytest.raises(ValueError, match="rows outside the sessions"):
        own_values(matrix_of(VALUES), COLUMNS, (FIRST, SESSIONS[100]))


def test_what_moves_all_symbols_together_is_not_seen():
    storm = {column: values + 50.0 * (np.arange(len(SESSIONS)) > 300)[:, None] for column, values in VALUES.items()}
    np.testing.assert_allclose(own_of(storm).values, own_of(VALUES).values, atol=1e-12)


def test_a_symbol_without_movement_or_without_half_of_the_sessions_has_no_scale():
    values = {column: array[:100].copy() for column, array in VALUES.items()}
    values["iv_pct"][:, 0] = np.median(values["iv_pct"][:, 1:], axis=1)
    values["iv_pct"][:51, 3] = np.nan
    found = scale(own_of(values), 0, 100)
    assert np.flatnonzero(np.isnan(found.deviation[0])).tolist() == [0, 3]
    assert not np.isnan(found.deviation[1:]).any()


def test_standardised_reference_values_have_mean_zero_and_deviation_one():
    own = own_of(VALUES)
    held = scale(own, 0, 252).standardised(own, 0, 252)
    np.testing.assert_allclose(held.mean(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(held.std(axis=1), 1.0, rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(start=st.integers(0, 200), length=st.integers(2, 252), order=st.integers(0, 99))
def test_a_scale_is_the_same_to_the_bit_whatever_lies_beside_it(start, length, order):
    matrix = matrix_of(VALUES)
    places = np.random.default_rng(order).permutation(matrix.num_rows)
    whole = own_values(matrix.take(pa.array(places)), COLUMNS, (FIRST, SESSIONS[-1]))
    first, last = SESSIONS[start], SESSIONS[min(start + length, len(SESSIONS)) - 1]
    width = len(whole.symbols)
    part = own_values(
        matrix.slice(start * width, (SESSIONS.index(last) - start + 1) * width), COLUMNS[::-1], (first, last)
    )
    one, other = scale(whole, start, start + length), scale(part, 0, length)
    np.testing.assert_array_equal(one.centre, other.centre[::-1])
    np.testing.assert_array_equal(one.deviation, other.deviation[::-1])
    assert whole.place(next_session(last)) == SESSIONS.index(last) + 1


def test_sums_over_sessions_are_the_same_bits_for_one_symbol_and_for_many():
    own = own_of(VALUES)
    alone = replace(own, symbols=own.symbols[4:5], values=own.values[:1, :, 4:5].copy(), columns=own.columns[:1])
    np.testing.assert_array_equal(scale(alone, 0, 252).centre, scale(own, 0, 252).centre[:1, 4:5])
    np.testing.assert_array_equal(scale(alone, 0, 252).deviation, scale(own, 0, 252).deviation[:1, 4:5])
