"""What the technical formulas share: the columns they name, how far recursive ones look back, and the true range.

What belongs here: what more than one module of the family needs. What does not: any feature.
"""

import numpy as np

from butter_pipeline.features.registry import Floats
from butter_pipeline.features.windows import View

CLOSE = ("bars.close",)
RANGE = ("bars.high", "bars.low", "bars.close")
TRADED = ("bars.high", "bars.low", "bars.close", "bars.volume")
LONG_SESSIONS = 400
"""Wilder's average of 14 keeps (13/14)^400, some 1e-13, of what was before; the others forget sooner."""
ANY = (0.0, np.inf)
PERCENT = (0.0, 100.0)
BOTH_WAYS = (-100.0, 100.0)


def true_range(bars: View) -> Floats:
    """By session after the first: from the lowest to the highest, the close before included."""
    high, low, before = bars["bars.high"][1:], bars["bars.low"][1:], bars["bars.close"][:-1]
    return np.maximum(high, before) - np.minimum(low, before)


def typical_price(bars: View) -> Floats:
    """The mean of high, low and close."""
    return (bars["bars.high"] + bars["bars.low"] + bars["bars.close"]) / 3.0


def within(values: Floats, low: float, high: float) -> Floats:
    """Values that rounding may have carried a last bit beyond what they can be; NaN stays."""
    return np.minimum(np.maximum(values, low), high)
