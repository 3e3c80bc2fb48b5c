from datetime import date

import numpy as np
import pytest

from assets_tests.drift.drift_matrices import COLUMNS, FIRST, LAST, SESSIONS, own_of, plan_for, values_of
from butter_pipeline.drift.reference import cut_offs, references

VALUES = values_of(2)
PLAN = plan_for()
EVERY_DISTANCE = {"history_sessions": 126, "every_sessions": 10, "least_distance": 1e-9, "safety": 1.7}


def test_cut_offs_are_months_last_sessions_with_enough_history():
    found = cut_offs(FIRST, date(2025, 1, 31), 252)
    assert found == [date(2024, 10, 31), date(2024, 11, 29), date(2024, 12, 31), date(2025, 1, 31)]
    assert len([session for session in SESSIONS if session <= found[0]]) == 252
    assert not cut_offs(date(2023, 11, 2), date(2024, 11, 28), 252)


def test_a_threshold_is_at_least_the_least_distance_times_safety_and_follows_history():
    cut_off = date(2025, 6, 30)
    calm = references(own_of(VALUES), [cut_off], PLAN)[cut_off]
    assert set(calm.threshold) == set(COLUMNS) and not calm.reason
    assert set(calm.threshold.values()) == {PLAN.calibration.safety * 1.0}
    wild = {column: array.copy() for column, array in VALUES.items()}
    jumped = slice(SESSIONS.index(date(2025, 2, 3)), SESSIONS.index(date(2025, 4, 1)))
    wild["iv_pct"][jumped] += 40.0 * np.where(np.arange(12) % 2, 1.0, -1.0)
    found = references(own_of(wild), [cut_off], PLAN)[cut_off]
    assert found.threshold["iv_pct"] > 2.0 * calm.threshold["iv_pct"]
    assert found.threshold["slope_pct"] == calm.threshold["slope_pct"]


def test_a_reference_sees_nothing_after_its_cut_off():
    cut_off = date(2025, 6, 30)
    changed = {column: array.copy() for column, array in VALUES.items()}
    for array in changed.values():
        array[SESSIONS.index(cut_off) + 1 :] *= 100.0
    one, other = (references(own_of(values), [cut_off], PLAN)[cut_off] for values in (VALUES, changed))
    assert one.threshold == other.threshold
    np.testing.assert_array_equal(one.values, other.values)


def test_a_reference_alone_equals_the_same_among_others():
    own, all_of_them = own_of(VALUES), cut_offs(FIRST, LAST, 252)
    together = references(own, all_of_them, plan_for(calibration=EVERY_DISTANCE))
    alone = references(own, all_of_them[-1:], plan_for(calibration=EVERY_DISTANCE))
    assert together[all_of_them[-1]].threshold == alone[all_of_them[-1]].threshold
    assert min(alone[all_of_them[-1]].threshold.values()) > 0.1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda array: np.full_like(array, np.nan), "no values in the reference"),
        (lambda array: np.zeros_like(array), "constant in the reference"),
        (lambda array: np.where(np.arange(12) < 7, np.nan, array), "% of the reference's values can be used"),
    ],
)
def test_a_column_that_cannot_be_a_reference_says_why(spoil, said):
    cut_off = date(2025, 6, 30)
    found = references(own_of(VALUES | {"iv_pct": spoil(VALUES["iv_pct"])}), [cut_off], PLAN)[cut_off]
    assert said in found.reason["iv_pct"] and "iv_pct" not in found.threshold
    assert "slope_pct" in found.threshold


def test_too_short_a_history_gives_no_threshold():
    cut_off = date(2024, 4, 30)
    found = references(own_of(VALUES), [cut_off], PLAN)[cut_off]
    assert found.reason["iv_pct"] == f"the history before {cut_off} is too short to calibrate a threshold"
