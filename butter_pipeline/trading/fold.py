"""The fold: a range of sessions through the desk, in order, a stretch at a time, read and written.

What belongs here: which sessions may be folded from which book, reading what the desk sees, and writing what it
did. What does not: what it does (`step`), and Dagster.

What was decided stands, for somebody may have acted on it. A session before the last kept book is only recomputed
from the book before it, and blocked when it would now come out differently; one that the book went past is not
decided afterwards, and none that could be folded is passed over. A session whose inputs are blocked leaves the
book as it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from butter_pipeline import derivation
from butter_pipeline.derivation import Reader, Run
from butter_pipeline.errors import ButterError
from butter_pipeline.frame import Frame
from butter_pipeline.identity import content_hash
from butter_pipeline.market.frames import ACTIONS
from butter_pipeline.market.sessions import as_of, calendar, position
from butter_pipeline.opportunities.frames import BUTTERFLIES, MARKS
from butter_pipeline.policy.frames import WEIGHTS
from butter_pipeline.store import Store, frames, outcomes
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Reading
from butter_pipeline.trading import ledger
from butter_pipeline.trading.book import Book, opened
from butter_pipeline.trading.desk import Desk
from butter_pipeline.trading.frames import BOOKS, PREDICTIONS
from butter_pipeline.trading.inputs import Seen, Tables, seen
from butter_pipeline.trading.step import Step, step

if TYPE_CHECKING:
    import pyarrow as pa

READS = (BUTTERFLIES, MARKS, PREDICTIONS, WEIGHTS)
BENEATH = tuple(frame.asset for frame in READS)

HELD_SESSIONS_MAX = 504
"""Nothing is held longer: options that live two years have expired by then."""

STRETCH_SESSIONS = 84
"""How many sessions are read, folded and written at once: memory stays flat, and a killed run loses no more."""


@dataclass(frozen=True)
class Fold:
    """Where the desk's past is kept, the run that goes on with it, and the desk."""

    store: Store
    run: Run
    desk: Desk

    def over(self, sessions: Sequence[date]) -> Iterator[Outcome]:
        """Fold the sessions in order, and tell how each went for every asset as soon as that is stored."""
        derivation.refuse_unsettled(sessions, self.run)
        self._refuse_gap(sessions)
        for start in range(0, len(sessions), STRETCH_SESSIONS):
            made = self._stretch(sessions[start : start + STRETCH_SESSIONS])
            outcomes.record(self.store, made)
            yield from made

    def _stretch(self, stretch: Sequence[date]) -> Sequence[Outcome]:
        blocked = dict(derivation.obstacles(self.store, BENEATH, self.run.vendor, stretch))
        last = _last_kept(self.store, self.run.vendor)
        usable = [session for session in stretch if session not in blocked]
        past = [session for session in usable if last is not None and session <= last]
        coming = usable[len(past) :]
        made: list[Outcome] = []
        if past:
            made += self._again(past, blocked)
        if coming:
            made += self._forward(coming, last)
        for session, reason in blocked.items():
            made += [replace(outcome, status="blocked", reason=reason) for outcome in self._done(session)]
        return sorted(made, key=lambda outcome: outcome.session)

    def _forward(self, sessions: Sequence[date], last: date | None) -> Sequence[Outcome]:
        """Go on from the last kept book."""
        book = opened(self.desk.sizing.start_equity_usd) if last is None else self._books(last, last)[last]
        steps = []
        for what in self._seen(sessions):
            steps.append(step(book, what, self.desk))
            book = steps[-1].book
        return self._written(sessions, steps)

    def _again(self, sessions: Sequence[date], blocked: dict[date, str]) -> Sequence[Outcome]:
        """Recompute sessions that stand, each from the kept book before it; adds those that differ to `blocked`."""
        before = _last_kept(self.store, self.run.vendor, before=sessions[0])
        books = self._books(before or sessions[0], sessions[-1])
        kept = {frame.name: self._kept(frame, sessions) for frame in ledger.KEPT}
        made: list[Outcome] = []
        for what in self._seen(sessions):
            if what.session not in books:
                blocked[what.session] = "the book went on without it; it is not decided afterwards"
                continue
            base = max((session for session in books if session < what.session), default=None)
            book = opened(self.desk.sizing.start_equity_usd) if base is None else books[base]
            again = ledger.tables([step(book, what, self.desk)], self.desk)
            stands = {name: parts[what.session] for name, parts in kept.items()}
            if differs := ledger.differences(stands, again):
                blocked[what.session] = f"what was decided then stands; recomputed it differs in {differs}"
            else:
                made += self._done(what.session, again)
        return made

    def _seen(self, sessions: Sequence[date]) -> Iterator[Seen]:
        """What the desk sees of each session, read as of then."""
        reader = Reader(self.store, self.run.vendor)
        for spell in derivation.spells(self.store, (*READS, ACTIONS), self.run.vendor, sessions):
            moment = as_of(spell[-1])
            found, marks, scored, weights = (reader.read(frame, (spell[0], spell[-1]), moment) for frame in READS)
            since = calendar()[max(position(spell[0]) - HELD_SESSIONS_MAX, 0)]
            yield from seen(Tables(found, marks, scored, weights, reader.actions(since, moment)), spell)

    def _written(self, sessions: Sequence[date], steps: Sequence[Step]) -> Sequence[Outcome]:
        """Enter what the steps made; the books last, so that a run that was killed is simply run again."""
        made = ledger.tables(steps, self.desk)
        for frame in ledger.KEPT:
            frames.enter(self.store, frame, made[frame.name], self.run)
        parts = {frame.name: derivation.by_session(made[frame.name], sessions) for frame in ledger.KEPT}
        return [
            outcome
            for session in sessions
            for outcome in self._done(session, {name: part[session] for name, part in parts.items()})
        ]

    def _done(self, session: date, made: Mapping[str, "pa.Table"] | None = None) -> Sequence[Outcome]:
        """The session's outcome for every asset of the book; with its rows and their hash when it was made."""
        found = [derivation.done(frame.asset, session, self.run) for frame in ledger.KEPT]
        if made is None:
            return found
        held = [made[frame.name] for frame in ledger.KEPT]
        return [
            replace(outcome, rows=table.num_rows, hash=content_hash(table))
            for outcome, table in zip(found, held, strict=True)
        ]

    def _books(self, first: date, last: date) -> Mapping[date, Book]:
        return ledger.books(self._rows(BOOKS, first, last))

    def _kept(self, frame: Frame, sessions: Sequence[date]) -> Mapping[date, "pa.Table"]:
        return derivation.by_session(self._rows(frame, sessions[0], sessions[-1]), sessions)

    def _rows(self, frame: Frame, first: date, last: date) -> "pa.Table":
        asked = Reading(vendor=self.run.vendor, first=first, last=last, as_of=self.run.received_at)
        return frames.read(self.store, frame, asked)

    def _refuse_gap(self, sessions: Sequence[date]) -> None:
        """Refuse to go past a session that can be folded and that the book was never asked for."""
        vendor = self.run.vendor
        last = _last_kept(self.store, vendor)
        found = set.intersection(*(outcomes.good_sessions(self.store, asset, vendor) for asset in BENEATH))
        behind = {session for session in found if session < sessions[0] and (last is None or session > last)}
        if not behind or (last is not None and sessions[-1] <= last):
            return
        asked = outcomes.latest(self.store, BOOKS.asset, vendor, min(behind), sessions[0])
        behind -= {outcome.session for outcome in asked if outcome.status != "failed"}
        if behind:
            raise ButterError(f"the book has not come to {min(behind)} yet; make {BOOKS.asset} from that session on")


def _last_kept(store: Store, vendor: str, before: date = date.max) -> date | None:
    """The last session after which a book is kept."""
    from sqlalchemy import text

    query = text("select max(session) from trading.books where vendor = :vendor and session < :before")
    with store.engine.connect() as connection:
        found: date | None = connection.execute(query, {"vendor": vendor, "before": before}).scalar()
        return found
