"""The only entry for Dagster: loads the defs folder, then applies what holds for everything in it."""

from pathlib import Path

import dagster as dg

from butter_pipeline.defs.resources import resources


@dg.definitions
def defs() -> dg.Definitions:
    """Every asset, check, schedule and sensor, run in one process: a step costs 0.1 s there, 4 s when spawned."""
    found = dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
    return dg.Definitions.merge(found, dg.Definitions(resources=resources(), executor=dg.in_process_executor))
