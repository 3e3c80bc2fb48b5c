import importlib.util
import re
from typing import Any

import pytest

from assets_tests.house.conftest import BY_SESSION, GRAPH, GROUPS, SAMPLE_ENDS, SAMPLE_SESSIONS, House
from butter_pipeline.settings import PROJECT_ROOT

spec = importlib.util.spec_from_file_location("pictures", PROJECT_ROOT / "docs" / "pictures.py")
assert spec is not None and spec.loader is not None
pictures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pictures)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.database,
    pytest.mark.skipif(pictures.chromium() is None, reason="no Chromium on this machine"),
]
PATIENCE_TURNS = 120
STATUS = (
    r"\n{0}\n{0}\n(?:(?! / ).)*?\nbutter_pipeline\n{1}\n((?:\d+|All)\n\d+\n\d+\n\d+\n\d+ partitions?|Materialized)$"
)
"""What follows an asset's name and its group in the list: made, missing, under way and failed, or one word."""
MADE_HERE = [name for name in GRAPH if name != "market/feed"]


def statuses(page: Any, address: str, group: str) -> dict[str, str]:
    """What the list of a group says of each of its assets that is made here, once it says it of all."""
    mine = [name for name in MADE_HERE if name.startswith(f"{group}/")]
    page.goto(f"{address}/locations/__repository__@butter_pipeline/asset-groups/{group}/list")
    for _ in range(PATIENCE_TURNS):
        shown = page.inner_text("body")
        found = {
            name: re.search(STATUS.format(" / ".join(name.split("/")), group), shown, re.DOTALL | re.MULTILINE)
            for name in mine
        }
        if all(found.values()):
            return {name: " ".join(status[1].split()) for name, status in found.items() if status}
        page.wait_for_timeout(500)
    raise AssertionError(shown)


def test_a_browser_sees_every_stage_of_the_lineage_and_all_of_it_made(made: House) -> None:
    made.up()
    made.until(made.is_well)
    address = f"http://127.0.0.1:{made.port}"
    with pictures.page() as page:
        page.set_viewport_size(pictures.LARGE)
        pictures.show_lineage(page, address)
        for name in GRAPH:
            assert page.get_by_text(name.split("/")[1], exact=True).count() >= 1, name
        for group in GROUPS:
            assert page.get_by_text(group, exact=True).count() >= 2, group  # beside the graph, and in it
        for group in GROUPS:
            for name, status in statuses(page, address, group).items():
                if name in BY_SESSION:  # made, missing, under way, failed
                    assert re.match(rf"{SAMPLE_SESSIONS} \d+ 0 0 \d+ partitions", status), (name, status)
                else:
                    assert re.match(r"All 0 0 0 1 partition|Materialized", status), (name, status)


def test_a_browser_sees_the_sessions_of_an_asset_and_its_charts(made: House) -> None:
    made.up()
    made.until(made.is_well)
    address = f"http://127.0.0.1:{made.port}"
    with pictures.page() as page:
        pictures.show_partitions(page, address, "bars", SAMPLE_ENDS)
        assert page.get_by_text(f"Materialized ({SAMPLE_SESSIONS})").count() == 1
        assert page.get_by_text("dagster/row_count").count() == 1
        for asset in ("bars", "chains", "context"):
            pictures.show_chart(page, address, asset, SAMPLE_ENDS)
        for asset, picture in (("features/surface", "surface"), ("marts/arm_performance", "equity")):
            pictures.show_chart(page, address, asset, SAMPLE_ENDS, picture)
