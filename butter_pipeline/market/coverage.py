"""What arrived of the raw market data, what did not, and what was put aside: read from what is stored.

What belongs here: questions to outcomes and quarantine for people to look at. What does not: drawing
(`coverage_pictures`), and judging (`quality`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from butter_pipeline.store import outcomes

if TYPE_CHECKING:
    from butter_pipeline.store import Store
    from butter_pipeline.store.outcomes import Outcome

PUT_ASIDE = """
select session, dataset || ': ' || reason as what, count(*) as rows from market.quarantine
where vendor = :vendor and session between :first and :last group by 1, 2 order by 1, 2
"""


@dataclass(frozen=True)
class Coverage:
    """Outcomes of each dataset by session, and rows put aside by reason and session."""

    outcomes: Mapping[str, Mapping[date, "Outcome"]]
    put_aside: Mapping[str, Mapping[date, int]]


def coverage(store: "Store", vendor: str, assets: Sequence[str], span: tuple[date, date]) -> Coverage:
    """What is known of these assets from a first to a last session."""
    from sqlalchemy import text

    known = {name: {o.session: o for o in outcomes.latest(store, name, vendor, *span)} for name in assets}
    put_aside: dict[str, dict[date, int]] = {}
    with store.engine.connect() as connection:
        asked = {"vendor": vendor, "first": span[0], "last": span[1]}
        for row in connection.execute(text(PUT_ASIDE), asked):
            put_aside.setdefault(row.what, {})[row.session] = row.rows
    return Coverage(known, put_aside)
