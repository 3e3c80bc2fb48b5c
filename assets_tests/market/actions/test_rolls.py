"""Rolls of futures out of single contracts and of continuous files."""

import gzip
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest

from assets_tests.market.actions.action_tables import DAYS, bars, moment
from assets_tests.shared_data import shared_data
from butter_pipeline.errors import ButterError
from butter_pipeline.market.actions.adjust import adjusted_bars
from butter_pipeline.market.actions.rolls import expiry_month, stitched, unspliced
from butter_pipeline.market.frames import BARS
from butter_pipeline.market.instruments import Instrument, Policy
from butter_pipeline.market.sessions import as_of, is_session, open_at


def contracts(*rows: tuple[int, str, float, float]) -> pa.Table:
    """Day, contract, close and volume of each bar."""
    return pa.concat_tables([bars([close], name, volume, day) for day, name, close, volume in rows])


TWO = contracts(
    (0, "CLM24", 80.0, 900.0), (0, "CLN24", 79.0, 100.0),
    (1, "CLM24", 81.0, 500.0), (1, "CLN24", 80.5, 600.0),
    (2, "CLM24", 82.0, 100.0), (2, "CLN24", 83.0, 900.0),
)  # fmt: skip


def test_a_later_contract_takes_over_in_the_session_after_it_traded_more() -> None:
    made = stitched(TWO, "CL")
    assert [(row["session"], row["symbol"], row["close"]) for row in made.bars.to_pylist()] == [
        (DAYS[0], "CL", 80.0),
        (DAYS[1], "CL", 81.0),
        (DAYS[2], "CL", 83.0),
    ]
    assert made.rolls.to_pylist() == [
        {
            "session": DAYS[2],
            "symbol": "CL",
            "kind": "roll",
            "ratio": 80.5 / 81.0,
            "cash": None,
            "difference": -0.5,
            "contracts": None,
            "from_contract": "CLM24",
            "to_contract": "CLN24",
            "available_at": open_at(DAYS[2]),
        }
    ]


def test_a_roll_rests_on_nothing_that_came_later() -> None:
    early = TWO.filter(pa.compute.less(TWO["session"], pa.scalar(DAYS[2], pa.date32())))
    whole, part = stitched(TWO, "CL"), stitched(early, "CL")
    assert part.bars.equals(whole.bars.slice(0, 2)) and part.rolls.num_rows == 0


def test_it_never_goes_back() -> None:
    again = contracts((3, "CLM24", 82.0, 9000.0), (3, "CLN24", 84.0, 1.0), (4, "CLN24", 85.0, 1.0))
    made = stitched(pa.concat_tables([TWO, again]), "CL")
    assert made.bars["close"].to_pylist() == [80.0, 81.0, 83.0, 84.0, 85.0] and made.rolls.num_rows == 1


def test_a_contract_with_a_negative_price_has_no_ratio() -> None:
    made = stitched(
        contracts(
            (0, "CLK20", -37.63, 10.0), (0, "CLM20", 20.43, 20.0), (1, "CLK20", 10.0, 1.0), (1, "CLM20", 11.57, 9.0)
        ),
        "CL",
    )
    (roll,) = made.rolls.to_pylist()
    assert (roll["ratio"], roll["difference"]) == (None, 20.43 + 37.63)
    found = adjusted_bars(made.bars, made.rolls, moment(1), Policy("splits", {"CL": Instrument("difference")}))
    assert found["close"].to_pylist() == pytest.approx([20.43, 11.57])


def test_contracts_are_ordered_by_expiry_not_by_name() -> None:
    assert expiry_month("ESZ23", "ES", DAYS[0]) < expiry_month("ESH24", "ES", DAYS[0])
    assert expiry_month("ESH0", "ES", date(2019, 12, 2)) == (2020, 3)
    assert expiry_month("6EU1999", "6E", date(1999, 6, 1)) == (1999, 9)
    with pytest.raises(ButterError, match="SPY: is no contract of ES; name contracts like ESH24"):
        expiry_month("SPY", "ES", DAYS[0])


def test_a_back_adjusted_file_with_its_raw_close_gives_raw_bars_and_the_rolls() -> None:
    # raw closes 10, 11 | 14, 15 in a new contract that stood 2 above the old one: back-adjusted 12, 13, 14, 15
    made = unspliced(bars([12.0, 13.0, 14.0, 15.0], "ES"), np.array([10.0, 11.0, 14.0, 15.0]))
    assert made.bars["close"].to_pylist() == [10.0, 11.0, 14.0, 15.0]
    assert made.bars["high"].to_pylist() == [12.0, 13.0, 16.0, 17.0]
    (roll,) = made.rolls.to_pylist()
    assert (roll["session"], roll["difference"], roll["ratio"]) == (DAYS[2], 2.0, 13.0 / 11.0)
    again = adjusted_bars(made.bars, made.rolls, moment(3), Policy())
    assert again["close"].to_pylist() == [12.0, 13.0, 14.0, 15.0]


def test_a_missing_raw_close_hides_no_roll_and_makes_none() -> None:
    made = unspliced(bars([12.0, 13.0, 13.5, 14.0], "ES"), np.array([10.0, np.nan, np.nan, 14.0]))
    assert [(row["session"], row["difference"]) for row in made.rolls.to_pylist()] == [(DAYS[3], 2.0)]
    assert made.bars["close"].to_pylist() == [10.0, None, None, 14.0]


@pytest.mark.parametrize(("name", "least", "most"), [("ES", 38, 42), ("CL", 115, 122), ("6e", 38, 42), ("ZC", 45, 52)])
def test_real_continuous_files_roll_as_often_as_their_contracts_expire(name: str, least: int, most: int) -> None:
    with gzip.open(shared_data("futures", f"{name}.csv.gz")) as file:
        read = pacsv.read_csv(file, convert_options=pacsv.ConvertOptions(column_types={"Date": pa.date32()}))
    columns = {"session": read["Date"], "symbol": pa.array([name] * read.num_rows)}
    columns |= {each: read[each.title()].cast(pa.float64()) for each in ("open", "high", "low", "close", "volume")}
    columns["available_at"] = pa.array([None] * read.num_rows, BARS.schema.field("available_at").type)
    table = pa.table([columns[each.name] for each in BARS.schema], schema=BARS.schema)
    made = unspliced(table, read["Spliced"].cast(pa.float64()).to_numpy())
    assert least <= made.rolls.num_rows <= most
    assert made.bars["close"].to_pylist() == read["Spliced"].cast(pa.float64()).to_pylist()
    last = max(day for day in table["session"].to_pylist() if is_session(day))
    back = adjusted_bars(made.bars, made.rolls, as_of(last), Policy())
    for each in ("open", "high", "low", "close"):
        assert back[each].to_pylist() == pytest.approx(table[each].to_pylist(), abs=1e-9), each
