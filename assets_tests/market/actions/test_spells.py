"""Where a range is cut: where earlier prices move to another basis, and whenever that is learned."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from assets_tests.market.actions.action_tables import DAYS, action, actions, bars
from butter_pipeline import derivation
from butter_pipeline.derivation import Reader, spells
from butter_pipeline.market.frames import ACTIONS, BARS, CHAINS
from butter_pipeline.market.instruments import Instrument, Policy
from butter_pipeline.market.sessions import as_of, open_at
from butter_pipeline.store import Store, frames
from butter_pipeline.store.terms import Origin

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORIGIN = Origin(vendor="v", received_at=NOW, recorded_at=NOW, code_version="code", config_hash="config")
WEEK = DAYS[:8]
pytestmark = pytest.mark.database

Cuts = Callable[..., list[int]]


@pytest.fixture
def cuts(database: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cuts]:
    """Where spells of the first eight days begin, given actions and what is read."""

    def _cuts(*rows: dict[str, object], reads: object = (BARS,), policy: Policy | None = None) -> list[int]:
        monkeypatch.setattr(derivation, "policy", lambda: policy or Policy())
        frames.append(database, ACTIONS, actions(*rows), ORIGIN)
        found = list(spells(database, reads, "v", WEEK))  # type: ignore[arg-type]
        assert [day for spell in found for day in spell] == list(WEEK)
        return [WEEK.index(spell[0]) for spell in found]

    return _cuts


def test_without_actions_there_is_one_spell(cuts: Cuts) -> None:
    assert cuts() == [0]


@pytest.mark.parametrize("known_at", [as_of(DAYS[0]) - timedelta(days=40), as_of(DAYS[1]), open_at(DAYS[3])])
def test_a_split_known_by_its_session_cuts_there(cuts: Cuts, known_at: datetime) -> None:
    assert cuts(action(DAYS[3], ratio=2.0, available_at=known_at)) == [0, 3]


def test_a_split_known_late_cuts_where_it_is_known_as_well(cuts: Cuts) -> None:
    assert cuts(action(DAYS[3], ratio=2.0, available_at=as_of(DAYS[5]))) == [0, 3, 5]
    assert cuts(action(DAYS[3], symbol="BBB", ratio=2.0, available_at=NOW)) == [0, 3, 5]  # after the range: never


def test_an_action_of_before_the_range_that_becomes_known_within_it_cuts_there(cuts: Cuts) -> None:
    assert cuts(action(DAYS[3].replace(month=2, day=1), ratio=2.0, available_at=as_of(DAYS[4]))) == [0, 4]


def test_a_split_in_the_first_session_and_one_after_the_last_cut_nothing(cuts: Cuts) -> None:
    assert cuts(action(DAYS[0], ratio=2.0), action(DAYS[8], ratio=2.0, available_at=as_of(DAYS[0]))) == [0]


def test_dividends_cut_only_where_they_count_and_rolls_only_where_they_are_taken_out(cuts: Cuts) -> None:
    rows = action(DAYS[2], "dividend", cash=1.0), action(DAYS[4], "roll", "CL", difference=2.0)
    assert cuts(*rows) == [0, 4]
    assert cuts(policy=Policy("total_return")) == [0, 2, 4]
    assert cuts(policy=Policy("splits", {"CL": Instrument("unadjusted")})) == [0]


def test_what_reads_neither_bars_nor_actions_is_not_cut(cuts: Cuts) -> None:
    row = action(DAYS[3], ratio=2.0)
    assert cuts(row, reads=(CHAINS, "features.surface")) == [0]
    assert cuts(reads=(CHAINS, ACTIONS)) == [0, 3]


def test_bars_are_read_on_the_basis_of_the_moment_and_raw_by_name(
    database: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derivation, "policy", Policy)
    frames.append(database, BARS, bars([10.0, 10.0, 5.0]), ORIGIN)
    frames.append(database, ACTIONS, actions(action(DAYS[2], ratio=2.0)), ORIGIN)
    reader, span = Reader(database, "v"), (DAYS[0], DAYS[2])
    assert reader.read(BARS, span, as_of(DAYS[2]))["close"].to_pylist() == [5.0, 5.0, 5.0]
    assert reader.read(BARS, span, as_of(DAYS[1]))["close"].to_pylist() == [10.0, 10.0]
    assert reader.raw_bars(span, as_of(DAYS[2]))["close"].to_pylist() == [10.0, 10.0, 5.0]
    assert reader.read(BARS, span, as_of(DAYS[2]), ["symbol", "close"]).column_names == ["symbol", "close"]
