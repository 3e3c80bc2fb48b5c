"""Dividing rows into groups that lie together.

What belongs here: k-means whose bits do not depend on the number of threads, as those of the usual library do. What
does not: what the groups mean.
"""

import numpy as np

from butter_pipeline.features.registry import Floats, Integers

STARTS = 8
MOST_STEPS = 100


def centers_of(rows: Floats, count: int, seed: int = 0) -> Floats:
    """The centres of k-means of rows [row, column], [centre, column]: the best of some starts (Lloyd 1982).

    Starts are drawn far from each other (Arthur and Vassilvitskii 2007) by a generator of a fixed seed.

    >>> sorted(centers_of(np.array([[0.0], [0.1], [5.0], [5.1]]), 2).ravel().round(2).tolist())
    [0.05, 5.05]
    """
    random = np.random.default_rng(seed)
    best, least = rows[:count], np.inf
    for _ in range(STARTS):
        centers = _settled(rows, _apart(rows, count, random))
        spread = float(squares_to(rows, centers).min(axis=1).sum())
        if spread < least:
            best, least = centers, spread
    return best


def squares_to(rows: Floats, centers: Floats) -> Floats:
    """The squared distance of every row to every centre."""
    found = np.zeros((len(rows), len(centers)))
    for column in range(rows.shape[1]):
        found = found + (rows[:, column, None] - centers[None, :, column]) ** 2
    return found


def nearest(rows: Floats, centers: Floats) -> Integers:
    """Which centre every row is nearest to."""
    found: Integers = squares_to(rows, centers).argmin(axis=1)
    return found


def _apart(rows: Floats, count: int, random: np.random.Generator) -> Floats:
    chosen = [rows[random.integers(len(rows))]]
    while len(chosen) < count:
        squares = squares_to(rows, np.array(chosen)).min(axis=1)
        reach = np.cumsum(squares)
        place = np.searchsorted(reach, random.random() * reach[-1]) if reach[-1] > 0.0 else len(chosen)
        chosen.append(rows[min(int(place), len(rows) - 1)])
    return np.array(chosen)


def _settled(rows: Floats, centers: Floats) -> Floats:
    for _ in range(MOST_STEPS):
        group = nearest(rows, centers)
        counts = np.bincount(group, minlength=len(centers))
        means = np.stack([np.bincount(group, column, len(centers)) for column in rows.T], axis=1)
        moved = np.where(counts[:, None] > 0, means / np.maximum(counts, 1)[:, None], centers)
        if np.array_equal(moved, centers):
            break
        centers = moved
    return centers
