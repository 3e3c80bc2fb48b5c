"""Sessions against days that people remember, and the arithmetic of the calendar and the two clocks."""

import inspect
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline.market import holidays, sessions
from butter_pipeline.market.sessions import (
    SETTLE_LAG,
    NoSuchSession,
    as_of,
    calendar,
    close_at,
    is_session,
    last_settled,
    next_session,
    offset,
    open_at,
    position,
    previous_session,
    sessions_between,
)

NEW_YORK = ZoneInfo("America/New_York")

CLOSED = {
    "attacks of 2001": ["2001-09-11", "2001-09-12", "2001-09-13", "2001-09-14"],
    "hurricane Sandy": ["2012-10-29", "2012-10-30"],
    "days of mourning": ["1994-04-27", "2004-06-11", "2007-01-02", "2018-12-05", "2025-01-09"],
    "Good Fridays": ["2000-04-21", "2008-03-21", "2021-04-02", "2022-04-15", "2023-04-07", "2024-03-29", "2025-04-18"],
    "Thanksgivings": ["2023-11-23", "2024-11-28"],
    "Juneteenth, from 2022 on": ["2022-06-20", "2023-06-19", "2024-06-19", "2025-06-19"],
    "new year on a Sunday, kept on Monday": ["2012-01-02", "2023-01-02"],
    "Independence Day on a Saturday, kept on Friday": ["2015-07-03", "2020-07-03", "2026-07-03"],
    "weekends": ["2024-03-02", "2024-03-03"],
}
OPEN = {
    "around the closures": ["2001-09-10", "2001-09-17", "2012-10-26", "2012-10-31", "2018-12-04", "2025-01-08"],
    "Juneteenth before it was one": ["2020-06-19", "2021-06-18"],
    "new year on a Saturday is not moved to the old year": ["2021-12-31", "2010-12-31"],
    "Columbus and Veterans Day": ["2023-10-09", "2024-11-11"],
    "half days": ["2024-07-03", "2023-11-24", "2024-12-24"],
}
CLOSES = {
    "2024-07-03": "17:00",  # 13:00 in summer
    "2023-11-24": "18:00",  # 13:00 in winter
    "2024-12-24": "18:00",
    "2024-07-05": "20:00",
    "2024-12-26": "21:00",
    "2024-03-08": "21:00",  # the Friday before summer time
    "2024-03-11": "20:00",
    "2024-11-01": "20:00",  # the Friday before winter time
    "2024-11-04": "21:00",
}

NAIVE_SPAN = datetime.fromisoformat("1990-02-01"), datetime.fromisoformat("2039-12-01")
any_session = st.sampled_from(calendar())
inner = st.integers(min_value=300, max_value=len(calendar()) - 301).map(lambda place: calendar()[place])


@pytest.mark.parametrize("day", [day for days in CLOSED.values() for day in days])
def test_the_exchange_was_closed(day: str) -> None:
    assert not is_session(date.fromisoformat(day))


@pytest.mark.parametrize("day", [day for days in OPEN.values() for day in days])
def test_the_exchange_was_open(day: str) -> None:
    assert is_session(date.fromisoformat(day))


@pytest.mark.parametrize(("day", "close"), CLOSES.items())
def test_the_close_in_utc(day: str, close: str) -> None:
    session = date.fromisoformat(day)
    assert close_at(session) == datetime.combine(session, time.fromisoformat(close), UTC)
    assert as_of(session) == close_at(session) + timedelta(minutes=60)


def test_a_year_has_its_count_of_sessions() -> None:
    counts = {
        year: len(sessions_between(date(year, 1, 1), date(year, 12, 31))) for year in (2001, 2012, 2020, 2024, 2025)
    }
    assert counts == {2001: 248, 2012: 250, 2020: 253, 2024: 252, 2025: 250}


def test_the_table_of_holidays_is_what_exchange_calendars_says_today() -> None:
    from butter_pipeline.market.holiday_table import render

    assert render() == inspect.getsource(holidays)


def test_neighbours_step_over_closures() -> None:
    assert next_session(date(2001, 9, 10)) == date(2001, 9, 17)
    assert previous_session(date(2012, 10, 31)) == date(2012, 10, 26)
    assert offset(date(2024, 12, 31), 5) == date(2025, 1, 8)
    assert offset(date(2024, 12, 31), 6) == date(2025, 1, 10)


def test_looking_back_ends_where_the_calendar_begins() -> None:
    assert sessions.look_back(date(2024, 3, 5), 2) == date(2024, 3, 1)
    assert sessions.look_back(date(1990, 1, 31), 67) == sessions.calendar()[0]


def test_what_is_no_session_is_said_with_its_neighbours() -> None:
    with pytest.raises(
        NoSuchSession, match="^2024-07-04 is not an exchange session; the nearest are 2024-07-03 and 2024-07-05$"
    ):
        position(date(2024, 7, 4))
    with pytest.raises(
        NoSuchSession, match="^1989-12-29 is outside the exchange calendar, which covers 1990-01-02 to "
    ):
        close_at(date(1989, 12, 29))
    with pytest.raises(NoSuchSession, match="is outside the exchange calendar"):
        offset(calendar()[-1], 1)
    with pytest.raises(NoSuchSession, match="is outside the exchange calendar"):
        offset(calendar()[0], -1)  # and not the last of the calendar, as a negative index would give


@given(inner, st.integers(-300, 300))
def test_an_offset_is_undone_by_its_opposite(session: date, count: int) -> None:
    assert offset(offset(session, count), -count) == session
    assert position(offset(session, count)) == position(session) + count


@given(st.dates(date(1990, 1, 2), date(2039, 12, 30)), st.integers(0, 400))
def test_sessions_between_are_the_sessions_between(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    every = [first + timedelta(days=n) for n in range(length + 1)]
    assert list(sessions_between(first, last)) == [day for day in every if is_session(day)]


def test_moments_are_strictly_increasing_over_the_whole_calendar() -> None:
    moments = [moment(session) for session in calendar() for moment in (open_at, close_at, as_of)]
    assert all(earlier < later for earlier, later in pairwise(moments))


@given(any_session)
def test_a_session_opens_closes_and_settles_on_its_own_day_in_new_york(session: date) -> None:
    assert open_at(session) < close_at(session) < as_of(session) == close_at(session) + SETTLE_LAG
    assert open_at(session).astimezone(NEW_YORK).time() == time(9, 30)
    assert close_at(session).astimezone(NEW_YORK).time() in {time(13), time(14), time(16)}
    assert {m(session).astimezone(NEW_YORK).date() for m in (open_at, close_at, as_of)} == {session}
    assert open_at(session).tzinfo is close_at(session).tzinfo is as_of(session).tzinfo is UTC


@given(inner)
def test_a_session_is_settled_from_its_own_moment_on_and_not_a_microsecond_sooner(session: date) -> None:
    tick = timedelta(microseconds=1)
    assert last_settled(as_of(session)) == session
    assert last_settled(as_of(session) - tick) == previous_session(session)
    assert last_settled(as_of(next_session(session)) - tick) == session


@given(
    st.datetimes(*NAIVE_SPAN),
    st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"]),
)
def test_last_settled_means_the_same_in_every_zone(moment: datetime, zone: str) -> None:
    now = moment.replace(tzinfo=UTC)
    found = last_settled(now.astimezone(ZoneInfo(zone)))
    assert as_of(found) <= now < as_of(next_session(found))


@pytest.mark.parametrize(
    ("now", "settled"),
    [
        ("2024-03-08T16:59:59-05:00", "2024-03-07"),
        ("2024-03-08T17:00:00-05:00", "2024-03-08"),
        ("2024-03-10T12:00:00-04:00", "2024-03-08"),  # clocks went forward that night
        ("2024-03-11T20:59:59+00:00", "2024-03-08"),
        ("2024-03-11T21:00:00+00:00", "2024-03-11"),
        ("2024-11-04T21:30:00+00:00", "2024-11-01"),  # clocks went back; the same hour in UTC is too early now
        ("2024-11-04T22:00:00+00:00", "2024-11-04"),
        ("2024-07-03T18:00:00+00:00", "2024-07-03"),  # a half day settles early
        ("2024-07-04T23:00:00+00:00", "2024-07-03"),
        ("2024-03-09T03:00:00+09:00", "2024-03-07"),  # Saturday in Tokyo is Friday in New York
    ],
)
def test_last_settled_on_known_days(now: str, settled: str) -> None:
    assert last_settled(datetime.fromisoformat(now)) == date.fromisoformat(settled)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="^now must carry a time zone, was 2024-03-08T17:00:00$"):
        last_settled(datetime.fromisoformat("2024-03-08T17:00:00"))
    with pytest.raises(NoSuchSession, match="no session is settled"):
        last_settled(datetime(1989, 12, 31, tzinfo=UTC))


def test_the_clock_of_the_machine_is_not_read() -> None:
    source = inspect.getsource(sessions)
    assert "now(" not in source
    assert "today(" not in source
