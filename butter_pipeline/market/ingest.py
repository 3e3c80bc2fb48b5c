"""From a vendor's rows to a verdict: fetch, say what was expected, judge.

What belongs here: which expectation goes with which frame. What does not: keeping anything (`store`),
or how many sessions to take at once, which is the caller's business.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from butter_pipeline.configs import load, value
from butter_pipeline.errors import ButterError
from butter_pipeline.frame import Frame
from butter_pipeline.market.actions.judge import ALONE, Beside, judge_actions
from butter_pipeline.market.frames import ACTIONS, FRAMES
from butter_pipeline.market.instruments import policy
from butter_pipeline.market.quality import Expectation, Thresholds, Verdict, judge
from butter_pipeline.market.sessions import as_of, calendar, is_session, previous_session, sessions_between

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.market.vendors.protocol import Vendor

LOOKING_BACK = ("bars", "context")
"""The frames whose rows are held against those of earlier sessions."""


def ingest(
    vendor: "Vendor",
    frame_name: str,
    sessions: Sequence[date],
    previous: "pa.Table | None" = None,
    now: "datetime | None" = None,
) -> Verdict:
    """Fetch some sessions of a frame and judge them, at a moment after which nothing can be known yet.

    `previous` holds accepted rows: for bars and context those of earlier sessions, for chains the bars of the same
    sessions and of the one before (the underlying's closes). Bars and context are fetched with the session before
    the first, as the vendor has it now: a jump that was put aside yesterday, and that today's close
    confirms, must not make today look like a jump as well. That session's own verdict is not given.
    """
    asked = tuple(sorted(set(sessions)))
    judged = asked
    if frame_name in LOOKING_BACK and asked and asked[0] > vendor.first_session:
        judged = (previous_session(asked[0]), *asked)
    frame = FRAMES[frame_name]
    told = announced(vendor, judged) if frame_name == "bars" else {}
    expectation = Expectation(
        sessions=judged,
        keys=_keys(vendor, frame, judged),
        thresholds=Thresholds.from_config(value("market", "quality", dict)),
        previous=previous if frame_name in LOOKING_BACK else None,
        closes=previous if frame_name == "chains" else None,
        splits=told.get("split", {}),
        rolls=told.get("roll", {}),
        may_be_negative=may_be_negative(),
        lag=vendor.lag,
        now=now,
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
    asked = {"bars": "symbols", "chains": "underlyings", "context": "series"}
    names: Sequence[str] = getattr(vendor, asked.get(frame.name, f"{frame.name}_names"))(session)
    return names


def _keys(vendor: "Vendor", frame: Frame, sessions: Sequence[date]) -> Mapping[date, frozenset[str]]:
    """The names expected in each session; one and the same set for all sessions that expect the same."""
    known: dict[tuple[str, ...], frozenset[str]] = {}
    keys = {}
    for session in sessions:
        names = tuple(expected(vendor, frame, session))
        if names not in known:
            known[names] = frozenset(names)
        keys[session] = known[names]
    return keys


def ingest_actions(vendor: "Vendor", sessions: Sequence[date]) -> Verdict:
    """Fetch the actions of some sessions and judge them, beside the bars where these can be had."""
    asked = sorted(set(sessions))
    rows = fetched(vendor, ACTIONS, asked)
    return judge_actions(rows, asked, _beside(vendor, rows))


def _beside(vendor: "Vendor", actions: "pa.Table") -> Beside:
    """The closes before each payment, and all symbols with bars, where the vendor knows them."""
    paid = {row["session"] for row in actions.to_pylist() if row["cash"] is not None and is_session(row["session"])}
    if not actions.num_rows or "bars" not in vendor.datasets:
        return ALONE
    try:
        symbols = frozenset(vendor.instruments()) if hasattr(vendor, "instruments") else None
        before = sorted({previous_session(day) for day in paid if day > calendar()[0]})
        bars = fetched(vendor, FRAMES["bars"], before).to_pylist() if before else []
    except ButterError:  # whoever takes bars in is told why they cannot be had
        return ALONE
    return Beside({(bar["symbol"], bar["session"]): bar["close"] for bar in bars}, symbols or None)


def announced(vendor: "Vendor", sessions: Sequence[date]) -> Mapping[str, Mapping[tuple[str, date], float]]:
    """The ratios of splits and rolls that bars of these sessions may show, as known by the close of each one's session.

    A roll next to a price that is not above zero has no ratio.
    """
    if ACTIONS.name not in vendor.datasets:
        return {}
    window = timedelta(days=load("market").values["quality"]["jump_window_days"])
    rows = ingest_actions(vendor, sessions_between(sessions[0] - window, sessions[-1])).accepted.to_pylist()
    found: dict[str, dict[tuple[str, date], float]] = {"split": {}, "roll": {}}
    for row in rows:
        if row["kind"] in found and row["ratio"] is not None and row["available_at"] <= as_of(row["session"]):
            found[row["kind"]][row["symbol"], row["session"]] = row["ratio"]
    return found


def may_be_negative() -> frozenset[str]:
    """The instruments whose price may fall below zero, as configs/market.yml declares under `instruments`."""
    return frozenset(symbol for symbol, each in policy().instruments.items() if each.may_be_negative)


def _without_accepted(rows: "pa.Table", previous: "pa.Table", session: date) -> "pa.Table":
    """The rows without those of a session that were accepted when it was judged: that judgement stands."""
    import pyarrow as pa
    import pyarrow.compute as pc

    name = next(column for column in ("symbol", "series") if column in rows.column_names)
    day = pa.scalar(session, pa.date32())
    accepted = previous.filter(pc.equal(previous["session"], day))[name].combine_chunks()
    stands = pc.and_(pc.equal(rows["session"], day), pc.is_in(rows[name], accepted))
    return rows.filter(pc.invert(pc.fill_null(stands, False)))
