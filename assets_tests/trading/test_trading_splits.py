"""The book over splits: the same money in more contracts, each action once, whenever it becomes known."""

from dataclasses import replace

import pytest

from assets_tests.market.actions.action_tables import action, actions
from assets_tests.trading.desks import DAYS, DESK, arm, candidate, held, reread, session, steps
from butter_pipeline.market.actions.adjust import Action, in_effect
from butter_pipeline.market.sessions import as_of
from butter_pipeline.trading.book import ArmBook, Book, Butterfly
from butter_pipeline.trading.brokers.simulated import fill
from butter_pipeline.trading.carry import carried_book
from butter_pipeline.trading.inputs import Seen
from butter_pipeline.trading.orders import to_close


def split(ratio: float, day: int = 3, **told: object) -> tuple[Action, ...]:
    row = action(DAYS[day], symbol="AAA", ratio=ratio, **told)
    return tuple(in_effect(actions(row), as_of(DAYS[-1])))


def position(book: ArmBook) -> tuple[int, float, float, tuple[float, float, float]]:
    (one,) = book.positions
    of = one.butterfly
    return one.quantity, one.entry_cost_usd, one.mark_usd, (of.lower_strike, of.body_strike, of.upper_strike)


def test_a_position_becomes_more_contracts_of_lower_strikes_and_is_worth_the_same() -> None:
    before = arm(positions=(held("AAA.1", quantity=3, entry_cost_usd=140.0, mark_usd=210.0),))
    after = carried_book(before, DAYS[3], split(7.0))
    assert position(after) == (21, 20.0, 30.0, (13.57, 14.29, 15.0))
    assert after.equity_usd == before.equity_usd


@pytest.mark.parametrize(
    ("ratio", "strikes", "shares"), [(1.5, (63.33, 66.67, 70.0), 1.5), (0.1, (950, 1000, 1050), 0.1)]
)
def test_over_a_split_that_is_not_whole_the_contracts_deliver_other_numbers_of_shares(
    ratio: float, strikes: tuple[float, float, float], shares: float
) -> None:
    after = carried_book(arm(positions=(held("AAA.1", quantity=3),)), DAYS[3], split(ratio))
    assert position(after) == (3, 100.0, 100.0, strikes)
    assert after.positions[0].butterfly.shares == shares


def test_nothing_is_carried_twice_before_its_time_or_for_another_symbol() -> None:
    book = arm(positions=(held("AAA.1"), held("BBB.1")))
    once = carried_book(book, DAYS[3], split(2.0))
    assert carried_book(once, DAYS[4], split(2.0)) == once
    assert [one.quantity for one in once.positions] == [2, 1]
    assert carried_book(book, DAYS[2], split(2.0)) == book
    assert carried_book(arm(positions=(held("AAA.1", decided=3),)), DAYS[5], split(2.0)).positions[0].quantity == 1


def test_an_action_that_becomes_known_late_is_applied_then_whatever_was_applied_since() -> None:
    late, early = split(3.0, day=2), split(2.0, day=3)
    first = carried_book(arm(positions=(held("AAA.1", entry_cost_usd=60.0),)), DAYS[3], early)
    both = carried_book(first, DAYS[4], (*late, *early))
    assert position(both)[:2] == (6, 10.0)


def test_orders_are_carried_with_their_limits() -> None:
    book = arm(positions=(held("AAA.1", quantity=2),))
    closing = tuple(to_close(book, DAYS[7], DESK))
    opening = replace(closing[0], purpose="open", limit_usd=70.0)
    after = carried_book(replace(book, orders=(*closing, opening)), DAYS[3], split(7.0))
    assert [(order.quantity, order.limit_usd) for order in after.orders] == [(14, None), (14, 10.0)]


def test_a_carried_book_is_the_same_after_a_way_through_json_and_one_without_splits_says_nothing_of_them() -> None:
    plain = Book(DAYS[2], (arm(positions=(held("AAA.1"),)),) * 2)
    carried = Book(DAYS[3], tuple(carried_book(one, DAYS[3], split(7.0)) for one in plain.arms))
    assert reread(carried) == carried and reread(plain) == plain
    assert "carried" in carried.arms[0].json() and "carried" not in plain.arms[0].json()


def told(values: dict[int, float], ratio: float | None) -> list[Seen]:
    """A life of nine sessions, marks told for all that one butterfly found has become."""
    days = [
        session(day, *([candidate("AAA.1")] if day == 0 else []), marks={"AAA.1": (value + 2.0, value - 2.0)})
        for day, value in sorted(values.items())
    ]
    return [replace(seen, actions=split(ratio) if ratio and seen.session >= DAYS[3] else ()) for seen in days]


LIFE = {day: 100.0 + 5.0 * day for day in range(10)}


@pytest.mark.parametrize("ratio", [2.0, 7.0, 1.5, 0.1])
def test_the_desk_makes_the_same_money_over_a_split_as_without_one(ratio: float) -> None:
    plain, over = steps(told(LIFE, None)), steps(told(LIFE, ratio))
    for before, after in zip(plain, over, strict=True):
        for one, other in zip(before.arms, after.arms, strict=True):
            assert other.book.equity_usd == pytest.approx(one.book.equity_usd, rel=1e-12)
            assert other.book.cash_usd == pytest.approx(one.book.cash_usd, rel=1e-12)
            assert [each.cash_usd for each in other.executions] == pytest.approx([e.cash_usd for e in one.executions])
    (outcome,), (other,) = (taken[-1].arms[0].outcomes or taken[-2].arms[0].outcomes for taken in (plain, over))
    number = ratio if ratio.is_integer() else 1.0
    assert other.quantity == outcome.quantity * number
    assert other.profit_usd == pytest.approx(outcome.profit_usd, rel=1e-12)
    assert other.profit_pct == pytest.approx(outcome.profit_pct, rel=1e-12)


@pytest.mark.parametrize("right", ["C", "P"])
def test_a_carried_position_without_a_quote_is_settled_at_its_expiry_by_its_own_strikes_and_shares(right: str) -> None:
    expiry = DAYS[12]
    of = Butterfly("AAA.1", "AAA", expiry, right, 63.33, 66.67, 70.0, shares=1.5, carried=("2024-03-07 split",))
    (order,) = to_close(arm(positions=(held("AAA.1", butterfly=of),)), DAYS[7], DESK)
    seen = Seen(expiry, session(0).learned, underlying_prices={"AAA": 66.0})
    filled = fill(order, seen, DESK.costs)
    assert filled is not None
    assert filled.price_usd == pytest.approx((66.0 - 63.33 if right == "C" else 70.0 - 66.0 - 2 * 0.67) * 150.0 - 2.6)
