"""Claims: the whole proof of the registry's features in at most 60 s, and the zoo judged in at most 60 s.

What belongs here: one run of `butter prove` per measurement, which reports the seconds of both. The claims hold only if
nothing mismatches, no planted leak escapes and no clean look-alike is accused.
"""

import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.measure import ROOT, Result

LIMIT_SECONDS = 60.0
RUNS = 2


def measure() -> Iterator[Result]:
    """The proof and the zoo, twice."""
    reports = [_report() for _ in range(RUNS)]
    last = reports[-1]
    proof = [report["proof_seconds"] for report in reports]
    zoo = [report["seconds"] - report["proof_seconds"] for report in reports]
    yield Result.alone(
        claim="every feature proved not to see the future in at most 60 s",
        workload=f"{last['features']} features, {last['transforms']} fitted transforms, {last['cuts']} cuts, "
        f"{last['comparisons']} comparisons",
        seconds=proof,
        limit=LIMIT_SECONDS,
    ).only_if(all(report["mismatches"] == 0 for report in reports))
    yield Result.alone(
        claim="every planted leak caught and no clean look-alike accused in at most 60 s",
        workload=f"{last['caught']} of {last['planted']} caught, {last['accused']} of {last['clean']} accused",
        seconds=zoo,
        limit=LIMIT_SECONDS,
    ).only_if(all(report["holds"] for report in reports))


def _report() -> dict[str, float]:
    command = [sys.executable, "-m", "butter_pipeline.cli", "prove", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found: dict[str, float] = json.loads(done.stdout)
    return found
