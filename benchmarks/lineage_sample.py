"""Claims: the whole lineage of the sample in at most 150 s and 3 GB, one live session in 15 s, years at equal cost.

From nothing means an empty home: the server is created, both databases are migrated, three years go through every
stage, and the server is stopped again. A live session is the next one after the sample, made as the after-close
schedule makes it: a fresh process that loads everything. The cost of a year is that of its range runs. A home with
its sample serves its page within 10 s, and computes nothing again.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Result, peak_memory

LIMIT_SECONDS, LIMIT_MB = 150.0, 3072.0
LIMIT_LIVE_SECONDS = 15.0
LIMIT_UP_SECONDS = 10.0
LIVE_SESSIONS = ("2026-11-02", "2026-11-03", "2026-11-04")
RUNS = 2


def _butter(home: Path, *words: str) -> tuple[float, float, dict[str, Any]]:
    """Seconds, joint peak memory in MB and the answer of one command in a home."""
    command = [sys.executable, "-m", "butter_pipeline.cli", *words, "--json"]
    began = time.perf_counter()
    environment = os.environ | {"BUTTER_HOME": str(home)}
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with peak_memory(process) as peak:
        answer, _ = process.communicate()
    return time.perf_counter() - began, peak[0], json.loads(answer)


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


def _year_seconds(answer: dict[str, Any], year: int) -> float:
    """What the runs over a year's sessions took."""
    return float(sum(run["seconds"] for run in answer["runs"] if run["first"][:4] == run["last"][:4] == str(year)))


def measure() -> list[Result]:
    """Homes from nothing, then live sessions in the last of them."""
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / str(number) for number in range(RUNS)]
        made = [_butter(home, "demo") for home in homes]
        live = [_butter(homes[-1], "backfill", "--from", day, "--to", day) for day in LIVE_SESSIONS]
        starts = [_up(homes[-1], 3917) for _ in range(3)]
    if len({answer["content_hash"] for _, _, answer in made}) != 1:
        raise RuntimeError("sample histories from one seed differ")
    peak = max(memory for _, memory, _ in made)
    whole = Result.alone(
        "the sample history through every stage in at most 150 s and 3 GB",
        "butter demo in an empty home: 752 sessions, every stage",
        [seconds for seconds, _, _ in made],
        LIMIT_SECONDS,
        peak,
    )
    session = Result.alone(
        "one live session through every stage in at most 15 s",
        "butter backfill of the next session: server, process and all",
        [seconds for seconds, _, _ in live],
        LIMIT_LIVE_SECONDS,
    )
    third, first = (_year_seconds(made[-1][2], year) for year in (2026, 2024))
    per_session = Result.against(
        "a session costs the same in year three as in year one",
        "seconds per session of the range runs of 2026",
        "the range runs of 2024",
        [(third / 208, first / 252)],
        1.25,
    )
    again = Result.alone(
        "a second `butter up` serves the page within 10 s", "a home with its sample", starts, LIMIT_UP_SECONDS
    )
    return [whole.only_if(peak <= LIMIT_MB, equal=True), again, session, per_session]
