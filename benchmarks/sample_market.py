"""Claim: the sample market is made from nothing in at most 40 s and 2 GB.

From nothing means an empty home: the server is created, both databases are migrated, three years of bars,
chains and context are simulated, judged and stored, and the server is stopped again. Afterwards, in the
same home, the page of `butter up` is served within 10 s, and nothing is computed again.
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
LIMIT_UP_SECONDS = 10.0


def _demo(home: Path) -> tuple[float, float, str]:
    """Seconds, joint peak memory in MB and content hash of one `butter demo`."""
    environment = os.environ | {"BUTTER_HOME": str(home)}
    command = [sys.executable, "-m", "butter_pipeline.cli", "demo", "--json"]
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with peak_memory(process) as peak:
        answer, _ = process.communicate()
    return time.perf_counter() - began, peak[0], json.loads(answer)["content_hash"]


def _up(home: Path, port: int) -> float:
    """Seconds until `butter up` says that the page is served, in a home that has its sample."""
    environment = os.environ | {"BUTTER_HOME": str(home), "BUTTER_PORT": str(port)}
    command = [sys.executable, "-m", "butter_pipeline.cli", "up"]
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "is up: http" in line:
            seconds = time.perf_counter() - began
            process.terminate()
            process.wait(60)
            return seconds
    raise RuntimeError("butter up ended before it served")


def measure() -> list[Result]:
    """Three homes from nothing; the last one is then started three times."""
    made = []
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / str(number) for number in range(3)]
        made = [_demo(home) for home in homes]
        starts = [_up(homes[-1], 3917) for _ in range(3)]
    if len({content for _, _, content in made}) != 1:
        raise RuntimeError(f"three sample markets differ: {made}")
    peak = max(memory for _, memory, _ in made)
    market = Result.alone(
        "the sample market from nothing in at most 40 s and 2 GB",
        "butter demo in an empty home: 752 sessions of bars, chains and context",
        [seconds for seconds, _, _ in made],
        LIMIT_SECONDS,
        peak,
    )
    again = Result.alone(
        "a second `butter up` serves the page within 10 s", "a home with its sample", starts, LIMIT_UP_SECONDS
    )
    return [market.only_if(peak <= LIMIT_MB, equal=True), again]
