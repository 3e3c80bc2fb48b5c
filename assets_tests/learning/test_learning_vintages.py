from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline.learning.plan import Vintages
from butter_pipeline.learning.vintages import monthly, window
from butter_pipeline.market.sessions import next_session, offset, sessions_between

FIRST = date(2023, 11, 1)
PLAN = Vintages(minimum_sessions=252, window_sessions=378)


def test_the_first_vintage_is_the_first_month_that_ends_with_a_year_of_history() -> None:
    assert monthly(FIRST, date(2024, 10, 30), PLAN) == []
    assert monthly(FIRST, date(2024, 11, 29), PLAN) == [date(2024, 10, 31), date(2024, 11, 29)]


def test_a_month_that_is_not_over_has_no_vintage_and_one_that_ends_before_a_holiday_has() -> None:
    assert monthly(FIRST, date(2024, 12, 30), PLAN)[-1] == date(2024, 11, 29)
    assert monthly(FIRST, date(2025, 5, 30), PLAN)[-1] == date(2025, 5, 30)


def test_the_window_begins_with_history_and_never_holds_more_than_its_sessions() -> None:
    assert window(date(2024, 10, 31), FIRST, PLAN) == (FIRST, date(2024, 10, 31))
    first, last = window(date(2026, 10, 30), FIRST, PLAN)
    assert len(sessions_between(first, last)) == 378 and last == date(2026, 10, 30)


@given(st.integers(0, 700), st.integers(0, 60))
def test_time_that_passes_adds_vintages_and_changes_none(at: int, later: int) -> None:
    before = monthly(FIRST, offset(FIRST, at), PLAN)
    after = monthly(FIRST, offset(FIRST, at + later), PLAN)
    assert list(after[: len(before)]) == list(before)
    assert all(next_session(vintage).month != vintage.month for vintage in after)
