"""One implied volatility surface: every strike and every time from the first to the last expiry.

What belongs here: questions to the surface of one symbol and session. What does not: fitting (`fitting`) and rows
(`market.surfaces`).

Between two expiries prices are mixed at equal moneyness, in the share at which total variance at the money is linear
in time. A mixture of two laws in order lies between them, so nothing between expiries admits arbitrage either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from butter_pipeline.options.surface.density import Density
from butter_pipeline.options.surface.fitting import Fitted
from butter_pipeline.options.surface.parity import OK
from butter_pipeline.options.surface.slices import Floats, Slices


@dataclass(frozen=True)
class Surface:
    """A surface: its expiries in order of time, at least one."""

    years: Floats
    forward: Floats
    discount: Floats
    slices: Slices

    def total_variance(self, k: Floats, years: float) -> Floats:
        """Implied variance to expiry, by the logarithm of strike over forward."""
        return np.asarray(self._at(years).implied_deviations(np.atleast_1d(k))[0] ** 2)

    def iv(self, strike: Floats, years: float) -> Floats:
        """Implied volatility a year, as a fraction."""
        k = np.log(np.atleast_1d(strike) / self.forward_at(years))
        return np.asarray(np.sqrt(self.total_variance(k, years) / years))

    def price(self, strike: Floats, years: float, *, is_call: bool) -> Floats:
        """What a European option is worth today."""
        forward = self.forward_at(years)
        k, law = np.log(np.atleast_1d(strike) / forward), self._at(years)
        unit = law.calls(k) if is_call else law.puts(k)
        return np.asarray(unit[0] * forward * self.discount_at(years))

    def density(self, years: float) -> Density:
        """The law of the underlying at that time."""
        return Density(self._at(years), self.forward_at(years))

    def forward_at(self, years: float) -> float:
        """The forward, growing evenly between expiries."""
        return float(np.exp(np.interp(self._within(years), self.years, np.log(self.forward))))

    def discount_at(self, years: float) -> float:
        """The discount factor, at an even rate between expiries."""
        return float(np.exp(np.interp(self._within(years), self.years, np.log(self.discount))))

    def _at(self, years: float) -> Slices:
        place = int(np.searchsorted(self.years, self._within(years)))
        if self.years[place] == years:
            return self.slices[place]
        pair = self.slices[[place - 1, place]]
        variance = pair.at_the_money() ** 2
        wanted = np.interp(years, self.years[[place - 1, place]], variance)
        early, late, price = 2.0 * special.ndtr(0.5 * np.sqrt(np.append(variance, wanted))) - 1.0
        later = (price - early) / (late - early)
        weights = pair.weights * np.array([[1.0 - later], [later]])
        return Slices(*(each.reshape(1, -1) for each in (weights, pair.means, pair.deviations)))

    def _within(self, years: float) -> float:
        if not self.years[0] <= years <= self.years[-1]:
            raise ValueError(
                f"years: was {years:g}, must lie between the first and the last expiry, "
                f"{self.years[0]:g} and {self.years[-1]:g}"
            )
        return years


def surface(fitted: Fitted, number: Any) -> Surface:
    """The surface of that number, of those expiries that have a slice; raises ValueError when none has."""
    mine = np.flatnonzero(fitted.expiries.surface == number)
    good = mine[fitted.status[mine] == OK]
    if not good.size:
        why: Sequence[str | None] = fitted.why_not()
        raise ValueError(f"surface {number} has no expiry with a slice: {[why[place] for place in mine.tolist()]}")
    forwards = fitted.forwards
    return Surface(fitted.expiries.years[good], forwards.forward[good], forwards.discount[good], fitted.slices[good])
