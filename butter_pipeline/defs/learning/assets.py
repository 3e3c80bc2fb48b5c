"""Vintages as assets: the dataset of a training cut-off, and the model that is fitted on it.

What belongs here: the assets, each a call of `registry.fitting` and its description. What does not: fitting, judging
and keeping, and when a vintage is due (`due`).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from butter_pipeline import configs
from butter_pipeline.defs.derived import Stage
from butter_pipeline.defs.drift.retraining import attempt_of
from butter_pipeline.defs.metadata import column_schema, described
from butter_pipeline.defs.partitions import ALL_BEFORE, FIRST_SESSION, VINTAGES, vintages_of
from butter_pipeline.defs.resources import House
from butter_pipeline.learning.frames import DATASET, MODELS
from butter_pipeline.learning.plan import plan_of

if TYPE_CHECKING:
    from butter_pipeline.registry.fitting import Made, Making

STAGE = Stage("learning", ("butter_pipeline.learning", "butter_pipeline.registry.fitting"), ("learning",))
CHECK = "vintage_usable"
READS = ("opportunities/butterflies", "features/matrix", "labels/butterfly_outcomes")


def vintage_check(asset: str) -> dg.AssetCheckSpec:
    """The blocking check that stands between a vintage that could not be made and everything behind it."""
    return dg.AssetCheckSpec(
        CHECK,
        asset=asset.split("/"),
        blocking=True,
        description="The vintage could be made: enough labels had matured, and they do not all say the same. "
        "Blocks the run when no vintage of it could; the model that stands goes on deciding.",
    )


VINTAGE: dict[str, Any] = {
    "group_name": STAGE.name,
    "partitions_def": VINTAGES,
    "backfill_policy": dg.BackfillPolicy.single_run(),
    "code_version": STAGE.code_version,
}


@dg.asset(
    **VINTAGE,
    key=DATASET.asset.split("/"),
    kinds={"python", "parquet"},
    metadata=column_schema(DATASET),
    check_specs=[vintage_check(DATASET.asset)],
    deps=[dg.AssetDep(key.split("/"), partition_mapping=ALL_BEFORE) for key in READS],
)
def dataset(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """What a vintage learns from: opportunities, their features, and the outcomes that had matured by its cut-off.

    Rows without a label are left out and counted; the columns of the feature matrix follow those listed. A run that
    answers a drift alert claims its retraining intent here, before anything is made. Must not see: an outcome that
    matures after the cut-off, or a correction that arrived after the cut-off had settled.
    """
    from butter_pipeline.registry.fitting import keep_datasets

    return described(context, list(keep_datasets(_making(context, house), vintages_of(context))), {}, CHECK)


@dg.asset(
    **VINTAGE,
    key=["learning", "success"],
    kinds={"lightgbm", "onnx"},
    metadata=column_schema(MODELS),
    check_specs=[vintage_check("learning/success")],
    deps=[dataset],
)
def success(context: dg.AssetExecutionContext, house: House) -> dg.MaterializeResult:
    """The probability that a butterfly earns more than it costs, as lift over the market's own, one model a vintage.

    Judged on the window's last sessions, which taught it nothing; registered as a shadow from the session after its
    cut-off, in the transaction that settles the retraining intent if one asked for it. Must not see: an outcome
    that matures after the cut-off.
    """
    from butter_pipeline.registry.fitting import fit_models

    making = _making(context, house)
    made = list(fit_models(making, vintages_of(context)))
    return described(context, [each.outcome for each in made], _pictures(made, making), CHECK)


def _making(context: dg.AssetExecutionContext, house: House) -> "Making":
    from butter_pipeline.registry.fitting import Making

    run = house.run(context, STAGE.code_version, *STAGE.configurations)
    return Making(house.store(), run, plan_of(configs.load("learning")), FIRST_SESSION, attempt_of(context))


def _pictures(made: "Sequence[Made]", making: "Making") -> Mapping[str, bytes]:
    """The last model that was fitted: whether what it says comes true, and what it looks at."""
    from butter_pipeline.learning import evaluation, pictures

    for each in reversed(made):
        if each.fitted is not None:
            title = f"success of {each.outcome.session}"
            buckets = evaluation.reliability(each.fitted.judged, making.plan.validation)
            drawn = {"reliability": pictures.reliability(buckets, title)}
            gains = each.fitted.model.gains()
            return drawn | ({"importances": pictures.importances(gains, title)} if gains else {})
    return {}
