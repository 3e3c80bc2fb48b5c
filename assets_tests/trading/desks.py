"""A little market that the tests of the desk share: butterflies by name, and what they cost from session to session."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import pyarrow as pa

from butter_pipeline.backtest.fills import Costs
from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import ACTIONS
from butter_pipeline.market.sessions import as_of, offset, sessions_between
from butter_pipeline.opportunities.frames import BUTTERFLIES, MARKS
from butter_pipeline.policy.frames import WEIGHTS
from butter_pipeline.policy.weightings import PARTS, Weighting
from butter_pipeline.trading.book import ArmBook, Basis, Book, Butterfly, Position, arm_from_json, opened
from butter_pipeline.trading.desk import Desk, Sizing
from butter_pipeline.trading.frames import PREDICTIONS
from butter_pipeline.trading.inputs import Candidate, Seen, Tables
from butter_pipeline.trading.risk import Limits, Switch
from butter_pipeline.trading.step import Step, step

VENDOR = "little"
DAYS = sessions_between(date(2024, 3, 4), date(2024, 6, 28))
STATIC = Weighting(35.0, 30.0, 20.0, 15.0)
LEARNED = Weighting(0.0, 100.0, 0.0, 0.0)
DESK = Desk(
    vendor=VENDOR,
    static=STATIC,
    sizing=Sizing(start_equity_usd=100_000.0, max_new_per_session=4, base_risk_pct=0.8, limit_slack_pct=20.0),
    limits=Limits(position_pct=10.0, open_positions=20, risk_per_trade_pct=1.0),
    switch=Switch(losses_in_a_row=3, drawdown_pct=10.0),
    costs=Costs(multiplier=100.0, commission_per_contract_usd=0.65, slippage_bps=2.0),
)
START = opened(DESK.sizing.start_equity_usd)


def butterfly(name: str, expiry: date = DAYS[12]) -> Butterfly:
    """The butterfly of that name; its symbol is what stands before the dot."""
    return Butterfly(name, name.split(".")[0], expiry, "C", 95.0, 100.0, 105.0)


def candidate(name: str, *, cost: float = 100.0, market: float = 0.7, vol: float = 50.0) -> Candidate:
    """A butterfly that was found; all of its scores are 50 but the second."""
    return Candidate(butterfly(name), (50.0, vol, 50.0, 50.0), cost, market)


def session(
    number: int, *candidates: Candidate, marks: Mapping[str, tuple[float | None, float | None]] | None = None
) -> Seen:
    """What the desk sees of one of the days."""
    return Seen(DAYS[number], LEARNED, tuple(candidates), marks=marks or {})


def steps(sessions: Iterable[Seen], desk: Desk = DESK, book: Book = START) -> list[Step]:
    """The sessions through the desk."""
    taken: list[Step] = []
    for seen in sessions:
        taken.append(step(taken[-1].book if taken else book, seen, desk))
    return taken


def reread(book: Book) -> Book:
    """The book after a way through JSON."""
    return Book(book.session, tuple(arm_from_json(arm.json()) for arm in book.arms))


def held(name: str, decided: int = 0, **changes: object) -> Position:
    """A position in one butterfly."""
    basis = Basis("decision", DAYS[decided], None, 0.7)
    made = Position(butterfly(name), basis, 1, DAYS[decided + 1], 100.0, 100.0, DAYS[decided + 1])
    return replace(made, **changes)  # type: ignore[arg-type]


def arm(**changes: object) -> ArmBook:
    """The first arm's book, changed."""
    return replace(START.arms[0], **changes)  # type: ignore[arg-type]


def tables(
    costs: Mapping[str, Sequence[tuple[float | None, float | None]]],
    found: Mapping[str, int],
    actions: Sequence[Mapping[str, object]] = (),
) -> Tables:
    """The tables of other stages: each butterfly found on the day of that number, with its marks from then on."""
    butterflies = [
        {
            **vars(butterfly(name, offset(DAYS[day], 10))),
            "session": DAYS[day],
            "open_cost_usd": costs[name][0][0],
            "market_probability": 0.7,
            **{f"{part}_score": 50.0 + len(name) + place for place, part in enumerate(PARTS)},
        }
        for name, day in found.items()
    ]
    marks = [
        {
            **vars(butterfly(name, offset(DAYS[day], 10))),
            "session": DAYS[day + age],
            "opened_session": DAYS[day],
            "age_sessions": age,
            "underlying_price": 100.0,
            "open_cost_usd": mark[0],
            "close_value_usd": mark[1],
        }
        for name, day in found.items()
        for age, mark in enumerate(costs[name])
    ]
    days = sorted({row["session"] for row in marks})
    weights = [{"session": day, "candidate": "vol", **dict(zip(PARTS, LEARNED.parts, strict=True))} for day in days]
    return Tables(
        _table(BUTTERFLIES, butterflies),
        _table(MARKS, marks),
        _table(PREDICTIONS, []),
        _table(WEIGHTS, weights),
        _table(ACTIONS, actions),
    )


def life(cost: float, growth: float) -> list[tuple[float | None, float | None]]:
    """Nine marks of a butterfly that grows by so much a session, bought two above and sold two below its worth."""
    return [(cost + age * growth + 2.0, cost + age * growth - 2.0) for age in range(9)]


def _table(frame: Frame, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows of a frame; what they do not say is nothing, or zero where there must be something."""
    nothing = {pa.float64(): 0.0, pa.int64(): 0, pa.string(): ""}
    full = [
        {field.name: row.get(field.name, None if field.nullable else nothing.get(field.type)) for field in frame.schema}
        | {"available_at": as_of(row["session"])}  # type: ignore[arg-type]
        for row in rows
    ]
    return pa.Table.from_pylist(full, schema=frame.schema)
