"""What arrived and what was put aside, as people ask for it: by dataset, session and reason."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from assets_tests.store.examples import MONDAY, RECORDED, TUESDAY, WEDNESDAY
from butter_pipeline.market.coverage import coverage
from butter_pipeline.store import Store
from butter_pipeline.store.outcomes import Outcome, record

DONE = Outcome("market/bars", "v", MONDAY, "done", "run", "code", "config", RECORDED, completeness_pct=99.5)
PUT_ASIDE = """
insert into market.quarantine
    (quarantine_id, dataset, vendor, session, symbol, reason, detail, row_json, available_at, code_version,
     config_hash, recorded_at)
values (:id, :dataset, :vendor, :session, 'ARVO', :reason, '', '{}', :now, 'code', 'config', :now)
"""


def test_outcomes_come_by_dataset_and_session_the_latest_of_each(database: Store) -> None:
    blocked = replace(DONE, status="blocked", reason="half of it", recorded_at=RECORDED + timedelta(seconds=1))
    record(database, [DONE, replace(DONE, session=TUESDAY), replace(DONE, vendor="other"), blocked])
    found = coverage(database, "v", ["market/bars", "market/chains"], (MONDAY, WEDNESDAY))
    assert {day: outcome.status for day, outcome in found.outcomes["market/bars"].items()} == {
        MONDAY: "blocked",
        TUESDAY: "done",
    }
    assert found.outcomes["market/chains"] == {} and found.put_aside == {}


def test_rows_put_aside_are_counted_by_reason_and_session_of_that_vendor_alone(database: Store) -> None:
    rows = [
        ("bars", "v", MONDAY, "spike"),
        ("bars", "v", MONDAY, "spike"),
        ("bars", "v", TUESDAY, "spike"),
        ("chains", "v", MONDAY, "crossed"),
        ("chains", "other", MONDAY, "crossed"),
    ]
    with database.engine.begin() as connection:
        for number, (dataset, vendor, session, reason) in enumerate(rows):
            named = {"dataset": dataset, "vendor": vendor, "session": session, "reason": reason}
            connection.execute(text(PUT_ASIDE), {"id": str(number), "now": RECORDED, **named})
    assert coverage(database, "v", [], (MONDAY, TUESDAY)).put_aside == {
        "bars: spike": {MONDAY: 2, TUESDAY: 1},
        "chains: crossed": {MONDAY: 1},
    }
    assert coverage(database, "v", [], (TUESDAY, WEDNESDAY)).put_aside == {"bars: spike": {TUESDAY: 1}}
