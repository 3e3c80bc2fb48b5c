from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import dagster as dg
import pyarrow as pa
import pytest

from butter_pipeline.defs.operations.report import Made, summed
from butter_pipeline.identity import content_hash
from butter_pipeline.store.outcomes import Outcome

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

NOW = datetime.now(UTC)
VALUE = {False: content_hash(pa.table({"value": [1.0]})), True: content_hash(pa.table({"value": [1.0000000000000002]}))}
DAYS = (date(2024, 1, 2), date(2024, 1, 3))
# A little lineage: prices make features, features make trades; the weather stands apart and decides too.
PARENTS = {
    "market/prices": [],
    "market/weather": [],
    "features/trend": ["market/prices"],
    "trading/trades": ["features/trend", "market/weather"],
}


def made(values: dict[str, list[float]]) -> Sequence[Made]:
    def told(asset: str, day: date, value: float) -> Outcome:
        digest = content_hash(pa.table({"value": [value]}))
        return Outcome(asset, "v", day, "done", "run", "code", "config", datetime.now(UTC), rows=1, hash=digest)

    return [
        Made(asset, parents, [told(asset, day, value) for day, value in zip(DAYS, values[asset], strict=True)])
        for asset, parents in PARENTS.items()
    ]


VALUES = {asset: [1.0, 2.0] for asset in PARENTS}


def hashes(values: dict[str, list[float]]) -> dict[str, str]:
    return {name: stage.content_hash for name, stage in summed(made(values)).items()}


def test_stages_are_counted_in_the_order_of_the_lineage() -> None:
    stages = summed(made(VALUES))
    assert list(stages) == ["market", "features", "trading"]
    assert stages["market"].assets == ["market/prices", "market/weather"]
    assert (stages["market"].materialized, stages["market"].rows, stages["market"].blocked) == (4, 4, 0)


def test_equal_content_has_equal_hashes_whoever_made_it_and_when() -> None:
    assert hashes(VALUES) == hashes(VALUES)


@pytest.mark.parametrize(
    ("asset", "changed"),
    [
        ("market/prices", {"market", "features", "trading"}),
        ("market/weather", {"market", "trading"}),
        ("features/trend", {"features", "trading"}),
        ("trading/trades", {"trading"}),
    ],
)
def test_a_single_value_changes_its_stage_and_all_behind_it_and_nothing_else(asset: str, changed: set[str]) -> None:
    before, after = hashes(VALUES), hashes(VALUES | {asset: [1.0, 2.0000000000000004]})
    assert {stage for stage in before if before[stage] != after[stage]} == changed


def of_the_real_lineage(graph: "AssetGraph", changed: dg.AssetKey | None) -> dict[str, str]:
    """The hashes of the stages when every asset holds one value, and one asset another."""
    told = [
        Made(
            key.to_user_string(),
            sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
            [
                Outcome(
                    key.to_user_string(), "v", DAYS[0], "done", "r", "c", "c", NOW, rows=1, hash=VALUE[key == changed]
                )
            ],
        )
        for key in graph.toposorted_asset_keys
    ]
    return {name: stage.content_hash for name, stage in summed(told).items()}


def test_in_the_real_lineage_too_a_value_of_any_asset_changes_its_stage_and_all_behind_it(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    before = of_the_real_lineage(graph, None)
    assert len(before) >= 10
    for key in graph.toposorted_asset_keys:
        after = of_the_real_lineage(graph, key)
        behind = {key, *dg.AssetSelection.assets(key).downstream().resolve(graph)}
        expected = {each.path[0] for each in behind}
        assert {stage for stage in before if before[stage] != after[stage]} == expected, key
