"""The only entry for Dagster: loads the defs folder, then applies what holds for everything in it."""

import warnings
from datetime import timedelta
from pathlib import Path

import dagster as dg

from butter_pipeline.defs.resources import resources

# Longer than from a Friday's close to the close after a Monday holiday.
STALE_AFTER = timedelta(hours=100)


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
    if spec.partitions_def is None:
        return owned
    return owned.replace_attributes(freshness_policy=dg.FreshnessPolicy.time_window(fail_window=STALE_AFTER))
