"""Predictions: every opportunity of a session, scored by the model that decides and by each that is watched.

What belongs here: rows of predictions. What does not: which model stands (`registry`), the scoring function itself
(`learning.scoring`), and what is done about a prediction (`decision`).

Every score is written down, taken or not, so that learning never sees only what was traded. Where no model stands there
are no predictions, and the desk rests on the market's own probability.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from butter_pipeline.identity import content_hash, natural_id
from butter_pipeline.learning.dataset import features_of
from butter_pipeline.learning.scoring import probabilities
from butter_pipeline.market.sessions import as_of
from butter_pipeline.trading.frames import PREDICTIONS
from butter_pipeline.trading.rule import recommendation

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.learning.model import SuccessModel

PRODUCTION, SHADOW = "production", "shadow"
HORIZON_SESSIONS = 8
"""Filled in the next session, closed seven later."""

MARKET = "market_probability"


@dataclass(frozen=True)
class Asked:
    """What is to be scored, and who stands: whole sessions of each."""

    vendor: str
    butterflies: "pa.Table"
    matrix: "pa.Table"
    standing: "pa.Table"


@dataclass(frozen=True)
class Role:
    """A model in a session, and whether it decides there."""

    session: date
    model_id: str
    role: str


def roles(standing: "pa.Table") -> Sequence[Role]:
    """Which models are asked in which sessions."""
    found = []
    for row in standing.select(["session", "production_model_id", "shadow_model_ids"]).to_pylist():
        if row["production_model_id"] is not None:
            found.append(Role(row["session"], row["production_model_id"], PRODUCTION))
        shadows = [model_id for model_id in row["shadow_model_ids"].split(",") if model_id]
        found += [Role(row["session"], model_id, SHADOW) for model_id in shadows]
    return found


def predictions(asked: Asked, models: Mapping[str, "SuccessModel"]) -> "pa.Table":
    """The predictions of the sessions that `asked.standing` holds; `models` by the ids that stand there."""
    import pyarrow as pa

    hashes = _matrix_hashes(asked)
    by_model: dict[str, dict[date, str]] = {}
    for role in roles(asked.standing):
        by_model.setdefault(role.model_id, {})[role.session] = role.role
    rows = [
        row
        for model_id, role_by_session in by_model.items()
        for row in _scored(asked, models[model_id], model_id, role_by_session)
    ]
    for row in rows:
        row["features_hash"] = hashes[row["session"]]
    made = pa.Table.from_pylist(rows, schema=PREDICTIONS.schema)
    return made.sort_by([(key, "ascending") for key in PREDICTIONS.key])


def _scored(
    asked: Asked, model: "SuccessModel", model_id: str, role_by_session: Mapping[date, str]
) -> Iterator[dict[str, Any]]:
    """One model's predictions in the sessions in which it is asked."""
    import pyarrow as pa
    import pyarrow.compute as pc

    sessions = pa.array(list(role_by_session), pa.date32())
    mine = asked.butterflies.filter(pc.is_in(asked.butterflies["session"], sessions))
    names = list(dict.fromkeys((*model.features, MARKET)))
    scores = probabilities(model, features_of(mine, asked.matrix, names)).tolist()
    facts = mine.select(["session", "opportunity_id", "symbol", "strategy", MARKET]).to_pylist()
    for fact, probability in zip(facts, scores, strict=True):
        decided = as_of(fact["session"])
        yield fact | {
            "prediction_id": natural_id("prediction", asked.vendor, fact["opportunity_id"], model_id, decided),
            "decision_at": decided,
            "model_id": model_id,
            "role": role_by_session[fact["session"]],
            "success_probability": probability,
            "confidence": 2 * abs(probability - 0.5),
            "recommendation": recommendation(probability),
            "horizon_sessions": HORIZON_SESSIONS,
            "available_at": decided,
        }


def _matrix_hashes(asked: Asked) -> Mapping[date, str]:
    """The content hash of each session's matrix: that of its file in the lake."""
    import pyarrow.compute as pc

    sessions = asked.standing["session"].unique().to_pylist()
    matrix = asked.matrix.combine_chunks()  # read from a file per session, it would be looked through file by file
    return {session: content_hash(matrix.filter(pc.equal(matrix["session"], session))) for session in sessions}
