"""Planted leaks, and clean look-alikes: what the proof can tell apart.

What belongs here: listing the zoo, judging it, and counting. What does not: the members, plain functions as users write
them, in `leaks` (a module for each kind) and `clean`; they are judged as a user's file is, by the same code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from butter_pipeline.features.proof.foreign.many import Task, Told, judge_all, tasks
from butter_pipeline.features.proof.foreign.verdict import CLEAN, LEAK, Verdict

SECONDS = 0.2
"""What each member is tried for beyond what it is owed."""
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Judged:
    """The verdicts on the zoo."""

    planted: Sequence[Verdict]
    clean: Sequence[Verdict]

    @property
    def caught(self) -> int:
        """Planted leaks that were found and named."""
        return sum(each.outcome == LEAK and bool(each.kinds) for each in self.planted)

    @property
    def escaped(self) -> Sequence[str]:
        """Planted leaks that were not."""
        return [each.name for each in self.planted if each.outcome != LEAK]

    @property
    def accused(self) -> Sequence[str]:
        """Clean members that are not said to be clean."""
        return [each.name for each in self.clean if each.outcome != CLEAN]


@lru_cache
def planted() -> Sequence[Task]:
    """Every planted leak."""
    return _members("leaks")


@lru_cache
def look_alikes() -> Sequence[Task]:
    """Every clean look-alike."""
    return _members("clean")


def judge_zoo(told: Told = lambda _: None, workers: int | None = None) -> Judged:
    """The verdicts on every member."""
    every = judge_all([*planted(), *look_alikes()], told, workers)
    return Judged(every[: len(planted())], every[len(planted()) :])


def _members(folder: str) -> Sequence[Task]:
    files = (each for each in sorted((HERE / folder).glob("*.py")) if each.name != "__init__.py")
    return [task for file in files for task in tasks(file, SECONDS)]
