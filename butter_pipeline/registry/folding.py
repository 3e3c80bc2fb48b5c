"""Folding the registry forward: from what is stored to who stands in the next sessions.

What belongs here: reading models and moves, folding, writing the moves. What does not: the rules (`standing`).

A session whose standing is written down stands as it is: somebody decided by it. Only sessions without one are
folded, so a model that comes late, or is fitted again, changes what is to come and nothing that was.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from butter_pipeline.learning.plan import Registry
from butter_pipeline.registry import versions
from butter_pipeline.registry.frames import STANDING
from butter_pipeline.registry.standing import fold, table
from butter_pipeline.store import Store, frames
from butter_pipeline.store.terms import Origin, Reading

if TYPE_CHECKING:
    import pyarrow as pa


def stood(store: Store, name: str, sessions: Sequence[date], rules: Registry, origin: Origin) -> "pa.Table":
    """Who stands in each of the sessions, which are in order; the moves that this brings about are entered."""
    import pyarrow as pa
    import pyarrow.compute as pc

    asked = Reading(vendor=origin.vendor, first=sessions[0], last=sessions[-1], as_of=origin.received_at)
    before = frames.read(store, STANDING, asked)
    before = before.filter(pc.is_in(before["session"], pa.array(sessions, pa.date32())))
    known = set(before["session"].to_pylist())
    history = versions.history(store, origin.vendor, name, sessions[-1])
    standings, brought = fold(history, [s for s in sessions if s not in known], rules)
    with store.engine.begin() as connection:
        versions.enter(connection, brought, origin.recorded_at)
    return pa.concat_tables([before, table(standings)]).sort_by([(key, "ascending") for key in STANDING.key])


def unsettled(
    store: Store, vendor: str, sessions: Sequence[date], due: Sequence[date], name: str = "learning/success"
) -> Mapping[date, str]:
    """The sessions that must wait for a model: who stands in them is not known until it was made or refused.

    Those after a monthly vintage that is due, and those after a retraining that drift asked for. Otherwise a house that
    was down for a while would stand on other models than one that was not.
    """
    from butter_pipeline.drift import intents
    from butter_pipeline.store import outcomes

    asked = [each.vintage_session for each in intents.pending(store, vendor)]
    made = outcomes.latest(store, name, vendor, min(due), max(due)) if due else []
    settled = {outcome.session for outcome in made if outcome.status in ("done", "released", "blocked")}
    missing = [cutoff for cutoff in due if cutoff not in settled]
    waits = {
        day: f"the vintage of {cutoff} is due and has not been made"
        for cutoff in reversed(missing)
        for day in sessions
        if day > cutoff
    }
    return waits | {
        day: f"the retraining that drift asked for on {cutoff} is not settled"
        for cutoff in reversed(asked)
        for day in sessions
        if day > cutoff
    }
