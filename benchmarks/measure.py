"""How things are measured: fresh processes, several times, medians and spreads, peak memory.

What belongs here: running and timing, and the shape of a result. What does not: any claim.
"""

import importlib
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Result:
    """One claim, measured: seconds are medians; ratio = peer_s / ours_s.

    A claim about memory has the unit MB: its figures are the peaks, beside the seconds that it took.
    """

    claim: str
    workload: str
    ours_s: float
    ours_range_s: tuple[float, float]
    holds: bool
    limit: str
    peer: str | None = None
    peer_s: float | None = None
    ratio: float | None = None
    equal: bool | None = None
    peak_rss_mb: float | None = None
    peer_rss_mb: float | None = None
    unit: str = "s"
    """What the claim is about: seconds, or MB of peak memory."""
    runs: int = 0
    machine: str = ""

    @classmethod
    def alone(
        cls, claim: str, workload: str, seconds: Sequence[float], limit: float, peak_rss_mb: float | None = None
    ) -> "Result":
        """A claim about seconds; without a limit where it is about something else that the workload tells."""
        median = statistics.median(seconds)
        return cls(
            claim,
            workload,
            round(median, 3),
            (round(min(seconds), 3), round(max(seconds), 3)),
            median <= limit,
            f"at most {limit:g} s" if math.isfinite(limit) else "none on the seconds",
            peak_rss_mb=round(peak_rss_mb) if peak_rss_mb is not None else None,
            runs=len(seconds),
            machine=machine(),
        )

    @classmethod
    def against(
        cls, claim: str, workload: str, peer: str, pairs: Sequence[tuple[float, float]], limit: float
    ) -> "Result":
        """A claim about how many times a peer's seconds ours are, pair by pair."""
        ours, peers = [p[0] for p in pairs], [p[1] for p in pairs]
        times = statistics.median(a / b for a, b in pairs)
        return cls(
            claim,
            workload,
            round(statistics.median(ours), 3),
            (round(min(ours), 3), round(max(ours), 3)),
            times <= limit,
            f"at most {limit:g} times the peer",
            peer=peer,
            peer_s=round(statistics.median(peers), 3),
            ratio=round(1 / times, 3),
            runs=len(pairs),
            machine=machine(),
        )

    @classmethod
    def faster(
        cls, claim: str, workload: str, peer: str, seconds: tuple[Sequence[float], Sequence[float]], times: float
    ) -> "Result":
        """A claim about how many times faster than a peer ours is: its median by ours, each measured by itself."""
        ours, peers = seconds
        median, other = statistics.median(ours), statistics.median(peers)
        return cls(
            claim,
            workload,
            round(median, 4),
            (round(min(ours), 4), round(max(ours), 4)),
            other >= times * median,
            f"at least {times:g} times as fast as the peer",
            peer=peer,
            peer_s=round(other, 4),
            ratio=round(other / median, 3),
            runs=len(ours),
            machine=machine(),
        )

    @classmethod
    def of_memory(
        cls,
        claim: str,
        workload: str,
        peer: str,
        run: tuple[float, float, float],
        limit: float,
    ) -> "Result":
        """A claim about how many times a peer's peak memory ours is: our seconds, our peak and the peer's in MB."""
        seconds, peak, other_peak = run
        return cls(
            claim,
            workload,
            round(seconds, 3),
            (round(seconds, 3), round(seconds, 3)),
            peak <= limit * other_peak,
            f"at most {limit:g} times the peer's peak of {other_peak:.0f} MB",
            peer=peer,
            peak_rss_mb=round(peak),
            peer_rss_mb=round(other_peak),
            unit="MB",
            runs=1,
            machine=machine(),
        )

    def told(self) -> str:
        """One line for people: what was measured, in the unit of the claim."""
        if self.unit == "MB":
            measured = f"peak {self.peak_rss_mb} MB, where {self.peer} take {self.peer_rss_mb} MB ({self.ours_s} s)"
        else:
            compared = f", {1 / self.ratio:.2f} times {self.peer}" if self.ratio else ""
            least, most = self.ours_range_s
            measured = f"median {self.ours_s} s{compared} ({least}..{most} s in {self.runs} runs)"
        return f"{'holds' if self.holds else 'FAILS'}  {self.claim}: {measured}"

    def only_if(self, condition: bool, *, equal: bool | None = None) -> "Result":
        """The same result, which holds only if something else does too."""
        return replace(self, holds=self.holds and condition, equal=equal)


def measured(name: str) -> Sequence[Result]:
    """What a module of this package says of its claims."""
    found: Result | Sequence[Result] = importlib.import_module(f"benchmarks.{name}").measure()
    return [found] if isinstance(found, Result) else found


def machine() -> str:
    """What the numbers were measured on."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{platform.machine()} {os.cpu_count()} cores {memory:.0f} GiB, Python {platform.python_version()}"


def own_peak_mb() -> float:
    """The peak of this process's resident memory so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def python_seconds(code: str, environment: Mapping[str, str] | None = None, *, from_output: bool = False) -> float:
    """Seconds that a fresh interpreter takes for the code, or that it prints when `from_output`."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    elapsed = time.perf_counter() - began
    if done.returncode != 0:
        raise RuntimeError(f"the measured code failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1]) if from_output else elapsed


@contextmanager
def temporary_home(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a home of its own, with its databases, for the length of the block."""
    from butter_pipeline.operations.addresses import process_environment
    from butter_pipeline.operations.supervisor import owned
    from butter_pipeline.settings import Settings

    settings = Settings(home=folder / "home")
    with owned(settings, "benchmark"):
        yield process_environment(settings)


@contextmanager
def peak_memory(process: subprocess.Popen[str]) -> Iterator[list[float]]:
    """Watches a process and its children, and ends with their joint peak of resident memory in MB."""
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            try:
                family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
                peak[0] = max(peak[0], sum(_unshared_mb(member) for member in family))
            except psutil.Error:
                continue

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def _unshared_mb(process: psutil.Process) -> float:
    """Resident memory without what is shared, so that PostgreSQL's buffers do not count once per backend."""
    try:
        memory = process.memory_info()
        return (memory.rss - getattr(memory, "shared", 0)) / 2**20
    except psutil.Error:
        return 0.0
