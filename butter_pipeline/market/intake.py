"""Taking market data in: fetch, judge, keep, and write down how each session went.

What belongs here: the order of those four steps and what a blocked session means for the next dataset.
What does not: the steps themselves (`market.vendors`, `market.quality`, `store`), and Dagster.

Any step may die at any moment. Rows are appended first and the outcome last, so a session without an
outcome is simply done again, and appending equal rows again adds nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from butter_pipeline.derivation import Run, by_session, done, months, refuse_unsettled
from butter_pipeline.frame import INSTANT, Frame
from butter_pipeline.identity import content_hash
from butter_pipeline.market import quarantine
from butter_pipeline.market.comparison import compared
from butter_pipeline.market.frames import ACTIONS, BARS, CHAINS, IN_LAKE, INTRADAY
from butter_pipeline.market.ingest import ingest, ingest_actions
from butter_pipeline.market.sessions import as_of, offset, session_from
from butter_pipeline.market.vendors.protocol import refused, withheld
from butter_pipeline.store import Store, frames, lake, outcomes
from butter_pipeline.store.conform import first_disorder
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Reading

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.market.quality import Verdict
    from butter_pipeline.market.vendors.protocol import Vendor

EVER = datetime.max.replace(tzinfo=UTC)
"""As of when everything stored is known."""

LOOK_BACK_SESSIONS = 67
"""Accepted rows that the rules about jumps look back at: at least 90 days before the session before."""


def take_in(store: Store, vendor: "Vendor", frame: Frame, sessions: Sequence[date], run: Run) -> Iterator[Outcome]:
    """Take in the sessions, a month at a time, and tell how each went as soon as that is stored."""
    refuse_unsettled(sessions, run)
    for month in months(sessions):
        yield from _take_in_month(store, vendor, frame, month, run)


def _take_in_month(store: Store, vendor: "Vendor", frame: Frame, month: Sequence[date], run: Run) -> Sequence[Outcome]:
    if frame.name not in vendor.datasets:
        nothing = [
            replace(done(frame.asset, session, run), reason=f"{vendor.name} offers no {frame.name}")
            for session in month
        ]
        outcomes.record(store, nothing)
        return nothing
    away = withheld(vendor, frame, month)
    if away:
        missed = [replace(done(frame.asset, s, run), status="blocked", reason=why) for s, why in sorted(away.items())]
        outcomes.record(store, missed)
        here = [session for session in month if session not in away]
        taken = _take_in_month(store, vendor, frame, here, run) if here else []
        return sorted([*missed, *taken], key=lambda outcome: outcome.session)
    verdict = _verdict(store, vendor, frame, month, run)
    keep = _keep_in_lake if frame in IN_LAKE else _keep_in_postgres
    hashes = keep(store, frame, verdict, run)
    _quarantine(store, frame, verdict, run)
    unreadable = refused(vendor, frame, month)
    quarantine.keep_refused(store, frame.name, unreadable, run)
    made = with_refused(_outcomes(frame, verdict, hashes, run), unreadable)
    if frame is BARS and ACTIONS.name in vendor.datasets:
        made = _blocked_with(store, ACTIONS, run.vendor, made)
    if frame is not ACTIONS:
        made = compared(vendor, frame, verdict, made)
    if frame not in (ACTIONS, BARS, INTRADAY):
        made = _blocked_with(store, BARS, run.vendor, made)
    made = _released(store, run.vendor, made)
    outcomes.record(store, made)
    return made


def _verdict(store: Store, vendor: "Vendor", frame: Frame, month: Sequence[date], run: Run) -> "Verdict":
    if frame is ACTIONS:
        return ingest_actions(vendor, month)
    return ingest(vendor, frame.name, month, _previous(store, frame, month, run), run.received_at)


def _previous(store: Store, frame: Frame, month: Sequence[date], run: Run) -> "pa.Table | None":
    """The accepted rows that the month is judged against, as known now: bars, or a series' own."""
    look_back = offset(month[0], -LOOK_BACK_SESSIONS), offset(month[0], -1)
    spans = {"bars": look_back, "context": look_back, "chains": (look_back[1], month[-1])}
    if frame.name not in spans:
        return None
    held, (first, last) = BARS if frame is CHAINS else frame, spans[frame.name]
    return frames.read(store, held, Reading(vendor=run.vendor, first=first, last=last, as_of=run.received_at))


def _keep_in_postgres(store: Store, frame: Frame, verdict: "Verdict", run: Run) -> Mapping[date, str]:
    sessions = sorted(verdict.sessions)
    asked = Reading(vendor=run.vendor, first=sessions[0], last=sessions[-1], as_of=EVER)
    before = outcomes.latest(store, f"market/{frame.name}", run.vendor, sessions[0], sessions[-1])
    deliveries = list(_one_row_per_key(verdict.accepted, frame))
    if before:
        stored = frames.read(store, frame, asked)
        # A failed run took nothing in; what an earlier one did is known by its rows.
        known = {outcome.session for outcome in before if outcome.status != "failed"}
        known |= set(stored["session"].to_pylist())
        if known:
            # Of a source that was read before, what its corrections corrected is stored already.
            deliveries = [_late_from_receipt(deliveries[-1], stored, known, (frame, run))]
    for rows in deliveries:
        frames.append(store, frame, rows, run)
    return {s: content_hash(rows) for s, rows in by_session(frames.read(store, frame, asked), sessions).items()}


def _late_from_receipt(rows: "pa.Table", stored: "pa.Table", known: set[date], of: tuple[Frame, Run]) -> "pa.Table":
    """Rows that were missing when their session was taken in are known from their receipt, not from the close.

    Otherwise a row that came days later would change what an earlier reading saw.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    frame, run = of
    numbered = rows.select(frame.key).append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    unseen = numbered.join(stored.select(frame.key), list(frame.key), join_type="left anti")
    late = unseen.filter(pc.is_in(unseen["session"], pa.array(sorted(known), pa.date32())))["row"]
    if not len(late):
        return rows
    receipt = pa.scalar(run.received_at, INSTANT)
    too_early = pc.and_(pc.is_in(numbered["row"], late.combine_chunks()), pc.less(rows["available_at"], receipt))
    stamps = pc.if_else(too_early, receipt, rows["available_at"])
    place = rows.schema.get_field_index("available_at")
    return rows.set_column(place, rows.schema.field(place), stamps)


def _one_row_per_key(rows: "pa.Table", frame: Frame) -> "Iterator[pa.Table]":
    """Tables with one row per key, in the order in which corrections became known; the last holds the latest."""
    if first_disorder(rows, frame.key) is None:
        yield rows
        return
    rows = rows.sort_by([(name, "ascending") for name in (*frame.key, "available_at")])
    groups = rows.select(frame.key).to_pandas().groupby(list(frame.key), sort=False)
    turn, last = groups.cumcount().to_numpy(), groups["session"].transform("size").to_numpy() - 1
    for now in range(last.max() + 1):
        yield rows.filter((turn == now) | ((turn == last) & (last < now)))


def _keep_in_lake(store: Store, frame: Frame, verdict: "Verdict", run: Run) -> Mapping[date, str]:
    *_, latest = _one_row_per_key(verdict.accepted, frame)
    cut = by_session(latest, list(verdict.sessions))
    contents = (lake.Content(session, rows, as_of(session)) for session, rows in cut.items() if rows.num_rows)
    return {manifest.session: manifest.hash for manifest in lake.write(store, frame, contents, run)}


def _quarantine(store: Store, frame: Frame, verdict: "Verdict", run: Run) -> None:
    """Keep every rejected row with its reason; one without a session goes with the first of its run."""
    if verdict.rejected.num_rows:
        quarantine.keep_rejected(store, frame.name, verdict.rejected, run, min(verdict.sessions))


def _outcomes(frame: Frame, verdict: "Verdict", hashes: Mapping[date, str], run: Run) -> Sequence[Outcome]:
    return [
        replace(
            done(frame.asset, session, run),
            reason=found.reason or None,
            status=found.status,
            rows=found.accepted,
            hash=hashes.get(session),
            completeness_pct=found.completeness_pct,
        )
        for session, found in sorted(verdict.sessions.items())
    ]


def with_refused(made: Sequence[Outcome], unreadable: "pa.Table") -> Sequence[Outcome]:
    """The outcomes, those of sessions with unreadable rows saying so; undated rows are told with the first."""
    from collections import Counter

    if not unreadable.num_rows:
        return made
    sessions = [session_from(day) or made[0].session for day in unreadable["session"].to_pylist()]
    counts, firsts = Counter(sessions), dict(zip(sessions[::-1], unreadable["detail"].to_pylist()[::-1], strict=True))
    told = {day: f"{count} unreadable, first: {firsts[day]}" for day, count in counts.items()}
    return [
        replace(outcome, reason="; ".join(text for text in (outcome.reason, told[outcome.session]) if text))
        if outcome.session in told
        else outcome
        for outcome in made
    ]


def _blocked_with(store: Store, beneath: Frame, vendor: str, made: Sequence[Outcome]) -> Sequence[Outcome]:
    """Block what stands on bars, or on actions, that are blocked or were never taken in."""
    asset, first, last = beneath.asset, made[0].session, made[-1].session
    under = {outcome.session: outcome for outcome in outcomes.latest(store, asset, vendor, first, last)}
    judged = []
    for outcome in made:
        found = under.get(outcome.session)
        if found is None:
            outcome = replace(outcome, status="blocked", reason=f"{asset} has not been taken in")
        elif found.status not in ("done", "released"):
            outcome = replace(outcome, status="blocked", reason=f"{asset} is {found.status}: {found.reason}")
        judged.append(outcome)
    return judged


def _released(store: Store, vendor: str, made: Sequence[Outcome]) -> Sequence[Outcome]:
    """Leave released what a person released, as long as it is still the same content."""
    before = {o.session: o for o in outcomes.latest(store, made[0].asset, vendor, made[0].session, made[-1].session)}
    judged = []
    for outcome in made:
        earlier = before.get(outcome.session)
        if earlier is not None and earlier.status == "released" and earlier.hash == outcome.hash:
            outcome = replace(outcome, status="released", reason=earlier.reason)
        judged.append(outcome)
    return judged
