"""What coverage looks like: the worst of a session's datasets, and pictures that hold for any history."""

from datetime import date

import pytest

from butter_pipeline.market import coverage_pictures as pictures
from butter_pipeline.market.sessions import sessions_between

SPAN = (date(2024, 12, 23), date(2025, 1, 10))
SESSIONS = sessions_between(*SPAN)


def test_the_worst_of_a_session_s_datasets_counts_and_one_without_an_outcome_is_missing():
    statuses = {
        "market/bars": dict.fromkeys(SESSIONS, "done"),
        "market/chains": {SESSIONS[0]: "released", SESSIONS[1]: "blocked", SESSIONS[2]: "failed"},
    }
    found = pictures.worst_of(statuses, SESSIONS[:4])
    assert list(found.values()) == ["released", "blocked", "failed", "missing"]


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2024, 1, 1), 0),
        (date(2024, 1, 8), 1),
        (date(2025, 1, 1), 0),
        (date(2025, 1, 6), 1),
        (date(2025, 12, 31), 52),
    ],
)
def test_weeks_of_the_calendar_begin_on_monday(day, week):
    assert pictures._week(day) == week


def test_every_day_of_fifty_years_has_a_square_of_its_own():
    for year in range(1990, 2040):
        squares = [
            (pictures._week(day), day.weekday()) for day in sessions_between(date(year, 1, 1), date(year, 12, 31))
        ]
        assert len(set(squares)) == len(squares) and max(week for week, _ in squares) < pictures.WEEKS, year


@pytest.mark.parametrize("rows", [{}, {f"bars: reason {n}": {SESSIONS[n % 3]: n + 1} for n in range(12)}])
def test_pictures_are_png_and_the_same_bytes_each_time(rows):
    statuses = {"market/bars": {SESSIONS[0]: "done", SESSIONS[3]: "failed"}}
    percents = {"market/bars": {SESSIONS[0]: 100.0, SESSIONS[3]: 12.5}, "market/chains": {}}

    def drawn():
        return (
            pictures.calendar_map(statuses, SPAN),
            pictures.completeness(percents, 95.0),
            pictures.put_aside(rows, SPAN),
        )

    first = drawn()
    assert all(png.startswith(b"\x89PNG") for png in first) and drawn() == first
