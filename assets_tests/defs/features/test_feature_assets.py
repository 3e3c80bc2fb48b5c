"""Features through Dagster on a real database, over the embedded market."""

from datetime import date

import dagster as dg
import pytest

from butter_pipeline.defs.automation import range_tags
from butter_pipeline.defs.features import assets
from butter_pipeline.defs.features.health import health
from butter_pipeline.defs.market import assets as market
from butter_pipeline.defs.resources import resources
from butter_pipeline.derivation import Reader
from butter_pipeline.features.matrix import matrix_schema
from butter_pipeline.features.registry import families, lookbacks
from butter_pipeline.market.sessions import as_of, calendar, offset, sessions_between
from butter_pipeline.settings import settings
from butter_pipeline.store import Store, outcomes

FIRST, LAST = date(2023, 11, 29), date(2023, 11, 30)
VENDOR = "simulator-7-edge"
ASSETS = [*assets.FAMILIES, assets.matrix]
MARKET = [market.bars, market.chains, market.context, market.intraday, market.candidates]
pytestmark = pytest.mark.database


def made(instance: dg.DagsterInstance, which: list, first: date, last: date) -> dg.ExecuteInProcessResult:
    return dg.materialize(which, instance=instance, resources=resources(), tags=range_tags(first, last))


def hashes(house: Store) -> dict[tuple[str, date], str | None]:
    return {
        (name, outcome.session): outcome.hash
        for name in (*families(), "matrix")
        for outcome in outcomes.latest(house, f"features/{name}", VENDOR, FIRST, LAST)
    }


def test_features_of_a_range_are_those_of_its_sessions_one_by_one(instance: dg.DagsterInstance, house: Store) -> None:
    sessions = sessions_between(FIRST, LAST)
    assert made(instance, MARKET, date(2023, 11, 6), LAST).success
    for session in sessions:
        assert made(instance, ASSETS, session, session).success
    alone = hashes(house)
    assert len(alone) == (len(families()) + 1) * len(sessions) and all(alone.values())
    assert {each.stem for each in (settings().home / "fitted").iterdir()} == {"price", "volatility"}
    result = made(instance, ASSETS, FIRST, LAST)
    assert result.success and hashes(house) == alone
    rows = Reader(house, VENDOR).read("features.matrix", (FIRST, LAST), as_of(LAST))
    assert rows.schema.names == matrix_schema(assets.CHOSEN).names
    assert rows.num_rows == 13 * len(sessions)
    assert rows["rsi_14"].null_count == rows["atm_iv_30d_pct"].null_count == rows["vol_index"].null_count == 0
    assert "surface" in result.asset_materializations_for_node("features__surface")[-1].metadata
    (week,) = dg.materialize([health], instance=instance, resources=resources()).get_asset_materialization_events()
    shown = set(week.materialization.metadata)
    assert {*families(), "correlations"} - {"intraday"} <= shown and "intraday" not in shown


def test_a_session_without_bars_blocks_what_stands_on_it(instance: dg.DagsterInstance, house: Store) -> None:
    assert made(instance, MARKET, FIRST, FIRST).success
    result = dg.materialize(
        ASSETS, instance=instance, resources=resources(), tags=range_tags(LAST, LAST), raise_on_error=False
    )
    assert not result.success
    [outcome] = outcomes.latest(house, "features/technical", VENDOR, LAST, LAST)
    assert outcome.status == "blocked" and "market/bars has not been made" in outcome.reason


@pytest.mark.parametrize("family", families())
def test_what_is_read_begins_with_the_calendar_where_a_look_back_reaches_beyond_it(family: str) -> None:
    first = calendar()[0]
    assert set(assets.read_spans(family, [first]).values()) == {(first, first)}
    for name, (begin, end) in assets.read_spans(family, [FIRST, LAST]).items():
        assert (begin, end) == (offset(FIRST, 1 - lookbacks(family)[name]), LAST)


def test_no_mapping_looks_forward_and_each_reaches_as_far_as_its_family_looks() -> None:
    for family, asset in zip(families(), assets.FAMILIES, strict=True):
        for name, back in lookbacks(family).items():
            key = dg.AssetKey(["market", name] if name in assets.RAW else ["features", name])
            mapping = asset.get_partition_mapping(key)
            assert (mapping.start_offset, mapping.end_offset) == (1 - back, 0)
