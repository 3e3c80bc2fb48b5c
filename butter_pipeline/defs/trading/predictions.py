"""Predictions as an asset: every opportunity, scored by the model that decides and by each that is watched.

What belongs here: the asset, a call of `trading.predictions` and its description. What does not: the book (`assets`).
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline.defs.derived import Stage
from butter_pipeline.defs.resources import House
from butter_pipeline.derivation import LEDGER, Product
from butter_pipeline.opportunities.frames import BUTTERFLIES
from butter_pipeline.registry.frames import STANDING
from butter_pipeline.trading.frames import PREDICTIONS

if TYPE_CHECKING:
    import pyarrow as pa

MATRIX = "features.matrix"
STAGE = Stage(
    "trading", ("butter_pipeline.trading.predictions", "butter_pipeline.trading.rule", "butter_pipeline.learning")
)
BENEATH = (BUTTERFLIES.asset, "features/matrix", STANDING.asset)
PRODUCT = Product(PREDICTIONS, LEDGER, BENEATH, (BUTTERFLIES, MATRIX, STANDING), at_once=True)


@dg.asset(**STAGE.asset(PRODUCT, deps=[key.split("/") for key in BENEATH], kinds={"lightgbm", "postgres"}))
def predictions(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Every score of every opportunity by every model that was asked, taken or not, with the rule's recommendation.

    None where no model stands: the desk then rests on the market's own probability. Must not see: anything after
    the session's close, or a model whose cut-off is the session or later.
    """
    from butter_pipeline.registry.versions import fetched
    from butter_pipeline.trading.predictions import Asked, predictions, roles

    reader = house.reader()

    def make(sessions: Sequence[date], as_of: datetime) -> "pa.Table":
        found = (of_sessions(reader.read(what, (sessions[0], sessions[-1]), as_of), sessions) for what in PRODUCT.reads)
        asked = Asked(reader.vendor, *found)
        models = {role.model_id: fetched(reader.store, role.model_id) for role in roles(asked.standing)}
        return predictions(asked, models)

    return STAGE.make(context, house, PRODUCT, make)


def of_sessions(table: "pa.Table", sessions: Sequence[date]) -> "pa.Table":
    """The rows of the sessions that are asked for; others may lie between them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["session"], pa.array(sessions, pa.date32())))
