"""Opportunities through Dagster on a real database, over the delivered market and its features."""

from datetime import UTC, date, datetime
from itertools import pairwise

import dagster as dg
import pyarrow as pa
import pytest

from butter_pipeline.defs.automation import range_tags
from butter_pipeline.market.sessions import as_of, sessions_between
from butter_pipeline.opportunities.frames import BUTTERFLIES, MARKS, SIGNALS
from butter_pipeline.store import Store, frames, outcomes
from butter_pipeline.store.terms import Reading

SESSIONS = sessions_between(date(2023, 11, 1), date(2023, 11, 15))
VENDOR = "simulator-7-edge"
OURS = (BUTTERFLIES, MARKS, SIGNALS)
pytestmark = [pytest.mark.database, pytest.mark.slow]


def make(
    definitions: dg.Definitions, instance: dg.DagsterInstance, groups: str, first: date, last: date
) -> dg.ExecuteInProcessResult:
    graph = definitions.resolve_asset_graph()
    chosen = [key for key in graph.materializable_asset_keys if graph.get(key).group_name in groups.split()]
    job = definitions.resolve_implicit_global_asset_job_def()
    tags = range_tags(first, last)
    return job.execute_in_process(instance=instance, asset_selection=chosen, tags=tags, raise_on_error=False)


def rows(house: Store, frame: object) -> pa.Table:
    asked = Reading(vendor=VENDOR, first=SESSIONS[0], last=SESSIONS[-1], as_of=datetime(2024, 1, 2, tzinfo=UTC))
    return frames.read(house, frame, asked)


def hashes(house: Store) -> dict[tuple[str, date], str | None]:
    return {
        (frame.asset, outcome.session): outcome.hash
        for frame in OURS
        for outcome in outcomes.latest(house, frame.asset, VENDOR, SESSIONS[0], SESSIONS[-1])
    }


def test_a_range_gives_what_its_sessions_give_one_by_one(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    assert make(definitions, instance, "market features", SESSIONS[0], SESSIONS[-1]).success
    cuts = [0, 1, 6, len(SESSIONS)]
    for start, end in pairwise(cuts):
        assert make(definitions, instance, "opportunities", SESSIONS[start], SESSIONS[end - 1]).success
    apart = hashes(house)
    assert len(apart) == len(OURS) * len(SESSIONS)
    assert make(definitions, instance, "opportunities", SESSIONS[0], SESSIONS[-1]).success
    assert hashes(house) == apart
    found, marked = rows(house, BUTTERFLIES), rows(house, MARKS)
    assert set(found["session"].to_pylist()) == set(SESSIONS)
    assert set(marked["opened_session"].to_pylist()) == set(SESSIONS)
    places = {session: place for place, session in enumerate(SESSIONS)}
    last = len(SESSIONS) - 1
    assert marked.num_rows == sum(min(8, last - places[session]) + 1 for session in found["session"].to_pylist())
    for table in (found, marked, rows(house, SIGNALS)):
        assert all(
            known == as_of(session)
            for known, session in zip(table["available_at"].to_pylist(), table["session"].to_pylist(), strict=True)
        )


def test_without_what_lies_beneath_a_session_is_blocked(
    definitions: dg.Definitions, instance: dg.DagsterInstance, house: Store
) -> None:
    assert make(definitions, instance, "market", SESSIONS[0], SESSIONS[0]).success
    assert not make(definitions, instance, "opportunities", SESSIONS[0], SESSIONS[0]).success
    (blocked,) = outcomes.latest(house, BUTTERFLIES.asset, VENDOR, SESSIONS[0], SESSIONS[0])
    assert (blocked.status, blocked.reason) == ("blocked", "features/matrix has not been made")
