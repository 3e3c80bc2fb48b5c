"""Decisions: what an arm does about the best butterfly of every symbol after a session.

What belongs here: ranking, the rule, sizes, and the reason that is written down. What does not: hard limits and
the switch (`risk`), orders (`orders`), and where scores and probabilities come from.

The learned arm ranks by the learned weights, the other by the static ones. The rule is applied to the production
model's probability. Where no model stands, or the switch has fallen, it is applied to the probability that option
prices imply; and a fallen switch gives the learned arm the static weights.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from butter_pipeline.identity import natural_id
from butter_pipeline.market.sessions import as_of
from butter_pipeline.policy.weightings import Weighting, weighted
from butter_pipeline.trading import orders, risk
from butter_pipeline.trading.book import ArmBook, Basis, Order
from butter_pipeline.trading.desk import Desk
from butter_pipeline.trading.frames import ARMS
from butter_pipeline.trading.inputs import Candidate, Seen
from butter_pipeline.trading.rule import recommendation

SIZES = {"take": 1.0, "reduce_size": 0.5, "skip": 0.0}
LEARNED_ARM = ARMS[1]


@dataclass(frozen=True)
class Decision:
    """What was decided about one opportunity, and on what it rested."""

    session: date
    decision_id: str
    decision_at: datetime
    arm: str
    opportunity_id: str
    symbol: str
    prediction_id: str | None
    score: float
    success_probability: float
    action: str
    quantity: int
    size_multiplier: float
    weights_json: str
    reason: str
    limits_hit: str
    killed: str | None


class Chance(NamedTuple):
    """A probability of success, whose it is, and the prediction when it is a model's."""

    probability: float
    source: str
    prediction_id: str | None


class Verdict(NamedTuple):
    """What to do, how many, why, and which limits cut it."""

    action: str
    quantity: int
    reason: str
    limits_hit: tuple[str, ...] = ()


def decide(book: ArmBook, seen: Seen, desk: Desk) -> tuple[ArmBook, Sequence[Decision]]:
    """The arm's decisions, best first, and its book with the orders that they ask for."""
    killed = risk.fallen(book, desk.switch)
    weighting = seen.learned if book.arm == LEARNED_ARM and killed is None else desk.static
    weights_json = json.dumps(asdict(weighting))
    out_before, decided = len(book.orders), []
    for score, candidate in ranked(seen.candidates, weighting):
        chance = _chance(candidate, seen, killed)
        new = len(book.orders) - out_before
        verdict = _verdict(book, candidate, chance, desk, enough=new >= desk.sizing.max_new_per_session)
        decision = Decision(
            session=seen.session,
            decision_id=natural_id(
                "decision", desk.vendor, book.arm, candidate.butterfly.opportunity_id, as_of(seen.session)
            ),
            decision_at=as_of(seen.session),
            arm=book.arm,
            opportunity_id=candidate.butterfly.opportunity_id,
            symbol=candidate.butterfly.symbol,
            prediction_id=chance.prediction_id,
            score=score,
            success_probability=chance.probability,
            action=verdict.action,
            quantity=verdict.quantity,
            size_multiplier=SIZES[verdict.action],
            weights_json=weights_json,
            reason=verdict.reason,
            limits_hit=",".join(verdict.limits_hit),
            killed=killed,
        )
        decided.append(decision)
        if verdict.quantity:
            book = replace(book, orders=(*book.orders, _order(decision, candidate, desk)))
    return book, decided


def ranked(candidates: Sequence[Candidate], weighting: Weighting) -> Sequence[tuple[float, Candidate]]:
    """The best of every symbol by weighted score, best first; ties go by name."""
    scored = [(weighted(candidate.scores, weighting), candidate) for candidate in candidates]
    scored.sort(key=lambda one: (-one[0], one[1].butterfly.opportunity_id))
    best: dict[str, tuple[float, Candidate]] = {}
    for score, candidate in scored:
        best.setdefault(candidate.butterfly.symbol, (score, candidate))
    return list(best.values())


def _chance(candidate: Candidate, seen: Seen, killed: str | None) -> Chance:
    """The probability that the rule is applied to."""
    predicted = seen.predictions.get(candidate.butterfly.opportunity_id)
    if killed is not None:
        return Chance(candidate.market_probability, f"the switch has fallen ({killed}), the market", None)
    if predicted is None:
        return Chance(candidate.market_probability, "no model stands, the market", None)
    return Chance(predicted[1], "the model", predicted[0])


def _verdict(book: ArmBook, candidate: Candidate, chance: Chance, desk: Desk, *, enough: bool) -> Verdict:
    """The rule first, then what the arm has open, then sizes and limits: nothing but these may only take away."""
    said = f"{chance.source} says {chance.probability:.3f}"
    action = recommendation(chance.probability)
    if action == "skip":
        return Verdict("skip", 0, said)
    if _is_open(book, candidate.butterfly.symbol):
        return Verdict("skip", 0, f"{said}, but {candidate.butterfly.symbol} is open in this arm")
    if enough:
        return Verdict("skip", 0, f"{said}, but {desk.sizing.max_new_per_session} new ones are enough for a session")
    price = worst_price_usd(candidate, desk)
    budget = book.equity_usd * desk.sizing.base_risk_pct / 100.0 * SIZES[action]
    wanted = risk.affordable(budget, price)
    if not wanted:
        return Verdict("skip", 0, f"{said}, but one at {price:.2f} usd is more than {budget:.2f} usd pay for")
    stake = risk.exposure(book, candidate.butterfly.symbol)
    found = risk.allowed(wanted, price, stake, desk.limits)
    if not found.quantity:
        return Verdict("skip", 0, f"{said}, but a hard limit leaves room for none", found.limits_hit)
    return Verdict(action, found.quantity, said, found.limits_hit)


def _is_open(book: ArmBook, symbol: str) -> bool:
    held = {position.butterfly.symbol for position in book.positions}
    return symbol in held | {order.butterfly.symbol for order in book.orders if order.purpose == "open"}


def worst_price_usd(candidate: Candidate, desk: Desk) -> float:
    """The most that one may cost when it is filled; sizes are for this price, so limits hold at the fill."""
    return candidate.open_cost_usd * (1.0 + desk.sizing.limit_slack_pct / 100.0)


def _order(decision: Decision, candidate: Candidate, desk: Desk) -> Order:
    basis = Basis(decision.decision_id, decision.session, decision.prediction_id, decision.success_probability)
    amount = (decision.quantity, worst_price_usd(candidate, desk))
    return orders.to_open(decision.arm, candidate.butterfly, basis, amount, desk)
