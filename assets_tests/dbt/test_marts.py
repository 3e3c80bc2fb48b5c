"""Marts counted by hand, and a range against its sessions."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assets_tests.labels import label_worlds
from assets_tests.labels.label_worlds import FOUND, NOW, RULES, _plain, held, keep, origin, run
from butter_pipeline.frame import Frame
from butter_pipeline.identity import content_hash
from butter_pipeline.labels.build import Project
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES
from butter_pipeline.labels.sessions import Model, make
from butter_pipeline.market.sessions import as_of, offset, sessions_between
from butter_pipeline.marts.frames import ARM_PERFORMANCE, CALIBRATION, LOOK_BACK_SESSIONS, SESSION_COVERAGE
from butter_pipeline.store import Store, frames, outcomes
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Reading
from butter_pipeline.trading.frames import BOOKS, OUTCOMES, PREDICTIONS

pytestmark = pytest.mark.database
LAST = offset(FOUND, 59)
SESSIONS = sessions_between(FOUND, LAST)
Made = Callable[..., None]


@pytest.fixture
def made(database: Store, project: Project) -> Made:
    def _made(frame: Frame, *sessions: date) -> None:
        make(database, Model(frame, (), LOOK_BACK_SESSIONS.get(frame.name, 0)), sessions, run(), project)

    return _made


def enter(store: Store, frame: Frame, rows: Sequence[dict[str, Any]]) -> None:
    plain = [_plain(frame) | row for row in rows]
    frames.enter(store, frame, pa.Table.from_pylist(plain, schema=frame.schema), origin(NOW))


def read(store: Store, frame: Frame) -> list[dict[str, Any]]:
    asked = Reading(vendor=label_worlds.VENDOR, first=FOUND, last=LAST, as_of=NOW)
    found: list[dict[str, Any]] = frames.read(store, frame, asked).to_pylist()
    return found


def books(equities: Sequence[float], arm: str = "ButterA") -> list[dict[str, Any]]:
    return [
        {"session": s, "arm": arm, "equity_usd": e, "positions": 2, "drawdown_pct": 1.5, "available_at": as_of(s)}
        for s, e in zip(SESSIONS, equities, strict=False)
    ]


def closed(session: date, name: str, profit: float, arm: str = "ButterA") -> dict[str, Any]:
    told = {"profit_usd": profit, "is_profitable": int(profit > 0), "available_at": as_of(session)}
    return {"session": session, "outcome_id": name, "arm": arm, **told}


def test_an_arm_s_trades_are_counted_and_its_return_is_the_change_of_its_equity(database: Store, made: Made) -> None:
    enter(database, BOOKS, [*books([100.0, 110.0, 99.0]), *books([50.0, 50.0, 50.0], "ButterB")])
    enter(database, OUTCOMES, [closed(SESSIONS[1], "x", 10.0), closed(SESSIONS[2], "y", -11.0)])
    made(ARM_PERFORMANCE, *SESSIONS[:3])
    rows = read(database, ARM_PERFORMANCE)
    a, b = ([row for row in rows if row["arm"] == arm] for arm in ("ButterA", "ButterB"))
    assert [row["return_pct"] for row in a] == [None, pytest.approx(10.0), pytest.approx(-10.0)]
    assert [(r["closed_trades"], r["win_rate"], r["profit_usd"]) for r in a] == [(0, None, 0), (1, 1, 10), (2, 0.5, -1)]
    assert [(r["positions"], r["drawdown_pct"], r["available_at"]) for r in b] == [
        (2, 1.5, as_of(session)) for session in SESSIONS[:3]
    ]
    assert {(r["closed_trades"], r["win_rate"], r["sharpe"]) for r in b} == {(0, None, None)}


def test_the_sharpe_ratio_waits_for_twenty_returns_and_then_is_mean_over_deviation(database: Store, made: Made) -> None:
    equities = 1e5 * np.cumprod(1 + np.random.default_rng(3).normal(0.001, 0.01, 40))
    enter(database, BOOKS, books([float(e) for e in equities]))
    made(ARM_PERFORMANCE, *SESSIONS[:40])
    rows = read(database, ARM_PERFORMANCE)
    assert [row["sharpe"] is None for row in rows] == [True] * 20 + [False] * 20
    returns = 100 * (equities[1:] / equities[:-1] - 1)
    daily = returns.mean() / returns.std(ddof=1)
    assert rows[-1]["sharpe"] == pytest.approx(daily * 252**0.5, rel=1e-12)
    assert rows[-1]["sharpe_error"] == pytest.approx(((1 + daily**2 / 2) / 39 * 252) ** 0.5, rel=1e-12)


def test_marts_of_a_range_are_those_of_its_sessions_to_the_bit_and_repeat(database: Store, made: Made) -> None:
    random = np.random.default_rng(5)
    enter(database, BOOKS, books([float(e) for e in random.uniform(9e4, 11e4, 30)]))
    enter(database, OUTCOMES, [closed(s, str(s), float(random.normal())) for s in SESSIONS[:30]])
    for session in SESSIONS[26:30]:
        made(ARM_PERFORMANCE, session)
    single = content_hash(pa.Table.from_pylist(read(database, ARM_PERFORMANCE), schema=ARM_PERFORMANCE.schema))
    for _ in range(2):
        made(ARM_PERFORMANCE, *SESSIONS[26:30])
        again = pa.Table.from_pylist(read(database, ARM_PERFORMANCE), schema=ARM_PERFORMANCE.schema)
        assert content_hash(again) == single


def keep_models(database: Store, *names: str) -> None:
    from butter_pipeline.store.schema.base import COUNT, DATE, FLOAT, TIME
    from butter_pipeline.store.schema.ledgers import MODELS

    zero = {COUNT: 0, FLOAT: 0.5, DATE: FOUND, TIME: NOW}
    with database.engine.begin() as connection:
        for name in names:
            row = {c.name: zero.get(c.type, name) for c in MODELS.columns if not c.nullable}
            connection.execute(MODELS.insert().values(**row | {"model_id": name}))


def prediction(name: str, probability: float, **more: Any) -> dict[str, Any]:
    numbers = {"success_probability": probability, "market_probability": 0.3, "confidence": 0.5, "horizon_sessions": 8}
    words = {"model_id": "m", "role": "production", "recommendation": "take", "available_at": as_of(FOUND)}
    return {
        "session": FOUND,
        "prediction_id": name,
        "opportunity_id": name,
        "decision_at": NOW,
        **numbers,
        **words,
        **more,
    }


def test_calibration_counts_what_had_matured_and_stood_at_the_session_s_own_moment(
    database: Store, made: Made, project: Project
) -> None:
    won, lost = [110.0] * 7, [90.0] * 7
    butterflies = [held("a", *won), held("b", *lost), held("c", *won), held("d", *[None] * 7), held("e", *won)]
    matures = offset(FOUND, 8)
    keep(database, butterflies)
    keep(database, [held("b", *won)], received_at=as_of(offset(matures, 1)))
    keep_models(database, "m", "n")
    predicted = [prediction("a", 0.62), prediction("b", 0.66), prediction("c", 1.0), prediction("d", 0.6)]
    enter(database, PREDICTIONS, [*predicted, prediction("e", 0.1, role="shadow", model_id="n")])
    make(database, Model(BUTTERFLY_OUTCOMES, (), 8, RULES.settings), [matures], run(), project)
    made(CALIBRATION, *(offset(FOUND, age) for age in (7, 8, 9)))
    found = [(r["session"], r["bucket"], r["predictions"], r["share_profitable"]) for r in read(database, CALIBRATION)]
    assert found == [
        (matures, 6, 2, 0.5),
        (matures, 9, 1, 1.0),
        (offset(FOUND, 9), 6, 2, 1.0),
        (offset(FOUND, 9), 9, 1, 1.0),
    ]
    row = read(database, CALIBRATION)[0]
    assert (row["mean_probability"], row["mean_market_probability"]) == (0.64, 0.3)
    made(CALIBRATION, offset(matures, 125), offset(matures, 126))
    asked = Reading(vendor=label_worlds.VENDOR, first=offset(matures, 125), last=offset(matures, 126), as_of=NOW)
    assert {row["session"] for row in frames.read(database, CALIBRATION, asked).to_pylist()} == {offset(matures, 125)}


def test_coverage_speaks_of_raw_datasets_alone(database: Store, made: Made) -> None:
    told = Outcome("market/bars", label_worlds.VENDOR, FOUND, "done", "r", "c", "h", NOW, rows=3, completeness_pct=99.0)
    from dataclasses import replace

    blocked = replace(told, asset="market/chains", status="blocked", reason="crossed")
    outcomes.record(database, [told, blocked, replace(told, asset="labels/butterfly_outcomes", rows=100)])
    made(SESSION_COVERAGE, FOUND)
    (row,) = read(database, SESSION_COVERAGE)
    assert (row["datasets"], row["rows"], row["usable"], row["reason"]) == (2, 6, False, "market/chains: crossed")
    assert row["available_at"] == as_of(FOUND)
    assert as_of(FOUND) - timedelta(hours=1) < row["available_at"]
