"""Releasing a blocked session: a person looks at what blocked it, and lets it pass.

What belongs here: which sessions may be released, and writing down who did and why. What does not: blocking
(`market.quality`), and making what waited behind the session (`butter backfill`).

A release is a further outcome of the same content: nothing is overwritten, and content that changes later is judged
anew.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from butter_pipeline.errors import ButterError
from butter_pipeline.market.sessions import position
from butter_pipeline.store import Store, outcomes
from butter_pipeline.store.outcomes import Outcome


@dataclass(frozen=True)
class Decision:
    """Who releases which session of which asset, and why."""

    asset: str
    session: date
    who: str
    why: str


def release(store: Store, vendor: str, decision: Decision, now: datetime) -> Outcome:
    """Release a blocked session; refuses what is not blocked, what is blocked by something beneath, and silence."""
    who, why = (" ".join(text.split()) for text in (decision.who, decision.why))
    if not why:
        raise ButterError("--why is empty; say why the session may be used in spite of what blocks it")
    if not who:
        raise ButterError("--who is empty; say who releases the session")
    position(decision.session)
    stood = outcomes.latest(store, decision.asset, vendor, decision.session, decision.session)
    what = f"{decision.session} of {decision.asset} from {vendor}"
    if not stood:
        raise ButterError(f"{what} has not been made; nothing is blocked, see `butter status`")
    found = stood[0]
    if found.status != "blocked":
        raise ButterError(f"{what} is {found.status}, not blocked; only what is blocked can be released")
    beneath = _blocked_beneath(store, vendor, found)
    if beneath:
        raise ButterError(f"{what} is blocked by {beneath} beneath it; release that, then make this one again")
    if not found.rows:
        raise ButterError(f"{what} has no rows, so there is nothing to release; mend the feed and make it again")
    reason = f"released by {who}: {why} (it was blocked: {found.reason})"
    made = replace(found, status="released", reason=reason, run_id=f"release by {who}", recorded_at=now)
    outcomes.record(store, [made])
    return made


def _blocked_beneath(store: Store, vendor: str, found: Outcome) -> str:
    """The asset beneath that blocks this one, as its reason names it; empty if it is blocked in its own right."""
    named = (found.reason or "").split(" ", 1)[0]
    if "/" not in named or named == found.asset:
        return ""
    stood = outcomes.latest(store, named, vendor, found.session, found.session)
    return named if not stood or stood[0].status not in ("done", "released") else ""
