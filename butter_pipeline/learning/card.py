"""The model card: what a person must know before trusting a model, as plain values that JSON can say.

What belongs here: what the card holds and what it is called. What does not: computing any of it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from butter_pipeline.learning.export import Parity
from butter_pipeline.learning.success import Fitted

MEANING = (
    "Probability that a butterfly found after a session's close earns more than it costs, when opened at the next "
    "session's closing quotes and closed seven sessions later. Lift over the market's own probability."
)


@dataclass(frozen=True)
class Facts:
    """What the fit itself does not know: whose market, which cut-off, which code."""

    name: str
    vendor: str
    vintage: date
    span: tuple[date, date]
    data_hash: str
    feature_versions: Mapping[str, str]
    code_version: str
    config_hash: str


def card(facts: Facts, fitted: Fitted, parity: Parity | None) -> dict[str, Any]:
    """The card."""
    return {
        "name": facts.name,
        "meaning": MEANING,
        "vendor": facts.vendor,
        "vintage": facts.vintage.isoformat(),
        "window": {"first": facts.span[0].isoformat(), "last": facts.span[1].isoformat()},
        "rows": fitted.rows,
        "features": features_of(facts, fitted),
        "parameters": dict(fitted.parameters),
        "intercept": fitted.model.intercept,
        "content_hash": fitted.model.content_hash,
        "data_hash": facts.data_hash,
        "code_version": facts.code_version,
        "config_hash": facts.config_hash,
        "metrics": metrics_of(fitted),
        "gate": {"passed": fitted.verdict.gate.passed, "reasons": list(fitted.verdict.gate.reasons)},
        "importances": fitted.model.gains(),
        "onnx": onnx_of(parity),
    }


def features_of(facts: Facts, fitted: Fitted) -> list[dict[str, str | None]]:
    """The features in order, each with its version; an opportunity's own are of the opportunities' code."""
    return [{"name": name, "version": facts.feature_versions.get(name)} for name in fitted.model.features]


def metrics_of(fitted: Fitted) -> dict[str, Any]:
    """Every metric on data that the model did not see."""
    verdict = fitted.verdict
    return {
        "rows": verdict.rows,
        "sessions": verdict.sessions,
        "share_profitable": verdict.share_profitable,
        "model": dict(verdict.model),
        "market": dict(verdict.market),
        "lift": {name: asdict(lift) for name, lift in verdict.lifts.items()},
    }


def onnx_of(parity: Parity | None) -> dict[str, Any]:
    """Whether there is an ONNX file, and if not, why."""
    if parity is None:
        return {"exported": False, "reason": "the model has no trees"}
    if not parity.passed:
        return {"exported": False, "reason": f"{parity.flips} decisions differ", **asdict(parity)}
    return {"exported": True, **asdict(parity)}


def as_json(values: Any) -> str:
    """The values as JSON: equal values, equal text; NaN has no place in it."""
    return json.dumps(values, sort_keys=True, allow_nan=False)
