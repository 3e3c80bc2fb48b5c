"""What a source must answer, and reading it strictly.

What belongs here: the JSON schema that services are held to, and each item's check. What does not: asking, or keeping.

An answer is one JSON object `{"candidates": [{"symbol", "list", "confidence", "reasoning"}, ...]}` and nothing else. An
item that is wrong is refused by itself with its reason; an answer that is no such object is unusable as a whole.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from butter_pipeline.market.vendors.protocol import VendorError


class UnusableAnswer(VendorError):
    """An answer of which not one item can be read."""


class Candidate(BaseModel):
    """One proposal."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    symbol: Annotated[str, Field(min_length=1)]
    list: Literal["long", "short"]
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    reasoning: str


@dataclass(frozen=True)
class Refused:
    """An item that is wrong: its place in the answer from 1, the field, why, and the item as it stands there."""

    place: int
    field: str
    why: str
    item: Any


SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["candidates"],
    "properties": {
        "candidates": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["symbol", "list", "confidence", "reasoning"],
                "properties": {
                    "symbol": {"type": "string"},
                    "list": {"type": "string", "enum": ["long", "short"]},
                    "confidence": {"type": "number", "minimum": 0, "maximum": 1},
                    "reasoning": {"type": "string"},
                },
            },
        }
    },
}
"""The form that a service is asked to keep to."""


def read(text: str, symbols: Collection[str]) -> tuple[Sequence[Candidate], Sequence[Refused]]:
    """The candidates of an answer among some instruments, and the items that are wrong.

    >>> read('{"candidates": [{"symbol": "AAA", "list": "long", "confidence": 2, "reasoning": ""}]}', {"AAA"})[1][0].why
    'Input should be less than or equal to 1, was 2'
    """
    good: dict[str, tuple[int, Candidate]] = {}
    wrong: list[Refused] = []
    items = _items(text)
    for place, item in enumerate(items, 1):
        try:
            candidate = Candidate.model_validate(item)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            named = str(first["loc"][0]) if first["loc"] else ""
            wrong.append(Refused(place, named, f"{first['msg']}, was {first['input']!r}"[:300], item))
            continue
        if candidate.symbol not in symbols:
            why = f"no instrument {candidate.symbol!r} in this session"
            wrong.append(Refused(place, "symbol", why, item))
        elif candidate.symbol in good:
            before = good[candidate.symbol][0]
            wrong.append(Refused(place, "symbol", f"{candidate.symbol!r} is proposed by item {before} already", item))
        else:
            good[candidate.symbol] = (place, candidate)
    return [candidate for _, candidate in good.values()], wrong


def _items(text: str) -> Sequence[Any]:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableAnswer(f"the answer is not one JSON object ({error}); it began {text.strip()[:60]!r}") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("candidates"), list):
        raise UnusableAnswer(f"the answer has no list of candidates; it began {text.strip()[:60]!r}")
    items: list[Any] = answer["candidates"]
    return items
