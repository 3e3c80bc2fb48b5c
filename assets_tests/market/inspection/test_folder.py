"""A user's own files: what is wrong is named with file, row and column; what is clean is let in; nothing is kept."""

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from assets_tests.shared_data import shared_data
from butter_pipeline.market.inspection.folder import Dataset, Judge, as_vendor, files_of
from butter_pipeline.market.inspection.self_test import SelfTest, add_files, simulated
from butter_pipeline.market.sessions import sessions_between
from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.settings import PROJECT_ROOT

NOW = datetime(2024, 6, 3, tzinfo=UTC)
SPAN = sessions_between(date(2024, 1, 2), date(2024, 1, 31))


def judged(folder: Path, other: Path | None = None) -> dict[str, Dataset]:
    second = as_vendor(files_of(other)) if other is not None else None
    return {each.name: each for each in Judge(files_of(folder), NOW, second).everything(lambda _: None)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A month of the simulated market as files."""
    place = tmp_path / "mine"
    place.mkdir()
    vendor = simulated(7, "edge")
    for name in ("bars", "chains", "context"):
        rows = getattr(vendor, name)(SPAN[:3] if name == "chains" else SPAN).drop_columns(["available_at"])
        pacsv.write_csv(rows, place / f"{name}.csv")
    return place


def spoiled(folder: Path, line: int, cell: int, text: str, file: str = "bars.csv") -> None:
    lines = (folder / file).read_text().splitlines()
    cells = lines[line - 1].split(",")
    cells[cell] = text
    lines[line - 1] = ",".join(cells)
    (folder / file).write_text("\n".join([*lines, ""]))


def test_clean_files_say_nothing(folder: Path) -> None:
    found = judged(folder)
    assert list(found) == ["bars", "chains", "context"]
    for each in found.values():
        assert (each.problems, each.sessions, each.flagged, each.error) == (0, [], [], None)
        assert each.accepted == each.rows > 0


def test_a_bad_cell_is_named_with_file_row_and_column(folder: Path) -> None:
    spoiled(folder, 20, 3, "-5")
    bars = judged(folder)["bars"]
    (row,) = bars.quarantined
    assert (row["file"], row["row"], row["column"]) == (str(folder / "bars.csv"), 20, "high")
    assert row["reason"] == "non-positive price"
    assert [each["status"] for each in bars.sessions] == ["blocked"]


def test_an_unreadable_cell_is_named_and_the_rows_after_it_keep_their_numbers(folder: Path) -> None:
    spoiled(folder, 5, 2, "twelve")
    spoiled(folder, 40, 4, "0")
    found = [(row["row"], row["reason"]) for row in judged(folder)["bars"].quarantined]
    assert found == [(5, "unreadable row"), (40, "non-positive price")]


def test_a_file_that_cannot_be_read_is_named_and_hides_no_other(folder: Path) -> None:
    sound = judged(folder)["bars"].accepted
    (folder / "bars").mkdir()
    (folder / "bars.csv").rename(folder / "bars" / "all.csv")
    (folder / "bars" / "torn.csv.gz").write_text("no archive")
    (folder / "notes.csv").write_text("when,what\nnow,this\n")
    (folder / "chains.csv").write_text("")
    spoiled(folder, 20, 3, "-5", "bars/all.csv")
    found = judged(folder)
    reasons = {(Path(row["file"]).name, row["reason"]) for row in found["bars"].quarantined}
    unreadable = {("notes.csv", "unreadable file"), ("torn.csv.gz", "unreadable file")}
    assert reasons == unreadable | {("all.csv", "non-positive price")}
    assert (found["bars"].error, found["bars"].accepted) == (None, sound - 1)
    assert str(found["chains"].error).startswith(f"{folder / 'chains.csv'}: row 1: is empty")
    assert (found["context"].error, len(found["context"].sessions)) == (None, 0)


def test_a_row_of_actions_that_cannot_be_read_is_named_with_file_row_and_column(folder: Path) -> None:
    said = ["Date,Ticker,Kind,Ratio,Cash", "2024-01-10,ARVO,split,seven,", "2024-01-12,ARVO,dividend,,0.25", ""]
    (folder / "actions.csv").write_text("\n".join(said))
    actions = judged(folder)["actions"]
    (row,) = actions.quarantined
    assert (row["row"], row["column"], row["reason"]) == (2, "ratio", "unreadable row")
    assert (actions.rows, actions.accepted, actions.error) == (2, 1, None)
    (folder / "actions.csv").write_text("Ticker,Kind\nARVO,split\n")
    assert "row 1: no column 'session'" in str(judged(folder)["actions"].error)


def test_actions_that_intake_would_put_aside_are_named_with_file_and_row(folder: Path) -> None:
    said = ["Date,Ticker,Kind,Ratio,Cash", "2024-01-10,ARVO,merger,7:1,", "2024-01-11,ARVO,dividend,,-1"]
    (folder / "actions.csv").write_text("\n".join([*said, "2024-01-12,ARVO,dividend,,0.25", ""]))
    actions = judged(folder)["actions"]
    found = [(row["file"], row["row"], row["column"], row["reason"]) for row in actions.quarantined]
    file = str(folder / "actions.csv")
    assert found == [(file, 2, "kind", "unknown action"), (file, 3, "cash", "bad cash")]
    assert (actions.rows, actions.accepted, actions.problems) == (3, 1, 2)


def test_rows_keep_the_numbers_of_an_editor_below_blank_lines_and_a_line_that_names_the_separator(folder: Path) -> None:
    spoiled(folder, 20, 3, "-5")
    spoiled(folder, 40, 4, "x")
    lines = (folder / "bars.csv").read_text().splitlines()
    (folder / "bars.csv").write_text("\n".join(["sep=,", *lines[:9], "", "", *lines[9:], ""]))
    found = [(row["row"], row["reason"]) for row in judged(folder)["bars"].quarantined]
    assert found == [(43, "unreadable row"), (23, "non-positive price")]


def test_rows_of_parquet_are_counted_from_one(folder: Path) -> None:
    spoiled(folder, 20, 3, "-5")
    pq.write_table(pacsv.read_csv(folder / "bars.csv"), folder / "bars.parquet")
    (folder / "bars.csv").unlink()
    assert [row["row"] for row in judged(folder)["bars"].quarantined] == [19]


def test_files_whose_endings_are_not_read_are_named_where_nothing_else_lies(tmp_path: Path) -> None:
    (tmp_path / "aapl.us.txt").write_text("date,open,high,low,close\n2024-01-02,1,1,1,1\n")
    with pytest.raises(VendorError, match=r"not read, by their endings: aapl\.us\.txt"):
        assert as_vendor(files_of(tmp_path)).first_session is None


def test_bars_within_the_day_alone_say_that_they_make_no_bars_of_days(tmp_path: Path) -> None:
    rows = [f"2024-01-02T{hour}:00:00Z,10,11,9,10,5" for hour in (15, 16, 17)]
    (tmp_path / "ES_bt.csv").write_text("\n".join(["Time,Open,High,Low,Close,Volume", *rows, ""]))
    said: list[str] = []
    found = {each.name: each for each in Judge(files_of(tmp_path), NOW).everything(said.append)}
    assert said[0] == f"bars: no daily bars in {tmp_path}; bars within the day make none"
    assert list(found) == ["intraday"]
    assert (found["intraday"].accepted, found["intraday"].error) == (3, None)


def test_files_that_begin_with_the_calendar_are_judged(tmp_path: Path) -> None:
    days = sessions_between(date(1990, 1, 2), date(1990, 3, 30))
    lines = [f"{day},17.2,{18 + number % 7},17,17.{number % 9 + 1}" for number, day in enumerate(days)]
    (tmp_path / "VIX.csv").write_text("\n".join(["date,open,high,low,close", *lines, ""]))
    bars = judged(tmp_path)["bars"]
    assert (bars.accepted, bars.problems, bars.first) == (len(days), 0, days[0])


def test_both_of_two_contradictory_rows_are_named_where_they_stand(folder: Path) -> None:
    lines = (folder / "bars.csv").read_text().splitlines()
    cells = lines[9].split(",")
    copy = ",".join([*cells[:-1], str(float(cells[-1]) + 1)])
    (folder / "bars.csv").write_text("\n".join([*lines, copy, ""]))
    found = sorted((row["row"], row["reason"]) for row in judged(folder)["bars"].quarantined)
    assert found == [(10, "duplicate key"), (len(lines) + 1, "duplicate key")]


def test_bad_quotes_are_found_against_the_bars_beside_them(folder: Path) -> None:
    text = (folder / "chains.csv").read_text().splitlines()
    place = text[0].replace('"', "").split(",").index("underlying_price")
    for line in range(2, 12):
        spoiled(folder, line, place, "9999", "chains.csv")
    chains = judged(folder)["chains"]
    assert {(row["reason"], row["column"]) for row in chains.quarantined} == {
        ("underlying price off", "underlying_price")
    }
    assert sorted(row["row"] for row in chains.quarantined) == list(range(2, 12))


@pytest.mark.parametrize("content", [b"", b"session,symbol,open,high,low,close,volume\n", b"\x00\x01\x02" * 40])
def test_a_file_without_rows_is_an_error_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bars.csv").write_bytes(content)
    error = judged(tmp_path)["bars"].error
    assert error and "\n" not in error and str(tmp_path) in error


def test_a_compressed_file_that_was_cut_is_an_error_in_one_line(folder: Path) -> None:
    whole = gzip.compress((folder / "bars.csv").read_bytes())
    (folder / "bars.csv").unlink()
    (folder / "bars.csv.gz").write_bytes(whole[: len(whole) // 2])
    error = judged(folder)["bars"].error
    assert error and "bars.csv.gz" in error


def test_two_folders_that_differ_are_told_apart(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "theirs"
    other.mkdir()
    (other / "bars.csv").write_text((folder / "bars.csv").read_text())
    assert judged(folder, other)["bars"].apart == []
    spoiled(other, 20, 5, "1.0")
    (line,) = judged(folder, other)["bars"].apart
    assert "1 of 13 apart from csv-theirs" in line


def quality(*words: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BUTTER_")}
    command = [sys.executable, "-m", "butter_pipeline.cli", "quality", *words]
    return subprocess.run(command, env=clean, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)


def test_the_command_ends_in_a_verdict_and_an_exit_code(folder: Path, tmp_path: Path) -> None:
    done = quality(str(folder))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "clean: these files can be let in")
    spoiled(folder, 20, 3, "nine")
    said = quality(str(folder)).stdout
    assert f"  quarantine {folder}/bars.csv: row 20, column high: unreadable row: column high: must be a number" in said
    spoiled(folder, 20, 3, "-5")
    done = quality(str(folder), "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"], told["problems"]) == (1, False, 2)
    assert told["datasets"][0]["quarantined"][0]["row"] == 20
    for words in ((), (str(tmp_path / "nowhere"),)):
        done = quality(*words)
        assert done.returncode == 2 and "Traceback" not in done.stderr


def test_real_stocks_raise_no_alarm_and_what_is_flagged_is_true(tmp_path: Path) -> None:
    (tmp_path / "bars").mkdir()
    for symbol in ("SPY", "AAPL", "IBM"):
        (tmp_path / "bars" / f"{symbol}.csv").symlink_to(shared_data("bars", f"{symbol}.csv"))
    bars = judged(tmp_path)["bars"]
    assert (bars.problems, bars.accepted) == (0, 3 * 5849)
    assert bars.flags["possible split"] == 5
    assert bars.flags["stray high or low"] == 4
    splits = {(str(r["session"]), r["name"]) for r in bars.flagged if r["reason"] == "possible split"}
    assert ("2014-06-09", "AAPL") in splits and ("1999-05-27", "IBM") in splits
    crash = {str(each["session"]): each["reason"] for each in bars.sessions}
    assert "violent session" in crash["2020-03-16"]


@pytest.mark.parametrize("symbol", ["ES", "NQ", "CL", "GC", "6e", "ZC"])
def test_real_futures_raise_no_alarm(tmp_path: Path, symbol: str) -> None:
    (tmp_path / "bars").mkdir()
    (tmp_path / "bars" / f"{symbol}.csv.gz").symlink_to(shared_data("futures", f"{symbol}.csv.gz"))
    bars = judged(tmp_path)["bars"]
    assert (bars.problems, bars.accepted + bars.set_aside) == (0, bars.rows)
    assert bars.set_aside <= 5  # traded while this exchange was closed: no session holds them


def test_files_that_count_as_clean_are_alarms_where_they_are_not(folder: Path) -> None:
    report = SelfTest()
    add_files(report, folder, lambda _: None)
    assert (report.alarms, report.clean_sessions) == ([], 2 * len(SPAN) + 3)
    spoiled(folder, 20, 3, "-5")
    add_files(report, folder, lambda _: None)
    assert len(report.alarms) == 2
    assert not report.as_json()["ok"]


def test_rows_that_are_yet_to_come_are_named(folder: Path) -> None:
    lines = (folder / "bars.csv").read_text().splitlines()
    later = [line.replace("2024-01-31", "2024-06-05") for line in lines if "2024-01-31" in line]
    (folder / "bars.csv").write_text("\n".join([*lines, *later, ""]))
    bars = judged(folder)["bars"]
    assert {(row["reason"], row["column"]) for row in bars.quarantined} == {("session in the future", "session")}
    assert [row["row"] for row in bars.quarantined] == list(range(len(lines) + 1, len(lines) + 14))


def test_a_name_whose_file_ends_is_no_problem_and_a_hole_is(folder: Path) -> None:
    lines = (folder / "bars.csv").read_text().splitlines()
    quoted = '"ARVO"' in lines[1] or '"ARVO"' in lines[2]
    named = '"ARVO"' if quoted else "ARVO"
    ended = [line for line in lines if not (named in line and line >= "2024-01-24")]
    (folder / "bars.csv").write_text("\n".join([lines[0], *(line for line in ended if line != lines[0]), ""]))
    bars = judged(folder)["bars"]
    assert (bars.problems, [each["status"] for each in bars.sessions]) == (0, ["ending"])
    holed = [line for line in lines if not (named in line and "2024-01-24" in line)]
    (folder / "bars.csv").write_text("\n".join([*holed, ""]))
    assert [each["status"] for each in judged(folder)["bars"].sessions] == ["blocked"]
