"""Choosing how a thing is called: the first plan that it answers to.

What belongs here: trying plans on a small market, and making subjects. What does not: the plans (`plans`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from butter_pipeline.features.proof.foreign.answers import Answer, blank
from butter_pipeline.features.proof.foreign.calling.calls import Fitted, Subject, Watch
from butter_pipeline.features.proof.foreign.calling.declared import Declared
from butter_pipeline.features.proof.foreign.calling.module import one_line
from butter_pipeline.features.proof.foreign.calling.plans import Plan, plans
from butter_pipeline.features.proof.foreign.calling.spelling import Named, named
from butter_pipeline.features.proof.foreign.calling.things import DECLARED, FITTED, Thing, fitting_function
from butter_pipeline.features.proof.foreign.worlds import market
from butter_pipeline.features.proof.foreign.worlds.rows import World, symbol_of
from butter_pipeline.features.transforms import Transform


@dataclass(frozen=True)
class Chosen:
    """How a thing is called and made a subject of; or why it could not be called."""

    plan: Plan
    named: Named
    subject: type[Subject]
    form: str
    single: bool = False
    error: str | None = None


def choose(found: Thing, watch: Watch) -> Chosen:
    """The first plan to which a thing answers with values; else the first to which it answers at all."""
    names = named(found.call) if found.kind != DECLARED else Named(frozenset(), frozenset(), ())
    kind = {DECLARED: Declared, FITTED: Fitted}.get(found.kind, Subject)
    silent, first = None, ""
    for plan in _plans(found, names):
        chosen = Chosen(plan, names, kind, f"{found.kind} {plan}")
        try:
            tried = _tried(found, chosen, watch)
        except Exception as error:  # a plan that does not fit raises whatever the stranger's code raises
            first = first or one_line(error)
            continue
        chosen = replace(chosen, single=_single(tried, chosen))
        if not blank(tried):
            return chosen
        silent = silent or chosen
    if silent is not None:
        return silent
    why = first or "its parameters are not understood; name them df, panel, intraday, or as columns"
    return Chosen(Plan(()), names, kind, found.kind, error=why)


def subject_of(found: Thing, chosen: Chosen, watch: Watch) -> Subject:
    """A thing as a subject, called as was chosen."""
    return chosen.subject(found.call, chosen.plan, chosen.named, watch, chosen.single)


def _plans(found: Thing, names: Named) -> Iterator[Plan]:
    if found.kind == DECLARED:
        yield Plan((), whole_anyway=True)
    elif found.kind == FITTED and isinstance(found.call, Transform):
        yield Plan((("rows", "matrix"),))
    elif found.kind == FITTED:
        for plan in plans(fitting_function(found.call), names):
            arguments = tuple(each for each in plan.arguments if each[0] not in ("self", "y"))
            yield replace(plan, arguments=arguments[:1])
    else:
        yield from plans(found.call, names)


def _tried(found: Thing, chosen: Chosen, watch: Watch) -> Answer:
    return subject_of(found, chosen, watch).answer(_small(chosen.plan))


def _small(plan: Plan) -> World:
    return market.plain() if plan.whole else market.plain().of(0)


def _single(tried: Answer, chosen: Chosen) -> bool:
    """Whether the answer is one value of each symbol: about the last row alone."""
    if chosen.plan.dated or chosen.subject is not Subject:
        return False
    return all(len(column.keys) == len(np.unique(symbol_of(column.keys))) for column in tried.values())
