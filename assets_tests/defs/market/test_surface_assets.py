"""Surfaces through Dagster on a real database, over the embedded market."""

from datetime import date

import dagster as dg
import pytest

from butter_pipeline.defs.automation import range_tags
from butter_pipeline.defs.market import assets as market
from butter_pipeline.defs.market.surfaces import SMOOTHED, surfaces
from butter_pipeline.defs.resources import resources
from butter_pipeline.derivation import Reader
from butter_pipeline.market.sessions import as_of, sessions_between
from butter_pipeline.market.surfaces.frames import SURFACES
from butter_pipeline.store import Store, outcomes

FIRST, LAST = date(2023, 11, 29), date(2023, 12, 1)
VENDOR = "simulator-7-edge"
pytestmark = pytest.mark.database


def made(instance: dg.DagsterInstance, which: list, first: date, last: date) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        which, instance=instance, resources=resources(), tags=range_tags(first, last), raise_on_error=False
    )


def hashes(house: Store) -> dict[date, str | None]:
    return {o.session: o.hash for o in outcomes.latest(house, SURFACES.asset, VENDOR, FIRST, LAST)}


def test_surfaces_of_a_range_are_those_of_its_sessions_one_by_one_and_carry_their_pictures(
    instance: dg.DagsterInstance, house: Store
) -> None:
    sessions = sessions_between(FIRST, LAST)
    assert made(instance, [market.bars, market.chains], FIRST, LAST).success
    for session in sessions:
        assert made(instance, [surfaces], session, session).success
    alone = hashes(house)
    assert len(alone) == len(sessions) and all(alone.values())
    result = made(instance, [surfaces], FIRST, LAST)
    assert result.success and hashes(house) == alone
    rows = Reader(house, VENDOR).read(SMOOTHED.what, (FIRST, LAST), as_of(LAST))
    assert rows.schema.names == SURFACES.schema.names
    assert len(rows["symbol"].unique()) == 13
    assert set(rows["arbitrage"].unique().to_pylist()) <= {"none", None}
    drawn = result.asset_materializations_for_node("market__surfaces")[-1].metadata
    assert {"surface", "density"} <= set(drawn)


def test_a_session_whose_chains_are_missing_is_blocked_with_the_reason(
    instance: dg.DagsterInstance, house: Store
) -> None:
    assert not made(instance, [surfaces], FIRST, FIRST).success
    [outcome] = outcomes.latest(house, SURFACES.asset, VENDOR, FIRST, FIRST)
    assert outcome.status == "blocked" and "market/chains has not been made" in outcome.reason
