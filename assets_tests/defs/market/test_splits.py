"""A split, from a folder of files through Dagster to features and signals: as if the shares had never been cut."""

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow as pa
import pytest
from dagster._core.errors import DagsterAssetCheckFailedError

from butter_pipeline import configs
from butter_pipeline.defs.automation import range_tags
from butter_pipeline.derivation import Reader
from butter_pipeline.market.frames import ACTIONS, BARS
from butter_pipeline.market.sessions import as_of, offset, sessions_between
from butter_pipeline.settings import settings
from butter_pipeline.store import Store, frames, outcomes
from butter_pipeline.store.terms import Reading

FIRST, EX, LAST = date(2023, 11, 1), date(2024, 2, 15), date(2024, 2, 27)
AROUND = sessions_between(date(2024, 2, 13), LAST)
KNOWN = {"before": "2024-01-30", "on": "", "after": f"{offset(EX, 3)}T12:00:00Z"}
RAW = ("market/actions", "market/bars")
DERIVED = ("features/technical", "features/volatility")
pytestmark = pytest.mark.database

Files = Callable[..., str]


@pytest.fixture
def files(house: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Writes a folder of two symbols, of which one may split, and makes it the vendor; returns the vendor's name."""

    def _files(name: str, ratio: float | None, known: str = "") -> str:
        folder = tmp_path / name
        folder.mkdir()
        days, random = sessions_between(FIRST, LAST), np.random.default_rng(5)
        with (folder / "bars.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["session", "symbol", "open", "high", "low", "close", "volume"])
            for symbol in ("CUT", "WHOLE"):
                closes = 640.0 * np.exp(np.cumsum(0.02 * random.standard_normal(len(days))))
                for day, close in zip(days, np.round(closes, 2).tolist(), strict=True):
                    by = ratio if ratio and symbol == "CUT" and day >= EX else 1.0
                    prices = [each / by for each in (close - 1.5, close + 4.0, close - 5.0, close)]
                    rows.writerow([day, symbol, *prices, (1e6 + 1e4 * day.day) * by])
        if ratio:
            text = f"session,symbol,kind,ratio,announced_at\n{EX},CUT,split,{ratio},{known}\n"
            (folder / "actions.csv").write_text(text)
        monkeypatch.setenv("BUTTER_VENDOR", "csv")
        monkeypatch.setenv("BUTTER_CSV_FOLDER", str(folder))
        settings.cache_clear()
        configs.load.cache_clear()
        return f"csv-{name}"

    return _files


Run = Callable[[Sequence[str], date, date], None]


@pytest.fixture
def run(definitions: dg.Definitions, instance: dg.DagsterInstance) -> Run:
    """Makes a range of some assets."""
    job = definitions.resolve_implicit_global_asset_job_def()

    def _run(assets: Sequence[str], first: date, last: date) -> None:
        keys = [dg.AssetKey(name.split("/")) for name in assets]
        made = job.execute_in_process(instance=instance, asset_selection=keys, tags=range_tags(first, last))
        assert made.success

    return _run


def hashes(store: Store, vendor: str) -> Mapping[tuple[str, date], str | None]:
    made = (outcomes.latest(store, asset, vendor, AROUND[0], LAST) for asset in DERIVED)
    return {(each.asset, each.session): each.hash for found in made for each in found}


def features(store: Store, vendor: str, family: str, session: date) -> pa.Table:
    table: pa.Table = Reader(store, vendor).read(f"features.{family}", (session, session), as_of(session))
    return table


@pytest.mark.parametrize("known", KNOWN)
def test_a_range_over_a_split_is_what_its_sessions_were_one_by_one(
    house: Store, files: Files, run: Run, known: str
) -> None:
    vendor = files("one-by-one", 2.0, KNOWN[known])
    run(RAW, FIRST, LAST)
    for session in AROUND:
        run(DERIVED, session, session)
    single = hashes(house, vendor)
    assert len(single) == 2 * len(AROUND) and all(single.values())

    files("range", 2.0, KNOWN[known])
    run(RAW, FIRST, LAST)
    run(DERIVED, AROUND[0], LAST)
    assert hashes(house, "csv-range") == single


@pytest.mark.parametrize("known", KNOWN)
def test_features_over_a_split_are_those_of_a_market_without_one_from_when_it_is_known(
    house: Store, files: Files, run: Run, known: str
) -> None:
    made = {}
    for name, ratio in (("plain", None), ("split", 2.0)):
        vendor = files(name, ratio, KNOWN[known])
        run(RAW, FIRST, LAST)
        run(DERIVED, AROUND[0], LAST)
        made[name] = {s: features(house, vendor, "technical", s) for s in AROUND}
    unknown = {session for session in AROUND if EX <= session < offset(EX, 3)} if known == "after" else set()
    for session in AROUND:
        split, plain = (made[name][session].select(["rsi_14", "volume_ratio_20"]) for name in ("split", "plain"))
        pairs = zip(split.to_pylist(), plain.to_pylist(), strict=True)
        assert all(one == pytest.approx(other, rel=1e-10) for one, other in pairs) == (session not in unknown), session


def test_bars_are_kept_raw_and_read_on_one_basis(house: Store, files: Files, run: Run) -> None:
    vendor = files("raw", 7.0)
    run(RAW, FIRST, LAST)
    reader, span = Reader(house, vendor), (offset(EX, -2), offset(EX, 1))
    raw, adjusted = reader.raw_bars(span, as_of(LAST)), reader.read(BARS, span, as_of(LAST))
    assert raw.equals(frames.read(house, BARS, Reading(vendor=vendor, first=span[0], last=span[1], as_of=as_of(LAST))))
    for before, after in zip(raw.to_pylist(), adjusted.to_pylist(), strict=True):
        by = 7.0 if before["symbol"] == "CUT" and before["session"] < EX else 1.0
        assert (after["close"], after["volume"]) == (before["close"] / by, before["volume"] * by)
    assert reader.read(BARS, (span[0], offset(EX, -1)), as_of(offset(EX, -1))).equals(raw.slice(0, 4))


def test_an_announced_split_is_no_jump_however_unusual_and_one_that_does_not_come_is(
    house: Store, files: Files, run: Run
) -> None:
    vendor = files("unusual", 37.0)
    run(RAW, FIRST, LAST)
    (made,) = outcomes.latest(house, "market/bars", vendor, EX, EX)
    assert (made.status, made.rows, made.reason) == ("done", 2, None)


def test_actions_are_taken_in_once_and_a_correction_is_a_further_row(
    house: Store, files: Files, run: Run, tmp_path: Path
) -> None:
    vendor = files("corrected", 7.0)
    run(RAW[:1], FIRST, LAST)
    run(RAW[:1], EX, EX)
    path = tmp_path / "corrected" / "actions.csv"
    path.write_text(path.read_text().replace(",7.0,", ",6.0,") + f"{EX},CUT,merger,1,\n")
    run(RAW[:1], EX, EX)
    then = Reader(house, vendor).actions(FIRST, as_of(LAST))
    now = frames.read(house, ACTIONS, Reading(vendor=vendor, first=EX, last=EX, as_of=as_of(date(2039, 12, 30))))
    assert (then["ratio"].to_pylist(), now["ratio"].to_pylist()) == ([7.0], [6.0])
    (made,) = outcomes.latest(house, "market/actions", vendor, EX, EX)
    assert (made.rows, made.reason) == (1, "1 put aside: unknown action")


def test_bars_wait_for_actions_where_the_vendor_has_some(house: Store, files: Files, run: Run) -> None:
    vendor = files("waiting", 7.0)
    with pytest.raises(DagsterAssetCheckFailedError, match="market/bars: sessions_usable"):
        run(RAW[1:], EX, EX)
    (made,) = outcomes.latest(house, "market/bars", vendor, EX, EX)
    assert (made.status, made.reason) == ("blocked", "market/actions has not been taken in")
