"""Groups of the market's trend and volatility, by k-means.

What belongs here: which of four groups a session is nearest to, and how clearly. What does not: the hidden states
(`states`).

Trend is the index's mean log return of 20 sessions in its own deviations, volatility the logarithm of that deviation;
both are scaled by the sample. Groups are named after their centres: the most volatile is high_volatility (3), of the
others the one that rises most trending_bullish (0), the one that falls most trending_bearish (1), the last ranging (2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from butter_pipeline.features.clusters import centers_of, squares_to
from butter_pipeline.features.families.regimes.curve import LEAST_ROWS, SAMPLE_SESSIONS, of_market
from butter_pipeline.features.moving import moving_deviation, moving_mean
from butter_pipeline.features.registry import Floats, Integers, feature
from butter_pipeline.features.transforms import Transform, applied
from butter_pipeline.features.windows import View

INDEX = ("context.index_level",)
SPAN = 20
LOOKBACK_ROWS = SAMPLE_SESSIONS + 23 + SPAN
WARMUP = LEAST_ROWS + 24 + SPAN


@dataclass(frozen=True)
class Centers:
    """The scale of the sample, and the centres by name in that scale."""

    means: Floats
    deviations: Floats
    centers: Floats


def fit_centers(sample: Floats) -> Centers:
    """Four centres of a sample of trend and volatility, [row, 2]."""
    means, deviations = sample.mean(axis=0), np.where(sample.std(axis=0) > 0.0, sample.std(axis=0), 1.0)
    found = centers_of((sample - means) / deviations, 4)
    return Centers(means, deviations, found[_order(found)])


def nearest_center(centers: Centers, rows: Floats) -> Floats:
    """Of each row the nearest centre, and how much nearer it is than the next: 0 when both are, 1 when on it."""
    squares = squares_to((rows - centers.means) / centers.deviations, centers.centers)
    first, second = np.sort(squares, axis=1)[:, :2].T
    clear = 1.0 - np.sqrt(first / np.where(second > 0.0, second, 1.0))
    return np.stack([squares.argmin(axis=1).astype(np.float64), clear], axis=1)


TREND_GROUPS = Transform("trend_groups", fit_centers, nearest_center, SAMPLE_SESSIONS, LEAST_ROWS, 2)


@feature(INDEX, LOOKBACK_ROWS, "0 bullish, 1 bearish, 2 ranging, 3 high volatility", (0.0, 3.0), WARMUP)
def trend_group(view: View) -> Floats:
    """The group of trend and volatility that the market is nearest to.

    argmin over four centres of the squared distance. Source: Lloyd (1982), IEEE Transactions on Information Theory
    28(2).
    """
    found: Floats = view.shared(_told)[0]
    return found


@feature(INDEX, LOOKBACK_ROWS, "share", (0.0, 1.0), WARMUP)
def trend_group_confidence(view: View) -> Floats:
    """How much nearer the market is to its group's centre than to the next.

    1 - d1 / d2. Source: Rousseeuw (1987), Journal of Computational and Applied Mathematics 20.
    """
    found: Floats = view.shared(_told)[1]
    return found


def _told(view: View) -> Floats:
    return of_market(view, INDEX, _grouped)


def _grouped(told: Sequence[Floats], places: Integers) -> Floats:
    index = np.log(told[0])
    returns = index[1:] - index[:-1]
    deviation = moving_deviation(returns, SPAN)
    trend = moving_mean(returns, SPAN) / deviation * np.sqrt(SPAN)
    return applied(TREND_GROUPS, [trend, np.log(deviation)], places[SPAN:])


def _order(centers: Floats) -> Integers:
    """Which found centre is bullish, bearish, ranging and high volatility."""
    high = int(centers[:, 1].argmax())
    left = sorted((each for each in range(4) if each != high), key=lambda each: -centers[each, 0])
    return np.array([left[0], left[2], left[1], high], dtype=np.int64)
