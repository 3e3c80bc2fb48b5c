from dataclasses import replace
from datetime import date

import pytest

from assets_tests.trading.desks import DAYS, DESK, arm, butterfly, candidate, held, life, session, steps
from butter_pipeline.trading.book import Book
from butter_pipeline.trading.step import Step

QUOTED = {age: {"AAA.1": mark} for age, mark in enumerate(life(100.0, 5.0))}


def whole_life(marks: dict[int, dict[str, tuple[float | None, float | None]]]) -> list[Step]:
    """One butterfly found on the first day, and what happens to it for ten sessions."""
    return steps([session(0, candidate("AAA.1")), *(session(day, marks=marks.get(day, {})) for day in range(1, 10))])


def test_a_take_is_sized_filled_next_session_marked_and_closed_eight_sessions_after_the_decision() -> None:
    taken = [step.arms[0] for step in whole_life(QUOTED)]
    # 0.8 % of 100,000 pays for 6 at 120, a fifth above the 100 they were found at.
    (decision,), (intent,) = taken[0].decisions, taken[0].intents
    assert (decision.action, decision.quantity, decision.size_multiplier) == ("take", 6, 1.0)
    assert (intent.purpose, intent.quantity, intent.limit_usd, intent.fill_session) == ("open", 6, 120.0, DAYS[1])
    (bought,) = taken[1].executions
    assert (bought.price_usd, bought.cash_usd, bought.order_ref) == (107.0, -642.0, "ButterA")
    assert (taken[1].book.cash_usd, taken[1].book.equity_usd) == (99_358.0, 99_358.0 + 6 * 103.0)
    assert [step.book.positions[0].mark_usd for step in taken[1:8]] == [103.0 + 5.0 * age for age in range(7)]
    assert [len(step.intents) for step in taken] == [1, 0, 0, 0, 0, 0, 0, 1, 0, 0]
    (close,) = taken[7].intents
    assert (close.purpose, close.limit_usd, close.fill_session) == ("close", None, DAYS[8])
    (outcome,) = taken[8].outcomes
    assert (outcome.entry_cost_usd, outcome.exit_value_usd, outcome.profit_usd) == (107.0, 138.0, 186.0)
    assert (outcome.profit_pct, outcome.is_profitable, outcome.hold_sessions) == (100.0 * 31.0 / 107.0, 1, 7)
    assert (taken[8].book.cash_usd, taken[8].book.equity_usd, taken[8].book.positions) == (100_186.0, 100_186.0, ())
    assert taken[9].book.orders == ()


@pytest.mark.parametrize("mark", [(None, None), (120.01, 116.0), None])
def test_an_order_to_open_without_a_quote_or_beyond_its_limit_lapses(mark: tuple[float, float] | None) -> None:
    taken = whole_life(QUOTED | {1: {} if mark is None else {"AAA.1": mark}})
    assert all(not step.arms[0].executions and not step.arms[0].book.positions for step in taken)
    assert taken[1].arms[0].book.orders == ()


def test_an_order_to_close_without_a_quote_stays_wanted_and_is_asked_for_once() -> None:
    late = QUOTED | {8: {"AAA.1": (None, None)}, 9: {"AAA.1": (90.0, 86.0)}}
    taken = [step.arms[0] for step in whole_life(late)]
    assert not taken[8].executions and not taken[8].intents and taken[8].book.orders == taken[7].intents
    (outcome,) = taken[9].outcomes
    assert (outcome.exit_value_usd, outcome.hold_sessions, outcome.is_profitable) == (86.0, 8, 0)


def test_a_position_without_a_quote_keeps_its_mark_and_says_since_when() -> None:
    taken = whole_life({age: mark for age, mark in QUOTED.items() if age != 3})
    (position,) = taken[3].arms[0].book.positions
    assert (position.mark_usd, position.marked_session) == (108.0, DAYS[2])
    assert taken[4].arms[0].book.positions[0].marked_session == DAYS[4]


@pytest.mark.parametrize(("spot", "worth"), [(100.0, 500.0), (97.5, 250.0), (94.0, 0.0)])
def test_what_nobody_quotes_until_it_expires_is_settled_at_its_payoff(spot: float, worth: float) -> None:
    unquoted = {age: mark for age, mark in QUOTED.items() if age < 8}
    sessions = [session(day, marks=unquoted.get(day, {})) for day in range(1, 14)]
    sessions = [replace(seen, underlying_prices={"AAA": spot}) for seen in sessions]
    taken = [step.arms[0] for step in steps([session(0, candidate("AAA.1")), *sessions])]
    assert [len(step.outcomes) for step in taken] == [0] * 12 + [1, 0]
    assert taken[12].outcomes[0].exit_value_usd == worth - 2.6


def test_the_switch_falls_at_three_losses_and_releases_at_a_win() -> None:
    lives = {"AAA.1": -5.0, "AAA.2": -5.0, "AAA.3": -5.0, "AAA.4": 5.0}
    losses, killed = [], []
    found = {number * 8: candidate(name) for number, name in enumerate(lives)}
    marks: dict[int, dict[str, tuple[float | None, float | None]]] = {}
    for number, (name, growth) in enumerate(lives.items()):
        for age, mark in enumerate(life(100.0, growth)):
            marks.setdefault(number * 8 + age, {})[name] = mark
    taken = steps(session(day, *filter(None, [found.get(day)]), marks=marks[day]) for day in range(33))
    for step in taken:
        losses.append(step.arms[1].book.losses_in_a_row)
        killed += [decision.killed for decision in step.arms[1].decisions]
    assert [losses[day] for day in (7, 8, 16, 24, 31, 32)] == [0, 1, 2, 3, 3, 0]
    assert killed == [None, None, None, "3 losses in a row"]


def test_a_closed_position_counts_its_loss_even_at_no_profit_at_all() -> None:
    book = Book(DAYS[7], (arm(positions=(held("AAA.1"),)),))
    asked = steps([session(8), session(9, marks={"AAA.1": (104.0, 100.0)})], book=book)
    assert asked[-1].arms[0].outcomes[0].profit_usd == 0.0
    assert asked[-1].arms[0].book.losses_in_a_row == 1


def test_positions_stand_in_the_order_of_their_names_whatever_their_rank() -> None:
    marks = {"BBB.1": (100.0, 96.0), "AAA.1": (100.0, 96.0)}
    taken = steps([session(0, candidate("AAA.1"), candidate("BBB.1", vol=90.0)), session(1, marks=marks)])
    assert [order.butterfly.symbol for order in taken[0].arms[0].intents] == ["BBB", "AAA"]
    assert [position.butterfly.symbol for position in taken[1].arms[0].book.positions] == ["AAA", "BBB"]


def test_the_desk_does_not_go_back() -> None:
    with pytest.raises(ValueError, match=r"stands after 2024-03-05; 2024-03-05 does not follow"):
        steps([session(1), session(1)])


def test_a_session_that_is_left_out_changes_nothing_but_when_orders_are_filled() -> None:
    taken = steps([session(0, candidate("AAA.1")), *(session(day, marks=QUOTED.get(day, {})) for day in range(2, 10))])
    (bought,) = taken[1].arms[0].executions
    assert (bought.session, bought.price_usd) == (DAYS[2], 112.0)
    (outcome,) = taken[7].arms[0].outcomes
    assert (outcome.entry_session, outcome.session, outcome.hold_sessions) == (DAYS[2], DAYS[8], 6)


def test_contracts_are_named_in_what_is_asked_for() -> None:
    intent = whole_life(QUOTED)[0].arms[1].intents[0]
    assert intent.butterfly == butterfly("AAA.1") and intent.butterfly.expiry == date(2024, 3, 20)
    assert intent.basis.decision_id != whole_life(QUOTED)[0].arms[0].intents[0].basis.decision_id
    assert DESK.costs.commission_usd == 2.6
