"""The asset graph, written down: a change of the lineage shows as a change of graph.json.

`python -m assets_tests.defs.test_graph` writes it anew.
"""

import json
from pathlib import Path

import dagster as dg
import pytest

from butter_pipeline.definitions import defs

SNAPSHOT = Path(__file__).with_name("graph.json")


def described(definitions: dg.Definitions) -> dict[str, object]:
    graph = definitions.resolve_asset_graph()
    repository = definitions.get_repository_def()
    assets = {}
    for key in graph.toposorted_asset_keys:
        node = graph.get(key)
        assets[key.to_user_string()] = {
            "group": node.group_name,
            "kinds": sorted(node.kinds),
            "owners": list(node.owners),
            "depends_on": sorted(parent.to_user_string() for parent in node.parent_keys),
            "partitions": type(node.partitions_def).__name__ if node.partitions_def else None,
            "single_run_backfills": node.backfill_policy is not None
            and node.backfill_policy.max_partitions_per_run is None,
            "blocking_checks": sorted(c.name for c in node.check_keys if graph.get_check_spec(c).blocking),
        }
    return {
        "assets": assets,
        "schedules": {
            s.name: [s.cron_schedule, s.execution_timezone, s.default_status.name] for s in repository.schedule_defs
        },
        "sensors": {s.name: [s.sensor_type.name, s.default_status.name] for s in repository.sensor_defs},
    }


def test_the_graph_is_as_written_down(definitions: dg.Definitions) -> None:
    assert json.loads(json.dumps(described(definitions))) == json.loads(SNAPSHOT.read_text())


def test_every_asset_has_an_owner_a_kind_a_group_and_a_description_that_says_something(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.toposorted_asset_keys:
        node = graph.get(key)
        assert node.owners == [f"team:{key.path[0]}"], key
        assert node.group_name == key.path[0], key
        assert node.kinds, key
        assert len((node.description or "").split()) > 12, key


def test_every_stored_asset_says_what_it_must_not_see_and_what_its_columns_mean(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        assert "Must not see" in (node.description or ""), key
        if not node.is_partitioned:  # drawn for people, once a week
            continue
        columns = node.metadata["dagster/column_schema"].columns
        assert columns and all(column.description for column in columns), key


def test_every_stored_asset_has_a_code_version_and_freshness(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        assert graph.get(key).code_version, key
        assert graph.get(key).freshness_policy is not None, key


def test_steps_run_in_the_run_s_own_process(definitions: dg.Definitions) -> None:
    assert definitions.executor is dg.in_process_executor


@pytest.mark.parametrize("file", ["workspace.yaml", "pyproject.toml"])
def test_both_ways_of_loading_name_the_same_code_location(file: str) -> None:
    import tomllib

    import yaml

    from butter_pipeline.settings import PROJECT_ROOT

    if file.endswith(".yaml"):
        (entry,) = yaml.safe_load((PROJECT_ROOT / file).read_text())["load_from"]
        found = (entry["python_module"]["location_name"], entry["python_module"]["module_name"])
    else:
        project = tomllib.loads((PROJECT_ROOT / file).read_text())["tool"]["dg"]["project"]
        found = (project["code_location_name"], project["code_location_target_module"])
    assert found == ("butter_pipeline", "butter_pipeline.definitions")


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(described(defs()), indent=2) + "\n")
