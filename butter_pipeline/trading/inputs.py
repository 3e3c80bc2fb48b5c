"""What the desk sees of a session: its opportunities, their scores and probabilities, and marks.

What belongs here: from the tables of other stages to one value per session; the order of their rows does not
matter. What does not: reading tables (`fold`), and what is made of them (`step`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from butter_pipeline.errors import ButterError
from butter_pipeline.market.actions.adjust import in_effect
from butter_pipeline.market.sessions import as_of
from butter_pipeline.policy.weightings import PARTS, Weighting
from butter_pipeline.trading.book import Butterfly

if TYPE_CHECKING:
    import pyarrow as pa

    from butter_pipeline.market.actions.adjust import Action

_BUTTERFLY = ("opportunity_id", "symbol", "expiry", "option_right", "lower_strike", "body_strike", "upper_strike")
_SCORES = tuple(f"{part}_score" for part in PARTS)


Mark = tuple[float | None, float | None]
"""What opening and what closing a butterfly comes to, with all that the one found has become; none without quotes."""


@dataclass(frozen=True)
class Candidate:
    """A butterfly that was found in the session."""

    butterfly: Butterfly
    scores: tuple[float, float, float, float]
    open_cost_usd: float
    market_probability: float


@dataclass(frozen=True)
class Seen:
    """A session as the desk sees it once it has settled."""

    session: date
    learned: Weighting
    candidates: tuple[Candidate, ...] = ()
    predictions: Mapping[str, tuple[str, float]] = field(default_factory=dict)  # id and probability, by opportunity
    marks: Mapping[str, Mark] = field(default_factory=dict)  # by opportunity
    underlying_prices: Mapping[str, float] = field(default_factory=dict)  # by symbol
    actions: Sequence["Action"] = ()  # that count by then, of the sessions since which anything may be held


@dataclass(frozen=True)
class Tables:
    """What other stages made of some sessions."""

    butterflies: "pa.Table"
    marks: "pa.Table"
    predictions: "pa.Table"
    weights: "pa.Table"
    actions: "pa.Table"


def seen(tables: Tables, sessions: Sequence[date]) -> Sequence[Seen]:
    """What the desk sees of each of these sessions."""
    learned = _learned(tables.weights)
    missing = [session for session in sessions if session not in learned]
    if missing:
        raise ButterError(f"policy/weights has no row for {missing[0]}; make it for that session")
    candidates = _candidates(tables.butterflies)
    predictions = _predictions(tables.predictions)
    marks, prices = _marks(tables.marks), _underlying_prices(tables.marks)
    told = tables.actions
    return [
        Seen(
            session=session,
            learned=learned[session],
            candidates=tuple(candidates.get(session, ())),
            predictions=predictions.get(session, {}),
            marks=marks.get(session, {}),
            underlying_prices=prices.get(session, {}),
            actions=in_effect(told, as_of(session)) if told.num_rows else (),
        )
        for session in sessions
    ]


def _learned(weights: "pa.Table") -> dict[date, Weighting]:
    return {session: Weighting(*parts) for session, *parts in _rows(weights, "session", *PARTS)}


def _candidates(butterflies: "pa.Table") -> dict[date, list[Candidate]]:
    found: dict[date, list[Candidate]] = {}
    names = ("session", "open_cost_usd", "market_probability", *_SCORES, *_BUTTERFLY)
    for session, cost, probability, *told in _rows(butterflies, *names):
        scores = (told[0], told[1], told[2], told[3])
        candidate = Candidate(Butterfly(*told[len(_SCORES) :]), scores, cost, probability)
        found.setdefault(session, []).append(candidate)
    return found


def _predictions(predictions: "pa.Table") -> dict[date, dict[str, tuple[str, float]]]:
    found: dict[date, dict[str, tuple[str, float]]] = {}
    names = ("session", "role", "opportunity_id", "prediction_id", "success_probability")
    for session, role, opportunity, prediction, probability in _rows(predictions, *names):
        if role == "production":
            found.setdefault(session, {})[opportunity] = (prediction, probability)
    return found


def _marks(marks: "pa.Table") -> dict[date, dict[str, Mark]]:
    found: dict[date, dict[str, Mark]] = {}
    for session, part in _by_session(marks):
        costs, values = (_quoted(part[name]) for name in ("open_cost_usd", "close_value_usd"))
        found[session] = dict(zip(part["opportunity_id"].to_pylist(), zip(costs, values, strict=True), strict=True))
    return found


def _underlying_prices(marks: "pa.Table") -> dict[date, dict[str, float]]:
    import pyarrow.compute as pc

    quoted = marks.filter(pc.fill_null(pc.is_finite(marks["underlying_price"]), False))
    quoted = quoted.group_by(["session", "symbol"]).aggregate([("underlying_price", "max")])
    found: dict[date, dict[str, float]] = {}
    for session, symbol, price in _rows(quoted, "session", "symbol", "underlying_price_max"):
        found.setdefault(session, {})[symbol] = price
    return found


def _by_session(table: "pa.Table") -> Iterator[tuple[date, "pa.Table"]]:
    """The table cut by session: looked at whole columns at a time, as there are many rows."""
    import numpy as np

    table = table.sort_by("session")
    held = table["session"].to_numpy()
    turns = np.flatnonzero(held[1:] != held[:-1]) + 1
    edges = [0, *turns.tolist(), len(held)] if len(held) else []
    for start, end in pairwise(edges):
        yield held[start].item(), table.slice(start, end - start)


def _quoted(amounts: "pa.ChunkedArray") -> list[float | None]:
    import pyarrow as pa
    import pyarrow.compute as pc

    found: list[float | None] = pc.if_else(pc.is_finite(amounts), amounts, pa.scalar(None, pa.float64())).to_pylist()
    return found


def _rows(table: "pa.Table", *names: str) -> Any:
    return zip(*(table[name].to_pylist() for name in names), strict=True)
