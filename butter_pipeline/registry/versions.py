"""Model versions and their moves, as PostgreSQL keeps them.

What belongs here: registering a model, reading models and moves, fetching a model to score with. What does not: the
rules by which models move (`standing`), and making models (`fitting`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from butter_pipeline.errors import ButterError
from butter_pipeline.identity import natural_id
from butter_pipeline.learning import model_file
from butter_pipeline.market.sessions import next_session
from butter_pipeline.registry.standing import SHADOW, TRAINING, History, Model, Move
from butter_pipeline.store import Store, objects
from butter_pipeline.store.objects import Object

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from butter_pipeline.learning.model import SuccessModel
    from butter_pipeline.store.terms import Origin

ACTOR = "learning/success"

_MODELS = """\
select model_id, name, vintage_session as vintage, (card_json::json -> 'gate' ->> 'passed')::boolean as passed
from registry.models where vendor = :vendor and name = :name and vintage_session < :by
order by vintage_session, model_id"""

_MOVES = """\
select model_id, from_state, to_state, effective_session, actor, reason
from registry.events join registry.models using (model_id)
where vendor = :vendor and name = :name and effective_session <= :by order by effective_session, event_id"""


class UnknownModel(ButterError):
    """A model that the registry does not hold."""


@dataclass(frozen=True)
class Version:
    """A fitted model as the registry holds it; the columns say what each part is (`store.schema.ledgers`)."""

    vendor: str
    name: str
    version: str
    content_hash: str
    kind: str
    library: str
    vintage_session: date
    training_first_session: date
    training_last_session: date
    training_rows: int
    training_data_hash: str
    features_json: str
    params_json: str
    metrics_json: str
    accuracy: float
    precision: float
    recall: float
    f1: float
    auc: float
    uri: str
    file_hash: str
    onnx_uri: str | None
    card_json: str

    @property
    def model_id(self) -> str:
        """Named by whose market, what for, which vintage, and what was fitted."""
        return natural_id("model", self.vendor, self.name, self.vintage_session, self.content_hash)


def register(connection: "Connection", version: Version, origin: "Origin") -> bool:
    """Enter a model and its first moves, to be watched from the session after its cut-off; says whether it was new.

    In the caller's transaction. A model that is there already stands as it is.
    """
    from sqlalchemy.dialects.postgresql import insert

    from butter_pipeline.store.schema.ledgers import MODELS

    row = asdict(version) | {
        "model_id": version.model_id,
        "code_version": origin.code_version,
        "config_hash": origin.config_hash,
        "recorded_at": origin.recorded_at,
    }
    statement = insert(MODELS).values(row).on_conflict_do_nothing().returning(MODELS.c.model_id)
    entered = connection.execute(statement).first()
    cutoff = version.vintage_session
    first = Move(version.model_id, None, TRAINING, cutoff, ACTOR, f"fitted on labels that matured by {cutoff}")
    watched = Move(version.model_id, TRAINING, SHADOW, next_session(cutoff), ACTOR, "watched before it may decide")
    enter(connection, [first, watched], origin.recorded_at)
    return entered is not None


def enter(connection: "Connection", moves: Sequence[Move], recorded_at: datetime) -> None:
    """Enter moves, in the caller's transaction; those that are there already stand."""
    from sqlalchemy.dialects.postgresql import insert

    from butter_pipeline.store.schema.ledgers import EVENTS

    rows = [asdict(move) | {"event_id": event_id(move), "recorded_at": recorded_at} for move in moves]
    if rows:
        connection.execute(insert(EVENTS).on_conflict_do_nothing(), rows)


def event_id(move: Move) -> str:
    """What a move is named by."""
    return natural_id(
        "registry event", move.model_id, move.from_state or "", move.to_state, move.effective_session, move.actor
    )


def history(store: Store, vendor: str, name: str, by: date) -> History:
    """The models of a name that may stand in a session, and their moves that count by then."""
    from sqlalchemy import text

    asked = {"vendor": vendor, "name": name, "by": by}
    with store.engine.connect() as connection:
        models = [Model(**row) for row in connection.execute(text(_MODELS), asked).mappings()]
        moves = [Move(**row) for row in connection.execute(text(_MOVES), asked).mappings()]
    return History(name, models, moves)


@lru_cache(maxsize=16)
def fetched(store: Store, model_id: str) -> "SuccessModel":
    """A model to score with, its file checked; kept for the life of the process, for a model never changes."""
    from sqlalchemy import text

    query = text("select uri, file_hash from registry.models where model_id = :model_id")
    with store.engine.connect() as connection:
        row = connection.execute(query, {"model_id": model_id}).one_or_none()
    if row is None:
        raise UnknownModel(f"model {model_id} is not in registry.models; make its vintage again")
    return model_file.loads(objects.fetch(store, Object(row.uri, row.file_hash)), row.uri)


def promised_log_loss(store: Store, vendor: str) -> Mapping[str, float]:
    """What each model reached on data it had not seen, by model."""
    import json

    from sqlalchemy import text

    query = text("select model_id, metrics_json from registry.models where vendor = :vendor")
    with store.engine.connect() as connection:
        rows = connection.execute(query, {"vendor": vendor}).all()
    return {row.model_id: float(json.loads(row.metrics_json)["model"]["log_loss"]) for row in rows}
