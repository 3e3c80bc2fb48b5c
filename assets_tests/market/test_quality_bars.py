"""Each rule over bars: a bad table is caught under the rule's name, its sound look-alike is left alone."""

from datetime import date, timedelta
from math import exp, inf, nan
from typing import Any

import pyarrow as pa
import pytest

from assets_tests.market.quality_tables import (
    DAYS,
    FRI,
    MON,
    THU,
    TUE,
    WED,
    bar,
    bars,
    closes,
    found,
    judged,
    known,
    reasons,
)
from butter_pipeline.market.frames import BARS
from butter_pipeline.market.quality import MalformedTableError
from butter_pipeline.market.sessions import as_of, offset, sessions_between

BAD_ROWS = [
    ("non-finite price", {"close": nan}),
    ("non-finite price", {"high": inf}),
    ("non-finite price", {"open": None}),
    ("non-positive price", {"low": 0.0}),
    ("non-positive price", {"open": -10.0, "low": -10.0}),
    ("high below low", {"high": 9.0, "low": 11.0}),
    ("open outside range", {"open": 12.0}),
    ("close outside range", {"high": 9.99, "open": 9.95}),
    ("non-finite volume", {"volume": nan}),
    ("negative volume", {"volume": -1.0}),
]
SOUND_ROWS: list[dict[str, Any]] = [
    {"open": 10.0, "high": 10.0, "low": 10.0},  # one price all day
    {"volume": 0.0},
    {"open": 10.1, "high": 10.1},  # the open is the high
    {"high": 14.0, "low": 7.0},  # a wild day that comes back
]


@pytest.mark.parametrize(("reason", "changes"), BAD_ROWS)
def test_a_bad_bar_is_rejected_by_name_and_its_neighbour_is_not(reason: str, changes: dict[str, Any]) -> None:
    verdict = judged(BARS, bars([bar(MON, "AAA", **changes), bar(MON, "BBB")]), ["AAA", "BBB"])
    assert found(verdict.rejected) == [(MON, "AAA", reason)]
    assert verdict.accepted["symbol"].to_pylist() == ["BBB"]
    assert verdict.accepted.schema.equals(BARS.schema)


@pytest.mark.parametrize("changes", SOUND_ROWS)
def test_an_odd_but_sound_bar_is_accepted(changes: dict[str, Any]) -> None:
    verdict = judged(BARS, bars([bar(MON, **changes)]))
    assert (verdict.rejected.num_rows, verdict.flagged.num_rows, verdict.accepted.num_rows) == (0, 0, 1)


def test_the_detail_says_what_was_there() -> None:
    verdict = judged(BARS, bars([bar(MON, high=9.0, low=11.0)]))
    assert verdict.rejected["detail"].to_pylist() == ["high 9 is below low 11: swapped?"]


def test_identical_copies_keep_one_row_and_report_the_others() -> None:
    verdict = judged(BARS, bars([bar(MON), bar(MON), bar(MON)]))
    assert found(verdict.rejected) == [(MON, "AAA", "duplicate key")] * 2
    assert verdict.accepted.num_rows == 1
    assert verdict.sessions[MON].completeness_pct == 100.0


def test_contradictory_rows_of_one_key_are_all_rejected() -> None:
    verdict = judged(BARS, bars([bar(MON), bar(MON), bar(MON, close=10.05), bar(MON, "BBB")]), ["AAA", "BBB"])
    assert found(verdict.rejected) == [(MON, "AAA", "duplicate key")] * 3
    assert verdict.accepted["symbol"].to_pylist() == ["BBB"]


def test_a_correction_is_another_row_and_no_duplicate() -> None:
    later = as_of(MON) + timedelta(days=2)
    verdict = judged(BARS, bars([bar(MON), (*bar(MON, close=10.05), later)]))
    assert verdict.rejected.num_rows == verdict.flagged.num_rows == 0
    assert verdict.accepted["close"].to_pylist() == [10.0, 10.05]


def test_a_row_that_nobody_could_know_in_time_is_flagged_and_kept() -> None:
    verdict = judged(BARS, bars([(*bar(MON), as_of(MON) + timedelta(seconds=1)), (*bar(TUE), as_of(TUE))]))
    assert found(verdict.flagged) == [(MON, "AAA", "future stamp")]
    assert verdict.accepted.num_rows == 2


def test_a_row_dated_on_a_holiday_or_weekend_is_no_session() -> None:
    good_friday, saturday = date(2024, 3, 29), date(2024, 3, 30)
    verdict = judged(BARS, bars([bar(MON), bar(good_friday), bar(saturday)]))
    assert found(verdict.rejected) == [(good_friday, "AAA", "exchange holiday"), (saturday, "AAA", "not a session")]
    assert set(verdict.sessions) == {MON}


def test_a_session_that_nobody_asked_for_is_rejected() -> None:
    verdict = judged(BARS, closes(10, 10.1), days=[MON])
    assert found(verdict.rejected) == [(TUE, "AAA", "session not asked for")]


def test_an_unexpected_symbol_is_rejected_and_does_not_help_completeness() -> None:
    verdict = judged(BARS, bars([bar(MON), bar(MON, "ZZZ")]), ["AAA", "BBB"])
    assert found(verdict.rejected) == [(MON, "ZZZ", "unexpected symbol")]
    assert verdict.sessions[MON].completeness_pct == 50.0


def test_rows_without_a_key_are_rejected_whatever_else_they_hold() -> None:
    nameless, undated = (MON, None, *bar(MON)[2:]), (None, *bar(MON)[1:])
    verdict = judged(BARS, bars([bar(MON), nameless, undated]))
    assert sorted(verdict.rejected["detail"].to_pylist()) == ["no session, available_at", "no symbol"]
    assert reasons(verdict.rejected) == ["missing key"]
    assert verdict.accepted.num_rows == 1


@pytest.mark.parametrize(
    ("values", "spikes"),
    [
        ((10, 17, 10.1, 10.2), [TUE]),  # up 70 % and back
        ((10, 5.9, 10.1, 10.2), [TUE]),
        ((10, 17), [TUE]),
        ((10, 17, 10.1, 17.3, 10), [TUE, THU]),  # a level seen two sessions ago confirms nothing
        ((10, 17, 5.8, 10.1), [TUE, WED]),  # nor does one on the other side
    ],
)
def test_a_lone_spike_is_rejected(values: tuple[float, ...], spikes: list[date]) -> None:
    verdict = judged(BARS, closes(*values))
    assert found(verdict.rejected) == [(day, "AAA", "spike") for day in spikes]


@pytest.mark.parametrize("values", [(10, 16.4, 10.1), (10, 6.1, 10), (10, 11, 12, 13)])
def test_a_move_inside_the_limit_is_left_alone(values: tuple[float, ...]) -> None:
    verdict = judged(BARS, closes(*values))
    assert verdict.rejected.num_rows == verdict.flagged.num_rows == 0


def test_a_close_gone_wrong_after_an_ordinary_open_is_no_split() -> None:
    rows = [bar(MON, close=10), bar(TUE, close=20, open=10.1, low=10, high=20), bar(WED, close=10.2)]
    assert found(judged(BARS, bars(rows)).rejected) == [(TUE, "AAA", "spike")]


def test_a_new_level_costs_one_session_until_the_next_shows_it_again() -> None:
    verdict = judged(BARS, closes(10, 17, 16.5, 17.2))
    assert found(verdict.rejected) == [(TUE, "AAA", "spike")]
    assert found(verdict.flagged) == [(WED, "AAA", "new level")]
    assert verdict.accepted["available_at"].to_pylist() == [known(MON), known(WED), known(THU)]


def test_a_close_of_long_ago_is_no_reference() -> None:
    long_ago = closes(10, 10, days=[offset(MON, -80), offset(MON, -79)])
    assert judged(BARS, closes(17, 17.1), previous=long_ago).rejected.num_rows == 0
    lately = closes(10, 10, days=[offset(MON, -41), offset(MON, -40)])
    assert found(judged(BARS, closes(17, 10.1), previous=lately).rejected) == [(MON, "AAA", "gap after halt")]


@pytest.mark.parametrize(
    ("values", "opens"),
    [((70, 10.2, 10.1), 9.9), ((70, 10.2), 9.9), ((10, 20.9, 20.5), 20.1), ((500, 129, 131), 127.6)],
)
def test_a_split_is_flagged_and_known_at_once(values: tuple[float, ...], opens: float) -> None:
    rows = [bar(day, close=close) for day, close in zip(DAYS, values, strict=False)]
    rows[1] = bar(TUE, close=values[1], open=opens, low=min(opens, values[1]))
    verdict = judged(BARS, bars(rows))
    assert verdict.rejected.num_rows == 0
    assert found(verdict.flagged) == [(TUE, "AAA", "possible split")]
    assert verdict.accepted["available_at"].to_pylist() == [known(day) for day in DAYS[: len(values)]]


@pytest.mark.parametrize("factor", [100, 0.01, 97])
def test_a_changed_unit_is_rejected_however_long_it_lasts(factor: float) -> None:
    verdict = judged(BARS, closes(10, 10.1 * factor, 10.2 * factor, 10.1))
    assert found(verdict.rejected) == [(TUE, "AAA", "unit change"), (WED, "AAA", "unit change")]


def test_a_volatile_symbol_is_measured_by_its_own_deviation() -> None:
    days = sessions_between(date(2023, 11, 1), date(2024, 2, 29))
    wild = [10 * exp(0.1 * (-1) ** n) for n in range(len(days))]
    calm = [10 * exp(0.001 * (-1) ** n) for n in range(len(days))]
    rows = closes(13.9, days=[MON])  # a log return of 0.43 and then, from the calm one, of 0.33
    for history, previous in ((wild, closes(*wild, days=days)), (calm, closes(*calm, days=days))):
        verdict = judged(BARS, closes(history[-1] * 1.8, history[-1], days=DAYS), previous=previous)
        assert reasons(verdict.rejected) == ([] if history is wild else ["gap after halt"])
    assert judged(BARS, rows, previous=closes(*wild, days=days)).rejected.num_rows == 0


def test_the_supplied_closes_are_what_the_first_session_is_held_against() -> None:
    previous = closes(10, 10.1, days=[offset(MON, -2), offset(MON, -1)])
    assert found(judged(BARS, closes(17, 10.1), previous=previous).rejected) == [(MON, "AAA", "spike")]
    assert judged(BARS, closes(10.2, 10.1), previous=previous).rejected.num_rows == 0


def test_supplied_closes_of_judged_sessions_are_not_held_against_themselves() -> None:
    verdict = judged(BARS, closes(10, 10.1), previous=closes(50, 50))
    assert verdict.rejected.num_rows == verdict.flagged.num_rows == 0


def test_a_frozen_feed_blocks_the_session() -> None:
    names = ["AAA", "BBB", "CCC"]
    stale = [bar(MON, name, volume=5.0) for name in names] + [bar(TUE, name, volume=5.0) for name in names[:2]]
    verdict = judged(BARS, bars([*stale, bar(TUE, "CCC", volume=6.0)]), names)
    assert found(verdict.rejected) == [(TUE, "AAA", "frozen feed"), (TUE, "BBB", "frozen feed")]
    assert verdict.sessions[TUE].status == "blocked"
    assert verdict.sessions[TUE].reason.startswith("frozen feed: 2 of 3 symbols repeat")
    assert verdict.sessions[MON].status == "done"


def test_a_frozen_feed_is_noticed_against_the_supplied_session_too() -> None:
    previous = bars([bar(MON, volume=5.0)])
    assert judged(BARS, bars([bar(TUE, volume=5.0)]), previous=previous).sessions[TUE].status == "blocked"
    assert judged(BARS, bars([bar(TUE, volume=6.0)]), previous=previous).sessions[TUE].status == "done"


def test_one_frozen_symbol_among_many_is_a_frozen_bar_and_those_that_do_not_trade_are_none() -> None:
    names = ["AAA", "BBB", "CCC"]
    rows = [bar(MON, name, volume=5.0) for name in names]
    rows += [bar(TUE, "AAA", volume=5.0), bar(TUE, "BBB", volume=6.0), bar(TUE, "CCC", volume=7.0)]
    assert found(judged(BARS, bars(rows), names).rejected) == [(TUE, "AAA", "frozen bar")]
    untraded = [bar(day, name, volume=0.0, high=10.0, low=10.0) for day in (MON, TUE) for name in names]
    assert judged(BARS, bars(untraded), names).rejected.num_rows == 0


def test_the_order_and_chunks_of_rows_do_not_matter() -> None:
    rows = [bar(day, name, close) for day in DAYS for name, close in (("AAA", 10.0), ("BBB", 20.0 + (day == WED) * 20))]
    straight = judged(BARS, bars(rows), ["AAA", "BBB"])
    turned = bars(rows[::-1])
    turned = pa.concat_tables([turned.slice(0, 3), turned.slice(3)])
    turned = turned.set_column(1, "symbol", turned["symbol"].dictionary_encode())
    other = judged(BARS, turned, ["AAA", "BBB"])
    assert other.accepted.equals(straight.accepted)
    assert other.rejected.equals(straight.rejected)
    assert other.sessions == straight.sessions


def test_an_empty_table_blocks_every_session() -> None:
    verdict = judged(BARS, BARS.schema.empty_table(), days=[MON, FRI])
    assert [(v.status, v.reason) for v in verdict.sessions.values()] == [
        ("blocked", "no rows from the vendor; missing AAA")
    ] * 2


def test_a_table_of_the_wrong_shape_is_the_adaptors_fault() -> None:
    sound = closes(10)
    with pytest.raises(MalformedTableError, match="bars: columns are"):
        judged(BARS, sound.drop_columns(["volume"]), days=[MON])
    with pytest.raises(MalformedTableError, match=r"bars.close: type is int64, must be double"):
        judged(BARS, sound.set_column(5, "close", pa.array([10])), days=[MON])


@pytest.mark.parametrize("ratio", [7.0, 37.0, 100.0, 1.8, 1 / 30])
def test_an_announced_split_is_no_jump_whatever_its_ratio(ratio: float) -> None:
    table = closes(70, 70.7, 70.7 / ratio, 71 / ratio)
    verdict = judged(BARS, table, splits={("AAA", WED): ratio, ("BBB", TUE): 3.0})
    assert verdict.rejected.num_rows == verdict.flagged.num_rows == 0
    assert judged(BARS, table.slice(2), previous=table.slice(0, 2), splits={("AAA", WED): ratio}).flagged.num_rows == 0


def test_prices_that_do_not_show_an_announced_split_are_put_aside_until_somebody_corrects_it() -> None:
    verdict = judged(BARS, closes(70, 70.7, 70.4, 71), splits={("AAA", WED): 37.0})
    assert found(verdict.rejected) == [(WED, "AAA", "split not shown"), (THU, "AAA", "split not shown")]
    assert not verdict.flagged.num_rows


def test_a_spike_in_the_session_of_an_announced_split_is_found_on_the_new_basis() -> None:
    rows = [
        bar(MON, close=70),
        bar(TUE, close=10.1),
        bar(WED, close=20, open=10, low=10, high=20),
        bar(THU, close=10.2),
    ]
    verdict = judged(BARS, bars(rows), splits={("AAA", TUE): 7.0})
    assert found(verdict.rejected) == [(WED, "AAA", "spike")]
