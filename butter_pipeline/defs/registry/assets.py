"""The registry as an asset: which model stands in each session.

What belongs here: the asset, a call of `registry.folding` and its description. What does not: the rules by which
models move (`registry.standing`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.defs.derived import Stage
from butter_pipeline.defs.learning.due import due_vintages
from butter_pipeline.defs.partitions import ALL_BEFORE
from butter_pipeline.defs.resources import House
from butter_pipeline.derivation import LEDGER, Product, Recipe
from butter_pipeline.learning.plan import plan_of
from butter_pipeline.registry.frames import STANDING

if TYPE_CHECKING:
    import pyarrow as pa

STAGE = Stage("registry", ("butter_pipeline.registry",), ("learning",))
PRODUCT = Product(STANDING, LEDGER, at_once=True)
MODELS = dg.AssetDep(["learning", "success"], partition_mapping=ALL_BEFORE)


@dg.asset(**STAGE.asset(PRODUCT, deps=[MODELS]))
def standing(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """Which model decides in the session, and which are watched; kept as first written, for decisions rest on it.

    A model is watched from the session after its cut-off and decides once its gate passed and it was watched for
    long enough. Must not see: a model whose cut-off is the session or later, or a move that counts only later.
    """
    from butter_pipeline.registry.folding import stood, unsettled

    rules = plan_of(configs.load("learning")).registry
    run = house.run(context, STAGE.code_version, *STAGE.configurations)

    def make(sessions: Sequence[date], _: datetime) -> "pa.Table":
        return stood(house.store(), "success", sessions, rules, run)

    def waits(sessions: Sequence[date]) -> Mapping[date, str]:
        return unsettled(house.store(), run.vendor, sessions, due_vintages(house, sessions[-1]))

    return STAGE.make(context, house, PRODUCT, Recipe(make, waits))
