"""Files that are read as one say what each says by itself."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.csv as pacsv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline.market.frames import BARS
from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.market.vendors.tabular import together
from butter_pipeline.market.vendors.tabular.form import Form
from butter_pipeline.market.vendors.tabular.places import Place
from butter_pipeline.market.vendors.tabular.rows import Sheet, Task
from butter_pipeline.market.vendors.tabular.together import read_all

TASK = Task(Form(), timedelta(minutes=30))
HEADER = "date,open,high,low,close,volume"
SOUND = ("2024-03-04,10,11,9,10,100", "2024-03-05,10.5,11,9,10,1e3", "20240306,10,,9,nan,100", "2024/3/7,1,1,1,1,1")
AMISS = ("", "2024-03-05,ten,11,9,10,100", "2024-03-05,10,11,9", '"2024-03-05\n",10,11,9,10,100', '2024-03-05,"10,11')
UNCLEAR = ("03/04/2024,10,11,9,10,100", "13/04/2024,10,11,9,10,100", "2024-03-05,10,11,9,10,1K", "\r", ",1,1,1,1,1")

Lines = list[str]


def written(folder: Path, files: list[tuple[Lines, str, str]]) -> list[Place]:
    places = []
    for number, (lines, ending, last) in enumerate(files):
        path = folder / f"S{number}.csv"
        path.write_bytes((ending.join([HEADER, *lines]) + last).encode())
        places.append(Place(path, "bars", f"S{number}"))
    return places


def alone(place: Place) -> Sheet:
    (sheet,) = read_all([place], BARS, TASK)
    return sheet


lines = st.lists(st.sampled_from((*SOUND * 4, *AMISS, *UNCLEAR)), max_size=5)
files = st.lists(st.tuples(lines, st.sampled_from(("\n", "\r\n")), st.sampled_from(("", "\n", "\n\n"))), max_size=6)


def told(sheets: Iterable[Sheet]) -> list[str]:
    rows = [sheet.rows.to_pylist() for sheet in sheets]
    return [repr(row) for part in rows for row in part]


@given(files)
def test_files_read_together_hold_what_each_holds_alone(files: list[tuple[Lines, str, str]]) -> None:
    with TemporaryDirectory() as folder:
        places = written(Path(folder), files)
        each, faults = [], []
        for place in places:
            try:
                each.append(alone(place))
            except VendorError as error:
                faults.append(str(error))
        if faults and not each:
            with pytest.raises(VendorError, match=re.escape(faults[0])):
                read_all(places, BARS, TASK)
            return
        sheets = read_all(places, BARS, TASK)
        assert told(sheets) == told(each)
        refused = [row for sheet in sheets for row in sheet.refused.to_pylist()]
        assert [row for row in refused if row["row"]] == [row for sheet in each for row in sheet.refused.to_pylist()]
        assert [row["detail"] for row in refused if not row["row"]] == faults


def test_sound_files_are_read_at_once_and_an_unsound_one_costs_halves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, read_csv = [], pacsv.read_csv
    monkeypatch.setattr(pacsv, "read_csv", lambda path, *rest: (reads.append(path), read_csv(path, *rest))[1])
    sound = ([SOUND[0], SOUND[1]], "\n", "\n")
    (sheet,) = read_all(written(tmp_path, [sound] * 8), BARS, TASK)
    assert (len(reads), sheet.rows.num_rows, sheet.rows["symbol"].unique().to_pylist()[-1]) == (1, 16, "S7")
    reads.clear()
    torn = ([SOUND[0], AMISS[2]], "\n", "\n")
    sheets = list(read_all(written(tmp_path, [*[sound] * 5, torn, *[sound] * 2]), BARS, TASK))
    assert [sheet.rows.num_rows for sheet in sheets] == [8, 2, 1, 4]
    assert [row["row"] for sheet in sheets for row in sheet.refused.to_pylist()] == [3]
    assert sum(isinstance(each, Path) for each in reads) == 3  # the one file plainly, then as texts, and its neighbour


def test_files_under_different_headers_are_not_joined(tmp_path: Path) -> None:
    places = written(tmp_path, [([SOUND[0]], "\n", "\n")] * 2)
    places[1].path.write_text("date;open;high;low;close;volume\n2024-03-04;10;11;9;10;100\n")
    assert [sheet.rows["symbol"].to_pylist() for sheet in read_all(places, BARS, TASK)] == [["S0"], ["S1"]]


def test_a_file_that_vanished_since_it_was_listed_hides_no_other(tmp_path: Path) -> None:
    places = written(tmp_path, [([SOUND[0]], "\n", "\n")] * 3)
    places[1].path.unlink()
    sheets = read_all(places, BARS, TASK)
    assert [sheet.rows["symbol"].to_pylist() for sheet in sheets] == [["S0"], [], ["S2"]]
    assert "S1.csv" in str(sheets[1].fault)


def test_as_much_text_as_is_read_at_once_bounds_what_lies_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = written(tmp_path, [([SOUND[0]], "\n", "\n")] * 4)
    monkeypatch.setattr(together, "AT_ONCE_BYTES", 2 * places[0].path.stat().st_size)
    sheets = list(read_all(places, BARS, TASK))
    assert [sheet.rows["symbol"].to_pylist() for sheet in sheets] == [["S0", "S1"], ["S2", "S3"]]  # in their order
    assert sheets[0].rows["session"].to_pylist() == [date(2024, 3, 4)] * 2


def test_no_file_tells_the_order_of_another_ones_dates(tmp_path: Path) -> None:
    places = written(tmp_path, [([UNCLEAR[1]], "\n", "\n"), ([UNCLEAR[0]], "\n", "\n")])
    sheets = read_all(places, BARS, TASK)
    assert [sheet.rows["session"].to_pylist() for sheet in sheets] == [[date(2024, 4, 13)], []]
    assert "S1.csv: '03/04/2024' may have the day or the month first" in sheets[1].refused["detail"][0].as_py()
