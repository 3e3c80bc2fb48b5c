"""Judging many functions, side by side.

What belongs here: handing functions to processes, and what comes of one that takes its process with it. What does not:
judging one (`judge`).

Verdicts come in the order of the functions and do not depend on how many processes there are.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from butter_pipeline.features.proof.foreign.calling.module import File
from butter_pipeline.features.proof.foreign.calling.things import things
from butter_pipeline.features.proof.foreign.judge import judged
from butter_pipeline.features.proof.foreign.verdict import FAILED, Verdict

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
Told = Callable[[Verdict], None]


@dataclass(frozen=True)
class Task:
    """A function of a file, and the processor seconds for which it is tried beyond what it is owed."""

    file: Path
    name: str
    seconds: float


def tasks(file: Path, seconds: float) -> Sequence[Task]:
    """A task for everything in a file that can be judged."""
    return [Task(file, each.name, seconds) for each in things(File(file).fresh())]


def judge(task: Task) -> Verdict:
    """The verdict on one function."""
    return judged(File(task.file), task.name, task.seconds)


def judge_all(asked: Sequence[Task], told: Told = lambda _: None, workers: int | None = None) -> Sequence[Verdict]:
    """The verdicts on all, in their order; each is told as soon as it is there."""
    count = min(workers or os.cpu_count() or 1, len(asked))
    made = []
    for verdict in map(judge, asked) if count <= 1 else _side_by_side(asked, count):
        told(verdict)
        made.append(verdict)
    return made


def _side_by_side(asked: Sequence[Task], workers: int) -> Iterator[Verdict]:
    with processes(workers) as pool:
        waiting = [pool.submit(judge, task) for task in asked]
        for task, each in zip(asked, waiting, strict=True):
            yield _result(task, each)


def _result(task: Task, waited: "Future[Verdict]") -> Verdict:
    """A verdict; where a process ended in the middle, the function is tried in one of its own."""
    try:
        return waited.result()
    except BrokenProcessPool:
        with processes(1) as alone:
            try:
                return alone.submit(judge, task).result()
            except BrokenProcessPool:
                return Verdict(task.name, "function", FAILED, error="it ended the process that called it")


@contextmanager
def processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Processes of their own, one thread each: the libraries' own threads would only fight over the processors."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield pool
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
