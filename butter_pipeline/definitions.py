"""The only entry for Dagster: loads the defs folder, then applies what holds for everything in it."""

import warnings
from datetime import timedelta
from pathlib import Path

import dagster as dg

from butter_pipeline.defs.partitions import SESSIONS, VINTAGES
from butter_pipeline.defs.resources import resources

# Longer than from a Friday's close to the close after a Monday holiday; than from a month's end to the next one's; and
# than from one Friday's review to the one after a holiday.
STALE_AFTER = {"session": timedelta(hours=100), "vintage": timedelta(days=36), "week": timedelta(days=9)}


@dg.definitions
def defs() -> dg.Definitions:
    """Every asset, check, schedule and sensor, run in one process: a step costs 0.1 s there, 4 s when spawned."""
    found = dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
    with warnings.catch_warnings():
        # Dagster calls this way of applying a policy at the root a preview; a test holds the outcome.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        found = found.map_resolved_asset_specs(func=_with_owner)
    return dg.Definitions.merge(found, dg.Definitions(resources=resources(), executor=dg.in_process_executor))


def _with_owner(spec: dg.AssetSpec) -> dg.AssetSpec:
    """A stage is a team's; what nobody materialises cannot be stale."""
    owned = spec.merge_attributes(owners=[f"team:{spec.group_name}"])
    if "source" in spec.kinds:
        return owned
    cut = "session" if spec.partitions_def == SESSIONS else "vintage" if spec.partitions_def == VINTAGES else "week"
    return owned.replace_attributes(freshness_policy=dg.FreshnessPolicy.time_window(fail_window=STALE_AFTER[cut]))
