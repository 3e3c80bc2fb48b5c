"""Dagster's books on a real PostgreSQL: what they say of a check over a range, and how they hold a connection."""

import dagster as dg
import psycopg
import pytest
import yaml

from butter_pipeline.defs.operations.bookkeeping import Events, Runs
from butter_pipeline.settings import PROJECT_ROOT, with_driver

pytestmark = pytest.mark.database
DAYS = dg.DailyPartitionsDefinition("2024-01-01")


@dg.asset(
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("usable", asset="bars", blocking=True)],
)
def bars() -> dg.MaterializeResult:
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True, check_name="usable")])


def checks_of_three_days(url: str, **others: dict[str, object]) -> list[str]:
    """How the checks stand after a run over three days, a word per row; on the storages that dagster.yaml names."""
    named = yaml.safe_load((PROJECT_ROOT / "dagster.yaml").read_text())
    storages = {name: named[name] for name in ("run_storage", "event_log_storage", "schedule_storage")} | others
    for storage in storages.values():
        storage["config"] = {"postgres_url": with_driver(url, "psycopg2")}
    with dg.instance_for_test(overrides=storages) as instance:
        tags = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-01-03"}
        job = dg.Definitions([bars]).resolve_implicit_global_asset_job_def()
        assert job.execute_in_process(instance=instance, tags=tags).success
        assert sorted(instance.get_materialized_partitions(bars.key)) == ["2024-01-01", "2024-01-02", "2024-01-03"]
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("select execution_status from asset_check_executions")]


def test_a_check_over_a_range_is_one_row_which_its_verdict_fills(empty_url: str) -> None:
    assert checks_of_three_days(empty_url) == ["SUCCEEDED"]


def test_dagster_itself_plans_a_check_for_every_session_and_leaves_it_planned(empty_url: str) -> None:
    """Red when Dagster does better: then `Events` may go."""
    its_own: dict[str, object] = {"module": "dagster_postgres.event_log", "class": "PostgresEventLogStorage"}
    told = checks_of_three_days(empty_url, event_log_storage=its_own)
    assert sorted(told) == ["PLANNED", "PLANNED", "PLANNED", "SUCCEEDED"]


@pytest.mark.parametrize("storage", [Runs, Events])
def test_a_connection_is_kept_and_a_lost_one_replaced(empty_url: str, storage: type[Runs] | type[Events]) -> None:
    books = storage.from_config_value(None, {"postgres_url": with_driver(empty_url, "psycopg2")})
    with psycopg.connect(empty_url, autocommit=True) as other:

        def held() -> list[int]:
            books.get_runs() if isinstance(books, Runs) else books.all_asset_keys()
            found = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            return [row[0] for row in other.execute(found)]

        first = held()
        assert len(first) == 1 and held() == first
        other.execute("select pg_terminate_backend(%s, 5000)", first)
        again = held()
        assert len(again) == 1 and again != first
    books._engine.dispose()
