"""The whole trial: a clean year says nothing, and what is said of another is an alarm."""

from datetime import date

import pytest

from assets_tests.market.quality_tables import MON, bar, bars, judged
from butter_pipeline.market.frames import BARS
from butter_pipeline.market.inspection.months import months
from butter_pipeline.market.inspection.self_test import SelfTest, Tried, alarms, self_test
from butter_pipeline.market.sessions import sessions_between


@pytest.mark.slow
def test_every_corruption_is_caught_and_a_clean_year_says_nothing() -> None:
    said: list[str] = []
    told = self_test(said.append, years=1).as_json()
    assert told["ok"] and told["caught"] == told["corruptions"] > 100
    assert (told["clean_sessions"], told["false_alarms"]) == (251, 0)
    assert len(said) == 2


def test_a_miss_or_an_alarm_is_not_ok() -> None:
    assert SelfTest().as_json()["ok"]
    assert not SelfTest(tried=[Tried("a", "bars", "flagged: b", caught=False, said="")]).as_json()["ok"]
    assert not SelfTest(alarms=["x"]).as_json()["ok"]


def test_a_word_about_a_clean_session_is_an_alarm() -> None:
    assert list(alarms("v", "bars", judged(BARS, bars([bar(MON)])))) == []
    assert len(list(alarms("v", "bars", judged(BARS, bars([bar(MON, high=1.0)]))))) == 1
    assert len(list(alarms("v", "bars", judged(BARS, bars([bar(MON), bar(date(2024, 3, 9))]))))) == 1


def test_months_are_cut_where_they_end() -> None:
    cut = list(months(sessions_between(date(2023, 12, 28), date(2024, 2, 1))))
    assert [month[0] for month in cut] == [date(2023, 12, 28), date(2024, 1, 2), date(2024, 2, 1)]
