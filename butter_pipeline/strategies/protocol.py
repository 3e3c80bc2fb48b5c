"""What every strategy is, and the shape of what it says.

What belongs here: the protocol, and arithmetic that strategies share. What does not: any one strategy.

The same object speaks in backtest and live. It is shown the bars and features of sessions and says something of
each by itself: what it says of a session rests on that session's rows alone, which look back by themselves.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Seen:
    """What a strategy sees: one element per session and symbol; features by name, nan where they say nothing."""

    close: Floats
    features: dict[str, Floats]


@dataclass(frozen=True)
class Said:
    """What it says of each: 1 for long, -1 for short, 0 for nothing, and where that would be wrong or right."""

    side: Ints
    stop_price: Floats
    target_price: Floats
    confidence: Floats
    confirmations: Ints


@runtime_checkable
class Strategy(Protocol):
    """A strategy on bars."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The features that it looks at."""

    def signals(self, seen: Seen) -> Said:
        """What it says of every element of what is seen."""


@dataclass(frozen=True)
class Barriers:
    """Stop and target in average true ranges from the close."""

    stop_atrs: float
    target_atrs: float

    def said(self, seen: Seen, side: Ints, conditions: Floats) -> Said:
        """The signals of these sides; `conditions` are [condition, element], how far each is met, 0 to 1.

        Nothing is said where the range is unknown, or too small or too large for stop and target to be prices on
        their own sides. A condition that cannot be told is not met; confidence is the conditions' mean.
        """
        size = seen.close * seen.features["atr_14_pct"] / 100.0
        total = np.zeros(seen.close.size)
        met = np.zeros(seen.close.size, dtype=np.int64)
        for condition in conditions:
            total = total + np.where(np.isnan(condition), 0.0, np.clip(condition, 0.0, 1.0))
            met = met + (condition > 0.0)
        stop, target = seen.close - side * self.stop_atrs * size, seen.close + side * self.target_atrs * size
        apart = (side * (target - seen.close) > 0.0) & (side * (seen.close - stop) > 0.0)
        return Said(
            side=np.where(apart & (np.minimum(stop, target) > 0.0), side, 0),
            stop_price=stop,
            target_price=target,
            confidence=total / len(conditions),
            confirmations=met,
        )
