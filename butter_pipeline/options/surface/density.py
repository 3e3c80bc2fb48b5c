"""The risk-neutral law of the underlying at one expiry, in its own currency.

What belongs here: questions about the law of one expiry. What does not: where it comes from (`surface`).

By Breeden and Litzenberger the law is the second derivative of call prices in the strike. A slice is a mixture of
lognormals, so that everything here has a closed form but quantiles, and nothing is differenced.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from butter_pipeline.options.surface.slices import Floats, Slices


@dataclass(frozen=True)
class Density:
    """The law at one expiry; the market's own, not a forecast: risk premia are in it."""

    slices: Slices  # one row
    forward: float

    def density(self, spot: Floats) -> Floats:
        """Probability per unit of currency at these prices of the underlying; 0 at nought and below."""
        positive, k = self._k(spot)
        return np.asarray(np.where(positive, self.slices.density(k)[0].reshape(k.shape) / self.forward, 0.0))

    def probability_below(self, spot: Floats) -> Floats:
        """Probability of an expiry below these prices."""
        positive, k = self._k(spot)
        return np.asarray(np.where(positive, self.slices.below(k.ravel())[0].reshape(k.shape), 0.0))

    def probability_between(self, lower: Floats, upper: Floats) -> Floats:
        """Probability of an expiry between two prices, element by element."""
        (_, low), (_, high) = self._k(lower), self._k(upper)
        low, high = np.broadcast_arrays(low, high)
        shape, low, high = low.shape, low.ravel(), high.ravel()
        # the tail that is smaller loses nothing to the other
        under = self.slices.below(high)[0] - self.slices.below(low)[0]
        over = self.slices.above(low)[0] - self.slices.above(high)[0]
        found = np.where(low < 0.0, under, over)
        return np.asarray(np.maximum(found, 0.0).reshape(shape))

    def quantile(self, probability: Floats) -> Floats:
        """The price below which the underlying expires with each of these probabilities, between 0 and 1."""
        probability = np.asarray(probability, dtype=np.float64)
        found = self.slices.quantiles(probability.ravel())[0].reshape(probability.shape)
        return np.asarray(self.forward * np.exp(found))

    @property
    def mean(self) -> float:
        """The forward, up to rounding."""
        return float(self.forward * np.sum(self.slices.weights * self.slices.means))

    @property
    def deviation(self) -> float:
        """The standard deviation, in currency."""
        second = self.slices.weights * self.slices.means**2 * np.exp(self.slices.deviations**2)
        return float(self.forward * np.sqrt(np.sum(second) - 1.0))

    def _k(self, spot: Floats) -> tuple[NDArray[np.bool_], Floats]:
        spot = np.asarray(spot, dtype=np.float64)
        positive = spot > 0.0
        k = np.where(positive, np.log(np.where(positive, spot, 1.0) / self.forward), -np.inf)
        return np.asarray(positive), np.asarray(np.maximum(k, -700.0))
