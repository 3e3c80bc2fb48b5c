"""Releasing a blocked session: recorded with who and why, refused where nothing is blocked."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from butter_pipeline.errors import ButterError
from butter_pipeline.operations.release import Decision, release
from butter_pipeline.store import Store, outcomes
from butter_pipeline.store.outcomes import Outcome

DAY, NOW = date(2024, 3, 4), datetime(2024, 3, 5, tzinfo=UTC)
BLOCKED = Outcome(
    "market/chains", "v", DAY, "blocked", "run", "c", "h", NOW, reason="66.7 % of 3 expected chains", rows=5, hash="x"
)
DECISION = Decision("market/chains", DAY, "ann", "the third\nis delisted")


def test_a_release_is_a_further_outcome_with_who_why_and_what_it_was(database: Store) -> None:
    outcomes.record(database, [BLOCKED])
    made = release(database, "v", DECISION, NOW + timedelta(hours=1))
    (stands,) = outcomes.latest(database, "market/chains", "v", DAY, DAY)
    assert stands == made
    assert (stands.status, stands.rows, stands.hash) == ("released", 5, "x")
    assert stands.reason == "released by ann: the third is delisted (it was blocked: 66.7 % of 3 expected chains)"
    assert outcomes.good_sessions(database, "market/chains", "v") == {DAY}
    assert outcomes.failed(database) == []


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (replace(DECISION, why="  "), "--why is empty"),
        (replace(DECISION, who=""), "--who is empty"),
        (replace(DECISION, session=date(2024, 3, 3)), "not an exchange session"),
        (replace(DECISION, session=date(2024, 3, 6)), "has not been made"),
        (replace(DECISION, asset="market/bars"), "is done, not blocked"),
        (replace(DECISION, asset="features/technical"), "is blocked by market/chains beneath it"),
        (replace(DECISION, asset="market/context"), "has no rows"),
    ],
)
def test_what_cannot_be_released_is_refused_in_one_line(database: Store, decision: Decision, said: str) -> None:
    beneath = "market/chains is blocked: 66.7 %"
    outcomes.record(
        database,
        [
            BLOCKED,
            replace(BLOCKED, asset="market/bars", status="done", reason=None),
            replace(BLOCKED, asset="features/technical", reason=beneath),
            replace(BLOCKED, asset="market/context", rows=0, reason="no rows from the vendor"),
        ],
    )
    with pytest.raises(ButterError, match=said) as refused:
        release(database, "v", decision, NOW)
    assert "\n" not in str(refused.value)
    assert [each.status for each in outcomes.latest(database, "market/chains", "v", DAY, DAY)] == ["blocked"]
