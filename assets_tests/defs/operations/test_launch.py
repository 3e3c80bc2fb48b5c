from datetime import date

import dagster as dg
import pytest

from butter_pipeline.defs.operations import launch
from butter_pipeline.errors import ButterError
from butter_pipeline.store import Store

BARS = dg.AssetKey(["market", "bars"])


def test_a_selection_names_assets_with_sessions_in_the_order_in_which_they_are_made(
    definitions: dg.Definitions,
) -> None:
    found = [key.to_user_string() for key in launch.selected(definitions, "*")]
    assert found[0] == "market/bars" and set(found) == {"market/bars", "market/chains", "market/context"}
    assert launch.selected(definitions, "key:market/bars") == [BARS]


@pytest.mark.parametrize("selection", ["key:market/nothing", "key:market/feed", "((", ""])
def test_a_selection_of_nothing_that_can_be_made_is_refused_with_an_example(
    definitions: dg.Definitions, selection: str
) -> None:
    with pytest.raises(ButterError, match="--select"):
        launch.selected(definitions, selection)


def test_only_what_is_missing_is_asked_for_unless_again(instance: dg.DagsterInstance) -> None:
    for made in ("2024-01-02", "2024-01-03", "2024-01-05"):
        instance.report_runless_asset_event(dg.AssetMaterialization(BARS, partition=made))
    first, last = date(2024, 1, 1), date(2024, 1, 8)
    missing = launch.missing_ranges(instance, [BARS], first, last, again=False)
    assert missing == [(date(2024, 1, 4), date(2024, 1, 4)), (date(2024, 1, 8), date(2024, 1, 8))]
    again = launch.missing_ranges(instance, [BARS], first, last, again=True)
    assert again == [(date(2024, 1, 2), date(2024, 1, 8))]


def test_a_session_is_missing_when_any_selected_asset_lacks_it(instance: dg.DagsterInstance) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(BARS, partition="2024-01-02"))
    keys = [BARS, dg.AssetKey(["market", "chains"])]
    day = date(2024, 1, 2)
    assert launch.missing_ranges(instance, keys, day, day, again=False) == [(day, day)]


@pytest.mark.database
def test_a_failed_range_stops_the_ones_behind_it_and_says_the_innermost_cause(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from butter_pipeline.market import intake

    def refused(*_: object) -> None:
        raise ButterError("the disk is full; make room")

    monkeypatch.setattr(intake, "_take_in_month", refused)
    ranges = [(date(2024, 1, 2), date(2024, 1, 3)), (date(2025, 1, 2), date(2025, 1, 3))]
    (run,) = launch.run_ranges(definitions, instance, [BARS], ranges)
    assert run.error == "market__bars: butter_pipeline.errors.ButterError: the disk is full; make room"
