"""Labels as assets: what butterflies and signals came to, in the session in which that is known.

What belongs here: the assets of the labels stage. What does not: the SQL (`dbt_project/models`), running dbt
(`labels.build`), and describing what it did (`models.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import date

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.defs.derived import looks_back
from butter_pipeline.defs.labels.models import DbtStage, Made
from butter_pipeline.defs.resources import House
from butter_pipeline.frame import Frame
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES, SIGNAL_OUTCOMES
from butter_pipeline.labels.rules import rules_from_config

STAGE = DbtStage("labels", ("labels", "costs"))


@dg.asset(
    **STAGE.asset(
        BUTTERFLY_OUTCOMES, deps=[looks_back("opportunities/marks", 8), looks_back("opportunities/butterflies", 8)]
    )
)
def butterfly_outcomes(context: dg.AssetExecutionContext, house: House) -> Made:
    """What every butterfly came to, opened in the session after it was found and closed seven sessions later.

    A row stands in the session in which the outcome is known, and a further one for every correction of a mark
    since. Without a quote at entry or exit the amounts are null. Must not see: a mark before it was available.
    """
    yield from _matured(context, house, BUTTERFLY_OUTCOMES, "opportunities/marks")


@dg.asset(**STAGE.asset(SIGNAL_OUTCOMES, deps=[looks_back("opportunities/signals", 8), looks_back("market/bars", 8)]))
def signal_outcomes(context: dg.AssetExecutionContext, house: House) -> Made:
    """What every signal came to, entered at the next close and left at stop, target or seven sessions later.

    A row stands in the session in which the outcome is known, and a further one for every correction of a bar
    since. Must not see: a bar before it was available.
    """
    yield from _matured(context, house, SIGNAL_OUTCOMES, "market/bars")


def _matured(context: dg.AssetExecutionContext, house: House, frame: Frame, beneath: str) -> Made:
    from butter_pipeline.labels import pictures
    from butter_pipeline.labels.sessions import Model
    from butter_pipeline.market.sessions import as_of

    rules = rules_from_config(configs.load("labels").values, configs.load("costs").values)
    reader = house.reader()

    def draw(sessions: Sequence[date]) -> Mapping[str, bytes]:
        span = (sessions[0], sessions[-1])
        return {"profits": pictures.profits(reader.read(frame, span, as_of(span[-1])))}

    model = Model(frame, (beneath,), rules.exit_age, rules.settings)
    yield from STAGE.make(context, house, model, draw)
