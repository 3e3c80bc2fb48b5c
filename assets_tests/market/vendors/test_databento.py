"""DBN files as the library's own encoder writes them: prices, symbols, schemas, and what is wrong with a file."""

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import databento_dbn as dbn
import pytest

from assets_tests.market.vendors.dbn_files import DAY_NS, definition, encoded, midnight, ns, ohlcv, quote, statistic
from butter_pipeline.market.frames import BARS, CHAINS
from butter_pipeline.market.sessions import close_at, open_at
from butter_pipeline.market.vendors import VendorError, vendor_from_settings
from butter_pipeline.market.vendors.databento import DbnFolder
from butter_pipeline.market.vendors.databento.files import read
from butter_pipeline.settings import Settings

LAG = timedelta(minutes=30)
MON, TUE, WED = date(2024, 7, 1), date(2024, 7, 2), date(2024, 7, 3)
BAR: dict[str, Any] = {"open": 5300.25, "high": 5310.5, "low": 5290.0, "close": -37.63, "volume": 12}


def daily(day: date, instrument: int = 7, **changes: Any) -> Any:
    return ohlcv(dbn.RType.OHLCV_1D, instrument, midnight(day), BAR | changes)


def folder(path: Path, **files: bytes) -> DbnFolder:
    for name, content in files.items():
        (path / f"{name}.dbn").write_bytes(content)
    return DbnFolder(path, LAG)


def test_prices_are_billionths_and_the_largest_number_is_none(tmp_path: Path) -> None:
    raw = encoded(dbn.Schema.OHLCV_1D, {"ES.c.0": 7}, [daily(MON), daily(TUE, open=None)])
    monday, tuesday = folder(tmp_path, bars=raw).bars([MON, TUE]).to_pylist()
    assert {name: monday[name] for name in BAR} == BAR
    assert (monday["symbol"], monday["available_at"]) == ("ES.c.0", close_at(MON) + LAG)
    assert tuesday["open"] is None  # for quality to judge


def test_an_instrument_has_the_symbol_that_the_file_gives_it_on_that_day(tmp_path: Path) -> None:
    raw = encoded(dbn.Schema.OHLCV_1D, {"ESU4": 7}, [daily(MON), daily(TUE, 8), daily(TUE)], first=TUE)
    vendor = folder(tmp_path, bars=raw)
    assert [(row["session"], row["symbol"]) for row in vendor.bars([MON, TUE]).to_pylist()] == [(TUE, "ESU4")]
    told = vendor.refused(BARS, [MON, TUE])["detail"].to_pylist()
    assert told[0] == f"{tmp_path / 'bars.dbn'}: row 1: instrument 7 has no symbol on 2024-07-01"
    assert told[1].endswith("row 2: instrument 8 has no symbol on 2024-07-02")


def test_a_file_that_breaks_off_gives_what_is_whole_and_says_so(tmp_path: Path) -> None:
    raw = encoded(dbn.Schema.OHLCV_1D, {"ES": 7}, [daily(MON), daily(TUE)])
    vendor = folder(tmp_path, bars=raw[:-5])
    assert vendor.bars([MON, TUE])["session"].to_pylist() == [MON]
    (told,) = vendor.refused(BARS, [MON, TUE])["detail"].to_pylist()
    assert told.endswith("bars.dbn: row 2: the file ends in the middle of a record; fetch it again")


def test_bars_within_the_day_carry_their_beginning_and_go_with_the_session_that_closes_behind_them(
    tmp_path: Path,
) -> None:
    begins = [open_at(TUE), close_at(TUE) - timedelta(minutes=1), close_at(TUE), close_at(WED)]
    records = [ohlcv(dbn.RType.OHLCV_1M, 7, ns(each), BAR) for each in begins]
    vendor = folder(tmp_path, minutes=encoded(dbn.Schema.OHLCV_1M, {"ES": 7}, records))
    assert vendor.datasets == {"bars", "intraday"}
    bars = vendor.intraday([TUE, WED, date(2024, 7, 5)]).to_pylist()
    assert [bar["session"] for bar in bars] == [TUE, TUE, WED, date(2024, 7, 5)]
    assert [bar["starts_at"] for bar in bars] == begins
    assert bars[0]["available_at"] == begins[0] + timedelta(minutes=1) + LAG
    assert list(vendor.intraday_names(TUE)) == ["ES"]


def test_a_chain_without_statistics_or_bars_has_missing_values_for_quality_to_judge(tmp_path: Path) -> None:
    contract = (date(2024, 7, 19), 5300.0, "P")
    definitions = encoded(dbn.Schema.DEFINITION, {}, [definition(9, "ES", contract, MON)])
    at = ns(close_at(MON))
    quotes = encoded(dbn.Schema.CBBO_1M, {}, [quote(9, at, None, None), quote(8, at, 1.0, 2.0)])
    vendor = folder(tmp_path, definition=definitions, quotes=quotes)
    (row,) = vendor.chains([MON]).to_pylist()
    assert (row["bid"], row["ask"], row["open_interest"], row["underlying_price"]) == (0.0, None, None, None)
    assert (row["symbol"], row["expiry"], row["strike"], row["right"]) == ("ES", *contract)
    assert vendor.refused(CHAINS, [MON]).num_rows == 0


def test_a_statistic_counts_for_its_reference_day_and_the_last_one_stands(tmp_path: Path) -> None:
    definitions = encoded(dbn.Schema.DEFINITION, {}, [definition(9, "ES", (date(2024, 7, 19), 5300.0, "C"), MON)])
    quotes = encoded(dbn.Schema.CBBO_1M, {}, [quote(9, ns(close_at(day)), 1.0, 2.0) for day in (MON, TUE)])
    told = [statistic(9, midnight(MON), "OPEN_INTEREST", amount) for amount in (5, 6)]
    told.append(statistic(9, midnight(MON) + DAY_NS, "OPEN_INTEREST", 7))
    vendor = folder(
        tmp_path, definition=definitions, quotes=quotes, statistics=encoded(dbn.Schema.STATISTICS, {}, told)
    )
    assert vendor.chains([MON, TUE])["open_interest"].to_pylist() == [6.0, 7.0]


def test_bars_of_options_are_no_instruments_bars(tmp_path: Path) -> None:
    definitions = encoded(dbn.Schema.DEFINITION, {}, [definition(9, "ES", (date(2024, 7, 19), 5300.0, "C"), MON)])
    bars = encoded(dbn.Schema.OHLCV_1D, {"ES": 7, "ES C5300": 9}, [daily(MON), daily(MON, 9)])
    assert list(folder(tmp_path, definition=definitions, bars=bars).symbols(MON)) == ["ES"]


def test_what_is_no_dbn_or_another_schema_is_named(tmp_path: Path) -> None:
    with pytest.raises(VendorError, match=r"bars.dbn: cannot be read \([^\n]*; restore the file$"):
        folder(tmp_path, bars=b"open,high,low,close").bars([MON])
    with pytest.raises(VendorError, match=r"bars.dbn: schema 'trades' is not read; use one of: ohlcv-1d, "):
        folder(tmp_path, bars=encoded(dbn.Schema.TRADES, {}, [])).bars([MON])
    (tmp_path / "bars.dbn").unlink()
    with pytest.raises(VendorError, match="no bars or quotes in any session; put DBN files there"):
        _ = DbnFolder(tmp_path, LAG).first_session
    with pytest.raises(VendorError, match="no such folder; set BUTTER_DATABENTO_FOLDER"):
        DbnFolder(tmp_path / "nowhere", LAG).bars([MON])


def test_without_the_library_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "databento_dbn", None)
    with pytest.raises(
        VendorError, match=r"not installed, and DBN files need it; install butter_pipeline\[databento\]$"
    ):
        read(tmp_path / "x.dbn", (0, 0))


def test_it_is_chosen_by_name_and_wants_its_folder(tmp_path: Path) -> None:
    chosen = vendor_from_settings(Settings(vendor="databento", databento_folder=tmp_path / "My Files"))
    assert (chosen.name, chosen.lag) == ("databento-my-files", LAG)
    with pytest.raises(VendorError, match=r"^BUTTER_DATABENTO_FOLDER: not set, [^\n]*$"):
        vendor_from_settings(Settings(vendor="databento"))


def test_a_moment_is_kept_to_the_microsecond(tmp_path: Path) -> None:
    at = datetime(2024, 7, 2, 15, 0, 0, 123456, tzinfo=UTC)
    raw = encoded(dbn.Schema.OHLCV_1H, {"ES": 7}, [ohlcv(dbn.RType.OHLCV_1H, 7, ns(at) + 789, BAR)])
    (bar,) = folder(tmp_path, hours=raw).intraday([TUE]).to_pylist()
    assert (bar["starts_at"], bar["minutes"]) == (at, 60)
