"""Mean reversion: a close beyond its Bollinger bands that a relative strength index agrees with.

What belongs here: that strategy. What does not: its features (`features.families.technical`).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from butter_pipeline.strategies.protocol import Barriers, Said, Seen


@dataclass(frozen=True)
class MeanReversion:
    """Long below the lower band when the RSI is low as well, short above the upper when it is high."""

    band: float  # position between the bands: at or below it long, at or above one less it short
    rsi_extreme: float
    stop_atrs: float
    target_atrs: float

    name: ClassVar[str] = "mean_reversion"
    needs: ClassVar[tuple[str, ...]] = ("bollinger_position_20", "rsi_14", "volume_ratio_20", "atr_14_pct")

    def signals(self, seen: Seen) -> Said:
        """Confirmed by volume above its mean."""
        place, rsi = seen.features["bollinger_position_20"], seen.features["rsi_14"]
        is_low = (place <= self.band) & (rsi <= self.rsi_extreme)
        is_high = (place >= 1.0 - self.band) & (rsi >= 100.0 - self.rsi_extreme)
        side = np.where(is_low, 1, np.where(is_high, -1, 0))
        conditions = np.stack(
            [
                0.5 + np.where(side > 0, self.band - place, place - 1.0 + self.band),
                np.where(side > 0, 50.0 - rsi, rsi - 50.0) / 50.0,
                seen.features["volume_ratio_20"] - 1.0,
            ]
        )
        return Barriers(self.stop_atrs, self.target_atrs).said(seen, side, conditions)
