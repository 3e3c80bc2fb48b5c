"""Taking in what vendors really send: corrections, late rows, datasets that there are not."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from butter_pipeline.derivation import Run
from butter_pipeline.frame import Frame
from butter_pipeline.identity import content_hash
from butter_pipeline.market.frames import BARS, CHAINS, CONTEXT, INTRADAY
from butter_pipeline.market.intake import EVER, take_in
from butter_pipeline.market.sessions import as_of, sessions_between
from butter_pipeline.market.vendors import Vendor
from butter_pipeline.market.vendors.csv_folder import CsvFolder
from butter_pipeline.market.vendors.second import Seconded
from butter_pipeline.store import Store, frames, outcomes
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Reading

pytestmark = pytest.mark.database
MON, TUE, WED = date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 6)
HEAD = "session,symbol,open,high,low,close,volume,available_at"
LAG = timedelta(minutes=30)


def line(session: date, symbol: str, close: float, stamp: str = "") -> str:
    # Volumes differ by session, or the feed would count as frozen.
    return f"{session},{symbol},{close},{close + 1},{close - 1},{close},{1000 + session.day},{stamp}"


def taken_in(store: Store, folder: Path, lines: list[str], now: datetime, frame: Frame = BARS) -> list[Outcome]:
    folder.mkdir(exist_ok=True)
    (folder / "bars.csv").write_text("\n".join([HEAD, *lines]) + "\n")
    vendor = CsvFolder(folder, LAG)
    run = Run(
        vendor=vendor.name, received_at=now, recorded_at=now, code_version="c", config_hash="h", run_id=now.isoformat()
    )
    return list(take_in(store, vendor, frame, sessions_between(MON, WED), run))


def closes(store: Store, moment: datetime) -> dict[tuple[date, str], float]:
    rows = frames.read(store, BARS, Reading(vendor="csv-feed", first=MON, last=WED, as_of=moment)).to_pylist()
    return {(row["session"], row["symbol"]): row["close"] for row in rows}


EVENING, LATER = datetime(2024, 3, 7, tzinfo=UTC), datetime(2024, 3, 12, tzinfo=UTC)
EVENING_RUN = Run(
    vendor="csv-feed", received_at=EVENING, recorded_at=EVENING, code_version="c", config_hash="h", run_id="r"
)
WEEK = [line(day, symbol, 10.0) for day in (MON, TUE, WED) for symbol in ("AAA", "BBB")]


def test_a_correction_in_the_same_file_is_kept_beside_what_it_corrects(database: Store, tmp_path: Path) -> None:
    corrected = [*WEEK, line(MON, "AAA", 10.5, "2024-03-06T12:00:00Z")]
    for now in (EVENING, LATER):
        assert [o.status for o in taken_in(database, tmp_path / "feed", corrected, now)] == ["done"] * 3
        assert closes(database, as_of(MON))[MON, "AAA"] == 10.0
        assert closes(database, EVENING)[MON, "AAA"] == 10.5


def test_a_row_that_comes_late_changes_nothing_that_was_read_before(database: Store, tmp_path: Path) -> None:
    without = [row for row in WEEK if not row.startswith(f"{TUE},BBB")]
    taken_in(database, tmp_path / "feed", without, EVENING)
    before = closes(database, EVENING)
    assert (TUE, "BBB") not in before
    taken_in(database, tmp_path / "feed", WEEK, LATER)
    assert closes(database, EVENING) == before
    assert closes(database, LATER)[TUE, "BBB"] == 10.0


def test_rows_of_a_session_that_had_only_failed_are_known_when_the_vendor_says(database: Store, tmp_path: Path) -> None:
    told = Outcome("market/bars", "csv-feed", TUE, "failed", "run", "c", "h", EVENING - timedelta(hours=1))
    outcomes.record(database, [told])
    taken_in(database, tmp_path / "feed", WEEK, EVENING)
    assert (TUE, "BBB") in closes(database, as_of(TUE))
    later = EVENING + timedelta(hours=1)
    outcomes.record(database, [Outcome("market/bars", "csv-feed", TUE, "failed", "run", "c", "h", later)])
    taken_in(database, tmp_path / "feed", [*WEEK, line(TUE, "CCC", 10.0)], LATER)
    assert (TUE, "CCC") not in closes(database, EVENING)


def test_an_outcome_s_hash_is_that_of_what_is_stored(database: Store, tmp_path: Path) -> None:
    taken_in(database, tmp_path / "feed", WEEK, EVENING)
    withdrawn = [row for row in WEEK if not row.startswith(f"{WED},BBB")]
    for made in taken_in(database, tmp_path / "feed", withdrawn, LATER):
        reading = Reading.of_session(made.session, vendor="csv-feed", as_of=EVER)
        assert made.hash == content_hash(frames.read(database, BARS, reading))


def test_sessions_taken_in_one_by_one_come_to_what_a_stretch_across_years_does(database: Store, tmp_path: Path) -> None:
    sessions = sessions_between(date(2023, 12, 1), date(2024, 1, 31))
    (tmp_path / "feed").mkdir()
    for number, symbol in enumerate(("AAA", "BBB", "CCC")):
        closes = [50.0 + number + (7 * day.day + 3 * number) % 5 for day in sessions]
        closes[20] *= 100 if symbol == "BBB" else 1  # a change of unit
        bars = zip(sessions, closes, strict=True)
        rows = [f"{day},{c},{c + 1},{c - 1},{c},{1000 + 7 * place}" for place, (day, c) in enumerate(bars)]
        if symbol == "CCC":
            rows[30:32] = [rows[31].replace(",", ",x", 1)]  # one is missing, one cannot be read
        (tmp_path / "feed" / f"{symbol}.csv").write_text("\n".join(["date,open,high,low,close,volume", *rows, ""]))
    vendor, told = CsvFolder(tmp_path / "feed", LAG), {}
    for name in ("one by one", "at once"):
        run = replace(EVENING_RUN, vendor=name, run_id=name)
        stretches = [[day] for day in sessions] if name == "one by one" else [sessions]
        told[name] = [each for stretch in stretches for each in take_in(database, vendor, BARS, stretch, run)]
    kept = [
        [(o.session, o.status, o.reason, o.rows, o.hash, o.completeness_pct) for o in made] for made in told.values()
    ]
    assert kept[0] == kept[1]
    assert {outcome.status for outcome in told["at once"]} == {"done", "blocked"}


@pytest.mark.parametrize("frame", [CHAINS, CONTEXT])
def test_a_dataset_that_the_vendor_does_not_offer_is_done_with_nothing_in_it(
    database: Store, tmp_path: Path, frame: Frame
) -> None:
    made = taken_in(database, tmp_path / "feed", WEEK, EVENING, frame)
    assert {(o.status, o.rows, o.reason) for o in made} == {("done", 0, f"csv-feed offers no {frame.name}")}
    assert outcomes.failed(database) == []


def test_rows_that_cannot_be_read_are_kept_in_quarantine_and_said_of_their_session(
    database: Store, tmp_path: Path
) -> None:
    rows = [row for row in WEEK if not row.startswith(f"{TUE},BBB")]
    torn = [*rows[:3], f"{TUE},BBB,ten,11,9,10,1005,", "2024-03-05,AAA,11", *rows[3:]]
    monday, tuesday, wednesday = taken_in(database, tmp_path / "feed", torn, EVENING)
    assert (monday.status, monday.reason, wednesday.status) == ("done", None, "done")
    assert tuesday.status == "blocked"
    assert "2 unreadable, first: " in (tuesday.reason or "")
    assert "bars.csv: row 5: column open: must be a number, was 'ten'" in (tuesday.reason or "")
    assert closes(database, EVENING)[WED, "BBB"] == 10.0
    query = "select session, symbol, reason, detail, row_json from market.quarantine order by detail"
    with database.engine.connect() as connection:
        kept = connection.exec_driver_sql(query).all()
    assert [row[:3] for row in kept] == [(TUE, "BBB", "unreadable row"), (TUE, "", "unreadable row")]
    assert "row 6: has 3 columns where the header has 8" in kept[1][3]
    assert json.loads(kept[0][4])["open"] == "ten" and json.loads(kept[1][4])["3"] == "11"
    taken_in(database, tmp_path / "feed", torn, LATER)
    with database.engine.connect() as connection:
        assert len(connection.exec_driver_sql(query).all()) == 2


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_taken_in(database: Store, tmp_path: Path) -> None:
    (tmp_path / "feed" / "bars").mkdir(parents=True)
    (tmp_path / "feed" / "bars" / "all.csv").write_text("\n".join([HEAD, *WEEK]) + "\n")
    (tmp_path / "feed" / "bars" / "torn.csv.gz").write_text("no archive")
    vendor = CsvFolder(tmp_path / "feed", LAG)
    made = list(take_in(database, vendor, BARS, sessions_between(MON, WED), EVENING_RUN))
    assert [(outcome.status, outcome.rows) for outcome in made] == [("done", 2)] * 3
    assert "1 unreadable, first: " in (made[0].reason or "") and "torn.csv.gz: cannot be read" in (made[0].reason or "")
    with database.engine.connect() as connection:
        kept = connection.exec_driver_sql("select symbol, reason from market.quarantine").all()
    assert kept == [("TORN", "unreadable file")]


def test_a_folder_of_bars_within_the_day_has_no_daily_bars_and_blocks_nothing(database: Store, tmp_path: Path) -> None:
    rows = [f"{day}T{hour}:00:00Z,10,11,9,10,{day.day + hour}" for day in (MON, TUE, WED) for hour in (15, 16, 17)]
    (tmp_path / "feed").mkdir()
    (tmp_path / "feed" / "ES_bt.csv").write_text("\n".join(["time,open,high,low,close,volume", *rows]) + "\n")
    vendor = CsvFolder(tmp_path / "feed", LAG)
    made = list(take_in(database, vendor, BARS, sessions_between(MON, WED), EVENING_RUN))
    assert {(o.status, o.rows, o.reason) for o in made} == {("done", 0, "csv-feed offers no daily bars")}
    made = list(take_in(database, vendor, INTRADAY, sessions_between(MON, WED), EVENING_RUN))
    assert [(outcome.status, outcome.rows) for outcome in made] == [("done", 3)] * 3


class Fading(CsvFolder):
    """A folder that no longer has Mondays."""

    def withheld(self, frame: Frame, sessions: Sequence[date]) -> Mapping[date, str]:
        return {session: "Mondays are gone" for session in sessions if session.weekday() == 0}


def test_a_session_that_the_vendor_withholds_is_blocked_with_its_reason_and_the_others_go_on(
    database: Store, tmp_path: Path
) -> None:
    (tmp_path / "bars.csv").write_text("\n".join([HEAD, *WEEK]))
    vendor = Fading(tmp_path, LAG)
    run = Run(
        vendor=vendor.name, received_at=EVENING, recorded_at=EVENING, code_version="c", config_hash="h", run_id="r"
    )
    monday, tuesday, wednesday = take_in(database, vendor, BARS, sessions_between(MON, WED), run)
    assert (monday.session, monday.status, monday.reason) == (MON, "blocked", "Mondays are gone")
    assert [tuesday.status, wednesday.status, tuesday.rows] == ["done", "done", 2]


def test_a_session_is_judged_alike_on_its_evening_and_when_more_is_known(database: Store, tmp_path: Path) -> None:
    until_tuesday = [row for row in WEEK if not row.startswith(str(WED))]
    ends = [row for row in until_tuesday if not row.startswith(f"{TUE},BBB")]
    live = taken_in(database, tmp_path / "feed", ends, EVENING)[1]
    returned = [*ends, line(WED, "AAA", 10.0), line(WED, "BBB", 10.0)]
    years_on = taken_in(database, tmp_path / "feed", returned, LATER)[1]
    assert (live.status, live.reason) == (years_on.status, years_on.reason)
    assert live.status == "blocked" and "BBB" in (live.reason or "")


def test_a_second_vendor_names_what_it_contradicts_and_blocks_where_too_few_agree(
    database: Store, tmp_path: Path
) -> None:
    taken_in(database, tmp_path / "feed", WEEK, EVENING)
    other = tmp_path / "other"
    other.mkdir()
    theirs = [line(TUE, "BBB", 11.0) if row.startswith(f"{TUE},BBB") else row for row in WEEK]
    (other / "bars.csv").write_text("\n".join([HEAD, *theirs]) + "\n")
    vendor = Seconded(CsvFolder(tmp_path / "feed", LAG), CsvFolder(other, LAG))
    run = Run(vendor="csv-feed", received_at=LATER, recorded_at=LATER, code_version="c", config_hash="h", run_id="r")
    made = {o.session: o for o in take_in(database, cast(Vendor, vendor), BARS, sessions_between(MON, WED), run)}
    assert [o.status for o in made.values()] == ["done", "blocked", "done"]
    assert made[TUE].reason == "1 of 2 apart from csv-other: BBB low 9 / 10"
    (other / "bars.csv").write_text("")
    told = list(take_in(database, cast(Vendor, vendor), BARS, [MON], run))
    assert told[0].status == "done" and (told[0].reason or "").startswith("not compared with csv-other: ")
