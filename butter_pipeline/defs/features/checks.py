"""The leak proof as checks: no family of features may see the future.

What belongs here: one blocking check per family, all in one step. What does not: the proof (`features.proof`).

The proof rests on the code alone, not on a session's rows. So the checks have no partitions, which would write a row
per session, and a process proves each family once, however many runs it makes.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from butter_pipeline.features.registry import families

SEES_NO_FUTURE = "sees_no_future"
SHOWN = 20


def _spec(family: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        SEES_NO_FUTURE,
        asset=["features", family],
        blocking=True,
        description="On a sample, every feature of the family has the same bits when the future is cut off or "
        "replaced, when history before its declared look-back is another, and without other symbols. `butter prove` "
        "does all tests at many cuts.",
    )


SPECS: Sequence[dg.AssetCheckSpec] = [_spec(family) for family in families()]


@dg.multi_asset_check(name="leak_proof", specs=SPECS, can_subset=True)
def leak_proof(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Prove each family that the run makes at one cut of the sample."""
    from butter_pipeline.features.proof.family import checked

    for key in sorted(context.selected_asset_check_keys):
        proved = checked(key.asset_key.path[-1])
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=not proved.mismatches,
            description="; ".join(str(each) for each in proved.mismatches[:SHOWN]) or None,
            metadata={"features": len(proved.features), "cut": str(proved.cuts[0]), "tests": proved.comparisons},
        )
