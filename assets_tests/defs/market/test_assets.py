from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import pytest

from butter_pipeline.defs.automation import range_tags
from butter_pipeline.market.frames import BARS, CHAINS, CONTEXT
from butter_pipeline.market.sessions import as_of, sessions_between
from butter_pipeline.store import Store, frames, lake, outcomes
from butter_pipeline.store.terms import Reading

FIRST, LAST = date(2023, 11, 1), date(2023, 11, 10)
VENDOR = "simulator-7-edge"
MARKET = [dg.AssetKey(["market", name]) for name in ("bars", "chains", "context")]
pytestmark = pytest.mark.database


def all_of_it(as_of: datetime) -> Reading:
    return Reading(vendor=VENDOR, first=FIRST, last=LAST, as_of=as_of)


def made(
    definitions: dg.Definitions, instance: dg.DagsterInstance, first: date, last: date
) -> dg.ExecuteInProcessResult:
    job = definitions.resolve_implicit_global_asset_job_def()
    tags = range_tags(first, last)
    return job.execute_in_process(instance=instance, asset_selection=MARKET, tags=tags, raise_on_error=False)


def hashes(house: Store) -> dict[tuple[str, date], str | None]:
    return {
        (asset, outcome.session): outcome.hash
        for asset in ("market/bars", "market/chains", "market/context")
        for outcome in outcomes.latest(house, asset, VENDOR, FIRST, LAST)
    }


def test_a_range_run_keeps_every_session_and_says_of_each_what_it_holds(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    result = made(definitions, instance, FIRST, LAST)
    assert result.success
    sessions = sessions_between(FIRST, LAST)
    for key in MARKET:
        assert instance.get_materialized_partitions(key) == {session.isoformat() for session in sessions}
    for frame, read in ((BARS, frames.read), (CONTEXT, frames.read), (CHAINS, lake.read)):
        table = read(house, frame, all_of_it(as_of(LAST)))
        assert sorted(set(table["session"].to_pylist())) == list(sessions), frame.name
    events = result.asset_materializations_for_node("market__bars")
    assert [event.metadata["dagster/row_count"].value for event in events] == [13] * len(sessions)
    assert all(len(event.metadata["content_hash"].value) == 64 for event in events)
    assert [("plot" in event.metadata) for event in events] == [False] * (len(sessions) - 1) + [True]


def test_session_by_session_gives_the_bits_of_one_range_run_and_doing_it_again_changes_nothing(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    for session in sessions_between(FIRST, LAST):
        assert made(definitions, instance, session, session).success
    single = hashes(house)
    before = frames.read(house, BARS, all_of_it(datetime.now(UTC)))
    assert made(definitions, instance, FIRST, LAST).success
    assert hashes(house) == single
    assert len(single) == 3 * len(sessions_between(FIRST, LAST)) and all(single.values())
    assert frames.read(house, BARS, all_of_it(datetime.now(UTC))) == before


def test_a_session_that_has_not_settled_is_refused_with_the_moment_when_it_will(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from butter_pipeline.defs.resources import House

    early = House.run

    def before_the_close(self: House, *asked: Any) -> object:
        from dataclasses import replace

        return replace(early(self, *asked), received_at=datetime(2023, 11, 10, 20, 59, tzinfo=UTC))

    monkeypatch.setattr(House, "run", before_the_close)
    result = made(definitions, instance, FIRST, LAST)
    assert not result.success
    failure = next(event for event in result.all_events if event.is_step_failure)
    assert "session 2023-11-10 settles at 2023-11-10 22:00 UTC" in failure.step_failure_data.error.cause.message
    assert hashes(house) == {}
