"""Bars within the day and candidates from a user's own files, through Dagster to where they are kept."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from butter_pipeline import configs
from butter_pipeline.defs.automation import range_tags
from butter_pipeline.market.frames import CANDIDATES, INTRADAY
from butter_pipeline.market.sessions import as_of, close_at, open_at, sessions_between
from butter_pipeline.settings import settings
from butter_pipeline.store import Store, frames, lake, outcomes
from butter_pipeline.store.terms import Reading

FIRST, LAST = date(2024, 7, 2), date(2024, 7, 5)
"""The third is a half day, the fourth a holiday."""
pytestmark = pytest.mark.database


@pytest.fixture
def folder(house: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Daily bars, hours of one instrument stamped in UTC, and candidates."""
    made = tmp_path / "feed"
    made.mkdir()
    days = sessions_between(FIRST, LAST)
    daily = [f"{day},{symbol},10,11,9,10,{1000 + day.day}" for day in days for symbol in ("AAA", "BBB")]
    (made / "bars.csv").write_text("\n".join(["date,ticker,o,h,l,c,v", *daily]))
    hours = [
        f"{day}T{hour:02}:00:00Z,10,11,9,10.{hour},50"
        for day in days
        for hour in range(14, 22)  # 10:00 to 17:00 in New York
    ]
    (made / "AAA_1h.csv").write_text("\n".join(["timestamp,open,high,low,close,volume", *hours]))
    (made / "picks.csv").write_text(
        "date,symbol,list,confidence,reasoning\n2024-07-02,AAA,long,0.8,up\n2024-07-02,CCC,long,0.8,unknown\n"
    )
    (made / "picks.csv").rename(tmp_path / "picks.csv")
    monkeypatch.setenv("BUTTER_VENDOR", "csv")
    monkeypatch.setenv("BUTTER_CSV_FOLDER", str(made))
    monkeypatch.setenv("BUTTER_CANDIDATES_FILE", str(tmp_path / "picks.csv"))
    settings.cache_clear()
    configs.load.cache_clear()
    yield made
    settings.cache_clear()


def run(definitions: dg.Definitions, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = definitions.resolve_implicit_global_asset_job_def()
    keys = [dg.AssetKey(["market", name]) for name in ("bars", "intraday", "candidates")]
    tags = range_tags(FIRST, LAST)
    return job.execute_in_process(instance=instance, asset_selection=keys, tags=tags, raise_on_error=False)


def test_bars_within_the_day_lie_in_the_lake_by_session_each_known_from_its_end(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, folder: Path
) -> None:
    result = run(definitions, instance)
    asked = Reading(vendor="csv-feed", first=FIRST, last=LAST, as_of=as_of(LAST))
    bars = lake.read(house, INTRADAY, asked).to_pylist()
    by_session = {
        day: [bar["starts_at"] for bar in bars if bar["session"] == day] for day in sessions_between(FIRST, LAST)
    }
    assert [len(starts) for starts in by_session.values()] == [6, 5, 13]
    for day, starts in by_session.items():
        assert starts[-1] < close_at(day) and starts[-1].hour + 1 == close_at(day).hour
    assert by_session[FIRST][0] >= open_at(FIRST)
    assert by_session[date(2024, 7, 3)][0] == datetime(2024, 7, 2, 20, tzinfo=UTC)  # after Tuesday's close
    events = result.asset_materializations_for_node("market__intraday")
    assert [event.metadata["dagster/row_count"].value for event in events] == [6, 5, 13]
    assert "plot" in events[-1].metadata


def test_candidates_lie_in_their_table_and_wrong_ones_in_quarantine(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, folder: Path
) -> None:
    assert run(definitions, instance).success
    asked = Reading(vendor="csv-feed", first=FIRST, last=LAST, as_of=as_of(FIRST))
    (row,) = frames.read(house, CANDIDATES, asked).to_pylist()
    assert (row["symbol"], row["source"], row["list"], row["confidence"]) == ("AAA", "file-picks", "long", 0.8)
    told = {o.session: (o.rows, o.reason) for o in outcomes.latest(house, "market/candidates", "csv-feed", FIRST, LAST)}
    assert told[FIRST] == (1, "1 refused, first: item 2 symbol: no instrument 'CCC' in this session")
    assert told[LAST] == (0, "file-picks proposes nothing")
    with house.engine.connect() as connection:
        reasons = connection.exec_driver_sql("select dataset, reason, symbol from market.quarantine").all()
    assert reasons == [("candidates", "bad candidate", "CCC")]


def test_a_vendor_without_bars_within_the_day_has_sessions_with_nothing_in_them(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, folder: Path
) -> None:
    (folder / "AAA_1h.csv").unlink()
    assert run(definitions, instance).success
    told = {o.reason for o in outcomes.latest(house, "market/intraday", "csv-feed", FIRST, LAST)}
    assert told == {"csv-feed offers no intraday"}
