"""Cash dividends: what they leave of the spot for an option that lives beyond them.

What belongs here: the escrowed spot of European options. What does not: dividend yields, which contracts carry
themselves, and early exercise before a dividend.
"""

from dataclasses import dataclass

import numpy as np

from butter_pipeline.options.black_scholes import Floats


@dataclass(frozen=True)
class CashDividends:
    """Payments per share, known in advance, by how many years away each is."""

    years: Floats
    amounts: Floats


def escrowed_spot(spot: Floats, years: Floats, rate: Floats | float, dividends: CashDividends) -> Floats:
    """The spot less today's worth of what is paid until expiry; not positive where that is more than all of it.

    A European option on it with a yield of nothing has the volatility of the rest, not of the share itself.
    """
    until, discount = np.asarray(years)[..., None], np.asarray(rate)[..., None]
    paid = (dividends.years > 0.0) & (dividends.years <= until)
    worth = np.where(paid, dividends.amounts * np.exp(-discount * dividends.years), 0.0)
    return np.asarray(spot - worth.sum(axis=-1))
