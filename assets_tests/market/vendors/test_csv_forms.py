"""The many forms in which the same rows come: headers, dates, zones, numbers, separators, encodings, names of files."""

import gzip
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets_tests.shared_data import shared_data
from butter_pipeline.configs import ConfigError
from butter_pipeline.market.frames import BARS, CHAINS, INTRADAY
from butter_pipeline.market.sessions import as_of, close_at, sessions_between
from butter_pipeline.market.vendors import VendorError
from butter_pipeline.market.vendors.csv_folder import CsvFolder
from butter_pipeline.market.vendors.tabular.form import Form
from butter_pipeline.market.vendors.tabular.places import instrument

LAG = timedelta(minutes=30)
MON, TUE = date(2024, 3, 4), date(2024, 3, 5)
BAR = {
    "session": MON,
    "symbol": "AAA",
    "open": 1000.5,
    "high": 1100.25,
    "low": 999.0,
    "close": 1050.75,
    "volume": 1234567.0,
    "available_at": close_at(MON) + LAG,
}
PLAIN = "1000.5,1100.25,999,1050.75,1234567"


def written(folder: Path, name: str, text: str | bytes) -> CsvFolder:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return CsvFolder(folder, LAG)


@pytest.mark.parametrize(
    "header",
    [
        "Date,Open,High,Low,Close,Volume",
        "DATE,O,H,L,C,V",
        "<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
        "timestamp,open_price,high_price,low_price,close_price,Total Volume",
        "Datetime,Open,High,Low,Last,Vol.",
        "trade_date,Open,High,Low,Settle,volume",
        "Date,Open,High,Low,Close/Last,Volume",
        "Time (EST),Open,High,Low,Close,Volume",
        ",Open,High,Low,Close,Volume",
    ],
)
def test_a_header_may_be_spelled_in_the_usual_ways(tmp_path: Path, header: str) -> None:
    assert written(tmp_path, "AAA.csv", f"{header}\n2024-03-04,{PLAIN}\n").bars([MON]).to_pylist() == [BAR]


def test_an_adjusted_close_is_never_taken_for_the_close(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Close,Adj Close,Volume\n2024-03-04,1000.5,1100.25,999,1050.75,1,1234567\n"
    assert written(tmp_path, "AAA.csv", text).bars([MON]).to_pylist() == [BAR]


def test_a_spliced_close_says_how_far_the_others_were_shifted(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Close,Spliced,Volume\n2024-03-04,1100.5,1200.25,1099,1150.75,1050.75,1234567\n"
    assert written(tmp_path, "AAA.csv", text).bars([MON]).to_pylist() == [BAR]


def test_of_several_closes_a_person_says_which(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Last,Settle,Volume\n2024-03-04,1000.5,1100.25,999,1,1050.75,1234567\n"
    written(tmp_path, "AAA.csv", text)
    assert CsvFolder(tmp_path, LAG, Form(close="Settle")).bars([MON]).to_pylist() == [BAR]
    with pytest.raises(VendorError, match="no column 'Final', which vendors.csv.close names"):
        CsvFolder(tmp_path, LAG, Form(close="Final")).bars([MON])


@pytest.mark.parametrize(
    "stamp",
    [
        "2024-03-04",
        "2024/03/04",
        "2024.3.4",
        "20240304",
        "4-Mar-2024",
        '"March 4, 2024"',
        "04 March 2024",
        "2024-03-04 00:00:00",
        "2024-03-04T00:00:00Z",
        "2024-03-04T05:00:00Z",
        "2024-03-04 00:00:00-05:00",
        "2024-03-04T16:00:00-0500",
        "1709510400",
        "1709562600",
        "1709510400000",
        "1709510400000000",
        "1709510400000000000",
        "1709562600.25",
    ],
)
def test_a_day_may_be_written_in_many_ways(tmp_path: Path, stamp: str) -> None:
    text = f"Date,Open,High,Low,Close,Volume\n{stamp},{PLAIN}\n"
    assert written(tmp_path, "AAA.csv", text).bars([MON]).to_pylist() == [BAR]


@pytest.mark.parametrize(
    ("dates", "sessions"),
    [
        (("03/04/2024", "03/14/2024"), [MON, date(2024, 3, 14)]),
        (("04/03/2024", "14/03/2024"), [MON, date(2024, 3, 14)]),
        (("4.3.2024", "14.3.2024"), [MON, date(2024, 3, 14)]),
        (("03/03/2023", "04/04/2023"), [date(2023, 3, 3), date(2023, 4, 4)]),
    ],
)
def test_one_row_tells_the_order_of_day_and_month_for_its_file(
    tmp_path: Path, dates: tuple[str, str], sessions: list[date]
) -> None:
    text = "Date,Open,High,Low,Close,Volume\n" + "".join(f"{day},{PLAIN}\n" for day in dates)
    assert written(tmp_path, "AAA.csv", text).bars(sessions)["session"].to_pylist() == sessions


@pytest.mark.parametrize(("order", "session"), [("day_first", date(2024, 4, 3)), ("month_first", MON)])
def test_where_no_row_tells_a_person_says_the_order(tmp_path: Path, order: str, session: date) -> None:
    written(tmp_path, "AAA.csv", f"Date,Open,High,Low,Close,Volume\n03/04/2024,{PLAIN}\n")
    vendor = CsvFolder(tmp_path, LAG, Form(date_order=order))
    assert vendor.bars([MON, date(2024, 4, 3)])["session"].to_pylist() == [session]


@pytest.mark.parametrize(
    "row",
    [
        "2024-03-04;1000,5;1100,25;999;1050,75;1234567",
        "2024-03-04;1.000,5;1.100,25;999;1.050,75;1.234.567",
        "2024-03-04;1 000,5;1 100,25;999;1 050,75;1 234 567",
        "2024-03-04;1\u00a0000,5;1\u202f100,25;999;1050,75;1234567",
        "2024-03-04;1'000.5;1'100.25;999;1'050.75;1'234'567",
        "2024-03-04;1,000.5;1,100.25;999;1,050.75;1,234,567",
        "2024-03-04; 1000.5 ;1100.25;999.0;1050.75;1.234567M",
        "2024-03-04\t1000.5\t1100.25\t999\t1050.75\t1234.567K",
        "2024-03-04|1000.5|1100.25|9.99e2|1050.75|1234567",
        "2024-03-04|$1000.5|$1,100.25|$999|$ 1050.75|1234567",
        '2024-03-04,"1,000.5","1,100.25",999,"1,050.75","1,234,567"',
    ],
)
def test_numbers_and_separators_may_be_those_of_other_countries(tmp_path: Path, row: str) -> None:
    mark = next(mark for mark in ";\t|," if mark in row.replace('"', "") and row[10] == mark)
    header = "Date,Open,High,Low,Close,Volume".replace(",", mark)
    assert written(tmp_path, "AAA.csv", f"{header}\n{row}\n").bars([MON]).to_pylist() == [BAR]


def test_where_no_cell_tells_a_person_says_what_a_comma_is(tmp_path: Path) -> None:
    written(tmp_path, "AAA.csv", "Date;Open;High;Low;Close;Volume\n2024-03-04;1,250;1,300;1,200;1,275;7\n")
    for decimal, close in (("comma", 1.275), ("point", 1275.0)):
        assert CsvFolder(tmp_path, LAG, Form(decimal=decimal)).bars([MON])["close"].to_pylist() == [close]


@given(
    closes=st.lists(st.integers(1_000_00, 9_999_99), min_size=2, max_size=9),
    mark=st.sampled_from(";|\t"),
    day=st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%m/%d/%Y", "%d-%b-%Y"]),
    style=st.sampled_from(["point", "comma", "grouped point", "grouped comma"]),
)
def test_whatever_the_form_the_rows_are_the_same(closes: list[int], mark: str, day: str, style: str) -> None:
    def number(cents: int) -> str:
        text = f"{cents / 100:,.2f}" if "grouped" in style else f"{cents / 100:.2f}"
        return text.translate(str.maketrans(",.", ".,")) if style.endswith("comma") else text

    sessions = sessions_between(date(2024, 3, 25), date(2024, 4, 12))[: len(closes)]
    lines = [mark.join(["Date", "Open", "High", "Low", "Close", "Volume"])]
    for session, cents in zip(sessions, closes, strict=True):
        lines.append(mark.join([session.strftime(day), *[number(cents)] * 4, "7"]))
    with TemporaryDirectory() as folder:
        table = written(Path(folder), "AAA.csv", "\n".join(lines)).bars(sessions)
    assert table["session"].to_pylist() == list(sessions)
    assert table["close"].to_pylist() == [cents / 100 for cents in closes]


def test_words_for_missing_are_missing_values_for_quality_to_judge(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Close,Volume\n2024-03-04,null,N/A,-,.,\n"
    (row,) = written(tmp_path, "AAA.csv", text).bars([MON]).to_pylist()
    assert [row[name] for name in ("open", "high", "low", "close", "volume")] == [None] * 5


def packed(codec: str) -> bytes:
    raw = f"Date,Open,High,Low,Close,Volume\r\n2024-03-04,{PLAIN}\r\n".encode("utf-8-sig")
    return gzip.compress(raw, mtime=0) if codec == "gz" else pa.compress(raw, codec="zstd", asbytes=True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("AAA.csv.gz", packed("gz")),
        ("AAA.csv.zst", packed("zst")),
        ("AAA.csv", f"Date,Open,High,Low,Close,Volume\n2024-03-04,{PLAIN}\n".encode("utf-16")),
        ("AAA.csv", f"sep=;\nDate;Open;High;Low;Close;Volume\n2024-03-04;{PLAIN.replace(',', ';')}".encode()),
        ("AAA.tsv", f"Date\tOpen\tHigh\tLow\tClose\tVolume\n2024-03-04\t{PLAIN.replace(',', chr(9))}\n".encode()),
    ],
)
def test_a_file_may_be_compressed_or_encoded_otherwise(tmp_path: Path, name: str, content: bytes) -> None:
    assert written(tmp_path, name, content).bars([MON]).to_pylist() == [BAR]


@pytest.mark.parametrize(
    ("stem", "name", "minutes"),
    [
        ("ES_bt", "ES", None),
        ("spy_daily", "SPY", None),
        ("SPY-1D", "SPY", None),
        ("aapl.us", "AAPL", None),
        ("BRK-B", "BRK-B", None),
        ("BRK.B_1min", "BRK.B", 1),
        ("NQ_5min_continuous", "NQ", 5),
        ("ES-1h", "ES", 60),
        ("AAPL_2014-06", "AAPL", None),
        ("AAPL_2010-2024", "AAPL", None),
        ("6e", "6E", None),
        ("SPY Historical Data", "SPY", None),
        ("T", "T", None),
    ],
)
def test_a_file_tells_its_instrument_by_its_name(stem: str, name: str, minutes: int | None) -> None:
    assert instrument(stem) == (name, minutes)


def test_a_symbol_in_the_file_goes_before_the_file_s_name(tmp_path: Path) -> None:
    text = f"Date,Name,Open,High,Low,Close,Volume\n2024-03-04,AAA,{PLAIN}\n"
    assert written(tmp_path, "all_stocks.csv", text).bars([MON]).to_pylist() == [BAR]


@pytest.mark.parametrize(
    "frame",
    [
        {"Date": pa.array([MON]), "Open": pa.array([1000.5], pa.float32())},
        {"Date": pa.array([MON]).cast(pa.timestamp("ns")), "Open": pa.array(["1,000.5"])},
        {"Date": pa.array([datetime(2024, 3, 4, 5, tzinfo=UTC)], pa.timestamp("us", "America/New_York"))},
        {"Date": pa.array(["20240304"]).dictionary_encode()},
        {"Date": pa.array([20240304], pa.int64())},
        {"Date": pa.array([1709510400000], pa.int64())},
    ],
)
def test_parquet_holds_dates_and_numbers_of_any_type(tmp_path: Path, frame: dict[str, Any]) -> None:
    rest = {"Open": [1000.5], "High": [1100.25], "Low": [999], "Close": [1050.75], "Volume": [1234567]}
    pq.write_table(
        pa.table({name: pa.array(values) for name, values in rest.items()} | frame), tmp_path / "AAA.parquet"
    )
    assert CsvFolder(tmp_path, LAG).bars([MON]).to_pylist() == [BAR]


def test_a_row_of_a_parquet_file_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    columns = {"Date": ["2024-03-04", "soon"], "Close": ["1050.75", "1050.75"], "Volume": ["1234567", "1"]}
    columns |= {"Open": ["1000.5", "1"], "High": ["1100.25", "1"], "Low": ["999", "1"]}
    pq.write_table(pa.table(columns), tmp_path / "AAA.parquet")
    vendor = CsvFolder(tmp_path, LAG)
    assert vendor.bars([MON]).to_pylist() == [BAR]
    (row,) = vendor.refused(BARS, [MON]).to_pylist()
    assert row["detail"].endswith("AAA.parquet: row 2: column Date: must be a date such as 2024-03-05, was 'soon'")


def test_a_loose_file_that_is_nothing_known_is_refused_by_its_header(tmp_path: Path) -> None:
    vendor = written(tmp_path, "notes.csv", "when,what\nnow,this\n")
    fault = r"notes.csv: row 1: 'when,what' names neither bars [^\n]*move the file else"
    with pytest.raises(VendorError, match=fault):
        vendor.bars([MON])
    written(tmp_path, "bars.csv", f"Date,Symbol,Open,High,Low,Close,Volume\n2024-03-04,AAA,{PLAIN}\n")
    assert vendor.bars([MON]).to_pylist() == [BAR]
    (row,) = vendor.refused(BARS, [MON]).to_pylist()
    assert row["reason"] == "unreadable file" and re.search(fault, row["detail"])


def test_days_written_with_words_or_as_seconds_are_not_taken_for_moments_of_one_day(tmp_path: Path) -> None:
    for place, days in enumerate([["March 4, 2024", "March 5, 2024"], ["04 March 2023", "04 March 2024"]]):
        rows = [f'"{day}",{PLAIN}' for day in days]
        (tmp_path / f"S{place}.csv").write_text("\n".join(["Date,Open,High,Low,Close,Volume", *rows]))
    stamps = [f"{1709510400 + 86_400 * day},{PLAIN}" for day in range(5)]
    (tmp_path / "S3.csv").write_text("\n".join(["Date,Open,High,Low,Close,Volume", *stamps]))
    assert CsvFolder(tmp_path, LAG).datasets == {"bars"}


# Bars within the day


def minutes_of(folder: Path, rows: list[str], form: Form, header: str = "time,open,high,low,close,volume") -> Any:
    (folder / "AAA.csv").write_text("\n".join([header, *(f"{row},10,11,9,10,5" for row in rows)]))
    vendor = CsvFolder(folder, LAG, form)
    assert vendor.datasets == {"intraday"}
    return vendor


NEW_YORK = Form(zone="America/New_York")


def test_naive_stamps_within_the_day_want_a_zone(tmp_path: Path) -> None:
    vendor = minutes_of(tmp_path, ["2024-03-04 09:30", "2024-03-04 09:31"], Form())
    with pytest.raises(
        VendorError, match=r"carry no time zone; set vendors.csv.zone in market.yml, such as America/New"
    ):
        vendor.intraday([MON])


@pytest.mark.parametrize(
    ("rows", "form"),
    [
        (["2024-03-08 09:30", "2024-03-08 09:35", "2024-03-11 09:30", "2024-03-11 09:35"], NEW_YORK),
        (
            ["2024-03-08 08:30", "2024-03-08 08:35", "2024-03-11 08:30", "2024-03-11 08:35"],
            Form(zone="America/Chicago"),
        ),
        (
            ["2024-03-08 09:35", "2024-03-08 09:40", "2024-03-11 09:35", "2024-03-11 09:40"],
            Form(zone="America/New_York", stamps="end"),
        ),
        (["2024-03-08T14:30Z", "2024-03-08T14:35Z", "2024-03-11T13:30Z", "2024-03-11T13:35Z"], Form()),
        (
            ["2024-03-08 14:30:00+00:00", "2024-03-08 09:35:00-05:00", "2024-03-11 09:30-04:00", "2024-03-11 13:35Z"],
            NEW_YORK,
        ),
        (["1709908200", "1709908500", "1710163800", "1710164100"], NEW_YORK),
        (
            ["3/8/2024 9:30 AM", "3/8/2024 9:35 AM", "3/11/2024 9:30 AM", "3/11/2024 9:35 AM"],
            Form(zone="America/New_York", date_order="month_first"),
        ),
        (["20240308 093000", "20240308 093500", "20240311 093000", "20240311 093500"], NEW_YORK),
    ],
)
def test_stamps_are_brought_to_utc_across_a_change_of_clocks(tmp_path: Path, rows: list[str], form: Form) -> None:
    friday, monday = date(2024, 3, 8), date(2024, 3, 11)
    bars = minutes_of(tmp_path, rows, form).intraday([friday, monday]).to_pylist()
    starts = [datetime(2024, 3, 8, 14, 30, tzinfo=UTC), datetime(2024, 3, 8, 14, 35, tzinfo=UTC)]
    starts += [datetime(2024, 3, 11, 13, 30, tzinfo=UTC), datetime(2024, 3, 11, 13, 35, tzinfo=UTC)]
    assert [bar["starts_at"] for bar in bars] == starts
    assert [bar["session"] for bar in bars] == [friday, friday, monday, monday]
    assert {bar["minutes"] for bar in bars} == {5}
    assert bars[0]["available_at"] == starts[0] + timedelta(minutes=5) + LAG


def test_a_date_and_a_time_of_day_may_stand_in_two_columns(tmp_path: Path) -> None:
    header = "Date,Time,open,high,low,close,volume"
    vendor = minutes_of(tmp_path, ["03/14/2024,930", "03/14/2024,0931", "03/14/2024,1000"], NEW_YORK, header)
    starts = [bar["starts_at"] for bar in vendor.intraday([date(2024, 3, 14)]).to_pylist()]
    assert [f"{each:%H:%M}" for each in starts] == ["13:30", "13:31", "14:00"]


def test_a_moment_that_clocks_show_twice_or_never_is_set_aside(tmp_path: Path) -> None:
    rows = [
        "2024-11-03 00:58",
        "2024-11-03 00:59",
        "2024-11-03 01:00",
        "2024-11-03 01:59",
        "2024-11-03 02:00",
        "2024-03-10 02:30",
    ]
    vendor = minutes_of(tmp_path, rows, NEW_YORK)
    held = vendor.intraday([date(2024, 11, 4)])
    assert [f"{each:%H:%M}" for each in held["starts_at"].to_pylist()] == ["04:58", "04:59", "07:00"]
    every = vendor.refused(INTRADAY, sessions_between(date(2024, 3, 1), date(2024, 11, 29)))
    assert sorted(every["row"].to_pylist()) == [4, 5, 7]
    assert "must be a moment that America/New_York has once: clocks change then" in every["detail"][0].as_py()


def test_what_trades_after_a_close_belongs_to_the_session_that_follows_and_is_never_known_early(tmp_path: Path) -> None:
    tue, wed, fri = date(2024, 7, 2), date(2024, 7, 3), date(2024, 7, 5)
    rows = ["2024-07-02 15:30", "2024-07-02 16:00", "2024-07-03 12:30", "2024-07-03 13:00", "2024-07-05 09:30"]
    bars = minutes_of(tmp_path, rows, NEW_YORK, "time,open,high,low,close,volume").intraday([tue, wed, fri]).to_pylist()
    assert [bar["session"] for bar in bars] == [tue, wed, wed, fri, fri]
    assert all(bar["available_at"] <= as_of(bar["session"]) for bar in bars)


def test_the_length_of_bars_must_be_told_and_be_one_to_sixty_minutes(tmp_path: Path) -> None:
    with pytest.raises(VendorError, match="the length of the bars is 240 minutes, must be 1 to 60"):
        minutes_of(tmp_path, ["2024-03-04 10:00", "2024-03-04 14:00"], NEW_YORK).intraday([MON])
    with pytest.raises(VendorError, match="the length of the bars cannot be told"):
        minutes_of(tmp_path, ["2024-03-04 10:00:10", "2024-03-04 10:00:20"], NEW_YORK).intraday([MON])


# Real files of the kinds that people have


def test_futures_files_come_as_they_were_traded() -> None:
    """The column `close` was back-adjusted years later; the E-mini's front month stood at 1081.75 that day."""
    vendor = CsvFolder(shared_data("futures"), LAG)
    day = date(2010, 9, 1)
    assert list(vendor.symbols(day)) == ["6E", "CL", "ES", "GC", "NQ", "ZC"]
    es = vendor.bars([day]).to_pylist()[2]
    assert (es["symbol"], es["close"], es["volume"]) == ("ES", 1081.75, 2355074.0)
    assert vendor.refused(BARS, sessions_between(date(2010, 1, 1), date(2021, 1, 1))).num_rows == 0


def test_chains_with_a_middle_price_alone_come_in_only_when_a_person_says_so() -> None:
    folder = shared_data("options")
    with pytest.raises(VendorError, match="no bid and ask, only 'close'; set vendors.csv.mid_as_quote: true"):
        CsvFolder(folder, LAG).chains([date(2014, 6, 9)])
    vendor = CsvFolder(folder, LAG, Form(mid_as_quote=True, empty_is_zero=("open_interest",)))
    table = vendor.chains(sessions_between(date(2014, 6, 2), date(2014, 6, 16)))
    assert table.num_rows == 43_672
    assert table["bid"].equals(table["ask"]) and table["last"].null_count == table.num_rows
    assert list(vendor.underlyings(date(2014, 6, 9))) == ["AAPL"]
    assert table["open_interest"].null_count == 0
    assert CsvFolder(folder, LAG, Form(mid_as_quote=True)).chains([date(2014, 6, 2)])["open_interest"].null_count > 0
    assert vendor.refused(CHAINS, [date(2014, 6, 9)]).num_rows == 0


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ({"zone": "Mars/Olympus"}, "zone must be a time zone such as America/New_York, was 'Mars/Olympus'"),
        ({"stamps": "middle"}, "stamps must be one of"),
        ({"date_order": "year"}, "date_order must be one of"),
        ({"mid_as_quote": "yes"}, "mid_as_quote must be one of"),
        ({"empty_is_zero": ["close"]}, "empty_is_zero must be a list of volume, open_interest"),
        ({"timezone": "UTC"}, "timezone is unknown; use one of: zone"),
    ],
)
def test_a_form_that_cannot_be_is_refused_in_one_line(section: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError, match=f"^market.yml: vendors.csv.{fault}"):
        Form.from_config(section)
