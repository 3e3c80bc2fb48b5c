from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from butter_pipeline.defs.learning.assets import dataset, success
from butter_pipeline.defs.learning.due import LABELS, due_vintages
from butter_pipeline.defs.learning.schedules import monthly_vintages
from butter_pipeline.defs.resources import House, resources
from butter_pipeline.store import Store, outcomes

pytestmark = pytest.mark.database


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """One that can be referred to: a schedule opens it by its reference."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as made:
        yield made


OCTOBER, NOVEMBER, DECEMBER = date(2024, 10, 31), date(2024, 11, 29), date(2024, 12, 31)


def tick(instance: dg.DagsterInstance, moment: str) -> list[str] | str:
    defined = dg.Definitions(assets=[dataset, success], schedules=[monthly_vintages], resources=resources())
    context = dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime.fromisoformat(moment),
        repository_def=defined.get_repository_def(),
        resources={"house": House()},
    )
    made = monthly_vintages.evaluate_tick(context)
    return [str(request.partition_key) for request in made.run_requests] or str(made.skip_message)


def told(house: Store, asset: str, session: date, status: str = "done") -> None:
    reason = None if status == "done" else "because"
    outcome = outcomes.Outcome(
        asset, "simulator-7-edge", session, status, "run", "code", "config", datetime.now(UTC), reason
    )
    outcomes.record(house, [outcome])


def test_a_vintage_waits_until_the_labels_of_its_cutoff_stand(instance: dg.DagsterInstance, house: Store) -> None:
    assert tick(instance, "2024-10-31T18:15:00-04:00") == (
        "every month that is over has its vintage, or still waits for its labels"
    )
    told(house, LABELS, OCTOBER)
    assert tick(instance, "2024-10-31T18:15:00-04:00") == ["2024-10-31"]
    assert instance.get_dynamic_partitions("vintages") == ["2024-10-31"]


def test_what_failed_beneath_is_waited_for_and_what_is_blocked_is_not(
    instance: dg.DagsterInstance, house: Store
) -> None:
    told(house, LABELS, OCTOBER, "failed")
    told(house, LABELS, NOVEMBER, "blocked")
    assert due_vintages(House(), NOVEMBER) == [NOVEMBER]


def test_months_missed_while_the_house_was_down_are_asked_for_and_those_made_or_refused_are_not(
    instance: dg.DagsterInstance, house: Store
) -> None:
    for cutoff in (OCTOBER, NOVEMBER, DECEMBER):
        told(house, LABELS, cutoff)
    told(house, "learning/success", OCTOBER, "blocked")
    assert tick(instance, "2025-01-06T18:15:00-05:00") == ["2024-11-29", "2024-12-31"]


def test_a_month_that_is_not_over_and_a_history_of_under_a_year_have_none(
    instance: dg.DagsterInstance, house: Store
) -> None:
    for cutoff in (date(2024, 9, 30), date(2024, 12, 30)):
        told(house, LABELS, cutoff)
    assert tick(instance, "2024-12-30T18:15:00-05:00").startswith("every month")  # type: ignore[union-attr]
