"""The leak proof through Dagster: a check per family, and what stands on a family waits for it."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from butter_pipeline.defs.features import checks
from butter_pipeline.features.proof import family as proving
from butter_pipeline.features.registry import families
from butter_pipeline.settings import settings

MATRIX = dg.AssetKey(["features", "matrix"])


def stand_in(family: str) -> dg.AssetsDefinition:
    @dg.asset(key=["features", family])
    def made() -> None: ...

    return made


@dg.asset(key=MATRIX, deps=[["features", family] for family in families()])
def stand_in_matrix() -> None: ...


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("BUTTER_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def run() -> dg.ExecuteInProcessResult:
    everything = [*map(stand_in, families()), stand_in_matrix]
    job = dg.Definitions(everything, asset_checks=[checks.leak_proof]).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, raise_on_error=False)


def test_every_family_has_a_check_that_blocks_and_writes_no_row_per_session() -> None:
    assert [spec.asset_key.path[-1] for spec in checks.SPECS] == list(families())
    assert all(spec.blocking and spec.partitions_def is None for spec in checks.SPECS)


def test_families_are_proved_and_the_matrix_is_made() -> None:
    result = run()
    assert result.success
    evaluations = result.get_asset_check_evaluations()
    assert len(evaluations) == len(families()) and all(each.passed for each in evaluations)
    assert result.asset_materializations_for_node("features__matrix")


def test_a_family_that_sees_the_future_stops_what_stands_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = proving.checked

    def found(family: str) -> proving.Proved:
        proved = honest(family)
        cut = proved.cuts[0]
        seen = proving.Mismatch("rsi_14", "future cut off", cut, "SPX", cut, 1.0, 2.0)
        return proving.Proved(family, proved.features, proved.cuts, 1, (seen,) if family == "technical" else ())

    monkeypatch.setattr(proving, "checked", found)
    result = run()
    assert not result.success
    (failed,) = [each for each in result.get_asset_check_evaluations() if not each.passed]
    assert failed.asset_key.path[-1] == "technical" and "future cut off at the cut" in (failed.description or "")
    assert not result.asset_materializations_for_node("features__matrix")


def test_a_proof_that_held_is_remembered_until_the_code_is_another(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proved: list[str] = []
    honest = proving.checked

    def found(family: str) -> proving.Proved:
        proved.append(family)
        return honest(family)

    monkeypatch.setattr(proving, "checked", found)
    assert run().success and sorted(proved) == sorted(families())
    again = run()
    assert again.success and len(proved) == len(families())
    assert all(each.metadata["features"].value for each in again.get_asset_check_evaluations())
    monkeypatch.setattr(checks, "_versions", lambda _: "another")
    assert run().success and len(proved) == 2 * len(families())
