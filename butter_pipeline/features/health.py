"""How features fare over time: what is missing, what is out of range, what has moved, what goes together.

What belongs here: measures over rows that were made. What does not: pictures of them (`pictures`), and whether a move
is an alert (`drift`).

A month is compared with the month before it, all symbols together: the population stability index over tenths of the
earlier month (0.1 is a shift, 0.25 a great one), and Wasserstein's distance in deviations of the earlier month.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from butter_pipeline.features.registry import Booleans, Feature, Floats

TENTHS = np.linspace(0.1, 0.9, 9)
LEAST_VALUES = 30
"""With fewer in either month nothing is said of a move."""
LEAST_SHARE = 1e-4
BLOCK = 0.8
"""Rank correlation above which two features are of one block."""


@dataclass(frozen=True)
class Health:
    """By feature and month: shares in per cent, moves since the month before; NaN where they cannot be told."""

    features: Sequence[str]
    months: Sequence[str]
    missing_pct: Floats
    beyond_pct: Floats
    stability: Floats
    wasserstein: Floats


def health(rows: pa.Table, features: Sequence[Feature]) -> Health:
    """The health of features over the months of the rows."""
    month = np.array([f"{session:%Y-%m}" for session in rows["session"].to_pylist()])
    months = sorted(set(month.tolist()))
    shape = (len(features), len(months))
    missing, beyond, stability, moved = (np.full(shape, np.nan) for _ in range(4))
    for line, feature in enumerate(features):
        values = rows[feature.name].to_numpy()
        before: Floats = np.empty(0)
        for place, each in enumerate(months):
            mine = values[month == each]
            told = mine[np.isfinite(mine)]
            missing[line, place] = 100.0 * (1.0 - len(told) / len(mine))
            beyond[line, place] = 100.0 * float(_beyond(told, feature).sum()) / len(mine)
            stability[line, place] = stability_index(before, told)
            moved[line, place] = distance(before, told)
            before = told
    return Health([each.name for each in features], months, missing, beyond, stability, moved)


def stability_index(before: Floats, after: Floats) -> float:
    """The population stability index of one sample against an earlier one; NaN with too few values.

    >>> round(stability_index(np.arange(100.0), np.arange(100.0)), 6)
    0.0
    """
    if min(len(before), len(after)) < LEAST_VALUES:
        return float("nan")
    edges = np.unique(np.quantile(before, TENTHS))
    shares = [np.bincount(np.searchsorted(edges, each, "left"), minlength=len(edges) + 1) for each in (before, after)]
    old, new = (np.maximum(each / each.sum(), LEAST_SHARE) for each in shares)
    return float(((new - old) * np.log(new / old)).sum())


def distance(before: Floats, after: Floats) -> float:
    """Wasserstein's distance between samples in deviations of the earlier; NaN with too few values or none that move.

    >>> round(distance(np.arange(100.0), np.arange(100.0) + 28.86607), 3)
    1.0
    """
    if min(len(before), len(after)) < LEAST_VALUES or not before.std() > 0.0:
        return float("nan")
    grid = (np.arange(200) + 0.5) / 200.0
    return float(np.abs(np.quantile(before, grid) - np.quantile(after, grid)).mean() / before.std())


def correlations(matrix: pa.Table, names: Sequence[str]) -> Floats:
    """Rank correlation of each with each over all rows that have both; NaN with fewer than three."""
    ranks = np.array([_ranks(matrix[name].to_numpy()) for name in names])
    there = np.isfinite(ranks).astype(np.float64)
    held = np.where(there > 0.0, ranks, 0.0)
    count, added = there @ there.T, held @ there.T
    products, squares = held @ held.T, (held**2) @ there.T
    with np.errstate(all="ignore"):
        shared = products - added * added.T / count
        spread = squares - added**2 / count
        found: Floats = shared / np.sqrt(spread * spread.T)
    return np.where((count >= 3) & (spread > 1e-9) & (spread.T > 1e-9), np.clip(found, -1.0, 1.0), np.nan)


def blocks(names: Sequence[str], table: Floats) -> Sequence[Sequence[str]]:
    """Features that say nearly the same: linked by correlations beyond 0.8 either way, the largest block first."""
    block = list(range(len(names)))
    for one, other in np.argwhere(np.abs(np.nan_to_num(table)) > BLOCK).tolist():
        low, high = sorted((block[one], block[other]))
        block = [low if each == high else each for each in block]
    found = [[name for name, each in zip(names, block, strict=True) if each == start] for start in sorted(set(block))]
    return sorted((each for each in found if len(each) > 1), key=lambda each: (-len(each), each))


def _beyond(values: Floats, feature: Feature) -> Booleans:
    low, high = feature.bounds or (-np.inf, np.inf)
    found: Booleans = (values < low) | (values > high)
    return found


def _ranks(values: Floats) -> Floats:
    """The place of every number among the numbers; what is none stays none."""
    told = np.isfinite(values)
    ranks = np.full(len(values), np.nan)
    ranks[told] = np.argsort(np.argsort(values[told], kind="stable"), kind="stable")
    return ranks
