"""Searching the likeliest law of many series at once, except for those whose law is remembered.

What belongs here: what a search is given, what it finds, and when a series is one that was searched before. What does
not: any model, the loops (`kernels`), and where findings are kept between runs (the skin).

A series is the same when its values, its setting, the search and the code are: then so is what is found, to the bit on
one machine. Kernels are compiled for its processor: another may differ in last digits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version

import numpy as np

from butter_pipeline.features.registry import Floats, Integers
from butter_pipeline.identity import code_version

LIBRARIES = ("numba", "llvmlite", "numpy")


@dataclass(frozen=True)
class Remembered:
    """Findings by the name of their series: those of earlier runs, and those that were asked for since."""

    before: Mapping[bytes, Floats] = field(default_factory=dict)
    asked: dict[bytes, Floats] = field(default_factory=dict)

    def missing(self, names: Sequence[bytes]) -> Sequence[int]:
        """The places of the names that are not remembered; the others count as asked for."""
        self.asked.update({name: self.before[name] for name in names if name in self.before})
        return [place for place, name in enumerate(names) if name not in self.asked]


@dataclass(frozen=True)
class Search:
    """Which likelihood is searched, within which box, from where, and how thoroughly (`kernels.fitting.Search`)."""

    likelihood: int
    box: Floats
    starts: Floats
    others: int
    rough: int
    least_values: int


@dataclass(frozen=True)
class Findings:
    """By series: the point, its covariance, the likelihood, the reason, and mean, deviation and last of the setting."""

    points: Floats
    covariances: Floats
    values: Floats
    reasons: Integers
    scales: Floats


def searched(
    search: Search, series: Floats, counts: Integers, settings: Floats, remembered: Remembered | None
) -> Findings:
    """The findings of every row of series, of which `counts` values count."""
    if remembered is None:
        return _told(search, _searched(search, series, counts, settings))
    names = _names(search, series, counts, settings)
    missing = np.array(remembered.missing(names), dtype=np.int64)
    if len(missing):  # with nothing to fit, no kernel is loaded
        made = _searched(search, series[missing], counts[missing], settings[missing])
        remembered.asked.update((names[place], row) for place, row in zip(missing.tolist(), made, strict=True))
    return _told(search, np.array([remembered.asked[name] for name in names]).reshape(len(names), _width(search)))


def _told(search: Search, rows: Floats) -> Findings:
    """Rows of numbers as what they mean."""
    axes = search.box.shape[1]
    points, covariances, values, reasons, scales = np.split(rows, np.cumsum([axes, axes * axes, 1, 1]), axis=1)
    return Findings(
        np.ascontiguousarray(points),
        np.ascontiguousarray(covariances).reshape(-1, axes, axes),
        values[:, 0],
        reasons[:, 0].astype(np.int64),
        np.ascontiguousarray(scales),
    )


def _names(search: Search, series: Floats, counts: Integers, settings: Floats) -> Sequence[bytes]:
    rest = (search.likelihood, search.others, search.rough, search.least_values, search.box.shape, search.starts.shape)
    common = blake2b(repr((_code(), rest)).encode() + search.box.tobytes() + search.starts.tobytes(), digest_size=16)
    names = []
    for values, count, setting in zip(series, counts.tolist(), settings, strict=True):
        digest = common.copy()
        digest.update(setting.tobytes() + values[:count].tobytes())
        names.append(digest.digest())
    return names


@lru_cache
def _code() -> str:
    """What findings rest on besides their series."""
    return "-".join([code_version("butter_pipeline.features.models"), *(version(name) for name in LIBRARIES)])


def _searched(search: Search, series: Floats, counts: Integers, settings: Floats) -> Floats:
    """The findings of every series as one row of numbers."""
    from butter_pipeline.features.models.kernels import fitting
    from butter_pipeline.features.models.kernels.compiled import shared_out

    count, axes = len(series), search.box.shape[1]
    points, covariances = np.full((count, axes), np.nan), np.full((count, axes, axes), np.nan)
    values, reasons, scales = np.full(count, np.nan), np.zeros(count, dtype=np.int64), np.full((count, 3), np.nan)
    results = (points, covariances, values, reasons, scales)
    given = (search.box, search.starts, search.others, search.rough, search.least_values)
    shared_out(
        count,
        lambda first, end: fitting.fit_series(
            search.likelihood, series, counts, settings, given, (first, end), results
        ),
    )
    return np.concatenate(
        [points, covariances.reshape(count, axes * axes), values[:, None], reasons[:, None].astype(np.float64), scales],
        axis=1,
    )


def _width(search: Search) -> int:
    """How many numbers a series' findings are."""
    axes: int = search.box.shape[1]
    return axes + axes * axes + 5
