"""Labels and marts through Dagster: sessions described, dbt's tests as checks, blocked and failed sessions named."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from assets_tests.labels import label_worlds
from assets_tests.labels.label_worlds import FOUND, MATURES, held, keep, run
from butter_pipeline import configs
from butter_pipeline.defs.automation import range_tags
from butter_pipeline.defs.labels.assets import butterfly_outcomes, signal_outcomes
from butter_pipeline.defs.marts.assets import arm_performance, calibration, session_coverage
from butter_pipeline.defs.resources import resources
from butter_pipeline.derivation import done
from butter_pipeline.labels import project
from butter_pipeline.market.sessions import offset, sessions_between
from butter_pipeline.settings import settings
from butter_pipeline.store import Store, outcomes

pytestmark = pytest.mark.database
VENDOR = "simulator-7-edge"
LAST = offset(MATURES, 1)
SESSIONS = sessions_between(MATURES, LAST)
LABELS = dg.AssetKey(["labels", "butterfly_outcomes"])


@pytest.fixture
def home(house: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Two sessions with marks beneath them, and a folder for dbt."""
    monkeypatch.setenv("BUTTER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(label_worlds, "VENDOR", VENDOR)
    settings.cache_clear()
    configs.load.cache_clear()
    keep(house, [held("a", *[110.0] * 7), held("b", *[90.0] * 7, found=offset(FOUND, 1))])
    for asset in ("opportunities/marks", "market/bars"):
        outcomes.record(house, [done(asset, session, run()) for session in SESSIONS])
    return house


def made(instance: dg.DagsterInstance, *keys: dg.AssetKey, last: date = LAST) -> dg.ExecuteInProcessResult:
    assets = [butterfly_outcomes, signal_outcomes, arm_performance, calibration, session_coverage]
    job = dg.Definitions(assets, resources=resources()).resolve_implicit_global_asset_job_def()
    return job.execute_in_process(
        instance=instance, asset_selection=list(keys), tags=range_tags(MATURES, last), raise_on_error=False
    )


def statuses(house: Store, asset: str) -> Sequence[tuple[str, int | None]]:
    return [(o.status, o.rows) for o in outcomes.latest(house, asset, VENDOR, MATURES, LAST)]


def test_a_range_keeps_every_session_and_every_promise_is_part_of_a_blocking_check(
    home: Store, instance: dg.DagsterInstance
) -> None:
    coverage = dg.AssetKey(["marts", "session_coverage"])
    result = made(instance, LABELS, coverage)
    assert result.success
    assert statuses(home, "labels/butterfly_outcomes") == [("done", 1), ("done", 1)]
    assert statuses(home, "marts/session_coverage") == [("done", 1), ("done", 1)]
    checks = {c.check_name: c for c in result.get_asset_check_evaluations() if c.asset_key == LABELS}
    assert {name: check.passed for name, check in checks.items()} == {"sessions_usable": True, "promises_kept": True}
    asked = {promise.name for promise in project.promises("butterfly_outcomes")}
    assert asked and set(checks["promises_kept"].metadata) == asked
    assert all(spec.blocking for spec in butterfly_outcomes.check_specs)
    events = result.asset_materializations_for_node("labels__butterfly_outcomes")
    assert [event.metadata["dagster/row_count"].value for event in events] == [1, 1]
    assert [len(event.metadata["content_hash"].value) for event in events] == [64, 64]
    assert [("profits" in event.metadata) for event in events] == [False, True]


def test_a_session_whose_marks_are_blocked_is_blocked_and_the_range_goes_on(
    home: Store, instance: dg.DagsterInstance
) -> None:
    from dataclasses import replace
    from datetime import timedelta

    told = done("opportunities/marks", LAST, run())
    later = told.recorded_at + timedelta(seconds=1)
    outcomes.record(home, [replace(told, status="blocked", reason="no chain", recorded_at=later)])
    result = made(instance, LABELS)
    assert result.success
    first, last = outcomes.latest(home, "labels/butterfly_outcomes", VENDOR, MATURES, LAST)
    assert (first.status, last.status) == ("done", "blocked")
    assert last.reason == "opportunities/marks is blocked: no chain"


def test_a_failing_promise_fails_the_run_in_one_line_with_its_check_and_its_sessions(
    home: Store, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from butter_pipeline.labels import build

    copy = tmp_path / "project"
    shutil.copytree(project.SOURCES, copy, ignore=shutil.ignore_patterns("target", "logs"))
    wrong = "select * from {{ ref('arrived_butterfly_outcomes') }}"
    (copy / "tests" / "butterfly_profit_is_exit_less_entry.sql").write_text(wrong)
    monkeypatch.setattr(build.Project, "__init__", _on(copy))
    result = made(instance, LABELS)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    message = failure.step_failure_data.error.cause.message
    assert "test butterfly_profit_is_exit_less_entry came to fail" in message and message.count("\n") == 1
    checks = {c.check_name: c for c in result.get_asset_check_evaluations()}
    assert not checks["promises_kept"].passed
    assert "butterfly_profit_is_exit_less_entry" in (checks["promises_kept"].description or "")
    assert statuses(home, "labels/butterfly_outcomes") == [("failed", None), ("failed", None)]
    assert not result.asset_materializations_for_node("labels__butterfly_outcomes")


def _on(sources: Path):  # type: ignore[no-untyped-def]
    def placed(self: object, folder: Path) -> None:
        object.__setattr__(self, "folder", folder)
        object.__setattr__(self, "sources", sources)

    return placed


def test_where_nothing_can_be_made_the_promises_say_that_they_were_not_asked(
    home: Store, instance: dg.DagsterInstance
) -> None:
    result = made(instance, dg.AssetKey(["marts", "calibration"]), last=MATURES)
    assert not result.success
    checks = {c.check_name: c for c in result.get_asset_check_evaluations()}
    assert checks["sessions_usable"].severity == dg.AssetCheckSeverity.ERROR
    assert checks["promises_kept"].description == "not asked: no session of the run could be made"
    assert not checks["promises_kept"].passed and checks["promises_kept"].severity == dg.AssetCheckSeverity.WARN
    (blocked,) = outcomes.latest(home, "marts/calibration", VENDOR, MATURES, MATURES)
    assert blocked.reason == "trading/predictions has not been made"
