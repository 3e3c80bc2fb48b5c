"""What the formulas of volatility share: the columns they name, and how a session's variance becomes a year's per cent.

What belongs here: what more than one module of the family needs. What does not: any feature.
"""

import numpy as np

from butter_pipeline.features.registry import Floats

CLOSE = ("bars.close",)
BARS = ("bars.open", "bars.high", "bars.low", "bars.close")
ANY = (0.0, np.inf)
YEAR_SESSIONS = 252.0


def a_year(variance_of_a_session: Floats) -> Floats:
    """Per cent a year of a variance a session."""
    return 100.0 * np.sqrt(YEAR_SESSIONS * variance_of_a_session)
