"""Rows put aside: each once, and in one order whoever keeps them."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from sqlalchemy import text

from butter_pipeline.market.quarantine import keep_refused
from butter_pipeline.market.vendors.protocol import REFUSED
from butter_pipeline.store import Store
from butter_pipeline.store.terms import Origin

pytestmark = pytest.mark.database
NOW = datetime(2024, 3, 5, tzinfo=UTC)
ORIGIN = Origin(vendor="v", received_at=NOW, recorded_at=NOW, code_version="c", config_hash="h")


def refused(lines: list[str]) -> pa.Table:
    told = {
        "session": date(2024, 3, 4),
        "symbol": "",
        "source": "A.csv",
        "row": 1,
        "column": "",
        "reason": "unreadable",
    }
    return pa.Table.from_pylist([told | {"detail": line, "row_json": line} for line in lines], REFUSED)


def test_lines_are_entered_in_one_order_however_they_come_so_that_no_two_keepers_wait_for_each_other(
    database: Store,
) -> None:
    keep_refused(database, "bars", refused([f"line {number}" for number in range(50)]), ORIGIN)
    with database.engine.connect() as connection:
        entered = [row[0] for row in connection.execute(text("select quarantine_id from market.quarantine"))]
    assert len(entered) == 50 and entered == sorted(entered)


def test_a_line_that_was_put_aside_before_is_kept_once(database: Store) -> None:
    for _ in range(2):
        keep_refused(database, "bars", refused(["x", "y"]), ORIGIN)
    with database.engine.connect() as connection:
        assert connection.execute(text("select count(*) from market.quarantine")).scalar() == 2
