from collections.abc import Callable
from datetime import timedelta

import pytest

from assets_tests.labels import label_worlds
from assets_tests.labels.label_worlds import FOUND, MATURES, NOW, Held, held, keep, read
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES
from butter_pipeline.market.sessions import as_of, offset
from butter_pipeline.store import Store

pytestmark = pytest.mark.database
LATER = as_of(MATURES) + timedelta(days=3)


def test_a_butterfly_is_opened_a_session_after_it_was_found_and_closed_seven_later(
    database: Store, matured: Callable[..., None]
) -> None:
    keep(database, [held("a", 110.0, 120.0, 90.0, 80.0, 130.0, 140.0, 125.0)])
    matured(BUTTERFLY_OUTCOMES, MATURES)
    assert read(database, BUTTERFLY_OUTCOMES)["a"] == {
        "session": MATURES,
        "opportunity_id": "a",
        "symbol": "ES",
        "opened_session": FOUND,
        "entry_session": offset(FOUND, 1),
        "entry_cost_usd": 100.0,
        "exit_value_usd": 125.0,
        "profit_usd": 25.0,
        "profit_pct": 25.0,
        "is_profitable": 1,
        "landed_in_zone": 1,
        "hit_target": 0,
        "hit_stop": 0,
        "hold_sessions": 7,
        "max_favourable_pct": 40.0,
        "max_adverse_pct": -20.0,
        "available_at": as_of(MATURES),
    }


def test_the_first_of_target_and_stop_counts_and_ends_the_hold(database: Store, matured: Callable[..., None]) -> None:
    keep(
        database,
        [
            held("target", 110.0, 150.0, 40.0, 80.0, 80.0, 80.0, 80.0),
            held("stop", 110.0, 110.0, 50.0, 160.0, 80.0, 80.0, 80.0),
            held("at once", 149.0 + 1.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0),
            held("at the end", 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 150.0),
            held("almost", 149.999, 50.001, 100.0, 100.0, 100.0, 100.0, 100.0),
        ],
    )
    matured(BUTTERFLY_OUTCOMES, MATURES)
    found = {name: (r["hit_target"], r["hit_stop"], r["hold_sessions"]) for name, r in read_all(database).items()}
    assert found == {
        "target": (1, 0, 2),
        "stop": (0, 1, 3),
        "at once": (1, 0, 1),
        "at the end": (1, 0, 7),
        "almost": (0, 0, 7),
    }


def read_all(database: Store) -> dict[str, dict[str, object]]:
    return read(database, BUTTERFLY_OUTCOMES)


def test_a_profit_of_nothing_is_no_profit_and_the_zone_holds_its_ends(
    database: Store, matured: Callable[..., None]
) -> None:
    flat = [100.0] * 7
    keep(
        database,
        [held("inside", *flat, underlying=105.0), held("outside", *flat, underlying=105.01)],
    )
    matured(BUTTERFLY_OUTCOMES, MATURES)
    found = {name: (r["is_profitable"], r["landed_in_zone"]) for name, r in read_all(database).items()}
    assert found == {"inside": (0, 1), "outside": (0, 0)}


@pytest.mark.parametrize(
    "butterfly",
    [
        held("x", *[100.0] * 7, cost=None),
        held("x", *[160.0] * 6, None),
        Held("x", {0: 90.0}, dict.fromkeys(range(2, 9), 100.0)),
    ],
    ids=["no_entry", "no_exit", "blocked_at_the_entry"],
)
def test_without_a_quote_at_entry_or_exit_the_row_is_kept_and_says_nothing(
    database: Store, matured: Callable[..., None], butterfly: Held
) -> None:
    keep(database, [butterfly])
    matured(BUTTERFLY_OUTCOMES, MATURES)
    row = read_all(database)["x"]
    silent = ("profit_usd", "profit_pct", "is_profitable", "hit_target", "hit_stop", "hold_sessions")
    assert [row[column] for column in (*silent, "max_favourable_pct", "max_adverse_pct")] == [None] * 8
    assert (row["landed_in_zone"], row["entry_session"]) == (1, offset(FOUND, 1))


def test_a_blocked_session_in_the_middle_is_a_gap_that_no_other_session_fills(
    database: Store, matured: Callable[..., None]
) -> None:
    ages = {2: 110.0, 3: 120.0, 5: 150.0, 6: 110.0, 7: 110.0, 8: 110.0}
    keep(database, [Held("a", {0: 90.0, 1: 100.0}, ages)])
    matured(BUTTERFLY_OUTCOMES, MATURES)
    row = read_all(database)["a"]
    assert (row["hit_target"], row["hold_sessions"], row["profit_pct"]) == (1, 4, 10.0)


def test_nothing_matures_before_its_last_session(database: Store, matured: Callable[..., None]) -> None:
    keep(database, [held("a", *[110.0] * 7)])
    matured(BUTTERFLY_OUTCOMES, *(offset(FOUND, age) for age in (1, 7, 9)))
    assert read_all(database) == {}
    matured(BUTTERFLY_OUTCOMES, MATURES)
    assert list(read_all(database)) == ["a"]
    assert read(database, BUTTERFLY_OUTCOMES, as_of(MATURES) - timedelta(microseconds=1)) == {}


def test_a_correction_gives_a_further_row_and_an_earlier_reading_keeps_the_old_one(
    database: Store, matured: Callable[..., None]
) -> None:
    keep(database, [held("a", *[110.0] * 7), held("b", *[110.0] * 7)])
    matured(BUTTERFLY_OUTCOMES, MATURES, received_at=as_of(MATURES))
    keep(database, [held("a", *[110.0] * 6, 90.0)], received_at=LATER)
    matured(BUTTERFLY_OUTCOMES, MATURES, received_at=LATER)
    before, after = read(database, BUTTERFLY_OUTCOMES, LATER - timedelta(seconds=1)), read_all(database)
    assert (before["a"]["profit_usd"], before["a"]["available_at"]) == (10.0, as_of(MATURES))
    assert (after["a"]["profit_usd"], after["a"]["available_at"]) == (-10.0, LATER)
    assert after["b"] == before["b"] and versions(database) == 3


def versions(database: Store) -> int:
    with database.adbc() as connection, connection.cursor() as cursor:
        cursor.execute(f"select count(*) from labels.butterfly_outcomes where vendor = '{label_worlds.VENDOR}'")
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])


def test_made_late_and_made_in_time_is_the_same_history_for_every_correction_in_between(
    database: Store, matured: Callable[..., None]
) -> None:
    moments = [LATER + timedelta(days=day) for day in range(3)]
    keep(database, [held("a", *[110.0] * 7)])
    for number, moment in enumerate(moments):
        keep(database, [held("a", *[110.0] * 6, 120.0 + number)], received_at=moment)
    matured(BUTTERFLY_OUTCOMES, MATURES)
    told = [read(database, BUTTERFLY_OUTCOMES, moment)["a"]["profit_usd"] for moment in (as_of(MATURES), *moments)]
    assert told == [10.0, 20.0, 21.0, 22.0]
    assert versions(database) == 4


def test_a_correction_that_changes_nothing_adds_nothing_and_nor_does_repeating(
    database: Store, matured: Callable[..., None]
) -> None:
    keep(database, [held("a", *[110.0] * 7)])
    matured(BUTTERFLY_OUTCOMES, MATURES)
    keep(database, [Held("a", {0: 95.0, 1: 100.0}, dict.fromkeys(range(2, 9), 110.0))], received_at=LATER)
    for _ in range(2):
        matured(BUTTERFLY_OUTCOMES, MATURES)
    assert versions(database) == 1


def test_another_rule_counts_from_the_run_that_knew_it(database: Store, matured: Callable[..., None]) -> None:
    from dataclasses import replace

    from assets_tests.labels.label_worlds import RULES

    keep(database, [held("a", *[110.0] * 7)])
    matured(BUTTERFLY_OUTCOMES, MATURES, received_at=LATER)
    for _ in range(2):
        matured(BUTTERFLY_OUTCOMES, MATURES, rules=replace(RULES, target_pct=10.0))
    assert read(database, BUTTERFLY_OUTCOMES, LATER)["a"]["hit_target"] == 0
    row = read(database, BUTTERFLY_OUTCOMES)["a"]
    assert (row["hit_target"], row["available_at"], versions(database)) == (1, NOW, 2)


def test_a_label_that_could_only_be_known_late_is_available_late(database: Store, matured: Callable[..., None]) -> None:
    import pyarrow as pa

    from assets_tests.labels.label_worlds import keep_rows
    from butter_pipeline.opportunities.frames import BUTTERFLIES, MARKS

    a = held("a", *[110.0] * 7)
    late = [mark | {"available_at": LATER} if mark["age_sessions"] == 1 else mark for mark in a.marks]
    keep_rows(database, BUTTERFLIES, [a.butterfly])
    keep_rows(database, MARKS, pa.Table.from_pylist(late, schema=MARKS.schema).to_pylist())
    matured(BUTTERFLY_OUTCOMES, MATURES)
    before, after = read(database, BUTTERFLY_OUTCOMES, as_of(MATURES))["a"], read_all(database)["a"]
    assert (before["profit_usd"], after["profit_usd"], after["available_at"]) == (None, 10.0, LATER)
