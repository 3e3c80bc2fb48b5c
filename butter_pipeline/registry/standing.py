"""Who stands: a fold over sessions, from models and their moves to the one that decides and those that are watched.

What belongs here: the rules by which models move. What does not: keeping models and moves (`versions`), and fitting.

A new model is a shadow: it scores and is watched. The newest shadow whose gate passed decides once it has been
watched for long enough. What a session brings about counts from the next session on, so that nobody's standing
changes under a decision that was already made. Where no model has passed its gate, none decides, and the desk rests on
the market's own probability.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from butter_pipeline.learning.plan import Registry
from butter_pipeline.market.sessions import as_of, next_session, position

if TYPE_CHECKING:
    import pyarrow as pa

TRAINING, SHADOW, PRODUCTION, RETIRED = "training", "shadow", "production", "retired"
ACTOR = "registry/standing"
_ORDER = (TRAINING, SHADOW, PRODUCTION, RETIRED)


@dataclass(frozen=True)
class Model:
    """What the rules ask of a model."""

    model_id: str
    name: str
    vintage: date
    passed: bool


@dataclass(frozen=True)
class Move:
    """A model's change of state, and from which session on it counts."""

    model_id: str
    from_state: str | None
    to_state: str
    effective_session: date
    actor: str
    reason: str


@dataclass(frozen=True)
class Standing:
    """Who stands in a session; shadows oldest first."""

    session: date
    name: str
    production: Model | None
    shadows: Sequence[Model]
    since: Mapping[str, date]

    @property
    def reason(self) -> str:
        """Why it is so, in one line."""
        if self.production is None:
            said = "no model has passed its gate and been watched for long enough: the market's probability decides"
        else:
            said = f"{_called(self.production)} decides since {self.since[self.production.model_id]}"
        return said + (f"; watched: {', '.join(_watched(model) for model in self.shadows)}" if self.shadows else "")


@dataclass(frozen=True)
class History:
    """The models of one name, and their moves."""

    name: str
    models: Sequence[Model]
    moves: Sequence[Move]


def stand(history: History, session: date, rules: Registry) -> tuple[Standing, Sequence[Move]]:
    """Who stands in the session, and the moves that this brings about for the next one.

    Only moves that count by the session are looked at.
    """
    known = sorted(history.models, key=lambda model: (model.vintage, model.model_id))
    state = _states(history.moves, session)
    shadows = [model for model in known if _is(state, model, SHADOW)]
    deciding = [model for model in known if _is(state, model, PRODUCTION)]
    production = deciding[-1] if deciding else None
    since = {model_id: move.effective_session for model_id, move in state.items()}
    standing = Standing(session, history.name, production, tuple(shadows), since)
    return standing, _moves(standing, rules)


def fold(history: History, sessions: Sequence[date], rules: Registry) -> tuple[Sequence[Standing], Sequence[Move]]:
    """Who stands in each of the sessions, which are in order, and all the moves that this brings about."""
    standings, brought = [], list[Move]()
    for session in sessions:
        standing, more = stand(replace(history, moves=[*history.moves, *brought]), session, rules)
        standings.append(standing)
        brought += more
    return standings, brought


def table(standings: Sequence[Standing]) -> "pa.Table":
    """The standings as rows."""
    import pyarrow as pa

    from butter_pipeline.registry.frames import STANDING

    rows = [
        {
            "session": standing.session,
            "name": standing.name,
            "production_model_id": standing.production.model_id if standing.production else None,
            "shadow_model_ids": ",".join(model.model_id for model in standing.shadows),
            "reason": standing.reason,
            "available_at": as_of(standing.session),
        }
        for standing in standings
    ]
    return pa.Table.from_pylist(rows, schema=STANDING.schema)


def _moves(standing: Standing, rules: Registry) -> Sequence[Move]:
    """What a standing brings about: a promotion, and who makes room."""
    shadows, production = list(standing.shadows), standing.production
    ready = [model for model in shadows if _ready(model, standing, rules)]
    promoted = ready[-1] if ready else None
    found = []
    if promoted is not None:
        found.append(
            (promoted, SHADOW, PRODUCTION, f"its gate passed and it was watched {rules.shadow_sessions} sessions")
        )
        if production is not None:
            found.append((production, PRODUCTION, RETIRED, f"{_called(promoted)} decides"))
        shadows.remove(promoted)
    deciding = promoted or production
    for model in list(shadows):
        if deciding is not None and model.vintage <= deciding.vintage:
            found.append((model, SHADOW, RETIRED, f"{_called(deciding)} decides and is no older"))
            shadows.remove(model)
    for place, model in enumerate(shadows[:-1]):
        crowded = len(shadows) - place > rules.most_shadows
        if crowded or not model.passed:
            why = f"more than {rules.most_shadows} were watched" if model.passed else "its gate did not pass"
            found.append((model, SHADOW, RETIRED, f"{why}, and {_called(shadows[-1])} is newer"))
    effective = next_session(standing.session)
    return [Move(model.model_id, before, after, effective, ACTOR, why) for model, before, after, why in found]


def _ready(model: Model, standing: Standing, rules: Registry) -> bool:
    watched = position(standing.session) - position(standing.since[model.model_id]) + 1
    newer = standing.production is None or model.vintage > standing.production.vintage
    return model.passed and newer and watched >= rules.shadow_sessions


def _states(moves: Iterable[Move], session: date) -> Mapping[str, Move]:
    """Each model's last move that counts by the session."""
    counting = [move for move in moves if move.effective_session <= session]
    counting.sort(key=lambda move: (move.effective_session, _ORDER.index(move.to_state)))
    return {move.model_id: move for move in counting}


def _is(state: Mapping[str, Move], model: Model, wanted: str) -> bool:
    return model.model_id in state and state[model.model_id].to_state == wanted


def _called(model: Model) -> str:
    return f"{model.name} of {model.vintage}"


def _watched(model: Model) -> str:
    return _called(model) if model.passed else f"{_called(model)} (its gate did not pass)"
