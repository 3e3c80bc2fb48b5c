"""The turns of the last sixty sessions, and what a pattern says.

What belongs here: finding alternating highs and lows, and the shape of an answer. What does not: any one pattern.
"""

from dataclasses import dataclass

import numpy as np

from butter_pipeline.features.registry import Booleans, Floats
from butter_pipeline.features.smoothing import latest, mean
from butter_pipeline.features.windows import View

RANGE = ("bars.high", "bars.low", "bars.close")
LOOKBACK_ROWS = 60
ASIDE = 3
KEPT = 5
SHARE = (0.0, 1.0)


@dataclass(frozen=True)
class Turns:
    """By row, the last five turns, [turn, row], the latest last: prices, ages in sessions, and which are highs."""

    price: Floats
    age: Floats
    high: Booleans
    close: Floats
    reach: Floats

    def alike(self, one: int, other: int) -> Floats:
        """How alike two turns' levels are: 1 when equal, 0 from one mean range on."""
        apart = np.abs(self.price[one] - self.price[other]) / self.reach
        return np.where(apart < 1.0, 1.0 - apart, 0.0)


@dataclass(frozen=True)
class Pattern:
    """By row: how sure a pattern is, 0 where there is none, and where it points, in per cent of the close."""

    confidence: Floats
    target_pct: Floats
    stop_pct: Floats


def turns(view: View) -> Turns:
    """The turns of every wanted row; NaN where a window is not whole."""
    high, low, close = (view[name] for name in RANGE)
    rows = high.shape[1]
    price, age = np.full((KEPT, rows), np.nan), np.full((KEPT, rows), np.nan)
    kind = np.zeros((KEPT, rows))
    for center in range(ASIDE, len(high) - ASIDE):
        for values, side in ((high, 1.0), (-low, -1.0)):
            turned = _peaks(values, center)
            found, ago = side * values[center], float(len(high) - 1 - center)
            again = turned & (kind[-1] == side)
            better = again & (side * found > side * price[-1])
            new = turned & ~again
            price = np.where(new, np.concatenate([price[1:], found[None]]), price)
            age = np.where(new, np.concatenate([age[1:], np.full((1, rows), ago)]), age)
            kind = np.where(new, np.concatenate([kind[1:], np.full((1, rows), side)]), kind)
            price[-1], age[-1] = np.where(better, found, price[-1]), np.where(better, ago, age[-1])
    return Turns(price, age, kind > 0.0, latest(close), mean(high - low))


def pattern(shape: Turns, strength: Floats, levels: tuple[Floats, Floats, Floats], side: float) -> Pattern:
    """A pattern of a strength (0: none) with its neckline, target and stop; side 1 points up, -1 down."""
    neckline, target, stop = levels
    passed = side * (shape.close - neckline) > 0.0
    there = (strength > 0.0) & (side * (shape.close - stop) > 0.0) & (side * (target - shape.close) > 0.0)
    whole = ~np.isnan(shape.reach)
    confidence = np.where(whole, np.where(there, strength * np.where(passed, 1.0, 0.5), 0.0), np.nan)
    shown = there & whole
    return Pattern(
        confidence,
        np.where(shown, 100.0 * (target / shape.close - 1.0), np.nan),
        np.where(shown, 100.0 * (stop / shape.close - 1.0), np.nan),
    )


def _peaks(values: Floats, center: int) -> Booleans:
    """Whether the value in the middle is the greatest of those about it; the first of equal ones."""
    turned: Booleans = ~np.isnan(values[center])
    for aside in range(1, ASIDE + 1):
        turned = turned & (values[center] > values[center - aside]) & (values[center] >= values[center + aside])
    return turned
