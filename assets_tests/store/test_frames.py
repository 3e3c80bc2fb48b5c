"""Raw rows go in once, corrections stand beside what they correct, and no read sees the future."""

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from threading import Barrier
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets_tests.store.examples import (
    LATER,
    MONDAY,
    RECEIVED,
    RECORDED,
    SETTLED,
    TUESDAY,
    WEDNESDAY,
    bars,
    closes,
    day,
    origin,
    week,
)
from butter_pipeline.identity import content_hash
from butter_pipeline.market.frames import BARS, CONTEXT
from butter_pipeline.market.sessions import sessions_between
from butter_pipeline.store import Store, frames
from butter_pipeline.store.frames import Appended, append, insert, read

if TYPE_CHECKING:
    from adbc_driver_postgresql.dbapi import Cursor

ON_A_DATABASE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
_vendors = count()


def known(store: Store, as_of: datetime, vendor: str = "v") -> pa.Table:
    """Every bar of the week as known at that moment."""
    return read(store, BARS, week(as_of, vendor))


def test_rows_come_back_as_they_went_in_sorted_by_key(database: Store) -> None:
    table = bars([(TUESDAY, "NQ", 4.0), (MONDAY, "NQ", 2.0), (TUESDAY, "ES", 3.0), (MONDAY, "ES", 1.0)])
    assert append(database, BARS, table, origin()) == Appended(4, 0, 0)
    found = known(database, RECEIVED)
    assert found.schema.equals(BARS.schema, check_metadata=True)
    assert found.equals(table.sort_by([("session", "ascending"), ("symbol", "ascending")]))
    assert content_hash(found) == content_hash(table, key=BARS.key)


def test_a_second_run_adds_nothing(database: Store) -> None:
    table = bars([(MONDAY, "ES", 1.0), (TUESDAY, "ES", math.nan)])
    append(database, BARS, table, origin())
    assert append(database, BARS, table, origin()) == Appended(0, 0, 2)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from market.bars").scalar_one() == 2


def test_a_writer_keeps_others_of_its_vendor_out_until_its_rows_are_committed(
    database: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(database, BARS, bars([(MONDAY, "ES", 1.0)]), origin())
    stage, free = frames._stage, []

    def staged(cursor: "Cursor", rows: pa.Table) -> None:
        stage(cursor, rows)
        with database.engine.connect() as other:
            query = f"select pg_try_advisory_xact_lock(hashtextextended('market.bars {origin().vendor} 2024', 0))"
            free.append(other.exec_driver_sql(query).scalar_one())

    monkeypatch.setattr(frames, "_stage", staged)
    append(database, BARS, bars([(MONDAY, "ES", 2.0)]), origin())
    assert free == [False]


def test_a_correction_is_seen_from_its_receipt_on_and_not_before(database: Store) -> None:
    append(database, BARS, bars([(MONDAY, "ES", 1.0), (MONDAY, "NQ", 5.0)]), origin())
    corrected = bars([(MONDAY, "ES", 1.5), (MONDAY, "NQ", 5.0), (TUESDAY, "ES", 2.0)])
    assert append(database, BARS, corrected, origin()) == Appended(1, 1, 1)
    just_before = RECEIVED - timedelta(microseconds=1)
    assert closes(known(database, just_before))[0] == (MONDAY, "ES", 1.0)
    assert closes(known(database, RECEIVED)) == [(MONDAY, "ES", 1.5), (MONDAY, "NQ", 5.0), (TUESDAY, "ES", 2.0)]


def test_a_correction_of_a_correction_back_to_the_first_value_is_kept(database: Store) -> None:
    for close in (1.0, 2.0, 1.0):
        append(database, BARS, bars([(MONDAY, "ES", close)]), origin())
    first = known(database, SETTLED[MONDAY])
    assert closes(known(database, RECEIVED)) == [(MONDAY, "ES", 2.0)]
    after = known(database, RECEIVED + timedelta(microseconds=1))
    assert closes(after) == closes(first) == [(MONDAY, "ES", 1.0)]
    assert after["available_at"].to_pylist() == [RECEIVED + timedelta(microseconds=1)]


def test_a_correction_is_never_available_before_the_row_says(database: Store) -> None:
    append(database, BARS, bars([(MONDAY, "ES", 1.0)]), origin())
    late = bars([(MONDAY, "ES", 2.0)])
    late = late.set_column(
        7, BARS.schema.field("available_at"), pa.array([RECEIVED + LATER], pa.timestamp("us", "UTC"))
    )
    append(database, BARS, late, origin())
    assert closes(known(database, RECEIVED)) == [(MONDAY, "ES", 1.0)]
    assert closes(known(database, RECEIVED + LATER)) == [(MONDAY, "ES", 2.0)]


def test_vendors_do_not_mix(database: Store) -> None:
    append(database, BARS, bars([(MONDAY, "ES", 1.0)]), origin("one"))
    append(database, BARS, bars([(MONDAY, "ES", 9.0)]), origin("two"))
    assert closes(known(database, RECEIVED, "one")) == [(MONDAY, "ES", 1.0)]
    assert closes(known(database, RECEIVED, "two")) == [(MONDAY, "ES", 9.0)]
    assert known(database, RECEIVED, "three").num_rows == 0


def test_reads_narrow_to_symbols_whatever_their_names_hold(database: Store) -> None:
    names = ["ES", "A'B", 'C"D', "E\\F", "100%", "{x}", "é", "$1"]
    append(database, BARS, bars([(MONDAY, name, 1.0) for name in names]), origin("v'%{x}"))
    monday = day(MONDAY, vendor="v'%{x}")
    for name in names:
        found = read(database, BARS, monday, symbols=[name, "another"])
        assert closes(found) == [(MONDAY, name, 1.0)]
    assert read(database, BARS, monday, symbols=[]).num_rows == 0


def test_context_is_kept_by_series(database: Store) -> None:
    rows = {"session": [MONDAY] * 2, "series": ["vol_index", "sector"], "value": [13.5, -0.0]}
    table = pa.table(rows | {"available_at": [SETTLED[MONDAY]] * 2})
    append(database, CONTEXT, table, origin())
    found = read(database, CONTEXT, day(MONDAY), symbols=["sector"])
    assert found["series"].to_pylist() == ["sector"]
    assert math.copysign(1.0, found["value"][0].as_py()) == -1.0


def test_what_is_malformed_is_refused_by_name(database: Store) -> None:
    twice = bars([(MONDAY, "ES", 1.0), (TUESDAY, "ES", 1.0), (MONDAY, "ES", 2.0)])
    with pytest.raises(ValueError, match="bars: two rows with the key session=2024-03-04, symbol=ES"):
        append(database, BARS, twice, origin())
    with pytest.raises(ValueError, match=r"bars: columns missing: \['close'\]"):
        append(database, BARS, twice.drop_columns(["close"]), origin())
    hole = pa.table(
        {name: twice[name] if name != "close" else pa.nulls(3, pa.float64()) for name in twice.column_names}
    )
    with pytest.raises(ValueError, match="bars: 3 nulls in close"):
        append(database, BARS, hole, origin())
    text = twice.set_column(5, "close", pa.array(["1", "two", "3"]))
    with pytest.raises(ValueError, match="bars: close is string, not double"):
        append(database, BARS, text, origin())
    assert known(database, RECEIVED).num_rows == 0
    assert append(database, BARS, BARS.schema.empty_table(), origin()) == Appended(0, 0, 0)


def first_session(year: int) -> date:
    """The year's first session."""
    return sessions_between(date(year, 1, 1), date(year, 1, 10))[0]


def test_writers_that_race_with_the_same_rows_add_each_once(database: Store) -> None:
    sessions = [first_session(year) for year in range(2014, 2024)]
    table = bars([(session, f"S{n:03}", float(n)) for session in sessions for n in range(100)])
    start = Barrier(4)

    def write(place: int) -> Appended:
        start.wait()
        return append(database, BARS, table.slice(place * 50), origin())

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(write, range(4)))
    assert sum(appended.new for appended in done) == 1000
    assert all(appended.corrected == 0 for appended in done)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from market.bars").scalar_one() == 1000


def test_a_read_touches_only_the_years_it_asks_for(database: Store) -> None:
    sessions = [first_session(year) for year in (2019, 2020, 2021)]
    append(database, BARS, bars([(session, "ES", 1.0) for session in sessions]), origin())
    query = "explain select * from market.bars where vendor = 'v' and session between '2020-01-02' and '2020-12-31'"
    with database.engine.connect() as connection:
        plan = " ".join(connection.exec_driver_sql(query).scalars())
    assert "bars_2020" in plan
    assert "bars_2019" not in plan and "bars_2021" not in plan


keys = st.tuples(st.sampled_from([MONDAY, TUESDAY, WEDNESDAY]), st.sampled_from(["ES", "NQ", "é", "a b"]))
closing = st.floats(allow_nan=True, allow_infinity=True)
versions = st.dictionaries(keys, closing, min_size=1)
moments = st.integers(0, 20 * 24).map(lambda hours: datetime(2024, 3, 1, tzinfo=UTC) + timedelta(hours=hours))


def keep(store: Store, vendor: str, version: dict[tuple[date, str], float], received_at: datetime) -> Appended:
    """Append one version of some rows."""
    table = bars((*key, close) for key, close in version.items())
    return append(store, BARS, table, origin(vendor, received_at))


@ON_A_DATABASE
@given(st.lists(st.tuples(versions, moments), min_size=1, max_size=4), moments)
def test_no_read_can_see_a_row_that_was_not_yet_available(
    database: Store, deliveries: list[tuple[dict[tuple[date, str], float], datetime]], as_of: datetime
) -> None:
    vendor = f"v{next(_vendors)}"
    for version, received_at in deliveries:
        keep(database, vendor, version, received_at)
    found = known(database, as_of, vendor)
    assert all(moment <= as_of for moment in found["available_at"].to_pylist())
    first_known = {key for version, _ in deliveries for key in version if SETTLED[key[0]] <= as_of}
    assert {(row["session"], row["symbol"]) for row in found.to_pylist()} == first_known


@ON_A_DATABASE
@given(versions, versions, moments, moments)
def test_a_late_correction_never_changes_an_earlier_reading(
    database: Store,
    first: dict[tuple[date, str], float],
    second: dict[tuple[date, str], float],
    received_at: datetime,
    as_of: datetime,
) -> None:
    vendor = f"v{next(_vendors)}"
    keep(database, vendor, second | first, received_at)
    before = known(database, as_of, vendor)
    keep(database, vendor, second, max(received_at, as_of + timedelta(microseconds=1)))
    assert content_hash(known(database, as_of, vendor)) == content_hash(before)


@settings(ON_A_DATABASE, max_examples=12)
@given(st.lists(versions, min_size=1, max_size=2), st.randoms(use_true_random=False))
def test_any_split_order_or_repetition_reads_the_same(
    database: Store, deliveries: list[dict[tuple[date, str], float]], random: Random
) -> None:
    whole, parts = f"v{next(_vendors)}", f"v{next(_vendors)}"
    for number, version in enumerate(deliveries):
        received_at = RECEIVED + number * LATER
        keep(database, whole, version, received_at)
        keep(database, whole, version, received_at)
        items = list(version.items())
        random.shuffle(items)
        cut = random.randint(0, len(items))
        for part in (items[cut:], items[:cut], items[cut // 2 :]):
            keep(database, parts, dict(part), received_at)
    for as_of in (SETTLED[MONDAY], RECEIVED, RECEIVED + LATER):
        assert content_hash(known(database, as_of, whole)) == content_hash(known(database, as_of, parts))


def test_ledgers_take_rows_once_and_leave_what_was_first_written(database: Store) -> None:
    model = {
        "model_id": "m1", "vendor": "v", "name": "success", "version": "1", "content_hash": "h", "kind": "success",
        "library": "lightgbm", "file_hash": "h", "card_json": "{}",
        "vintage_session": MONDAY, "training_first_session": MONDAY, "training_last_session": MONDAY,
        "training_rows": 10, "training_data_hash": "d", "features_json": "[]", "params_json": "{}",
        "metrics_json": "{}", "accuracy": 0.5, "precision": None, "uri": "models/m1",
        "code_version": "c", "config_hash": "h", "recorded_at": RECORDED,
    }  # fmt: skip
    assert (
        insert(database, "registry.models", pa.Table.from_pylist([model, model | {"model_id": "m2", "version": "2"}]))
        == 2
    )
    assert insert(database, "registry.models", pa.Table.from_pylist([model | {"accuracy": 0.9}])) == 0
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("select model_id, accuracy, precision from registry.models order by 1").all()
    assert [tuple(row) for row in rows] == [("m1", 0.5, None), ("m2", 0.5, None)]


def test_ledgers_refuse_columns_they_do_not_have_and_tables_that_are_not_theirs(database: Store) -> None:
    with pytest.raises(ValueError, match=r"columns missing: \['actor', .*columns too many: \['colour'\]"):
        insert(database, "registry.events", pa.table({"colour": ["red"]}))
    with pytest.raises(ValueError, match="no table 'registry.colours'"):
        insert(database, "registry.colours", pa.table({"colour": ["red"]}))
    with pytest.raises(ValueError, match="use append"):
        insert(database, "market.bars", bars([(MONDAY, "ES", 1.0)]))
