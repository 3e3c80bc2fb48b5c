"""What a judgement comes to.

What belongs here: verdicts and findings, and how they are said. What does not: finding them (`judge`).
"""

import math
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from butter_pipeline.features.proof.foreign.answers import Difference
from butter_pipeline.features.proof.foreign.worlds.rows import World, stamp_of, symbol_of

CLEAN, LEAK, FAILED = "clean", "leak", "could not be run"


@dataclass(frozen=True)
class Finding:
    """Where a leak showed: the test, the cut, and the latest value that must not have changed."""

    test: str
    world: str | None = None
    cut: str | None = None
    column: str | None = None
    symbol: str | None = None
    at: str | None = None
    was: float | None = None
    became: float | None = None
    rows: int = 0
    tests: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The finding in one line."""
        if self.at is None:
            return self.test
        whose = f" of {self.symbol}" if self.symbol else ""
        cut = f" at the cut {self.cut}" if self.cut else ""
        return f"{self.test}{cut}: {self.column}{whose} on {self.at} was {self.was:g}, became {self.became:g}"


@dataclass(frozen=True)
class Verdict:
    """What came of judging one function."""

    name: str
    form: str
    outcome: str
    kinds: tuple[str, ...] = ()
    finding: Finding | None = None
    error: str | None = None
    remarks: tuple[str, ...] = ()
    cuts: int = 0
    calls: int = 0
    seconds: float = 0.0

    @property
    def kind(self) -> str | None:
        """What the leak is called."""
        return self.kinds[0] if self.kinds else None

    def as_json(self) -> dict[str, Any]:
        """The verdict as an object; numbers that are none are null."""
        found = asdict(self) | {"kind": self.kind, "said": str(self.finding) if self.finding else self.error}
        if self.finding is not None:
            for name in ("was", "became"):
                value = getattr(self.finding, name)
                found["finding"][name] = value if value is not None and math.isfinite(value) else None
        return found


def finding_of(test: str, world: World, cut: int | None, found: Difference) -> Finding:
    """A difference as a finding."""
    key = np.array([found.key])
    code = int(symbol_of(key)[0])
    return Finding(
        test=test,
        world=world.name,
        cut=None if cut is None else _text(cut),
        column=found.column,
        symbol=world.symbols[code] if code < len(world.symbols) else None,
        at=_text(int(stamp_of(key)[0])),
        was=found.was,
        became=found.became,
        rows=found.rows,
        tests=(test,),
    )


def _text(stamp: int) -> str:
    """A stamp as New York's clocks show it."""
    moment = datetime(1970, 1, 1) + timedelta(seconds=stamp)  # noqa: DTZ001  a wall clock has no zone
    return f"{moment:%Y-%m-%d}" if stamp % 86_400 == 0 else f"{moment:%Y-%m-%d %H:%M}"
