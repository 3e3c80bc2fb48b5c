"""Proving what is fitted: parameters rest on their sample alone, and are applied row by row without a look ahead.

What belongs here: the tests of fitted transforms. What does not: the features made of them, which are proved with their
family (`family`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from butter_pipeline.features.registry import Floats
from butter_pipeline.features.transforms import Transform

MOST_COLUMNS = 12
APPLIED_ROWS = 40
CUTS = (1, 7, 20, 33)


@dataclass(frozen=True)
class TransformProved:
    """What came of proving a transform: how often compared, and what did not hold."""

    name: str
    comparisons: int
    mismatches: tuple[str, ...]


def prove_transform(transform: Transform) -> TransformProved:
    """Prove a transform on rows drawn at random, as many columns as it takes."""
    rows = _rows(transform)
    sample, later = rows[:-APPLIED_ROWS], rows[-APPLIED_ROWS:]
    kept = rows.copy()
    parameters = transform.fit(sample)
    whole = transform.apply(parameters, later)
    tests = {"applied again": transform.apply(parameters, later), "fitted again": _made(transform, kept)}
    cut = {f"future cut off after row {at}": (transform.apply(parameters, later[:at]), at) for at in CUTS}
    other = {f"another future after row {at}": (transform.apply(parameters, _spoilt(later, at)), at) for at in CUTS}
    found = [name for name, values in tests.items() if not _equal(values, whole)]
    found += [name for name, (values, at) in (cut | other).items() if not _equal(values[:at], whole[:at])]
    if not np.array_equal(kept, rows):
        found.append("its rows were changed")
    said = tuple(f"{transform.name}: {each}: its values changed" for each in found)
    return TransformProved(transform.name, len(tests) + len(cut) + len(other) + 1, said)


def _made(transform: Transform, rows: Floats) -> Floats:
    return transform.apply(transform.fit(rows[:-APPLIED_ROWS].copy()), rows[-APPLIED_ROWS:].copy())


def _rows(transform: Transform) -> Floats:
    """Rows in two moods, of as many columns as the transform takes."""
    count = transform.sample_sessions + APPLIED_ROWS
    rng = np.random.default_rng(4)
    mood = np.where((np.arange(count) // 25) % 2 == 0, 0.5, 2.0)[:, None]
    drawn = mood * rng.standard_normal((count, MOST_COLUMNS)) + mood
    for columns in range(1, MOST_COLUMNS + 1):
        rows: Any = np.ascontiguousarray(drawn[:, :columns])
        try:
            _made(transform, rows)
        except (IndexError, ValueError):
            continue
        return np.asarray(rows, dtype=np.float64)
    raise ValueError(f"transform {transform.name}: takes no rows of 1 to {MOST_COLUMNS} columns; let it say how many")


def _spoilt(rows: Floats, at: int) -> Floats:
    other = rows.copy()
    other[at:] = -1e6 * other[at:]
    return other


def _equal(one: Floats, other: Floats) -> bool:
    return bool(np.array_equal(np.asarray(one).view(np.int64), np.asarray(other).view(np.int64)))
