from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from assets_tests.labels.label_worlds import FOUND, MATURES, bar, keep_bars, keep_rows, read, signal
from butter_pipeline.labels.frames import SIGNAL_OUTCOMES
from butter_pipeline.market.frames import ACTIONS
from butter_pipeline.market.sessions import as_of, offset, open_at
from butter_pipeline.opportunities.frames import SIGNALS
from butter_pipeline.store import Store

pytestmark = pytest.mark.database
LATER = as_of(MATURES) + timedelta(days=3)
QUIET = [bar(age, 100.0, 101.0, 99.0, 100.0) for age in range(9)]


def test_a_signal_is_entered_at_the_next_close_and_left_at_the_close_seven_sessions_later(
    database: Store, matured: Callable[..., None]
) -> None:
    keep_rows(database, SIGNALS, [signal("long", "long", 90.0, 120.0), signal("short", "short", 120.0, 80.0)])
    keep_bars(database, [*QUIET[:8], bar(8, 100.0, 112.0, 98.0, 110.0)])
    matured(SIGNAL_OUTCOMES, MATURES)
    found = read(database, SIGNAL_OUTCOMES)
    assert found["long"] == {
        "session": MATURES,
        "signal_id": "long",
        "symbol": "ES",
        "strategy": "ibs",
        "side": "long",
        "opened_session": FOUND,
        "entry_session": offset(FOUND, 1),
        "entry_price": 101.0,
        "exit_price": 108.9,
        "profit_pct": 100 * (108.9 - 101.0) / 101.0,
        "is_profitable": 1,
        "hit_target": 0,
        "hit_stop": 0,
        "hold_sessions": 7,
        "max_favourable_pct": 100 * (112.0 - 101.0) / 101.0,
        "max_adverse_pct": 100 * (98.0 - 101.0) / 101.0,
        "available_at": as_of(MATURES),
    }
    short = found["short"]
    assert (short["entry_price"], short["exit_price"], short["is_profitable"]) == (99.0, 111.1, 0)
    assert (short["max_favourable_pct"], short["max_adverse_pct"]) == (100 / 99.0, 100 * -13.0 / 99.0)


def test_a_bar_that_touches_both_stops_and_one_that_opens_beyond_fills_at_its_open(
    database: Store, matured: Callable[..., None]
) -> None:
    keep_rows(
        database,
        SIGNALS,
        [
            signal("both", "long", 95.0, 105.0),
            signal("target", "long", 80.0, 105.0),
            signal("gapped stop", "long", 88.0, 130.0),
            signal("gapped target", "short", 130.0, 88.0),
            signal("short both", "short", 105.0, 95.0),
        ],
    )
    loud = [bar(3, 100.0, 106.0, 94.0, 100.0), bar(5, 85.0, 86.0, 84.0, 85.0)]
    keep_bars(database, [*QUIET[:3], loud[0], QUIET[4], loud[1], *QUIET[6:]])
    matured(SIGNAL_OUTCOMES, MATURES)
    found = {
        name: (row["hit_target"], row["hit_stop"], row["hold_sessions"], round(row["exit_price"], 6))
        for name, row in read(database, SIGNAL_OUTCOMES).items()
    }
    assert found == {
        "both": (0, 1, 2, 94.05),
        "target": (1, 0, 2, 103.95),
        "gapped stop": (0, 1, 4, 84.15),
        "gapped target": (1, 0, 4, 85.85),
        "short both": (0, 1, 2, 106.05),
    }


def test_without_a_bar_at_the_entry_nothing_is_said_and_without_one_at_the_end_only_if_it_was_needed(
    database: Store, matured: Callable[..., None]
) -> None:
    keep_rows(database, SIGNALS, [signal("stopped", "long", 99.5, 130.0), signal("held", "long", 80.0, 130.0)])
    keep_bars(database, QUIET[:8])
    matured(SIGNAL_OUTCOMES, MATURES)
    found = read(database, SIGNAL_OUTCOMES)
    assert (found["stopped"]["hold_sessions"], found["stopped"]["is_profitable"]) == (1, 0)
    silent = ("exit_price", "profit_pct", "is_profitable", "hit_target", "hit_stop", "hold_sessions")
    assert [found["held"][column] for column in silent] == [None] * 6


def test_a_corrected_bar_gives_a_further_row_and_an_earlier_reading_keeps_the_old_one(
    database: Store, matured: Callable[..., None]
) -> None:
    keep_rows(database, SIGNALS, [signal("a", "long", 90.0, 120.0)])
    keep_bars(database, QUIET)
    keep_bars(database, [bar(4, 100.0, 121.0, 99.0, 100.0)], received_at=LATER)
    for _ in range(2):
        matured(SIGNAL_OUTCOMES, MATURES)
    before, after = (read(database, SIGNAL_OUTCOMES, moment)["a"] for moment in (as_of(MATURES), LATER))
    assert (before["hit_target"], before["available_at"]) == (0, as_of(MATURES))
    assert (after["hit_target"], after["hold_sessions"], after["available_at"]) == (1, 3, LATER)


def split(age: int, ratio: float, known_at: datetime | None = None) -> dict[str, Any]:
    session = offset(FOUND, age)
    told = dict.fromkeys(ACTIONS.schema.names) | {"session": session, "symbol": "ES", "kind": "split", "ratio": ratio}
    return told | {"available_at": known_at or open_at(session)}


def halved(row: dict[str, Any], ratio: float) -> dict[str, Any]:
    return row | {name: row[name] / ratio for name in ("open", "high", "low", "close")}


MOVING = [bar(age, 100.0 + age, 101.0 + age, 99.0 + age, 100.5 + age) for age in range(9)]


@pytest.mark.parametrize("ages", [(1,), (4,), (8,), (3, 6)])
@pytest.mark.parametrize("ratio", [2.0, 0.5])
def test_over_a_split_a_signal_comes_to_what_it_comes_to_without_one(
    database: Store, matured: Callable[..., None], ages: tuple[int, ...], ratio: float
) -> None:
    keep_rows(database, SIGNALS, [signal("long", "long", 90.0, 107.5), signal("short", "short", 120.0, 80.0)])
    keep_bars(database, MOVING)
    matured(SIGNAL_OUTCOMES, MATURES)
    plain = read(database, SIGNAL_OUTCOMES)

    for name in ("market.actions", "market.bars", "labels.signal_outcomes"):
        with database.engine.begin() as connection:
            connection.execute(text(f"alter table {name} disable trigger user"))
            connection.execute(text(f"truncate {name}"))
    rows = [halved(row, ratio ** sum(row["session"] >= offset(FOUND, age) for age in ages)) for row in MOVING]
    keep_bars(database, rows)
    keep_rows(database, ACTIONS, [split(age, ratio) for age in ages])
    matured(SIGNAL_OUTCOMES, MATURES)
    assert read(database, SIGNAL_OUTCOMES) == plain
    assert (plain["long"]["hit_target"], plain["short"]["hold_sessions"]) == (1, 7)


def test_a_split_that_becomes_known_after_the_signal_matured_is_a_correction(
    database: Store, matured: Callable[..., None]
) -> None:
    keep_rows(database, SIGNALS, [signal("long", "long", 40.0, 130.0)])
    keep_bars(database, [row if age < 4 else halved(row, 2.0) for age, row in enumerate(QUIET)])
    keep_rows(database, ACTIONS, [split(4, 2.0, LATER)])
    matured(SIGNAL_OUTCOMES, MATURES)
    before = read(database, SIGNAL_OUTCOMES, LATER - timedelta(seconds=1))["long"]
    after = read(database, SIGNAL_OUTCOMES, LATER)["long"]
    assert (before["exit_price"], before["available_at"]) == (49.5, as_of(MATURES))
    assert (after["exit_price"], after["available_at"]) == (99.0, LATER)


def test_dividends_and_splits_of_other_symbols_change_no_signal(database: Store, matured: Callable[..., None]) -> None:
    keep_rows(database, SIGNALS, [signal("long", "long", 90.0, 120.0)])
    keep_bars(database, QUIET)
    other = split(4, 2.0) | {"symbol": "NQ"}
    paid = split(4, 2.0) | {"kind": "dividend", "ratio": None, "cash": 1.0}
    keep_rows(database, ACTIONS, [other, paid])
    matured(SIGNAL_OUTCOMES, MATURES)
    found = read(database, SIGNAL_OUTCOMES)["long"]
    assert (found["entry_price"], found["exit_price"]) == (101.0, 99.0)


def test_a_signal_held_over_a_roll_earns_what_the_contracts_did_and_nothing_of_the_gap(
    database: Store, matured: Callable[..., None]
) -> None:
    keep_rows(database, SIGNALS, [signal("long", "long", 90.0, 130.0), signal("short", "short", 130.0, 80.0)])
    # at age 4 a contract is entered that stands 10 above the one before
    keep_bars(database, [row if age < 4 else moved(row, 10.0) for age, row in enumerate(MOVING)])
    keep_rows(database, ACTIONS, [split(4, 1.1) | {"kind": "roll", "difference": 10.0}])
    matured(SIGNAL_OUTCOMES, MATURES)
    rolled = read(database, SIGNAL_OUTCOMES)
    assert rolled["long"]["exit_price"] == pytest.approx(108.5 * 0.99)
    assert rolled["short"]["exit_price"] == pytest.approx(108.5 * 1.01)
    assert (rolled["long"]["hit_target"], rolled["short"]["hit_stop"]) == (0, 0)


@pytest.mark.parametrize("age", [1, 4])
def test_a_signal_held_over_a_spin_off_counts_what_was_given_away(
    database: Store, matured: Callable[..., None], age: int
) -> None:
    keep_rows(database, SIGNALS, [signal("long", "long", 60.0, 130.0) | {"entry_price": 100.0}])
    keep_bars(database, [row if at < age else moved(row, -20.0) for at, row in enumerate(QUIET)])
    keep_rows(database, ACTIONS, [split(age, 1.0) | {"kind": "spin_off", "ratio": None, "cash": 20.0}])
    matured(SIGNAL_OUTCOMES, MATURES)
    found = read(database, SIGNAL_OUTCOMES)["long"]
    assert (found["entry_price"], found["exit_price"]) == (pytest.approx(101.0), pytest.approx(99.0))


def moved(row: dict[str, Any], by: float) -> dict[str, Any]:
    return row | {name: row[name] + by for name in ("open", "high", "low", "close")}
