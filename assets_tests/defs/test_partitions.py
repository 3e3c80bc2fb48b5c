from datetime import UTC, date, datetime

import dagster as dg
import pytest

from butter_pipeline import configs
from butter_pipeline.defs.partitions import FIRST_SESSION, LAST_YEAR, SESSIONS
from butter_pipeline.market.sessions import sessions_between

KEYS_AT = [
    ("2026-11-20T21:59:00+00:00", "2026-11-19", "Friday has closed and not settled: nothing to ask for yet"),
    ("2026-11-20T22:00:00+00:00", "2026-11-20", "Friday has settled: its partition exists"),
    ("2026-03-09T20:59:00+00:00", "2026-03-06", "the same with summer time"),
    ("2026-03-09T21:00:00+00:00", "2026-03-09", "which began on Sunday"),
    ("2026-11-22T12:00:00+00:00", "2026-11-20", "Sunday"),
    ("2026-11-26T22:30:00+00:00", "2026-11-27", "on a holiday Dagster shows the next session early; it is refused"),
    ("2026-11-27T22:30:00+00:00", "2026-11-27", "the half day after it has one"),
]


@pytest.mark.parametrize(("moment", "last", "_why"), KEYS_AT)
def test_the_last_partition_is_the_session_under_way_or_just_closed(moment: str, last: str, _why: str) -> None:
    keys = SESSIONS.get_partition_keys(current_time=datetime.fromisoformat(moment))
    assert keys[-1] == last


def test_partitions_are_exactly_the_sessions_of_the_calendar_until_the_end_of_next_year() -> None:
    last = sessions_between(FIRST_SESSION, date(LAST_YEAR, 12, 31))[-1]
    keys = SESSIONS.get_partition_keys(current_time=datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC))
    assert keys == [session.isoformat() for session in sessions_between(FIRST_SESSION, last)]


def test_holidays_are_named_for_a_year_ahead_at_least() -> None:
    assert datetime.now(UTC).year < LAST_YEAR


def test_partitions_begin_where_the_embedded_market_begins() -> None:
    assert configs.load("simulator").values["first_session"] == FIRST_SESSION


def test_a_range_names_each_of_its_sessions_once() -> None:
    span = dg.PartitionKeyRange("2024-07-02", "2024-07-08")
    keys = SESSIONS.get_partition_keys_in_range(span)
    assert keys == ["2024-07-02", "2024-07-03", "2024-07-05", "2024-07-08"]
