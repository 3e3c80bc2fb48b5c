"""Samples: a dataset as the arrays that fitting and judging take, and purged cuts of it in time.

What belongs here: turning columns into float64 arrays, and which rows may teach before which may judge. What does
not: fitting (`success`) and judging (`evaluation`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]

MARKET_CLIP = 0.01
"""The market's probability counts as between this and one less this: beyond, the quotes are mere noise."""


@dataclass(frozen=True)
class Sample:
    """Rows to learn from or to be judged on, in the order of the dataset."""

    opened: Days
    matured: Days
    features: Floats
    market_logit: Floats
    label: Floats

    def at(self, places: Places) -> "Sample":
        """Some of the rows."""
        return Sample(
            self.opened[places],
            self.matured[places],
            self.features[places],
            self.market_logit[places],
            self.label[places],
        )


@dataclass(frozen=True)
class Cut:
    """Rows that may teach, and later rows that may judge; what is in neither had not matured when judging began."""

    earlier: Places
    later: Places


def sample_of(table: "pa.Table", features: Sequence[str]) -> Sample:
    """The arrays of a dataset's table."""
    return Sample(
        _days(table, "session"),
        _days(table, "matured_session"),
        feature_array(table, features),
        market_logit(table),
        table["is_profitable"].to_numpy().astype(np.float64),
    )


def feature_array(table: "pa.Table", features: Sequence[str]) -> Floats:
    """The features as one array, a row per row; NaN where there is none."""
    made = np.empty((table.num_rows, len(features)))
    for place, name in enumerate(features):
        made[:, place] = table[name].to_numpy()
    return made


def market_logit(table: "pa.Table") -> Floats:
    """The log odds of a profit as option prices imply them."""
    return logit(table["market_probability"].to_numpy())


def logit(probability: Floats) -> Floats:
    """Log odds, of probabilities kept off nought and one."""
    kept = np.clip(probability, MARKET_CLIP, 1 - MARKET_CLIP)
    made: Floats = np.log(kept / (1 - kept))
    return made


def sigmoid(log_odds: Floats) -> Floats:
    """The probability of log odds."""
    made: Floats = 1 / (1 + np.exp(-log_odds))
    return made


def cut(sample: Sample, later_share_pct: int) -> Cut:
    """The most recent share of sessions to judge on; to teach, what had matured before the first of them."""
    sessions = np.unique(sample.opened)
    count = max(1, len(sessions) * later_share_pct // 100)
    first = sessions[-count]
    return Cut(np.flatnonzero(sample.matured < first), np.flatnonzero(sample.opened >= first))


def _days(table: "pa.Table", name: str) -> Days:
    import pyarrow as pa

    made: Days = table[name].cast(pa.int32()).to_numpy()
    return made
