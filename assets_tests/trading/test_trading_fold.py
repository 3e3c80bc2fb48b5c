"""The fold on a real database: what is written, what stands, and what is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from assets_tests.market.actions.action_tables import action, actions
from assets_tests.trading.desks import DAYS, DESK, VENDOR, life, steps, tables
from butter_pipeline.derivation import Run
from butter_pipeline.errors import ButterError
from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import ACTIONS
from butter_pipeline.market.sessions import as_of, open_at
from butter_pipeline.opportunities.frames import BUTTERFLIES, MARKS
from butter_pipeline.policy.frames import WEIGHTS
from butter_pipeline.store import Store, frames, outcomes
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Reading
from butter_pipeline.trading import fold as folding
from butter_pipeline.trading.fold import BENEATH, Fold
from butter_pipeline.trading.frames import BOOKS
from butter_pipeline.trading.inputs import seen
from butter_pipeline.trading.ledger import KEPT

FOUND = {"AAA.1": 0, "BBB.1": 0, "AAA.2": 5, "CCC.1": 6, "BBB.2": 10}
MARKET = tables({name: life(100.0, 5.0 - len(FOUND) * place) for place, name in enumerate(FOUND)}, FOUND)
TRADED = 4  # AAA is open when the second of its butterflies is found
SESSIONS = DAYS[:19]
NOW = datetime(2024, 8, 1, tzinfo=UTC)
RUN = Run(vendor=VENDOR, received_at=NOW, recorded_at=NOW, code_version="code", config_hash="config", run_id="run")


def later(minutes: int) -> Run:
    """A run of its own, so much later."""
    moment = NOW + timedelta(minutes=minutes)
    return replace(RUN, received_at=moment, recorded_at=moment, run_id=f"run{minutes}")


def told(store: Store, asset: str, sessions: Sequence[date], status: str = "done", minutes: int = 0) -> None:
    """Write down how an asset's sessions went."""
    run = later(minutes)
    made = [
        Outcome(
            asset=asset,
            vendor=VENDOR,
            session=session,
            status=status,
            reason=None if status == "done" else "not today",
            run_id=run.run_id,
            code_version="code",
            config_hash="config",
            recorded_at=run.recorded_at,
        )
        for session in sessions
    ]
    outcomes.record(store, made)


@pytest.fixture
def store(database: Store) -> Store:
    """A store in which everything beneath the book is made."""
    for frame, table in ((BUTTERFLIES, MARKET.butterflies), (MARKS, MARKET.marks), (WEIGHTS, MARKET.weights)):
        frames.append(database, frame, table, RUN)
    for asset in BENEATH:
        told(database, asset, SESSIONS)
    return database


def folded(store: Store, sessions: Sequence[date], minutes: int = 1, **sizing: float) -> list[Outcome]:
    desk = replace(DESK, sizing=replace(DESK.sizing, **sizing))
    return list(Fold(store, later(minutes), desk).over(sessions))


def hashes(made: Sequence[Outcome]) -> dict[tuple[str, date], str | None]:
    return {(outcome.asset, outcome.session): outcome.hash for outcome in made}


def rows(store: Store, frame: Frame) -> pa.Table:
    asked = Reading(vendor=VENDOR, first=SESSIONS[0], last=SESSIONS[-1], as_of=NOW + timedelta(days=1))
    return frames.read(store, frame, asked)


def everything(store: Store) -> Mapping[str, pa.Table]:
    return {frame.name: rows(store, frame) for frame in KEPT}


def blocked(made: Sequence[Outcome]) -> dict[date, str | None]:
    return {outcome.session: outcome.reason for outcome in made if outcome.status == "blocked"}


def test_a_range_is_kept_with_an_outcome_for_every_asset_and_session(store: Store) -> None:
    made = folded(store, SESSIONS)
    assert [outcome.status for outcome in made] == ["done"] * len(SESSIONS) * len(KEPT)
    kept = everything(store)
    assert kept["outcomes"].num_rows == 2 * TRADED and kept["books"].num_rows == 2 * len(SESSIONS)
    for frame in KEPT:
        counted = sum(outcome.rows or 0 for outcome in made if outcome.asset == frame.asset)
        assert counted == kept[frame.name].num_rows > 0
    assert outcomes.latest(store, BOOKS.asset, VENDOR, SESSIONS[0], SESSIONS[0])[0].hash == made[4].hash


def test_session_by_session_and_stretch_by_stretch_give_the_bits_of_one_range(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    single = [outcome for n, session in enumerate(SESSIONS) for outcome in folded(store, [session], n + 1)]
    kept = everything(store)
    monkeypatch.setattr(folding, "STRETCH_SESSIONS", 4)
    again = folded(store, SESSIONS, 100)
    assert blocked(again) == {} and hashes(again) == hashes(single) and all(hashes(single).values())
    assert everything(store) == kept


def test_one_range_gives_the_bits_of_its_sessions(store: Store) -> None:
    whole = folded(store, SESSIONS)
    assert hashes(folded(store, SESSIONS[4:9], 2)).items() <= hashes(whole).items()
    assert hashes(folded(store, SESSIONS, 3)) == hashes(whole)


def test_what_was_decided_stands_when_it_would_now_come_out_differently(store: Store) -> None:
    folded(store, SESSIONS[:8])
    kept = everything(store)
    made = folded(store, SESSIONS[:10], 2, base_risk_pct=0.4)
    assert set(blocked(made)) == {SESSIONS[0], SESSIONS[6]}
    reason = "what was decided then stands; recomputed it differs in trading/decisions (quantity); "
    assert str(blocked(made)[SESSIONS[0]]).startswith(reason + "trading/order_intents (quantity); trading/books")
    for name, table in everything(store).items():
        assert table.slice(0, kept[name].num_rows) == kept[name], name
    assert rows(store, BOOKS).num_rows == 2 * 10


def test_a_blocked_session_leaves_the_book_as_it_was_and_orders_wait(store: Store) -> None:
    told(store, "opportunities/marks", SESSIONS[1:2], "blocked", 1)
    made = folded(store, SESSIONS[:9], 2)
    assert blocked(made) == {SESSIONS[1]: "opportunities/marks is blocked: not today"}
    assert SESSIONS[1] not in rows(store, BOOKS)["session"].to_pylist()
    filled = rows(store, KEPT[2])
    assert set(filled.slice(0, 4)["session"].to_pylist()) == {SESSIONS[2]}


def test_a_session_that_the_book_went_past_is_not_decided_afterwards(store: Store) -> None:
    told(store, "policy/weights", SESSIONS[3:4], "blocked", 1)
    folded(store, SESSIONS[:9], 2)
    kept = everything(store)
    told(store, "policy/weights", SESSIONS[3:4], "done", 3)
    made = folded(store, SESSIONS[:9], 4)
    assert blocked(made) == {SESSIONS[3]: "the book went on without it; it is not decided afterwards"}
    assert everything(store) == kept


def test_no_session_that_could_be_folded_is_passed_over(store: Store) -> None:
    folded(store, SESSIONS[:3])
    with pytest.raises(ButterError, match=f"the book has not come to {SESSIONS[3]} yet; make trading/books from that"):
        folded(store, SESSIONS[5:8], 2)
    told(store, BOOKS.asset, SESSIONS[3:5], "failed", 3)
    with pytest.raises(ButterError, match="the book has not come to"):
        folded(store, SESSIONS[5:8], 4)
    assert rows(store, BOOKS).num_rows == 2 * 3
    assert blocked(folded(store, SESSIONS[3:8], 5)) == {}


def test_the_book_may_begin_where_nothing_before_can_be_folded(store: Store) -> None:
    told(store, "trading/predictions", SESSIONS[:4], "blocked", 1)
    assert {outcome.status for outcome in folded(store, SESSIONS[4:], 2)} == {"done"}


def test_a_run_that_was_killed_before_its_books_were_kept_is_simply_run_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = frames.enter

    def killed(*asked: object) -> int:
        if asked[1] is BOOKS:
            raise KeyboardInterrupt
        return entered(*asked)  # type: ignore[arg-type]

    folded(store, SESSIONS[:2])
    with monkeypatch.context() as during:
        during.setattr(frames, "enter", killed)
        with pytest.raises(KeyboardInterrupt):
            folded(store, SESSIONS[2:], 2)
    assert outcomes.latest(store, BOOKS.asset, VENDOR, SESSIONS[2], SESSIONS[-1]) == []
    folded(store, SESSIONS[2:], 3)
    assert rows(store, BOOKS).num_rows == 2 * len(SESSIONS)
    assert rows(store, KEPT[3]).num_rows == 2 * TRADED
    assert blocked(folded(store, SESSIONS, 4)) == {}


def test_a_correction_that_arrives_later_is_not_seen_by_the_sessions_before_it(store: Store) -> None:
    made = folded(store, SESSIONS[:8])
    corrected = MARKET.marks.to_pylist()
    for row in corrected:
        row["open_cost_usd"] = None if row["open_cost_usd"] is None else row["open_cost_usd"] + 1.0
        row["close_value_usd"] = None if row["close_value_usd"] is None else row["close_value_usd"] + 1.0
    arrived = replace(RUN, received_at=as_of(SESSIONS[9]))
    frames.append(store, MARKS, pa.Table.from_pylist(corrected, schema=MARKS.schema), arrived)
    assert hashes(folded(store, SESSIONS[:8], 2)) == hashes(made)
    later_on = folded(store, SESSIONS[8:], 3)
    assert blocked(later_on) == {} and hashes(folded(store, SESSIONS, 4)) == hashes(made) | hashes(later_on)
    marks = {row["session"]: row["book_json"] for row in rows(store, BOOKS).to_pylist() if row["arm"] == "ButterA"}
    assert len(set(marks.values())) == len(SESSIONS)


def test_sessions_that_have_not_settled_are_refused(store: Store) -> None:
    early = replace(RUN, received_at=as_of(SESSIONS[1]) - timedelta(minutes=1))
    with pytest.raises(ButterError, match=f"session {SESSIONS[1]} settles at"):
        list(Fold(store, early, DESK).over(SESSIONS[:2]))
    assert rows(store, BOOKS).num_rows == 0


@pytest.mark.parametrize("known_at", [as_of(DAYS[0]), open_at(DAYS[4]), as_of(DAYS[6])])
def test_over_a_split_a_range_has_the_bits_of_its_sessions_whenever_it_became_known(
    store: Store, known_at: datetime
) -> None:
    split = action(DAYS[4], symbol="AAA", ratio=7.0, available_at=known_at)
    frames.append(store, ACTIONS, actions(split), RUN)
    single = [outcome for n, session in enumerate(SESSIONS) for outcome in folded(store, [session], n + 1)]
    kept = everything(store)
    assert blocked(folded(store, SESSIONS, 100)) == {} and everything(store) == kept
    sizes = {
        row["session"]: row["quantity"] for row in kept["outcomes"].to_pylist() if row["opportunity_id"] == "AAA.1"
    }
    opened = next(row for row in kept["executions"].to_pylist() if row["opportunity_id"] == "AAA.1")
    assert set(sizes.values()) == {opened["quantity"] * 7} and all(hashes(single).values())


def test_a_split_changes_no_money(store: Store) -> None:
    frames.append(store, ACTIONS, actions(action(DAYS[4], symbol="AAA", ratio=2.0)), RUN)
    folded(store, SESSIONS)
    expected = [arm.book.equity_usd for taken in steps(seen(MARKET, SESSIONS)) for arm in taken.arms]
    assert rows(store, BOOKS)["equity_usd"].to_pylist() == pytest.approx(expected, rel=1e-12)
