"""Taking market data in: fetch, judge, keep, and write down how each session went.

What belongs here: the order of those four steps and what a blocked session means for the next dataset.
What does not: the steps themselves (`market.vendors`, `market.quality`, `store`), and Dagster.

Any step may die at any moment. Rows are appended first and the outcome last, so a session without an
outcome is simply done again, and appending equal rows again adds nothing.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from butter_pipeline.derivation import Run, done, months, refuse_unsettled
from butter_pipeline.frame import Frame
from butter_pipeline.market import quarantine
from butter_pipeline.market.comparison import compared
from butter_pipeline.market.frames import ACTIONS, BARS, CHAINS, IN_LAKE, INTRADAY
from butter_pipeline.market.ingest import LOOKING_BACK, ingest, ingest_actions
from butter_pipeline.market.keeping import EVER, keep
from butter_pipeline.market.sessions import look_back, session_from
from butter_pipeline.market.vendors.protocol import refused, still, withheld
from butter_pipeline.store import Store, frames, outcomes
from butter_pipeline.store.conform import first_disorder
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Reading

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.market.quality import Verdict
    from butter_pipeline.market.vendors.protocol import Vendor

KEEPERS = 2
"""Stretches that are kept side by side; of the lake's large frames one, for memory's sake."""

LOOK_BACK_SESSIONS = 67
"""Accepted rows that the rules about jumps look back at: at least 90 days before the session before."""


def take_in(store: Store, vendor: "Vendor", frame: Frame, sessions: Sequence[date], run: Run) -> Iterator[Outcome]:
    """Take in the sessions, stretch by stretch, and tell in order how each went, once that is stored.

    Stretches are kept while the next one is fetched and judged.
    """
    refuse_unsettled(sessions, run)
    taking = _Taking(store, vendor, frame, run)
    keepers = 1 if frame in IN_LAKE else KEEPERS
    under_way: deque[Future[Sequence[Outcome]]] = deque()
    with ThreadPoolExecutor(keepers) as pool:
        for stretch in _stretches(frame, sessions):
            judged = taking.judged(stretch, under_way)
            while len(under_way) >= keepers:
                yield from under_way.popleft().result()
            under_way.append(pool.submit(taking.kept, judged))
        while under_way:
            yield from under_way.popleft().result()


def _stretches(frame: Frame, sessions: Sequence[date]) -> Iterator[Sequence[date]]:
    """Frames of the lake a month at a time, others a year: memory stays flat, and a killed run loses at most that."""
    if frame in IN_LAKE:
        yield from months(sessions)
    else:
        yield from (list(year) for _, year in groupby(sessions, lambda session: session.year))


@dataclass(frozen=True)
class _Judged:
    """A stretch that is judged and not kept yet: outcomes without hashes; nothing is to be kept without a verdict."""

    made: Sequence[Outcome]
    verdict: "Verdict | None" = None
    unreadable: "pa.Table | None" = None
    missed: Sequence[Outcome] = ()
    acted: bool = False
    """Whether the vendor tells actions, on which bars stand."""


@dataclass
class _Taking:
    """One dataset of one vendor being taken in by one run."""

    store: Store
    vendor: "Vendor"
    frame: Frame
    run: Run
    previous: "pa.Table | None" = None
    """The accepted rows before the stretch to come, where they are known without reading."""

    def judged(self, stretch: Sequence[date], under_way: "Sequence[Future[Sequence[Outcome]]]") -> _Judged:
        """Fetch and judge a stretch; what is under way is waited for only where its rows must be read back."""
        vendor, frame, run = still(self.vendor), self.frame, self.run
        if frame.name not in vendor.datasets:
            nothing = f"{vendor.name} offers no {'daily bars' if frame is BARS else frame.name}"
            return _Judged([replace(done(frame.asset, session, run), reason=nothing) for session in stretch])
        away = withheld(vendor, frame, stretch)
        missed = [replace(done(frame.asset, s, run), status="blocked", reason=why) for s, why in sorted(away.items())]
        here = [session for session in stretch if session not in away]
        if not here:
            return _Judged(missed)
        verdict = self._verdict(vendor, here, under_way)
        unreadable = refused(vendor, frame, here)
        made = with_refused(_outcomes(frame, verdict, run), unreadable)
        if frame is not ACTIONS:
            made = compared(vendor, frame, verdict, made)
        return _Judged(made, verdict, unreadable, missed, ACTIONS.name in vendor.datasets)

    def kept(self, judged: _Judged) -> Sequence[Outcome]:
        """Keep a stretch's rows, then write down how its sessions went."""
        store, frame, run, verdict = self.store, self.frame, self.run, judged.verdict
        made = judged.made
        if verdict is not None:
            sessions = sorted(verdict.sessions)
            hashes = keep(store, frame, verdict.accepted, sessions, run)
            if verdict.rejected.num_rows:  # one without a session goes with the first of its run
                quarantine.keep_rejected(store, frame.name, verdict.rejected, run, sessions[0])
            assert judged.unreadable is not None
            quarantine.keep_refused(store, frame.name, judged.unreadable, run)
            made = [replace(outcome, hash=hashes.get(outcome.session)) for outcome in made]
            made = _released(store, run.vendor, self._with_what_is_beneath(made, judged.acted))
        told = sorted([*judged.missed, *made], key=lambda outcome: outcome.session)
        outcomes.record(store, told)
        return told

    def _with_what_is_beneath(self, made: Sequence[Outcome], acted: bool) -> Sequence[Outcome]:
        if self.frame is BARS and acted:
            return _blocked_with(self.store, ACTIONS, self.run.vendor, made)
        if self.frame not in (ACTIONS, BARS, INTRADAY):
            return _blocked_with(self.store, BARS, self.run.vendor, made)
        return made

    def _verdict(
        self, vendor: "Vendor", stretch: Sequence[date], under_way: "Sequence[Future[Sequence[Outcome]]]"
    ) -> "Verdict":
        if self.frame is ACTIONS:
            return ingest_actions(vendor, stretch)
        looks_back = self.frame.name in LOOKING_BACK
        if looks_back and self.previous is None:
            for each in under_way:
                each.result()
        previous = self.previous if looks_back else None
        previous = _previous(self.store, self.frame, stretch, self.run) if previous is None else previous
        verdict = ingest(vendor, self.frame.name, stretch, previous, self.run.received_at)
        self.previous = self._seen_from_the_next(previous, verdict, stretch) if looks_back else None
        return verdict

    def _seen_from_the_next(
        self, previous: "pa.Table | None", verdict: "Verdict", stretch: Sequence[date]
    ) -> "pa.Table | None":
        """What the stretch that follows looks back at, where that is told by what was just accepted and nothing else.

        Not where anything of these sessions was stored before, nor where a row is a correction or is known later.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        asked = Reading(vendor=self.run.vendor, first=stretch[0], last=stretch[-1], as_of=EVER)
        rows = verdict.accepted
        latest = pc.max(rows["available_at"]).as_py()
        disordered = first_disorder(rows, self.frame.key) is not None
        if previous is None or disordered or latest is None or latest > self.run.received_at:
            return None
        if frames.any_stored(self.store, self.frame, asked):
            return None
        oldest = look_back(stretch[-1], LOOK_BACK_SESSIONS - 1)
        both = pa.concat_tables([previous.cast(rows.schema), rows])
        return both.filter(pc.greater_equal(both["session"], pa.scalar(oldest, pa.date32())))


def _previous(store: Store, frame: Frame, month: Sequence[date], run: Run) -> "pa.Table | None":
    """The accepted rows that the month is judged against, as known now: bars, or a series' own."""
    before = look_back(month[0], 1)
    earlier = look_back(month[0], LOOK_BACK_SESSIONS), before
    spans = {"bars": earlier, "context": earlier, "chains": (before, month[-1])}
    if frame.name not in spans:
        return None
    held, (first, last) = BARS if frame is CHAINS else frame, spans[frame.name]
    return frames.read(store, held, Reading(vendor=run.vendor, first=first, last=last, as_of=run.received_at))


def _outcomes(frame: Frame, verdict: "Verdict", run: Run) -> Sequence[Outcome]:
    return [
        replace(
            done(frame.asset, session, run),
            reason=found.reason or None,
            status=found.status,
            rows=found.accepted,
            completeness_pct=found.completeness_pct,
        )
        for session, found in sorted(verdict.sessions.items())
    ]


def with_refused(made: Sequence[Outcome], unreadable: "pa.Table") -> Sequence[Outcome]:
    """The outcomes, those of sessions with unreadable rows saying so; undated rows are told with the first."""
    from collections import Counter

    if not unreadable.num_rows:
        return made
    dated = [day and session_from(day) for day in unreadable["session"].to_pylist()]
    sessions = [session or made[0].session for session in dated]
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
