"""How a large move is told from a bad print: by its company, in literal tables."""

from collections.abc import Sequence
from datetime import date
from math import exp
from typing import Any

import pyarrow as pa
import pytest

from assets_tests.market.quality_tables import FRI, MON, THU, TUE, WED, bar, bars, found, judged, reasons
from butter_pipeline.market.frames import BARS
from butter_pipeline.market.sessions import offset

PAST = [offset(MON, n - 70) for n in range(70)]


def calm(symbol: str = "AAA", level: float = 10.0, volume: float = 1000.0) -> list[tuple[Any, ...]]:
    """Seventy sessions that move by 1 % a day, on about the same volume."""
    rows = []
    for n, day in enumerate(PAST):
        close = level * exp(0.005 * (-1) ** n)
        rows.append(bar(day, symbol, close, volume=volume * (1 + 0.1 * (n % 3))))
    return rows


def after_calm(*rows: tuple[Any, ...], names: Sequence[str] = ("AAA",), **more: Any) -> Any:
    past = [row for name in names for row in calm(name)]
    return judged(BARS, bars(rows), names, previous=bars(past), **more)


def whole(day: date, close: float, volume: float = 1100.0, symbol: str = "AAA", **changes: Any) -> tuple[Any, ...]:
    return bar(day, symbol, close, **({"volume": volume} | changes))


def test_the_same_move_is_a_bad_print_on_ordinary_volume_and_violent_on_twice_that() -> None:
    assert reasons(after_calm(whole(MON, 13.5)).rejected) == ["spike"]
    violent = after_calm(whole(MON, 13.5, volume=2300.0))
    assert (violent.rejected.num_rows, reasons(violent.flagged)) == (0, ["violent move"])


def test_a_move_of_a_fifth_is_pointed_at_and_never_rejected() -> None:
    verdict = after_calm(whole(MON, 8.1))
    assert (verdict.rejected.num_rows, reasons(verdict.flagged)) == (0, ["unusual move"])
    assert after_calm(whole(MON, 9.3)).flagged.num_rows == 0


def test_a_crash_of_the_whole_market_is_violent_on_any_volume_and_nothing_is_blocked() -> None:
    names = ("AAA", "BBB", "CCC", "DDD", "EEE")
    verdict = after_calm(*(whole(MON, 7.0 + 0.1 * n, symbol=name) for n, name in enumerate(names)), names=names)
    assert verdict.rejected.num_rows == 0
    assert verdict.sessions[MON].status == "done"
    assert verdict.sessions[MON].reason.startswith("violent session: the median of 5 symbols moved -3")
    lone = after_calm(whole(MON, 7.0), *(whole(MON, 10.0, symbol=name) for name in names[1:]), names=names)
    assert found(lone.rejected) == [(MON, "AAA", "spike")]


def test_a_symbol_without_volume_is_believed_when_its_bar_traded_its_way_there() -> None:
    past = bars([(*row[:6], 0.0, row[7]) if len(row) > 7 else (*row[:6], 0.0) for row in calm()])
    through = bars([bar(MON, close=21.0, open=10.2, low=9.8, high=21.5, volume=0.0)])
    apart = bars([bar(MON, close=17.0, volume=0.0)])
    believed, not_believed = (judged(BARS, rows, previous=past) for rows in (through, apart))
    assert (believed.rejected.num_rows, reasons(believed.flagged)) == (0, ["violent move"])
    assert reasons(not_believed.rejected) == ["spike"]


@pytest.mark.parametrize(
    ("close", "volume", "reason"), [(5.0, 2100.0, "possible split"), (5.0, 30_000.0, "violent move")]
)
def test_half_the_price_on_usual_turnover_is_a_split_and_on_a_rout_it_is_not(
    close: float, volume: float, reason: str
) -> None:
    assert reasons(after_calm(whole(MON, close, volume)).flagged) == [reason]


def test_an_announced_split_needs_no_word() -> None:
    rows = [whole(MON, 10.0), whole(TUE, 10.0 / 7, 7700.0), whole(WED, 10.1 / 7, 7600.0)]
    assert reasons(after_calm(*rows).flagged) == ["possible split"]
    announced = after_calm(*rows, splits={("AAA", TUE): 7.0})
    assert (announced.rejected.num_rows, announced.flagged.num_rows) == (0, 0)


@pytest.mark.parametrize(("ratio", "close"), [(7.0, 10.0), (1 / 7, 10.0 / 7), (0.15, 10.0)])
def test_a_price_that_does_not_show_the_split_announced_is_put_aside(ratio: float, close: float) -> None:
    wrong = after_calm(whole(MON, 10.0), whole(TUE, close, 10_000.0 / close), splits={("AAA", TUE): ratio})
    assert (found(wrong.rejected), wrong.flagged.num_rows) == ([(TUE, "AAA", "split not shown")], 0)


@pytest.mark.parametrize("ratio", [1.4, 0.7, 2.5])
def test_a_roll_is_no_move_and_its_contracts_trade_as_before(ratio: float) -> None:
    rows = [whole(MON, 10.0), whole(TUE, 10.0 * ratio, 1100.0), whole(WED, 10.1 * ratio, 1050.0)]
    assert reasons(after_calm(*rows).flagged) or reasons(after_calm(*rows).rejected)
    known = after_calm(*rows, rolls={("AAA", TUE): ratio})
    assert (known.rejected.num_rows, known.flagged.num_rows) == (0, 0)


def test_a_spike_behind_a_roll_is_found_on_the_new_contract() -> None:
    spiked = whole(TUE, 10.0, 1000.0)  # the old contract's price, where the new one stood 40 % higher
    assert reasons(after_calm(whole(MON, 10.0), spiked, rolls={("AAA", TUE): 1.4}).rejected) == ["spike"]


@pytest.mark.parametrize(
    ("low", "volume", "believed"), [(6.9, 1700.0, True), (7.0, 1700.0, False), (6.9, 1200.0, False)]
)
def test_a_busy_bar_that_traded_beyond_its_close_is_believed(low: float, volume: float, believed: bool) -> None:
    """A close gone wrong stretches the range to itself and no further."""
    verdict = after_calm(bar(MON, close=7.0, open=10.0, high=10.1, low=low, volume=volume))
    assert reasons(verdict.flagged) == (["violent move"] if believed else [])
    assert reasons(verdict.rejected) == ([] if believed else ["spike"])


def test_a_stray_tick_spoils_the_range_and_not_the_bar() -> None:
    verdict = after_calm(whole(MON, 10.0, high=19.0), whole(TUE, 10.1, low=1.0))
    assert verdict.rejected.num_rows == 0
    assert found(verdict.flagged) == [(day, "AAA", "stray high or low") for day in (MON, TUE)]


def test_a_wild_symbol_may_move_as_it_does() -> None:
    wild = [bar(day, close=10 * exp(0.05 * (-1) ** n), volume=1000.0) for n, day in enumerate(PAST)]
    verdict = judged(BARS, bars([whole(MON, 14.0)]), previous=bars(wild))
    assert verdict.rejected.num_rows == verdict.flagged.num_rows == 0


@pytest.mark.parametrize("factor", [100.0, 0.01])
def test_a_volume_in_another_unit_is_rejected_while_it_lasts_and_a_busy_day_is_not(factor: float) -> None:
    rows = [
        whole(day, 10.0 + 0.01 * day.day, 1100.0 * (factor if day in (MON, TUE) else 1.0)) for day in (MON, TUE, WED)
    ]
    assert found(after_calm(*rows).rejected) == [(MON, "AAA", "volume unit"), (TUE, "AAA", "volume unit")]
    assert after_calm(whole(MON, 10.0, 22_000.0)).rejected.num_rows == 0


def test_two_symbols_that_stand_where_the_other_stood_are_exchanged() -> None:
    past = bars([*calm("AAA", 10.0), *calm("BBB", 40.0), *calm("CCC", 40.0)])
    rows = bars([whole(MON, 40.2), whole(MON, 10.1, symbol="BBB"), whole(MON, 40.1, symbol="CCC")])
    verdict = judged(BARS, rows, ["AAA", "BBB", "CCC"], previous=past)
    assert found(verdict.rejected) == [(MON, "AAA", "rows exchanged"), (MON, "BBB", "rows exchanged")]


def test_a_price_below_zero_is_for_instruments_that_declare_it() -> None:
    rows = (whole(MON, -3.7, low=-4.0, high=9.9, open=9.8),)
    assert reasons(after_calm(*rows).rejected) == ["non-positive price"]
    declared = after_calm(*rows, whole(TUE, 10.0), may_be_negative=frozenset({"AAA"}))
    assert declared.rejected.num_rows == 0
    assert found(declared.flagged) == [(MON, "AAA", "negative price"), (TUE, "AAA", "negative price")]


def test_a_lost_sign_is_no_price_below_zero() -> None:
    rows = whole(MON, -10.0, low=-10.1, high=-9.9, open=-10.0)
    assert reasons(after_calm(rows, may_be_negative=frozenset({"AAA"})).rejected) == ["sign flip"]


def test_a_price_that_stands_still_is_stale_only_where_there_is_trade() -> None:
    days = [*PAST[-8:], MON, TUE, WED, THU, FRI]
    for volume, flags in ((500.0, 4), (0.0, 0)):
        rows = bars(
            [
                bar(day, close=10.0, high=10.0, low=10.0, volume=volume + 0.5 * n * (volume > 0))
                for n, day in enumerate(days)
            ]
        )
        assert judged(BARS, rows).flagged.num_rows == flags


def test_an_empty_history_and_one_row_are_no_trouble() -> None:
    assert judged(BARS, bars([whole(MON, 10.0)]), previous=BARS.schema.empty_table()).accepted.num_rows == 1
    assert isinstance(after_calm(whole(MON, 10.0)).accepted, pa.Table)
