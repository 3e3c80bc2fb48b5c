import json
from dataclasses import replace

import pytest

from assets_tests.trading.desks import DAYS, DESK, LEARNED, START, STATIC, arm, candidate, held, session, steps
from butter_pipeline.trading.decision import Decision, decide
from butter_pipeline.trading.inputs import Seen
from butter_pipeline.trading.step import step

ARM_A, ARM_B = START.arms


def decided(seen: Seen, **changes: object) -> list[Decision]:
    return list(decide(arm(**changes), seen, DESK)[1])


def test_each_arm_takes_the_best_of_every_symbol_by_its_own_weights() -> None:
    quiet = replace(candidate("AAA.quiet"), scores=(90.0, 10.0, 90.0, 90.0))
    cheap = replace(candidate("AAA.cheap"), scores=(10.0, 90.0, 10.0, 10.0))
    other = candidate("BBB.1")
    a, b = step(START, session(0, cheap, other, quiet), DESK).arms
    assert [(d.opportunity_id, d.score) for d in a.decisions] == [("AAA.quiet", 66.0), ("BBB.1", 50.0)]
    assert [(d.opportunity_id, d.score) for d in b.decisions] == [("AAA.cheap", 90.0), ("BBB.1", 50.0)]
    weights = [json.loads(d.weights_json) for d in (a.decisions[0], b.decisions[0])]
    assert weights == [vars(STATIC), vars(LEARNED)]


def test_ties_go_by_name_whatever_the_order_of_the_rows() -> None:
    pair = [candidate("AAA.2"), candidate("AAA.1")]
    for candidates in (pair, pair[::-1]):
        assert [d.opportunity_id for d in decided(session(0, *candidates))] == ["AAA.1"]


@pytest.mark.parametrize(
    ("probability", "action", "quantity"),
    [(0.61, "take", 6), (0.60, "reduce_size", 3), (0.40, "reduce_size", 3), (0.39, "skip", 0)],
)
def test_the_rule_is_applied_to_the_production_models_probability(
    probability: float, action: str, quantity: int
) -> None:
    seen = replace(session(0, candidate("AAA.1", market=0.1)), predictions={"AAA.1": ("p1", probability)})
    (decision,) = decided(seen)
    assert (decision.action, decision.quantity) == (action, quantity)
    assert (decision.prediction_id, decision.success_probability) == ("p1", probability)
    assert decision.reason == f"the model says {probability:.3f}" and decision.killed is None


def test_where_no_model_stands_the_markets_probability_decides_and_nothing_is_killed() -> None:
    (decision,) = decided(session(0, candidate("AAA.1", market=0.5)))
    assert (decision.success_probability, decision.prediction_id, decision.killed) == (0.5, None, None)
    assert decision.reason == "no model stands, the market says 0.500"


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"losses_in_a_row": 3}, "3 losses in a row"), ({"peak_usd": 112_000.0}, "drawdown of 10.7 %")],
)
def test_a_fallen_switch_sets_the_model_and_the_learned_weights_aside(changes: dict[str, object], why: str) -> None:
    seen = replace(session(0, candidate("AAA.1", market=0.5)), predictions={"AAA.1": ("p1", 0.9)})
    _, (decision,) = decide(replace(ARM_B, **changes), seen, DESK)  # type: ignore[arg-type]
    assert (decision.killed, decision.success_probability, decision.prediction_id) == (why, 0.5, None)
    assert json.loads(decision.weights_json) == vars(STATIC)
    assert decision.reason == f"the switch has fallen ({why}), the market says 0.500"
    _, (free,) = decide(ARM_B, seen, DESK)
    assert (free.killed, free.success_probability, json.loads(free.weights_json)) == (None, 0.9, vars(LEARNED))


def test_the_switch_has_not_fallen_at_exactly_its_drawdown() -> None:
    (decision,) = decided(session(0, candidate("AAA.1")), cash_usd=90_000.0)
    assert decision.killed is None


def test_a_symbol_is_not_opened_twice_whether_held_or_asked_for() -> None:
    (decision,) = decided(session(1, candidate("AAA.2")), positions=(held("AAA.1"),))
    assert (decision.action, decision.quantity) == ("skip", 0)
    assert decision.reason == "no model stands, the market says 0.700, but AAA is open in this arm"


def test_an_arm_asks_for_no_more_than_so_many_in_a_session_the_best_first() -> None:
    seen = session(0, *(candidate(f"{letter * 3}.1", vol=50.0 + number) for number, letter in enumerate("ABCDEF")))
    found = decided(seen)
    assert [d.symbol for d in found if d.quantity] == ["FFF", "EEE", "DDD", "CCC"]
    assert found[-1].reason.endswith("but 4 new ones are enough for a session")
    assert len({d.decision_id for d in found}) == 6


def test_one_that_costs_more_than_the_size_is_skipped_without_naming_a_limit() -> None:
    (decision,) = decided(session(0, candidate("AAA.1", cost=700.0)))
    assert (decision.action, decision.limits_hit) == ("skip", "")
    assert decision.reason.endswith("but one at 840.00 usd is more than 800.00 usd pay for")


def test_a_hard_limit_cuts_and_is_named() -> None:
    seen = session(0, candidate("AAA.1"))
    (poor,) = decided(seen, cash_usd=300.0, peak_usd=100_000.0, positions=(held("BBB.1", mark_usd=99_700.0),))
    assert (poor.quantity, poor.limits_hit, poor.action) == (2, "cash", "take")
    strict = replace(DESK, limits=replace(DESK.limits, risk_per_trade_pct=0.2, position_pct=0.4))
    _, (cut,) = decide(ARM_A, seen, strict)
    assert (cut.quantity, cut.limits_hit) == (1, "position,risk_per_trade")
    full = tuple(held(f"X{number:02d}.1") for number in range(20))
    (none,) = decided(seen, positions=full)
    assert (none.action, none.quantity, none.limits_hit) == ("skip", 0, "open_positions")
    assert none.reason.endswith("but a hard limit leaves room for none")


def test_both_arms_decide_apart() -> None:
    taken = steps([session(0, candidate("AAA.1"))])[0]
    assert [[o.butterfly.symbol for o in one.book.orders] for one in taken.arms] == [["AAA"], ["AAA"]]
    assert taken.book.session == DAYS[0]
    assert len({one.intents[0].order_intent_id for one in taken.arms}) == 2
