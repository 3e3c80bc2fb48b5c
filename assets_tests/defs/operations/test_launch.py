from dataclasses import replace
from datetime import UTC, date, datetime

import dagster as dg
import pytest

from butter_pipeline.defs.operations import launch
from butter_pipeline.errors import ButterError
from butter_pipeline.store import Store, outcomes

BARS = dg.AssetKey(["market", "bars"])


def test_a_selection_names_assets_in_the_order_in_which_they_are_made(
    definitions: dg.Definitions,
) -> None:
    found = [key.to_user_string() for key in launch.selected(definitions, "*")]
    assert found[0] == "market/actions" and len(found) == len(set(found))
    assert found.index("market/actions") < found.index("market/bars") < found.index("market/chains")
    assert {"market/chains", "learning/success", "trading/decisions", "drift/review"} <= set(found)
    assert launch.selected(definitions, "key:market/bars") == [BARS]


def test_what_one_step_makes_together_is_selected_together(definitions: dg.Definitions) -> None:
    found = {key.to_user_string() for key in launch.selected(definitions, "key:trading/decisions")}
    assert found == {f"trading/{name}" for name in ("books", "decisions", "executions", "order_intents", "outcomes")}


@pytest.mark.parametrize("selection", ["key:market/nothing", "key:market/feed", "((", ""])
def test_a_selection_of_nothing_that_can_be_made_is_refused_with_an_example(
    definitions: dg.Definitions, selection: str
) -> None:
    with pytest.raises(ButterError, match="--select"):
        launch.selected(definitions, selection)


def test_only_what_is_missing_is_asked_for_in_as_few_ranges_as_can_be() -> None:
    made = {date(2024, 1, day) for day in (2, 3, 5)}
    missing = launch.ranges_to_make(date(2024, 1, 1), date(2024, 1, 8), [made])
    assert missing == [(date(2024, 1, 4), date(2024, 1, 4)), (date(2024, 1, 8), date(2024, 1, 8))]
    assert launch.ranges_to_make(date(2024, 1, 1), date(2024, 1, 8), [set()]) == [(date(2024, 1, 2), date(2024, 1, 8))]


def test_a_session_is_missing_when_any_asset_lacks_it() -> None:
    day = date(2024, 1, 2)
    assert launch.ranges_to_make(day, day, [{day}, set()]) == [(day, day)]
    assert launch.ranges_to_make(day, day, [{day}, {day}]) == []


@pytest.mark.database
def test_a_session_is_made_when_dagster_has_it_and_it_is_good_from_the_vendor_in_use(
    instance: dg.DagsterInstance, house: Store
) -> None:
    good, blocked, unseen, elsewhere = (date(2024, 1, day) for day in (2, 3, 4, 5))
    for day in (good, blocked, elsewhere):
        instance.report_runless_asset_event(dg.AssetMaterialization(BARS, partition=day.isoformat()))
    told = outcomes.Outcome("market/bars", "v", good, "done", "run", "code", "config", datetime.now(UTC))
    states = [told, replace(told, session=blocked, status="blocked"), replace(told, session=unseen)]
    outcomes.record(house, [*states, replace(told, session=elsewhere, vendor="another")])
    assert launch.made_sessions(instance, house, "v", BARS) == {good}


@pytest.mark.database
def test_a_failed_range_stops_the_ones_behind_it_and_says_the_innermost_cause(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from butter_pipeline.market import intake

    def refused(*_: object) -> None:
        raise ButterError("the disk is full; make room")

    monkeypatch.setattr(intake, "ingest", refused)
    ranges = [(date(2024, 1, 2), date(2024, 1, 3)), (date(2025, 1, 2), date(2025, 1, 3))]
    (run,) = launch.run_ranges(definitions, instance, [BARS], ranges)
    assert run.error == "market__bars: the disk is full; make room"
