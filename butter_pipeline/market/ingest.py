"""From a vendor's rows to a verdict: fetch, say what was expected, judge.

What belongs here: which expectation goes with which frame. What does not: keeping anything (`store`),
or how many sessions to take at once, which is the caller's business.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from butter_pipeline.configs import value
from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import FRAMES
from butter_pipeline.market.quality import Expectation, Thresholds, Verdict, judge
from butter_pipeline.market.sessions import previous_session

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.market.vendors.protocol import Vendor


def ingest(vendor: "Vendor", frame_name: str, sessions: Sequence[date], previous: "pa.Table | None" = None) -> Verdict:
    """Fetch some sessions of a frame and judge them.

    `previous` holds accepted bars: for bars those of earlier sessions, for chains those of the same
    sessions (the underlying's closes), for context none. Bars are fetched with the session before
    the first, as the vendor has it now: a jump that was put aside yesterday, and that today's close
    confirms, must not make today look like a jump as well. That session's own verdict is not given.
    """
    asked = tuple(sorted(set(sessions)))
    judged = asked
    if frame_name == "bars" and asked and asked[0] > vendor.first_session:
        judged = (previous_session(asked[0]), *asked)
    frame = FRAMES[frame_name]
    expectation = Expectation(
        sessions=judged,
        keys={session: frozenset(expected(vendor, frame, session)) for session in judged},
        thresholds=Thresholds.from_config(value("market", "quality", dict)),
        previous=previous if frame_name == "bars" else None,
        closes=previous if frame_name == "chains" else None,
    )
    rows = fetched(vendor, frame, judged)
    if len(judged) > len(asked) and previous is not None:
        rows = _without_accepted(rows, previous, judged[0])
    return judge(frame, rows, expectation).only(asked)


def fetched(vendor: "Vendor", frame: Frame, sessions: Sequence[date]) -> "pa.Table":
    """The sessions' rows of a frame: a vendor hands them over under its name."""
    rows: pa.Table = getattr(vendor, frame.name)(sessions)
    return rows


def expected(vendor: "Vendor", frame: Frame, session: date) -> Sequence[str]:
    """The names (second column of the key) that a session of a frame should hold."""
    names = {"chains": vendor.underlyings, "context": vendor.series}.get(frame.name, vendor.symbols)
    return names(session)


def _without_accepted(rows: "pa.Table", previous: "pa.Table", session: date) -> "pa.Table":
    """The rows without those of a session that were accepted when it was judged: that judgement stands."""
    import pyarrow as pa
    import pyarrow.compute as pc

    day = pa.scalar(session, pa.date32())
    accepted = previous.filter(pc.equal(previous["session"], day))["symbol"].combine_chunks()
    stands = pc.and_(pc.equal(rows["session"], day), pc.is_in(rows["symbol"], accepted))
    return rows.filter(pc.invert(pc.fill_null(stands, False)))
