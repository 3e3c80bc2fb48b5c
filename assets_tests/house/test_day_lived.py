"""A day that was lived equals the same day replayed: the house has one way to make a session, whenever it is made."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assets_tests.house.conftest import BY_SESSION, House
from butter_pipeline.market.sessions import next_session

pytestmark = [pytest.mark.slow, pytest.mark.database]
FRIDAY = date(2023, 12, 8)
"""The end of the history; a model was trained at the end of November and is watched since."""
LONGEST = 5
HASHES = "select asset, session, status, rows, hash from operations.latest_outcomes order by asset, session"
LIVED_THROUGH = """
select count(*) as n from trading.executions e join trading.order_intents i using (order_intent_id)
where i.session > '{friday}' and e.session = '{session}' and i.fill_session = e.session
"""
LEDGERS = {
    "trading.predictions": "prediction_id",
    "trading.decisions": "decision_id",
    "trading.order_intents": "order_intent_id",
    "trading.executions": "execution_id",
    "trading.outcomes": "outcome_id",
    "trading.books": "session, arm",
    "registry.standing": "session",
}


def ledger(house: House, table: str, key: str) -> list[dict[str, Any]]:
    """A table's rows but for our own clock."""
    rows = house.rows(f"select * from {table} order by {key}, available_at")
    return [{name: value for name, value in row.items() if name != "recorded_at"} for row in rows]


def live(house: House, session: date) -> None:
    """One session through every stage in a run of the daemon's, as the after-close schedule asks for it."""
    run = house.launch(str(session), str(session), BY_SESSION)
    house.until(lambda: house.runs()[run] in ("SUCCESS", "FAILURE"))
    assert house.runs()[run] == "SUCCESS", house.answer("status")["failed_sessions"]


@pytest.mark.timeout(900)
def test_a_day_lived_equals_the_same_day_replayed(tmp_path: Path) -> None:
    lived = House(tmp_path / "lived", sample_ends=str(FRIDAY))
    try:
        lived.up()
        lived.until(lived.is_well)
        session, seen = FRIDAY, 0
        while not seen:
            session = next_session(session)
            assert (session - FRIDAY).days <= LONGEST, "no order of a lived session was filled in the next"
            live(lived, session)
            seen = lived.rows(LIVED_THROUGH.format(friday=FRIDAY, session=session))[0]["n"]
        replayed = House(tmp_path / "replayed", sample_ends=str(FRIDAY))
        made = replayed.answer("backfill", "--from", "2023-11-01", "--to", str(session))
        assert made["error"] is None
        hashes = lived.rows(HASHES)
        assert hashes == replayed.rows(HASHES)
        assert [row["status"] for row in hashes] == ["done"] * len(hashes)
        assert {row["asset"] for row in hashes if row["session"] == str(session)} == set(BY_SESSION)
        for table, key in LEDGERS.items():
            rows = ledger(lived, table, key)
            assert rows and rows == ledger(replayed, table, key), table
    finally:
        lived.end()
