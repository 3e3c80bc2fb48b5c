"""The leak proof as checks: no family of features may see the future.

What belongs here: one blocking check per family, all in one step. What does not: the proof (`features.proof`).

The proof rests on the code alone, not on a session's rows. So the checks have no partitions, which would write a row
per session, and a proof that held is remembered in the home until a line of code or a library changes.
"""

import json
import os
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING

import dagster as dg

from butter_pipeline.features.registry import families, homes
from butter_pipeline.identity import code_version
from butter_pipeline.settings import settings

if TYPE_CHECKING:
    from butter_pipeline.features.proof.family import Proved

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
    for key in sorted(context.selected_asset_check_keys):
        proved = _proved(key.asset_key.path[-1])
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=not proved.mismatches,
            description="; ".join(str(each) for each in proved.mismatches[:SHOWN]) or None,
            metadata={"features": len(proved.features), "cut": str(proved.cuts[0]), "tests": proved.comparisons},
        )


def _proved(family: str) -> "Proved":
    """A family's proof: the one that is remembered, or a new one."""
    from butter_pipeline.features.proof import family as proving

    place = settings().home / "proofs" / f"{family}-{_versions(family)}.json"
    if place.exists():
        told = json.loads(place.read_text())
        cuts = tuple(date.fromisoformat(cut) for cut in told["cuts"])
        return proving.Proved(family, tuple(told["features"]), cuts, told["comparisons"], ())
    proved = proving.checked(family)
    if not proved.mismatches:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_suffix(f".{os.getpid()}.draft")
        cuts_told = [cut.isoformat() for cut in proved.cuts]
        draft.write_text(
            json.dumps({"features": proved.features, "cuts": cuts_told, "comparisons": proved.comparisons})
        )
        draft.replace(place)
    return proved


@lru_cache
def _versions(family: str) -> str:
    """What a proof rests on: all of our code, the family's own where it is somebody else's, and the libraries."""
    libraries = "-".join(version(name) for name in ("numpy", "numba", "pyarrow", "scipy", "scikit-learn", "ta-lib"))
    return f"{code_version('butter_pipeline', homes()[family])}-{libraries}"
