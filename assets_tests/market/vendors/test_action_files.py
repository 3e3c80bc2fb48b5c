"""Files of actions: their forms, and what is said of one that is malformed."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from butter_pipeline.market.frames import ACTIONS
from butter_pipeline.market.ingest import ingest_actions
from butter_pipeline.market.sessions import close_at, open_at
from butter_pipeline.market.vendors import VendorError
from butter_pipeline.market.vendors.csv_folder import CsvFolder
from butter_pipeline.market.vendors.protocol import OffersActions

LAG = timedelta(minutes=30)
BARS = "session,open,high,low,close,volume\n2014-06-06,649,651,644,645,12\n2014-06-09,93,94,91,93,75\n"
EX = date(2014, 6, 9)


def folder(path: Path, **files: str) -> CsvFolder:
    (path / "bars").mkdir(exist_ok=True)
    (path / "bars" / "AAPL.csv").write_text(BARS)
    for name, text in files.items():
        (path / f"{name}.csv").write_text(text)
    return CsvFolder(path, LAG)


def test_a_folder_without_such_files_offers_no_actions(tmp_path: Path) -> None:
    vendor = folder(tmp_path)
    assert vendor.datasets == {"bars"} and isinstance(vendor, OffersActions)
    assert vendor.actions([EX]).num_rows == 0


def test_actions_are_read_with_any_order_of_columns_and_the_usual_spellings(tmp_path: Path) -> None:
    text = "Ratio,Ticker,Ex_Date,Type,Announced_At\n7:1,AAPL,20140609,Split,2014-04-23T16:30:00-04:00\n"
    vendor = folder(tmp_path, actions=text)
    assert vendor.datasets == {"bars", "actions"}
    (row,) = vendor.actions([EX]).to_pylist()
    assert (row["session"], row["symbol"], row["kind"], row["ratio"]) == (EX, "AAPL", "split", 7.0)
    assert row["available_at"] == datetime(2014, 4, 23, 20, 30, tzinfo=UTC)
    assert vendor.actions([date(2014, 6, 6)]).num_rows == 0


@pytest.mark.parametrize(
    ("cell", "ratio"), [("7", 7.0), ("3/2", 1.5), ("1-for-10", 0.1), ("0.5", 0.5), ("21:20", 1.05)]
)
def test_a_ratio_is_a_number_or_new_shares_to_old_ones(tmp_path: Path, cell: str, ratio: float) -> None:
    vendor = folder(tmp_path, actions=f"session,symbol,kind,ratio\n2014-06-09,AAPL,split,{cell}\n")
    assert vendor.actions([EX])["ratio"].to_pylist() == [ratio]


@pytest.mark.parametrize(
    ("cell", "known"),
    [
        ("", open_at(EX)),
        ("2014-04-23", close_at(date(2014, 4, 23))),
        ("2014-04-26", open_at(date(2014, 4, 28))),  # a Saturday
        ("2014-06-11T12:00:00Z", datetime(2014, 6, 11, 12, tzinfo=UTC)),
    ],
)
def test_an_action_is_known_from_its_announcement_or_from_its_sessions_open(
    tmp_path: Path, cell: str, known: datetime
) -> None:
    text = f"session,symbol,kind,ratio,available_at\n2014-06-09,AAPL,split,7,{cell}\n"
    assert folder(tmp_path, actions=text).actions([EX])["available_at"].to_pylist() == [known]


@pytest.mark.parametrize("header", ["date,price_factor,split_factor,reference_price\n", ""])
@pytest.mark.parametrize("place", [".", "bars", "factors"])
def test_factors_lie_beside_the_bars_or_alone_with_or_without_a_header(tmp_path: Path, header: str, place: str) -> None:
    vendor = folder(tmp_path)
    (tmp_path / place).mkdir(exist_ok=True)
    lines = "20140507,0.8961764,0.0357143,592.33\n20140606,0.9011818,0.0357143,645.57\n20140806,0.9011818,0.25,94.97\n"
    (tmp_path / place / "AAPL_factors.csv.gz").write_bytes(gzip.compress((header + lines).encode()))
    told = vendor.actions([date(2014, 5, 8), EX]).to_pylist()
    assert [(row["session"], row["kind"], row["ratio"], row["cash"]) for row in told] == [
        (date(2014, 5, 8), "dividend", None, 3.29),
        (EX, "split", 7.0, None),
    ]
    assert vendor.symbols(EX) == ["AAPL"]


def test_a_continuous_future_with_two_closes_gives_raw_bars_and_its_rolls(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Close,Spliced,Volume\n20140606,12,13,11,12,10,5\n20140609,13,14,12,13,13,5\n"
    vendor = folder(tmp_path)
    (tmp_path / "bars" / "ES.csv").write_text(text)
    assert "actions" in vendor.datasets
    (roll,) = vendor.actions([EX]).to_pylist()
    assert (roll["symbol"], roll["kind"], roll["difference"], roll["ratio"]) == ("ES", "roll", 2.0, 1.2)
    raw = {row["symbol"]: row for row in vendor.bars([date(2014, 6, 6)]).to_pylist()}
    assert (raw["ES"]["close"], raw["ES"]["high"], raw["AAPL"]["close"]) == (10.0, 11.0, 645.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("symbol,kind,ratio\nAAPL,split,7\n", "row 1: no column 'session' in 'symbol,kind,ratio'"),
        ("date,session,symbol,kind\n", "row 1: column 'session' stands there twice"),
    ],
)
def test_a_header_that_does_not_say_enough_is_refused(tmp_path: Path, text: str, said: str) -> None:
    vendor = folder(tmp_path, actions=text)
    with pytest.raises(VendorError) as caught:
        vendor.actions([EX])
    assert str(tmp_path / "actions.csv") in str(caught.value) and said in str(caught.value)
    assert "actions" in vendor.datasets  # asked for, they say why they cannot be had


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("2014-06-09,AAPL,split", "", "row 3: has 3 columns where there should be 5"),
        ("09/06/2014,AAPL,split,7,", "session", "row 3: column session: must be a date"),
        (",AAPL,split,7,", "session", "row 3: column session: is empty"),
        ("2014-06-09,AAPL,split,seven,", "ratio", "row 3: column ratio: must be a number, was 'seven'"),
        ("2014-06-09,AAPL,split,7:0,", "ratio", "row 3: column ratio: must be new shares to old"),
        ("2014-06-09,AAPL,split,7,2014-06-01T10:00:00", "available_at", "column available_at: must carry a time zone"),
    ],
)
def test_a_row_that_cannot_be_read_is_set_aside_with_row_and_column_and_the_others_stand(
    tmp_path: Path, line: str, column: str, said: str
) -> None:
    text = f"session,symbol,kind,ratio,available_at\n\n{line}\n2014-06-09,IBM,split,2,\n"
    vendor = folder(tmp_path, actions=text)
    assert vendor.actions([EX])["symbol"].to_pylist() == ["IBM"]
    (row,) = vendor.refused(ACTIONS, [EX]).to_pylist()
    assert (row["source"], row["row"], row["column"]) == (str(tmp_path / "actions.csv"), 3, column)
    assert said in row["detail"] and row["session"] in (EX, None)


def test_actions_none_of_which_can_be_read_are_offered_so_that_this_is_told(tmp_path: Path) -> None:
    vendor = folder(tmp_path, actions="session,symbol,kind,ratio\n2014-06-09,AAPL,split,x\n")
    assert "actions" in vendor.datasets and vendor.refused(ACTIONS, [EX]).num_rows == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,price_factor\n", "row 1: no column 'split_factor'"),
        ("20140606,0.9,zero,645.57\n", "row 1: column split_factor: must be a number, was 'zero'"),
        ("20140606,0.9,0.0,645.57\n", "row 1: column split_factor: was '0.0', must be above 0"),
        ("20140606,0.9\n", "row 1: column split_factor"),
    ],
)
def test_a_malformed_file_of_factors_is_refused_with_row_and_column(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(VendorError, match=r"AAPL_factors\.csv") as caught:
        folder(tmp_path, AAPL_factors=text).actions([EX])
    assert said in str(caught.value)


def test_a_dividend_above_the_price_and_a_split_of_nothing_are_put_aside(tmp_path: Path) -> None:
    rows = ["2014-06-09,AAPL,dividend,,700", "2014-06-09,ZZZ,split,2,", "2014-06-09,AAPL,split,7,"]
    vendor = folder(tmp_path, actions="\n".join(["session,symbol,kind,ratio,cash", *rows, ""]))
    verdict = ingest_actions(vendor, [EX])
    assert verdict.accepted["kind"].to_pylist() == ["split"]
    assert [(row["symbol"], row["detail"]) for row in verdict.rejected.to_pylist()] == [
        ("AAPL", "cash 700 is no less than the close of 645 on 2014-06-06"),
        ("ZZZ", "symbol ZZZ has no bars: is it another one's split?"),
    ]
    (tmp_path / "bars" / "AAPL.csv").write_text("")
    assert ingest_actions(vendor, [EX]).rejected.num_rows == 0  # bars themselves say that they cannot be read


def test_two_forms_of_one_file_are_refused(tmp_path: Path) -> None:
    vendor = folder(tmp_path, actions="session,symbol,kind\n")
    (tmp_path / "actions.csv.gz").write_bytes(gzip.compress(b"session,symbol,kind\n"))
    with pytest.raises(VendorError, match="actions stand in more than one form"):
        vendor.actions([EX])
