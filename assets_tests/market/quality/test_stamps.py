"""The moments from which rows are said to be known: leaks rejected, clocks named."""

from datetime import UTC, date, datetime, timedelta

import pytest

from assets_tests.market.quality_tables import LAG, MON, bar, bars, found, judged, known, reasons, table
from butter_pipeline.market.frames import BARS, INTRADAY
from butter_pipeline.market.sessions import as_of, close_at

HALF_DAY = date(2024, 7, 3)


@pytest.mark.parametrize(
    ("off", "reason", "kept"),
    [
        (timedelta(hours=-5), "wrong time zone", False),
        (timedelta(hours=-1), "clock an hour off", False),
        (timedelta(hours=1), "clock an hour off", True),
        (timedelta(hours=5), "wrong time zone", True),
        (timedelta(days=-2, minutes=3), "known before the close", False),
        (timedelta(days=2, minutes=3), "future stamp", True),
    ],
)
def test_a_stamp_that_is_off_is_named_and_a_leak_is_rejected(off: timedelta, reason: str, kept: bool) -> None:
    verdict = judged(BARS, bars([(*bar(MON), known(MON) + off)]), lag=LAG)
    assert found(verdict.flagged if kept else verdict.rejected) == [(MON, "AAA", reason)]
    assert verdict.accepted.num_rows == kept


@pytest.mark.parametrize("off", [timedelta(0), timedelta(minutes=-15), timedelta(minutes=40)])
def test_a_stamp_between_close_and_settling_is_nobodys_business(off: timedelta) -> None:
    verdict = judged(BARS, bars([(*bar(MON), known(MON) + off)]), lag=LAG)
    assert verdict.rejected.num_rows == verdict.flagged.num_rows == 0


def test_nothing_is_known_after_the_moment_of_judgement() -> None:
    rows = bars([(*bar(MON), as_of(MON) + timedelta(days=3, minutes=1))])
    assert reasons(judged(BARS, rows, now=as_of(MON) + timedelta(days=3)).rejected) == ["stamp in the future"]
    assert judged(BARS, rows, now=as_of(MON) + timedelta(days=4)).rejected.num_rows == 0


def test_a_half_day_stamped_like_a_whole_one_is_named() -> None:
    whole = datetime(2024, 7, 3, 20, 0, tzinfo=UTC) + LAG
    assert reasons(judged(BARS, bars([(*bar(HALF_DAY), whole)]), lag=LAG).flagged) == ["half session"]
    assert judged(BARS, bars([bar(HALF_DAY)]), lag=LAG).flagged.num_rows == 0


def test_bars_within_a_day_are_known_from_their_own_end_and_none_follow_an_early_close() -> None:
    def within(day: date, starts: datetime) -> tuple[object, ...]:
        return day, "AAA", 30, starts, 10.0, 10.1, 9.9, 10.0, 5.0, starts + timedelta(minutes=30) + LAG

    opening, evening = close_at(HALF_DAY) - timedelta(hours=3), close_at(HALF_DAY) + timedelta(hours=1)
    verdict = judged(INTRADAY, table(INTRADAY, [within(HALF_DAY, opening), within(HALF_DAY, evening)]), lag=LAG)
    assert verdict.rejected.num_rows == 0
    assert "half session" in reasons(verdict.flagged)
    early = (*within(HALF_DAY, opening)[:-1], opening)
    assert reasons(judged(INTRADAY, table(INTRADAY, [early]), lag=LAG).rejected) == ["known before the close"]
