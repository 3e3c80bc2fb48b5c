import importlib.util

import pytest

from assets_tests.house.conftest import House
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


def test_a_browser_sees_the_lineage_the_sessions_and_a_chart(house: House) -> None:
    house.up()
    house.until(house.is_well)
    address = f"http://127.0.0.1:{house.port}"
    with pictures.page() as page:
        pictures.show_lineage(page, address)
        for asset in ("feed", "bars", "chains", "context"):
            assert page.get_by_text(asset, exact=True).count() >= 1, asset
        assert page.get_by_text("1 / 1 Passed").count() == 3
        pictures.show_partitions(page, address, "bars", "2024-01-31")
        assert page.get_by_text("Materialized (62)").count() == 1
        assert page.get_by_text("dagster/row_count").count() == 1
        for asset in ("bars", "chains", "context"):
            pictures.show_chart(page, address, asset, "2024-01-31")
