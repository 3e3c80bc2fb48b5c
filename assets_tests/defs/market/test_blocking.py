"""A bad session, from a folder of files to the checks: nothing stands on it, the rest goes on."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from butter_pipeline import configs
from butter_pipeline.defs.automation import range_tags
from butter_pipeline.defs.metadata import session_check
from butter_pipeline.market.sessions import sessions_between
from butter_pipeline.operations.release import Decision, release
from butter_pipeline.settings import settings
from butter_pipeline.store import Store, outcomes

FIRST, LAST, BAD = date(2024, 3, 4), date(2024, 3, 8), date(2024, 3, 6)
pytestmark = pytest.mark.database


@pytest.fixture
def folder(house: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three symbols over a week, of which two are missing on one day."""
    made = tmp_path / "feed"
    made.mkdir()
    days = sessions_between(FIRST, LAST)
    (made / "context.csv").write_text("session,series,value\n" + "".join(f"{day},short_rate_pct,4.0\n" for day in days))
    with (made / "bars.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["session", "symbol", "open", "high", "low", "close", "volume"])
        for number, session in enumerate(sessions_between(FIRST, LAST)):
            for symbol in ("AAA", "BBB", "CCC"):
                if session != BAD or symbol == "AAA":
                    price = 100 + number
                    rows.writerow([session, symbol, price, price + 1, price - 1, price + 0.5, 1000 + number])
    monkeypatch.setenv("BUTTER_VENDOR", "csv")
    monkeypatch.setenv("BUTTER_CSV_FOLDER", str(made))
    settings.cache_clear()
    configs.load.cache_clear()
    return made


def run(
    definitions: dg.Definitions, instance: dg.DagsterInstance, first: date, last: date
) -> dg.ExecuteInProcessResult:
    job = definitions.resolve_implicit_global_asset_job_def()
    keys = [dg.AssetKey(["market", name]) for name in ("bars", "context")]
    return job.execute_in_process(
        instance=instance, asset_selection=keys, tags=range_tags(first, last), raise_on_error=False
    )


def test_a_session_alone_that_is_incomplete_stops_what_stands_behind_it(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, folder: Path
) -> None:
    result = run(definitions, instance, BAD, BAD)
    assert not result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert not result.asset_materializations_for_node("market__context")


def test_a_range_goes_on_without_its_bad_session_which_is_named_and_blocked_all_the_way(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, folder: Path
) -> None:
    result = run(definitions, instance, FIRST, LAST)
    checks = {check.asset_key.path[-1]: check for check in result.get_asset_check_evaluations()}
    assert (checks["bars"].passed, checks["bars"].severity) == (False, dg.AssetCheckSeverity.WARN)
    assert str(BAD) in (checks["bars"].description or "")
    failed = {(o.asset, o.session): o.reason for o in outcomes.failed(house) if o.asset == "market/bars"}
    assert list(failed) == [("market/bars", BAD)]
    assert "BBB" in failed["market/bars", BAD] or "33" in failed["market/bars", BAD]
    behind = {o.session: o for o in outcomes.failed(house) if o.asset == "market/context"}
    assert behind[BAD].reason is not None and behind[BAD].reason.startswith("market/bars is blocked")


def test_a_mended_source_unblocks_the_session(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, folder: Path
) -> None:
    run(definitions, instance, FIRST, LAST)
    with (folder / "bars.csv").open("a", newline="") as file:
        csv.writer(file).writerows([[BAD, s, 102, 103, 101, 102.5, 1002] for s in ("BBB", "CCC")])
    run(definitions, instance, BAD, BAD)
    assert [o.session for o in outcomes.failed(house) if o.asset == "market/bars"] == []


def test_a_released_session_lets_what_stands_behind_it_be_made(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, folder: Path
) -> None:
    run(definitions, instance, FIRST, LAST)
    decision = Decision("market/bars", BAD, "ann", "BBB and CCC did not trade")
    release(house, "csv-feed", decision, datetime.now(UTC))
    run(definitions, instance, BAD, BAD)
    (bars,) = outcomes.latest(house, "market/bars", "csv-feed", BAD, BAD)
    assert bars.status == "released" and (bars.reason or "").startswith("released by ann: BBB and CCC did not trade")
    (context,) = outcomes.latest(house, "market/context", "csv-feed", BAD, BAD)
    assert context.status == "done"


def test_a_release_is_void_once_the_content_is_another(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, folder: Path
) -> None:
    run(definitions, instance, FIRST, LAST)
    release(house, "csv-feed", Decision("market/bars", BAD, "ann", "as it is"), datetime.now(UTC))
    with (folder / "bars.csv").open("a", newline="") as file:
        csv.writer(file).writerow([BAD, "BBB", 102, 103, 101, 102.5, 1002])
    run(definitions, instance, BAD, BAD)
    (bars,) = outcomes.latest(house, "market/bars", "csv-feed", BAD, BAD)
    assert bars.status == "blocked"


def test_the_check_says_which_rules_it_stands_for_and_what_they_found(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, folder: Path
) -> None:
    with (folder / "bars.csv").open("a", newline="") as file:
        csv.writer(file).writerow([FIRST, "DDD", 100, 90, 110, 100, 5])
    result = run(definitions, instance, FIRST, LAST)
    check = next(c for c in result.get_asset_check_evaluations() if c.asset_key.path[-1] == "bars")
    findings = check.metadata["findings"]
    assert isinstance(findings, dg.TableMetadataValue)
    assert [record.data for record in findings.records] == [
        {"outcome": "rejected", "rule": "high below low", "rows": 1}
    ]
    rules = session_check("bars").metadata["rules"]
    assert {"spike", "frozen feed", "duplicate key"} <= {record.data["rule"] for record in rules.records}
    assert "crossed quote" not in {record.data["rule"] for record in rules.records}
