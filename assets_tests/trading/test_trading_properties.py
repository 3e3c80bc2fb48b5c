"""What must hold for every market, every book and every model."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_tests.trading.desks import DAYS, DESK, START, arm, candidate, held, reread, session, steps, tables
from butter_pipeline.errors import ButterError
from butter_pipeline.opportunities.search import EXIT_AGE_SESSIONS
from butter_pipeline.store.conform import conformed
from butter_pipeline.trading import ledger, risk
from butter_pipeline.trading.book import ArmBook, Basis, Book, Order, Position, arm_from_json
from butter_pipeline.trading.decision import decide
from butter_pipeline.trading.inputs import Tables, seen
from butter_pipeline.trading.risk import Exposure, Limits
from butter_pipeline.trading.step import Step

NAMES = [f"{symbol}.{number}" for symbol in ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF") for number in range(3)]
usd = st.floats(0.01, 3_000.0)
worth = st.one_of(st.none(), st.tuples(usd, st.floats(-5.0, 3_000.0)))


@st.composite
def markets(draw: st.DrawFn) -> Tables:
    """Butterflies found on some of ten days, with marks that may be missing."""
    found = draw(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 6), min_size=1, max_size=8))
    costs = {}
    for name in found:
        later = draw(st.lists(worth, min_size=8, max_size=8))
        costs[name] = [(draw(usd), 1.0), *((None, None) if mark is None else mark for mark in later)]
    return tables(costs, found)


@st.composite
def books(draw: st.DrawFn) -> ArmBook:
    """One arm's book in any state."""
    names = draw(st.lists(st.sampled_from([f"{n}.x" for n in range(25)]), unique=True, max_size=22))
    positions = [
        held(name, quantity=draw(st.integers(1, 50)), entry_cost_usd=draw(usd), mark_usd=draw(usd)) for name in names
    ]
    return arm(
        cash_usd=draw(st.floats(0.0, 200_000.0)),
        peak_usd=draw(st.floats(1.0, 300_000.0)),
        losses_in_a_row=draw(st.integers(0, 5)),
        positions=tuple(positions),
    )


def days_of(market: Tables) -> Sequence[date]:
    return sorted(set(market.marks["session"].to_pylist()))


def folded(market: Tables) -> list[Step]:
    return steps(seen(market, days_of(market)))


@given(books(), st.lists(usd, min_size=1, max_size=9), st.floats(0.0, 60.0), st.floats(0.1, 50.0))
@settings(max_examples=100, deadline=None)
def test_no_model_however_sure_overrides_a_hard_limit(
    book: ArmBook, costs: list[float], slack: float, base: float
) -> None:
    candidates = [candidate(f"{letter}.1", cost=cost) for letter, cost in zip("ABCDEFGHI", costs, strict=False)]
    sure = {one.butterfly.opportunity_id: ("p", 1.0) for one in candidates}
    greedy = replace(DESK.sizing, base_risk_pct=base, limit_slack_pct=slack, max_new_per_session=100)
    after, decisions = decide(book, replace(session(2, *candidates), predictions=sure), replace(DESK, sizing=greedy))
    committed = 0.0
    for order in after.orders:
        assert order.limit_usd is not None and order.quantity >= 1
        staked = order.quantity * order.limit_usd
        assert staked <= 0.01 * book.equity_usd * (1 + 1e-12)
        assert staked <= 0.10 * book.equity_usd * (1 + 1e-12)
        committed += staked
    assert committed <= book.cash_usd * (1 + 1e-12)
    assert not after.orders or len(after.positions) + len(after.orders) <= 20
    assert sum(decision.quantity for decision in decisions) == sum(order.quantity for order in after.orders)


@given(st.integers(0, 100), st.floats(0.01, 1e4), st.floats(-1e5, 1e5), st.floats(0, 1e5), st.integers(0, 25))
def test_what_is_allowed_is_never_more_than_wanted_and_a_cut_has_a_name(
    wanted: int, price: float, free: float, symbol_usd: float, positions: int
) -> None:
    found = risk.allowed(wanted, price, Exposure(100_000.0, free, positions, symbol_usd), DESK.limits)
    assert 0 <= found.quantity <= wanted
    assert (found.quantity < wanted) == bool(found.limits_hit)
    assert found.quantity == 0 or found.quantity * price <= free


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan")])
def test_what_has_no_price_is_not_bought(price: float) -> None:
    assert risk.allowed(5, price, Exposure(1e5, 1e5, 0, 0.0), DESK.limits) == risk.Allowed(0, ("price",))
    assert risk.affordable(100.0, float("nan")) == 0


@pytest.mark.parametrize("looser", [(10.1, 20, 1.0), (10.0, 21, 1.0), (10.0, 20, 1.1), (-1.0, 20, 1.0)])
def test_no_configuration_may_loosen_a_hard_limit(looser: tuple[float, int, float]) -> None:
    with pytest.raises(ButterError, match=r"trading.yml: limits: \w+ must be from 0 to"):
        Limits(*looser)


@given(st.floats(0.0, 1e6), st.floats(1e-3, 1e4))
def test_a_budget_pays_for_as_many_as_it_can_and_never_a_cent_more(budget: float, price: float) -> None:
    quantity = risk.affordable(budget, price)
    assert quantity * price <= budget
    assert (quantity + 1) * price > budget * (1 - 1e-12)


@given(markets())
@settings(max_examples=40, deadline=None)
def test_cash_is_what_executions_left_and_equity_is_cash_and_positions(market: Tables) -> None:
    taken = folded(market)
    for place in (0, 1):
        cash = DESK.sizing.start_equity_usd
        for step in taken:
            arm_step = step.arms[place]
            for fill in arm_step.executions:
                cash += fill.cash_usd
            book = arm_step.book
            assert book.cash_usd == pytest.approx(cash, abs=1e-6)
            assert book.equity_usd == pytest.approx(cash + sum(p.quantity * p.mark_usd for p in book.positions))
            assert book.drawdown_pct >= 0.0 and book.equity_usd <= book.peak_usd
        closed = sum(outcome.profit_usd for step in taken for outcome in step.arms[place].outcomes)
        still = sum(p.quantity * p.entry_cost_usd for p in taken[-1].arms[place].book.positions)
        assert cash == pytest.approx(DESK.sizing.start_equity_usd + closed - still, abs=1e-6)


@given(markets())
@settings(max_examples=40, deadline=None)
def test_a_closed_position_earns_what_the_label_of_its_opportunity_says_to_the_bit(market: Tables) -> None:
    marks = {(row["session"], row["opportunity_id"]): row for row in market.marks.to_pylist()}
    opened = {row["opportunity_id"]: row["opened_session"] for row in market.marks.to_pylist()}
    for step in folded(market):
        for outcome in (outcome for one in step.arms for outcome in one.outcomes):
            found = DAYS.index(opened[outcome.opportunity_id])
            entry = marks[DAYS[found + 1], outcome.opportunity_id]["open_cost_usd"]
            exit_ = marks[DAYS[found + EXIT_AGE_SESSIONS], outcome.opportunity_id]["close_value_usd"]
            if exit_ is None:
                assert step.session > DAYS[found + EXIT_AGE_SESSIONS]
                continue
            assert (outcome.entry_session, step.session) == (DAYS[found + 1], DAYS[found + EXIT_AGE_SESSIONS])
            assert outcome.profit_pct == 100 * (exit_ - entry) / entry
            assert outcome.profit_usd == outcome.quantity * (exit_ - entry)


@given(markets())
@settings(max_examples=40, deadline=None)
def test_a_range_is_its_sessions_one_by_one_through_json_to_the_bit(market: Tables) -> None:
    book = START
    for whole in folded(market):
        alone = steps(seen(only(market, whole.session), [whole.session]), book=reread(book))[0]
        assert alone == whole and alone.book.hash == whole.book.hash
        book = alone.book


@given(markets(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_does_not_matter(market: Tables, shuffle: random.Random) -> None:
    assert folded(Tables(*(shuffled(table, shuffle) for table in vars(market).values()))) == folded(market)


@given(markets())
@settings(max_examples=30, deadline=None)
def test_rows_fit_their_frames_and_books_come_back_as_they_were(market: Tables) -> None:
    taken = folded(market)
    rows = ledger.tables(taken, DESK)
    for frame in ledger.KEPT:
        assert conformed(rows[frame.name], frame) == rows[frame.name]
    assert dict(ledger.books(rows["books"])) == {step.session: step.book for step in taken}


@given(books(), st.floats(allow_nan=False, allow_infinity=False))
def test_a_book_is_the_same_after_json(book: ArmBook, probability: float) -> None:
    basis = Basis("decision", DAYS[0], "p", probability)
    orders = tuple(Order("i", "open", p.butterfly, basis, 3, probability, DAYS[1]) for p in book.positions[:2])
    told = replace(book, orders=orders)
    assert arm_from_json(told.json()) == told and arm_from_json(told.json()).json() == told.json()
    assert Book(DAYS[3], (told,)).hash == reread(Book(DAYS[3], (told,))).hash
    assert Book(DAYS[3], (told,)).hash != Book(DAYS[4], (told,)).hash


def test_a_book_with_a_number_that_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        arm(cash_usd=float("nan")).json()


def only(market: Tables, day: date) -> Tables:
    """One session's rows."""
    import pyarrow.compute as pc

    mine = pa.scalar(day, pa.date32())
    return Tables(*(table.filter(pc.equal(table["session"], mine)) for table in vars(market).values()))


def shuffled(table: pa.Table, shuffle: random.Random) -> pa.Table:
    order = list(range(table.num_rows))
    shuffle.shuffle(order)
    return table.take(pa.array(order, pa.int64()))


def test_positions_stand_by_session_and_name() -> None:
    names = [position.name for position in (held("BBB.1"), held("AAA.2"), held("AAA.1", decided=1))]
    assert sorted(names) == [names[1], names[0], names[2]]
    assert isinstance(held("AAA.1"), Position)
