"""Taking candidates in: ask, keep the raw answer, read it, keep what is right, and write down how it went.

What belongs here: the order of those steps. What does not: asking and reading (`market.vendors.candidates`).

The raw answer is kept first. Of a source that might answer differently the first answer stands, and a session that is
made again is made from it; such a source is asked about a session on its own evening only.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from butter_pipeline.derivation import Run, done, refuse_unsettled
from butter_pipeline.identity import content_hash
from butter_pipeline.market import quarantine
from butter_pipeline.market.frames import CANDIDATE_ANSWERS, CANDIDATES
from butter_pipeline.market.sessions import as_of, next_session
from butter_pipeline.market.vendors.candidates.answers import UnusableAnswer, read
from butter_pipeline.market.vendors.candidates.protocol import Answer
from butter_pipeline.market.vendors.protocol import REFUSED
from butter_pipeline.store import Store, frames, outcomes
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Reading

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.market.vendors.candidates import CandidateSource
    from butter_pipeline.market.vendors.candidates.answers import Candidate, Refused
    from butter_pipeline.market.vendors.protocol import Vendor

EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Asking:
    """Who is asked, and of which market's instruments."""

    source: "CandidateSource"
    vendor: "Vendor"


def take_in(
    store: Store, vendor: "Vendor", source: "CandidateSource | None", sessions: Sequence[date], run: Run
) -> Iterator[Outcome]:
    """Take in the sessions' candidates one by one; without a source there is nothing to do."""
    refuse_unsettled(sessions, run)
    if source is None:
        reason = "no source of candidates is configured"
        nothing = [replace(done(CANDIDATES.asset, session, run), reason=reason) for session in sessions]
        outcomes.record(store, nothing)
        yield from nothing
        return
    for session in sessions:
        outcome = _taken_in(store, Asking(source, vendor), session, run)
        outcomes.record(store, [outcome])
        yield outcome


def _taken_in(store: Store, asking: Asking, session: date, run: Run) -> Outcome:
    made = done(CANDIDATES.asset, session, run)
    symbols = asking.vendor.symbols(session)
    answer = _answer(store, asking, session, run)
    if answer is None:
        late = f"{asking.source.name} is asked on the session's own evening only"
        return replace(made, reason=late if asking.source.may_differ else f"{asking.source.name} proposes nothing")
    try:
        candidates, wrong = read(answer.text, symbols)
    except UnusableAnswer as error:
        _keep_unusable(store, asking, (session, answer), run)
        return replace(made, status="failed", reason=f"{asking.source.name}: {error}; run the session again")
    name = asking.source.name
    frames.append(store, CANDIDATE_ANSWERS, _row_of_answer(session, name, answer), run)
    frames.append(store, CANDIDATES, _rows(session, name, answer, candidates), run)
    quarantine.keep_refused(store, CANDIDATES.name, _refused(session, name, answer, wrong), run)
    stored = frames.read(store, CANDIDATES, Reading.of_session(session, vendor=run.vendor, as_of=EVER))
    told = [f"{len(wrong)} refused, first: item {wrong[0].place} {wrong[0].field}: {wrong[0].why}"] if wrong else []
    return replace(made, rows=len(candidates), hash=content_hash(stored), reason="; ".join(told) or None)


def _answer(store: Store, asking: Asking, session: date, run: Run) -> Answer | None:
    """What the source says, or said when it was asked before."""
    if not asking.source.may_differ:
        return asking.source.answer(session, asking.vendor.symbols(session))
    reading = Reading.of_session(session, vendor=run.vendor, as_of=EVER)
    before = frames.read(store, CANDIDATE_ANSWERS, reading, symbols=[asking.source.name]).to_pylist()
    if before:
        return Answer(before[0]["answer"], before[0]["available_at"], before[0]["prompt"])
    if not as_of(session) <= run.received_at < as_of(next_session(session)):
        return None
    return asking.source.answer(session, asking.vendor.symbols(session))


def _row_of_answer(session: date, name: str, answer: Answer) -> "pa.Table":
    import pyarrow as pa

    row = {
        "session": session,
        "source": name,
        "answer_hash": answer.hash,
        "prompt_hash": answer.prompt_hash,
        "prompt": answer.prompt,
        "answer": answer.text,
        "available_at": answer.available_at,
    }
    return pa.Table.from_pylist([row], CANDIDATE_ANSWERS.schema)


def _rows(session: date, name: str, answer: Answer, candidates: "Sequence[Candidate]") -> "pa.Table":
    import pyarrow as pa

    told = {"session": session, "source": name, "answer_hash": answer.hash, "available_at": answer.available_at}
    return pa.Table.from_pylist([told | each.model_dump() for each in candidates], CANDIDATES.schema)


def _refused(session: date, name: str, answer: Answer, wrong: "Sequence[Refused]") -> "pa.Table":
    """The items that are wrong, as unreadable rows of the answer."""
    import pyarrow as pa

    return pa.Table.from_pylist(
        [
            {
                "session": session,
                "symbol": _symbol(each.item),
                "source": name,
                "row": each.place,
                "column": each.field,
                "reason": "bad candidate",
                "detail": f"{name} on {session}: item {each.place}: column {each.field}: {each.why}",
                "row_json": json.dumps({"answer": answer.hash, "item": each.item}, sort_keys=True, default=str),
            }
            for each in wrong
        ],
        REFUSED,
    )


def _symbol(item: Any) -> str:
    named = item.get("symbol") if isinstance(item, dict) else None
    return named if isinstance(named, str) else ""


def _keep_unusable(store: Store, asking: Asking, of: tuple[date, Answer], run: Run) -> None:
    """Keep an answer of which nothing can be read, to the letter."""
    import pyarrow as pa

    session, answer = of
    row = {
        "session": session,
        "symbol": "",
        "source": asking.source.name,
        "row": 1,
        "column": "",
        "reason": "unusable answer",
        "detail": f"{asking.source.name} on {session}: not one JSON object with a list of candidates",
        "row_json": json.dumps({"answer": answer.text, "prompt": answer.prompt}, sort_keys=True),
    }
    quarantine.keep_refused(store, CANDIDATES.name, pa.Table.from_pylist([row], REFUSED), run)
