"""Making a model of dbt for sessions, and writing down how each went.

What belongs here: which sessions may be made, one call of dbt for all of them, and their outcomes. What does not:
how dbt is called (`labels.build`), and the SQL (`dbt_project`).

Rows first, outcome last: killed anywhere, or stopped by a test, a session is simply made again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from butter_pipeline.derivation import Run, by_session, done, obstacles, refuse_unsettled
from butter_pipeline.frame import Frame
from butter_pipeline.identity import content_hash
from butter_pipeline.labels.build import Asked, BuildFailed, Project, Result, build
from butter_pipeline.labels.project import select
from butter_pipeline.store import Store, frames, outcomes
from butter_pipeline.store.outcomes import Outcome
from butter_pipeline.store.terms import Reading


@dataclass(frozen=True)
class Model:
    """A model of dbt: its rows, what must be good beneath it in the same session, and what its SQL is told."""

    frame: Frame
    beneath: Sequence[str] = ()
    look_back_sessions: int = 0
    settings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """What came of a run: an outcome per session, and what dbt said."""

    outcomes: Sequence[Outcome]
    results: Sequence[Result] = ()


def make(store: Store, model: Model, sessions: Sequence[date], run: Run, project: Project) -> Made:
    """Make the sessions of a model; where dbt fails, they are written down as failed and the error goes on."""
    refuse_unsettled(sessions, run)
    blocked = obstacles(store, model.beneath, run.vendor, sessions)
    told = [replace(_done(model, s, run), status="blocked", reason=blocked[s]) for s in blocked]
    usable = [session for session in sessions if session not in blocked]
    results: Sequence[Result] = ()
    if usable:
        asked = Asked(usable, run, model.look_back_sessions, model.settings)
        try:
            results = build(store, select(model.frame.name, project.sources), asked, project)
        except BuildFailed as error:
            failed = [replace(_done(model, s, run), status="failed", reason=str(error), rows=None) for s in usable]
            outcomes.record(store, [*told, *failed])
            raise
        told += _standing(store, model, usable, run)
    told.sort(key=lambda outcome: outcome.session)
    outcomes.record(store, told)
    return Made(told, results)


def _standing(store: Store, model: Model, sessions: Sequence[date], run: Run) -> list[Outcome]:
    """What now stands for each session."""
    asked = Reading(vendor=run.vendor, first=sessions[0], last=sessions[-1], as_of=run.received_at)
    parts = by_session(frames.read(store, model.frame, asked), sessions)
    return [replace(_done(model, s, run), rows=part.num_rows, hash=content_hash(part)) for s, part in parts.items()]


def _done(model: Model, session: date, run: Run) -> Outcome:
    return done(model.frame.asset, session, run)
