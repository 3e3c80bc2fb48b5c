"""What is wrong with an action, and what becomes of it."""

from datetime import date
from typing import Any

import pytest

from assets_tests.market.actions.action_tables import DAYS, action, actions
from butter_pipeline.market.actions.judge import Beside, judge_actions

GOOD = [
    action(DAYS[0], ratio=7.0),
    action(DAYS[0], "dividend", cash=0.0),
    action(DAYS[1], "special_dividend", cash=3.0),
    action(DAYS[1], "spin_off", cash=3.0),
    action(DAYS[1], "roll", "CL", difference=-2.0),
    action(DAYS[1], "earnings"),
]


def test_good_actions_go_on_and_nothing_is_expected_of_a_session() -> None:
    verdict = judge_actions(actions(*GOOD), DAYS[:3])
    assert (verdict.accepted.num_rows, verdict.rejected.num_rows) == (6, 0)
    told = [(each.accepted, each.status, each.completeness_pct, each.reason) for each in verdict.sessions.values()]
    assert told == [(2, "done", 100.0, ""), (4, "done", 100.0, ""), (0, "done", 100.0, "")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (action(DAYS[0], symbol="", ratio=2.0), "no symbol"),
        (action(DAYS[0], "merger"), "unknown action"),
        (action(DAYS[0]), "bad split ratio"),
        (action(DAYS[0], ratio=0.0), "bad split ratio"),
        (action(DAYS[0], ratio=-2.0), "bad split ratio"),
        (action(DAYS[0], ratio=float("nan")), "bad split ratio"),
        (action(DAYS[0], ratio=float("inf")), "bad split ratio"),
        (action(DAYS[0], ratio=2.0, contracts=1.5), "bad contracts"),
        (action(DAYS[0], "dividend"), "bad cash"),
        (action(DAYS[0], "dividend", cash=-1.0), "bad cash"),
        (action(DAYS[0], "special_dividend", cash=float("inf")), "bad cash"),
        (action(DAYS[0], "spin_off"), "spin-off without worth"),
        (action(DAYS[0], "roll", ratio=1.1), "bad roll"),
        (action(DAYS[0], "roll", ratio=-1.1, difference=1.0), "bad roll"),
    ],
)
def test_each_fault_is_named_and_good_rows_beside_it_go_on(row: dict[str, Any], reason: str) -> None:
    verdict = judge_actions(actions(action(DAYS[0], symbol="BBB", ratio=2.0), row), DAYS[:1])
    assert verdict.accepted["symbol"].to_pylist() == ["BBB"]
    assert verdict.rejected["reason"].to_pylist() == [reason]
    assert verdict.sessions[DAYS[0]].reason == f"1 put aside: {reason}"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (action(DAYS[1], "dividend", cash=9.99), None),
        (action(DAYS[1], "dividend", cash=10.0), "cash above the price"),
        (action(DAYS[1], "special_dividend", cash=12.0), "cash above the price"),
        (action(DAYS[1], "spin_off", cash=12.0), "cash above the price"),
        (action(DAYS[2], "dividend", cash=12.0), None),  # the close before it is not known
        (action(DAYS[1], ratio=2.0), None),
        (action(DAYS[1], symbol="ZZZ", ratio=2.0), "split without bars"),
        (action(DAYS[1], "roll", "CL", difference=-2.0), None),
    ],
)
def test_what_no_share_can_do_is_put_aside_where_bars_tell(row: dict[str, Any], reason: str | None) -> None:
    beside = Beside({("AAA", DAYS[0]): 10.0}, frozenset({"AAA"}))
    assert judge_actions(actions(row), DAYS, beside).rejected["reason"].to_pylist() == ([reason] if reason else [])
    assert judge_actions(actions(row), DAYS).rejected.num_rows == 0


def test_an_ex_session_that_is_no_session_is_put_aside() -> None:
    row = action(DAYS[0], ratio=2.0) | {"session": date(2024, 3, 9)}
    verdict = judge_actions(actions(row), DAYS[:5])
    assert verdict.rejected["reason"].to_pylist() == ["not a session"]


def test_an_action_that_stands_there_twice_counts_once() -> None:
    verdict = judge_actions(actions(*GOOD[:1], GOOD[0], GOOD[0] | {"ratio": 4.0}), DAYS[:1])
    assert verdict.accepted["ratio"].to_pylist() == [7.0]
    details = verdict.rejected["detail"].to_pylist()
    assert ["twice" in details[0], "other values" in details[1]] == [True, True]
