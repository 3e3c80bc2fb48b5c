"""Claim: Dagster's bookkeeping for ten empty assets over 2,520 sessions takes at most 30 s.

Run in range-tagged runs of a year each on the embedded PostgreSQL, with the settings of `butter env`.
"""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Result, python_seconds, temporary_home

if TYPE_CHECKING:
    import dagster as dg

LIMIT_SECONDS = 30.0
SESSIONS = 2520

RUN = """
import time
from datetime import date
import dagster as dg
from benchmarks.bookkeeping import SESSIONS, empty_job
from butter_pipeline.defs.automation import range_tags, yearly_ranges
from butter_pipeline.market.sessions import sessions_between

every = sessions_between(date(2013, 1, 2), date(2030, 1, 1))[:SESSIONS]
instance = dg.DagsterInstance.get()
job = empty_job()
began = time.perf_counter()
for first, last in yearly_ranges(every, every):
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    tags = range_tags(first, last)
    assert job.execute_in_process(instance=instance, tags=tags, run_config=quiet).success
print(time.perf_counter() - began)
made = [len(instance.get_materialized_partitions(dg.AssetKey(f"empty_{n}"))) for n in range(10)]
assert made == [SESSIONS] * 10, made
"""


def empty_job() -> "dg.JobDefinition":
    """Ten assets in a row that do nothing, on sessions since 2013."""
    from datetime import date, datetime, time

    import dagster as dg

    from butter_pipeline.market.holidays import HOLIDAYS
    from butter_pipeline.market.sessions import EXCHANGE_ZONE

    sessions = dg.TimeWindowPartitionsDefinition(
        start=datetime(2013, 1, 2, tzinfo=EXCHANGE_ZONE),
        fmt="%Y-%m-%d",
        cron_schedule="0 0 * * 1-5",
        timezone=EXCHANGE_ZONE.key,
        end_offset=1,
        exclusions=[datetime.combine(d, time(), EXCHANGE_ZONE) for d in sorted(HOLIDAYS) if d >= date(2013, 1, 2)],
    )

    def empty(number: int) -> dg.AssetsDefinition:
        @dg.asset(
            name=f"empty_{number}",
            deps=[f"empty_{number - 1}"] if number else [],
            partitions_def=sessions,
            backfill_policy=dg.BackfillPolicy.single_run(),
        )
        def made() -> None:
            return None

        return made

    assets = [empty(number) for number in range(10)]
    definitions = dg.Definitions(assets, executor=dg.in_process_executor)
    return definitions.resolve_implicit_global_asset_job_def()


def measure() -> Result:
    """Three times, each on a new instance."""
    seconds = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder, temporary_home(Path(folder)) as environment:
            seconds.append(python_seconds(RUN, environment, from_output=True))
    return Result.alone(
        claim="bookkeeping of ten empty assets over 2,520 sessions in at most 30 s",
        workload=f"10 assets x {SESSIONS} sessions, yearly ranges, embedded PostgreSQL",
        seconds=seconds,
        limit=LIMIT_SECONDS,
    )
