"""Internal bar strength: a close at the end of its session's range tends to come back.

What belongs here: that strategy. What does not: its features (`features.families.technical`).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from butter_pipeline.strategies.protocol import Barriers, Said, Seen


@dataclass(frozen=True)
class InternalBarStrength:
    """Long after a close in the lowest part of the range, short after one in the highest."""

    extreme: float  # share of the range
    stop_atrs: float
    target_atrs: float

    name: ClassVar[str] = "ibs"
    needs: ClassVar[tuple[str, ...]] = ("ibs", "rsi_2", "volume_ratio_20", "atr_14_pct")

    def signals(self, seen: Seen) -> Said:
        """Confirmed by a short-term RSI as extreme, and by volume above its mean."""
        strength, rsi = seen.features["ibs"], seen.features["rsi_2"]
        side = np.where(strength <= self.extreme, 1, np.where(strength >= 1.0 - self.extreme, -1, 0))
        depth = np.where(side > 0, strength, 1.0 - strength)
        conditions = np.stack(
            [
                1.0 - depth / (2.0 * self.extreme),
                np.where(side > 0, 50.0 - rsi, rsi - 50.0) / 50.0,
                seen.features["volume_ratio_20"] - 1.0,
            ]
        )
        return Barriers(self.stop_atrs, self.target_atrs).said(seen, side, conditions)
