"""The forms of a folder of CSV files, and what is said of one that is malformed."""

import gzip
import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from assets_tests.shared_data import shared_data
from butter_pipeline.market.frames import BARS
from butter_pipeline.market.sessions import close_at, sessions_between
from butter_pipeline.market.vendors import VendorError, csv_folder
from butter_pipeline.market.vendors.csv_folder import CsvFolder

LAG = timedelta(minutes=30)
MON, TUE, WED = sessions_between(date(2024, 3, 4), date(2024, 3, 6))
HEADER = "session,symbol,open,high,low,close,volume"


def folder(path: Path, **files: str) -> CsvFolder:
    """A folder of CSV files, named without their endings."""
    for name, text in files.items():
        (path / f"{name}.csv").write_text(text)
    return CsvFolder(path, LAG)


def test_columns_may_stand_in_any_order_and_case_and_others_are_ignored(tmp_path: Path) -> None:
    text = "Close,Note,DATE,Symbol,Open,Low,High,Volume\n10.5,hi,20240304,AAA,10,9,11,100\n"
    assert folder(tmp_path, bars=text).bars([MON]).to_pylist() == [
        {
            "session": MON,
            "symbol": "AAA",
            "open": 10.0,
            "high": 11.0,
            "low": 9.0,
            "close": 10.5,
            "volume": 100.0,
            "available_at": close_at(MON) + LAG,
        }
    ]


def test_a_file_may_be_compressed_or_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    text = f"{HEADER}\r\n2024-03-04,AAA,10,11,9,10,100\r\n"
    (tmp_path / "bars.csv.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + text.encode()))
    assert CsvFolder(tmp_path, LAG).bars([MON]).num_rows == 1


@pytest.mark.parametrize("ignored", ["", "1"])
def test_corrections_carry_their_own_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ignored: str) -> None:
    if ignored:  # other libraries set it, and Arrow then drops offsets
        monkeypatch.setenv("PYARROW_IGNORE_TIMEZONE", ignored)
    rows = [
        "2024-03-04,AAA,10,11,9,10,100,2024-03-04T16:30:00-05:00",
        "2024-03-04,AAA,10,11,9,10.5,100,20240307T120000Z",
    ]
    table = folder(tmp_path, bars="\n".join([f"{HEADER},available_at", *rows[::-1]])).bars([MON])
    assert table["close"].to_pylist() == [10.0, 10.5]
    assert table["available_at"].to_pylist() == [
        datetime(2024, 3, 4, 21, 30, tzinfo=UTC),
        datetime(2024, 3, 7, 12, tzinfo=UTC),
    ]


def test_bad_values_and_copies_are_handed_over_as_they_are(tmp_path: Path) -> None:
    rows = ["2024-03-04,AAA,10,11,9,-10,", "2024-03-04,AAA,10,11,9,-10,", "2024-03-04,BBB,nan,inf,9,10,1e3"]
    table = folder(tmp_path, bars="\n".join([HEADER, *rows])).bars([MON])
    assert table["close"].to_pylist() == [-10.0, -10.0, 10.0]
    assert table["volume"].to_pylist() == [None, None, 1000.0]
    assert str(table["open"].to_pylist()[2]) == "nan"


def test_a_chain_may_do_without_what_may_be_null(tmp_path: Path) -> None:
    header = "session,symbol,expiry,strike,right,bid,ask,last,volume,open_interest,underlying_price"
    row = "2024-03-04,AAA,20240405,100,C,1.0,1.1,,10,20,99.5"
    got = folder(tmp_path, chains=f"{header}\n{row}\n").chains([MON]).to_pylist()[0]
    assert (got["expiry"], got["last"], got["vendor_iv"]) == (date(2024, 4, 5), None, None)


def test_an_absent_dataset_is_empty(tmp_path: Path) -> None:
    vendor = folder(tmp_path, bars=f"{HEADER}\n2024-03-04,AAA,10,11,9,10,100\n", context="session,series,value\n")
    for table in (vendor.chains([MON]), vendor.context([MON]), vendor.bars([TUE])):
        assert table.num_rows == 0
    assert (list(vendor.underlyings(MON)), list(vendor.series(MON))) == ([], [])


def test_instruments_are_expected_as_the_session_before_had_them(tmp_path: Path) -> None:
    cells = "10,11,9,10,100"
    rows = [f"{day},AAA,{cells}" for day in (MON, WED)] + [f"{TUE},BBB,{cells}"]
    vendor = folder(tmp_path, bars="\n".join([HEADER, *rows]))
    assert [list(vendor.symbols(day)) for day in (MON, TUE, WED)] == [["AAA"], ["AAA", "BBB"], ["AAA", "BBB"]]
    assert vendor.first_session == MON


def test_rows_dated_on_no_session_come_with_the_session_that_follows(tmp_path: Path) -> None:
    rows = [f"{day},AAA,10,11,9,10,100" for day in ("2024-03-01", "2024-03-02", "2024-03-04")]
    vendor = folder(tmp_path, bars="\n".join([HEADER, *rows]))
    assert vendor.bars([MON])["session"].to_pylist() == [date(2024, 3, 2), MON]
    assert vendor.bars([date(2024, 3, 1)])["session"].to_pylist() == [date(2024, 3, 1)]


def test_a_file_is_read_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.csv as pacsv

    read, reads = pacsv.read_csv, []
    monkeypatch.setattr(
        pacsv, "read_csv", lambda path, *rest, **more: (reads.append(path), read(path, *rest, **more))[1]
    )
    text = f"{HEADER}\n2024-03-04,AAA,10,11,9,10,100\n"
    vendor = folder(tmp_path, bars=text)
    assert [vendor.bars([MON]).num_rows, CsvFolder(tmp_path, LAG).bars([MON]).num_rows, len(reads)] == [1, 1, 1]
    (tmp_path / "bars.csv").write_text(text + "2024-03-04,BBB,10,11,9,10,100\n")
    assert [vendor.bars([MON]).num_rows, len(reads)] == [2, 2]
    os.utime(tmp_path / "bars.csv", ns=(1, 1))
    assert [vendor.bars([MON]).num_rows, len(reads)] == [2, 3]


def test_a_folder_that_stands_still_shows_nothing_that_changes_and_is_looked_through_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, look = [], csv_folder.listing
    monkeypatch.setattr(csv_folder, "listing", lambda place: (looks.append(place), look(place))[1])
    text = f"{HEADER}\n2024-03-04,AAA,10,11,9,10,100\n"
    vendor = folder(tmp_path, bars=text)
    still = vendor.still()
    assert [still.bars([MON]).num_rows, still.symbols(MON), len(looks)] == [1, ["AAA"], 1]
    (tmp_path / "bars.csv").write_text(text + "2024-03-04,BBB,10,11,9,10,100\n")
    assert [still.bars([MON]).num_rows, still.still().symbols(MON), still.datasets] == [1, ["AAA"], {"bars"}]
    assert len(looks) == 1
    assert [vendor.bars([MON]).num_rows, vendor.symbols(MON)] == [2, ["AAA", "BBB"]]


GOOD = "2024-03-04,AAA,10,11,9,10,100"
A_DATE = "must be a date such as 2024-03-05"
UNREADABLE = [
    ("2024-03-05,AAA,10,11,9,ten,100", "column close: must be a number, was 'ten'", (TUE, "AAA")),
    ("2024-03-05,AAA,10,11,9,1_0,100", "column close: must be a number, was '1_0'", (TUE, "AAA")),
    ("2024-03-05,AAA,10,11,9,10,1,100", "has 8 columns where the header has 7", (MON, "")),
    ("2024-03-05,AAA", "has 2 columns where the header has 7", (MON, "")),
    (
        "2024-W10-1,AAA,10,11,9,10,1",
        f"column session: {A_DATE}, was '2024-W10-1'",
        (MON, "AAA"),
    ),
    (
        "2023-02-29,AAA,10,11,9,10,1",
        f"column session: {A_DATE}, was '2023-02-29'",
        (MON, "AAA"),
    ),
    ("03/05/24,AAA,10,11,9,10,1", f"column session: {A_DATE}, was '03/05/24'", (MON, "AAA")),
    ("2204-03-05,AAA,10,11,9,10,1", "column session: must not lie past the exchange calendar's end", (MON, "AAA")),
    ("0001-01-01,AAA,10,11,9,10,1", "column session: must not lie before 1900, was '0001-01-01'", (MON, "AAA")),
    (",AAA,10,11,9,10,1", "column session: is empty, must be a date such as 2024-03-05", (MON, "AAA")),
    ("2024-03-05,,10,11,9,10,1", "column symbol: is empty, must name the row", (TUE, "")),
    ("2024-03-05,A\udcffA,10,11,9,10,1", "column symbol: must be text in UTF-8, was 'A\ufffdA'", (TUE, "A\ufffdA")),
]


@pytest.mark.parametrize(("line", "fault", "of"), UNREADABLE, ids=[fault[:40] for _, fault, _ in UNREADABLE])
def test_a_row_that_cannot_be_read_is_set_aside_with_row_column_and_what_was_there(
    tmp_path: Path, line: str, fault: str, of: tuple[date, str]
) -> None:
    text = f"{HEADER}\n\n{GOOD}\n{line}\n2024-03-06,AAA,10,11,9,10,100\n"
    (tmp_path / "bars.csv").write_bytes(text.encode(errors="surrogateescape"))
    vendor = CsvFolder(tmp_path, LAG)
    assert vendor.bars([MON, TUE, WED])["session"].to_pylist() == [MON, WED]
    (row,) = vendor.refused(BARS, [MON, TUE, WED]).to_pylist()
    assert row["detail"].startswith(f"{tmp_path / 'bars.csv'}: row 4: {fault}")
    assert ((row["session"], row["symbol"]), row["row"], row["reason"]) == (of, 4, "unreadable row")
    kept = json.loads(row["row_json"])
    assert kept["row"] == 4 and set(line.encode(errors="surrogateescape").decode(errors="replace").split(",")) <= set(
        kept.values()
    )


def test_an_unreadable_row_is_expected_and_so_is_missed(tmp_path: Path) -> None:
    text = f"{HEADER}\n{GOOD}\n2024-03-05,BBB,10,11,9,?,100\n"
    vendor = folder(tmp_path, bars=text)
    assert list(vendor.symbols(TUE)) == ["AAA", "BBB"]
    assert vendor.refused(BARS, [MON]).num_rows == 0


def test_a_stated_moment_that_cannot_be_read_sets_its_row_aside(tmp_path: Path) -> None:
    text = f"{HEADER},available_at\n{GOOD},\n{GOOD},2024-03-04T17:00:00\n{GOOD},soon\n"
    vendor = folder(tmp_path, bars=text)
    assert vendor.bars([MON]).num_rows == 1
    details = vendor.refused(BARS, [MON])["detail"].to_pylist()
    assert "row 3: column available_at: must carry a time zone such as Z, was '2024-03-04T17:00:00'" in details[0]
    assert "row 4: column available_at: must be a moment such as 2024-03-05T21:30:00Z, was 'soon'" in details[1]


MALFORMED = [
    ("session,symbol,open,high,low,close\n", "row 1: no column 'volume' in 'session,symbol,open,high,low,close'; add"),
    ("symbol,open,high,low,close,volume\n", "row 1: no column 'session' in"),
    (f"{HEADER},date\n{GOOD},20240304\n", "row 1: column 'session' stands there twice ('session', 'date'); keep one"),
    (
        "Date,Symbol,Open,High,Low,Last,Settle,Volume\n",
        "row 1: column 'close' stands there twice ('Last', 'Settle')",
    ),
    ("Date,Symbol,Open,High,Low,Adj Close,Volume\n", "row 1: no column 'close' in"),
    ("", "row 1: is empty, must name the columns; put a header and rows there"),
    (
        f"{GOOD}\n{GOOD}\n",
        "row 1: '2024-03-04,AAA,10,11,9,10,100' is no header; put a line with the",
    ),
    (
        f"{HEADER}\n03/04/2024,AAA,1,1,1,1,1\n",
        "'03/04/2024' may have the day or the month first and no",
    ),
    (
        f"{HEADER}\n03/14/2024,AAA,1,1,1,1,1\n14/03/2024,AAA,1,1,1,1,1\n",
        "dates in two orders: '14/03/2024' has",
    ),
    (
        f"{HEADER}\nyesterday,AAA,1,1,1,1,1\n",
        "row 2: column session: must be a date such as 2024-03-05, was",
    ),
    (HEADER.replace(",", ";") + "\n2024-03-04;AAA;1,250;1,250;1,250;1,250;1\n", "'1,250' may be a thousand or have"),
    (HEADER.replace(",", ";") + "\n2024-03-04;AAA;1,25;1.25;1,25;1.25;1\n", "'1.25' has a decimal point and '1,25' a"),
]


@pytest.mark.parametrize(("text", "fault"), MALFORMED, ids=[fault[:40] for _, fault in MALFORMED])
def test_a_file_that_is_not_understood_is_refused_in_one_line(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(VendorError) as caught:
        folder(tmp_path, bars=text).bars([MON])
    assert str(caught.value).startswith(f"{tmp_path / 'bars.csv'}: {fault}")
    assert "\n" not in str(caught.value)


def test_files_that_are_no_text_or_no_archive_are_named(tmp_path: Path) -> None:
    (tmp_path / "bars.csv.gz").write_text("plain")
    with pytest.raises(VendorError, match=r"bars.csv.gz: cannot be read \([^\n]*; restore the file$"):
        CsvFolder(tmp_path, LAG).bars([MON])
    (tmp_path / "bars.csv.gz").unlink()
    cut = gzip.compress(f"{HEADER}\n{GOOD}\n".encode() * 5_000)[:-20]
    (tmp_path / "bars.csv.gz").write_bytes(cut)
    with pytest.raises(VendorError, match=r"bars.csv.gz: cannot be read \([^\n]*; restore the file$"):
        CsvFolder(tmp_path, LAG).bars([MON])


def test_a_folder_that_is_absent_empty_or_ambiguous_is_named(tmp_path: Path) -> None:
    with pytest.raises(VendorError, match=r"nowhere: no such folder; set BUTTER_CSV_FOLDER"):
        CsvFolder(tmp_path / "nowhere", LAG).bars([MON])
    with pytest.raises(VendorError, match=r"no rows in any session; put bars.csv"):
        _ = CsvFolder(tmp_path, LAG).first_session
    (tmp_path / "bars").mkdir()
    (tmp_path / "bars" / "AAA.csv").write_text("date,open,high,low,close\n")
    with pytest.raises(VendorError, match=r"bars stand in more than one form; keep one of: bars.csv, AAA.csv"):
        folder(tmp_path, bars=f"{HEADER}\n").bars([MON])


def test_a_file_per_instrument_is_named_after_it(tmp_path: Path) -> None:
    (tmp_path / "bars").mkdir()
    (tmp_path / "bars" / "AAA.csv").write_text("date,open,high,low,close,volume\n2024-03-04,10,11,9,10,100\n")
    (tmp_path / "bars" / "IDX.csv").write_text("date,open,high,low,close\n2024-03-04,10,11,9,10\n")
    (tmp_path / "bars" / "AAA_factors.csv").write_text("date,price_factor\n20240304,1\n")
    table = CsvFolder(tmp_path, LAG).bars([MON])
    assert table.select(["symbol", "volume"]).to_pylist() == [
        {"symbol": "AAA", "volume": 100.0},
        {"symbol": "IDX", "volume": 0.0},
    ]


def test_real_files_are_read_as_they_are() -> None:
    vendor = CsvFolder(shared_data("bars"), LAG)
    day = date(2014, 6, 9)
    assert list(vendor.symbols(day)) == ["AAPL", "IBM", "SPY", "VIX"]
    apple = vendor.bars([day]).to_pylist()[0]
    assert (apple["symbol"], apple["open"], apple["close"], apple["volume"]) == ("AAPL", 92.69, 93.7, 72875948.0)
    assert vendor.bars(sessions_between(date(1998, 1, 2), date(2021, 3, 31))).num_rows == 4 * 5849
