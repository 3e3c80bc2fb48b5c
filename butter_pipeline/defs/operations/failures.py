"""Why a run failed, in one line.

What belongs here: finding the cause that a person can act on among Dagster's events. What does not: what is
done about it.
"""

from collections.abc import Iterable
from typing import Any

import dagster as dg

LONGEST = 500


def first_cause(events: Iterable[dg.DagsterEvent]) -> str | None:
    """The innermost cause of the first failure, without the names of classes and frameworks."""
    blocked = None
    for event in events:
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR:
                blocked = f"{check.asset_key.to_user_string()} is blocked: {check.description}"
        if event.is_step_failure:
            return (blocked or f"{event.step_key}: {_innermost(event.step_failure_data.error)}")[:LONGEST]
    return None


def _innermost(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return "no cause was given"
    # Dagster puts the name of the class before what it said.
    _, _, said = error.message.partition(f"{error.cls_name}: ")
    return " ".join((said or error.message).split())


def was_interrupted(events: Iterable[dg.DagsterEvent]) -> bool:
    """Whether somebody stopped the run."""
    errors = [event.step_failure_data.error for event in events if event.is_step_failure]
    return any(error is not None and error.cls_name == "DagsterExecutionInterruptedError" for error in errors)
