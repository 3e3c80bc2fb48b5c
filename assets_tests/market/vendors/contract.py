"""What every vendor must keep, written once: `test_contract` runs each check against each vendor.

A vendor comes as a `Case`: how to make one afresh, and some consecutive sessions that it holds.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import FRAMES, INTRADAY
from butter_pipeline.market.sessions import SETTLE_LAG, close_at, previous_session
from butter_pipeline.market.vendors import Vendor
from butter_pipeline.market.vendors.protocol import REFUSED, refused, withheld


@dataclass(frozen=True)
class Case:
    """A vendor under test: at least four consecutive sessions that it holds without corrections."""

    make: Callable[[], Vendor]
    sessions: Sequence[date]
    datasets: frozenset[str] = frozenset({"bars", "chains", "context"})
    """The datasets that it has for all of these sessions."""


def fetched(vendor: Vendor, frame: Frame, sessions: Sequence[date]) -> pa.Table:
    """The frame's rows."""
    table: pa.Table = getattr(vendor, frame.name)(sessions)
    return table


def expected(vendor: Vendor, frame: Frame, session: date) -> Sequence[str]:
    """The names that the vendor says a session should hold."""
    names = {"chains": vendor.underlyings, "context": vendor.series}.get(frame.name, vendor.symbols)
    return names(session)


def is_a_vendor(case: Case, frame: Frame) -> None:
    """It has the protocol's members, a plain name, and a lag shorter than the settle lag."""
    vendor = case.make()
    assert isinstance(vendor, Vendor)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", vendor.name)
    assert timedelta(0) <= vendor.lag < SETTLE_LAG
    assert vendor.first_session <= case.sessions[0]
    assert case.datasets <= vendor.datasets <= set(FRAMES)


def has_exactly_the_schema(case: Case, frame: Frame) -> None:
    """Columns, order, types and nullability are the frame's, with rows and without."""
    vendor = case.make()
    assert fetched(vendor, frame, case.sessions).schema.equals(frame.schema)
    assert fetched(vendor, frame, []).schema.equals(frame.schema)
    assert fetched(vendor, frame, []).num_rows == 0


def holds_the_sessions_asked_for(case: Case, frame: Frame) -> None:
    """Rows are of the sessions asked for, and each of these has some."""
    table = fetched(case.make(), frame, case.sessions[1:3])
    assert set(table["session"].to_pylist()) == set(case.sessions[1:3])


def is_sorted_by_key(case: Case, frame: Frame) -> None:
    """Rows come in the order of the key and `available_at`, whatever order sessions were asked in."""
    table = fetched(case.make(), frame, case.sessions[::-1])
    assert table.equals(table.sort_by([(name, "ascending") for name in (*frame.key, "available_at")]))


def can_be_known_after_the_stated_lag(case: Case, frame: Frame) -> None:
    """`available_at` is the session's close and the lag; of a bar within the day, its end and the lag."""
    vendor = case.make()
    table = fetched(vendor, frame, case.sessions)
    if frame is INTRADAY:
        for bar in table.to_pylist():
            ends = bar["starts_at"] + timedelta(minutes=bar["minutes"])
            assert bar["available_at"] == ends + vendor.lag
            assert close_at(previous_session(bar["session"])) < ends <= close_at(bar["session"])
        return
    pairs = set(zip(table["session"].to_pylist(), table["available_at"].to_pylist(), strict=True))
    assert pairs == {(session, close_at(session) + vendor.lag) for session in case.sessions}


def keys_are_unique_and_expected(case: Case, frame: Frame) -> None:
    """No row twice, and exactly the expected names, sorted and without repetition."""
    vendor = case.make()
    table = fetched(vendor, frame, case.sessions)
    assert table.group_by(list(frame.key)).aggregate([]).num_rows == table.num_rows
    for session in case.sessions:
        names = list(expected(vendor, frame, session))
        assert names == sorted(set(names))
        rows = table.filter(pa.array([day == session for day in table["session"].to_pylist()]))
        assert sorted(set(rows[frame.key[1]].to_pylist())) == names


def one_session_or_many_is_the_same(case: Case, frame: Frame) -> None:
    """Rows do not depend on what was asked along with them, before them, or of which instance."""
    vendor = case.make()
    apart = pa.concat_tables([fetched(vendor, frame, [session]) for session in case.sessions])
    assert fetched(case.make(), frame, case.sessions).combine_chunks().equals(apart.combine_chunks())


def sets_nothing_aside_of_good_rows(case: Case, frame: Frame) -> None:
    """What a vendor cannot read it hands over apart, in one shape; here there is nothing of the kind."""
    vendor = case.make()
    fetched(vendor, frame, case.sessions)
    unreadable = refused(vendor, frame, case.sessions)
    assert unreadable.schema.equals(REFUSED)
    assert unreadable.num_rows == 0


def withholds_nothing_that_it_holds(case: Case, frame: Frame) -> None:
    """Sessions that it holds are not said to be out of reach."""
    assert dict(withheld(case.make(), frame, case.sessions)) == {}


def repeated_sessions_count_once(case: Case, frame: Frame) -> None:
    """A session asked for twice is handed over once."""
    once = fetched(case.make(), frame, case.sessions[:1])
    assert fetched(case.make(), frame, [case.sessions[0]] * 2).equals(once)


CHECKS = (
    is_a_vendor,
    has_exactly_the_schema,
    holds_the_sessions_asked_for,
    is_sorted_by_key,
    can_be_known_after_the_stated_lag,
    keys_are_unique_and_expected,
    one_session_or_many_is_the_same,
    repeated_sessions_count_once,
    sets_nothing_aside_of_good_rows,
    withholds_nothing_that_it_holds,
)
