"""Which vintages are due: what the schedule and `butter backfill` both ask.

What belongs here: the question. What does not: asking for runs (`schedules`, `operations`).
"""

from collections.abc import Sequence
from datetime import date

from butter_pipeline import configs
from butter_pipeline.defs.partitions import FIRST_SESSION
from butter_pipeline.defs.resources import House
from butter_pipeline.learning.plan import plan_of
from butter_pipeline.learning.vintages import monthly

LABELS = "labels/butterfly_outcomes"
STOOD = ("done", "released", "blocked")


def due_vintages(house: House, last: date) -> Sequence[date]:
    """The monthly cut-offs up to a session whose own labels stand, made or not, in order."""
    from butter_pipeline.store import outcomes

    cutoffs = monthly(FIRST_SESSION, last, plan_of(configs.load("learning")).vintages)
    if not cutoffs:
        return []
    found = outcomes.latest(house.store(), LABELS, house.vendor().name, cutoffs[0], cutoffs[-1])
    stood = {outcome.session for outcome in found if outcome.status in STOOD}
    return [cutoff for cutoff in cutoffs if cutoff in stood]
