import json

from butter_pipeline.operations.sample import LAST_ASSETS
from butter_pipeline.settings import PROJECT_ROOT


def test_the_last_assets_are_those_on_which_no_other_rests() -> None:
    graph = json.loads((PROJECT_ROOT / "assets_tests" / "defs" / "graph.json").read_text())["assets"]
    by_session = {name for name, asset in graph.items() if asset["partitions"] == "TimeWindowPartitionsDefinition"}
    beneath = {parent for name in by_session for parent in graph[name]["depends_on"] if parent != name}
    assert set(LAST_ASSETS) == by_session - beneath
