"""Claim: the sample market is made from nothing in at most 40 s and 2 GB.

From nothing means an empty home: the server is created, both databases are migrated, three years of bars,
chains and context are simulated, judged and stored, and the server is stopped again.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import ROOT, Result, peak_memory

LIMIT_SECONDS, LIMIT_MB = 40.0, 2048.0
SAMPLE = ("--from", "2023-11-01", "--to", "2026-10-30")


def _market(home: Path) -> tuple[float, float, str]:
    """Seconds, joint peak memory in MB and content hash of the market alone, in an empty home."""
    environment = os.environ | {"BUTTER_HOME": str(home)}
    command = [sys.executable, "-m", "butter_pipeline.cli", "backfill", *SAMPLE, "--select", "group:market", "--json"]
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with peak_memory(process) as peak:
        answer, _ = process.communicate()
    return time.perf_counter() - began, peak[0], json.loads(answer)["content_hash"]


def measure() -> Result:
    """Three homes from nothing."""
    made = []
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / str(number) for number in range(3)]
        made = [_market(home) for home in homes]
    if len({content for _, _, content in made}) != 1:
        raise RuntimeError(f"three sample markets differ: {made}")
    peak = max(memory for _, memory, _ in made)
    market = Result.alone(
        "the sample market from nothing in at most 40 s and 2 GB",
        "butter backfill of group:market in an empty home: 752 sessions of bars, chains and context",
        [seconds for seconds, _, _ in made],
        LIMIT_SECONDS,
        peak,
    )
    return market.only_if(peak <= LIMIT_MB, equal=True)
