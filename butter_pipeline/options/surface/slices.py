"""What is known of the underlying at one expiry: a mixture of lognormals in units of its forward.

What belongs here: prices, distribution and density of slices, in closed form. What does not: where their components
come from (`fitting`).

A mixture whose weights are not negative and sum to one, and whose means average to one, is a probability law with the
forward as its mean: its prices are free of butterfly arbitrage by construction, out to any strike. Its implied
volatility flattens out in both wings, far below Lee's bound.

Arrays are [slice, component]; a component of weight nought counts for nothing. Strikes are logarithms of strike over
forward, `k`; prices are undiscounted and in units of the forward.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from butter_pipeline.options import black_scholes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COMPONENTS = 3
"""Fitted to the quotes of one expiry: seven numbers. SSVI has three, and on real AAPL smiles of the nearest
three weeks it leaves twice the error (a test compares): about an announcement no hyperbola follows them."""

QUANTILE_HALVINGS = 200


@dataclass(frozen=True)
class Slices:
    """Laws of the underlying over its forward at expiries, one per row."""

    weights: Floats
    means: Floats
    deviations: Floats  # of the logarithm, to expiry

    def __len__(self) -> int:
        """How many slices there are."""
        return len(self.weights)

    def __getitem__(self, wanted: Any) -> "Slices":
        """Some of the slices; a single one stays a row."""
        rows = np.atleast_1d(np.arange(len(self.weights))[wanted])
        return Slices(self.weights[rows], self.means[rows], self.deviations[rows])

    def out_of_the_money(self, k: Floats) -> Floats:
        """Puts below the forward, calls from it on: prices [slice, strike] of `k` [strike] or [slice, strike]."""
        k = self._rows(k)
        return self.prices_at(k.ravel(), np.repeat(np.arange(len(self)), k.shape[1])).reshape(k.shape)

    def prices_at(self, k: Floats, of: Ints) -> Floats:
        """Puts below the forward, calls from it on, one per element, each under the slice of that number."""
        found = np.zeros(k.size)
        strike, is_call = np.exp(k), k >= 0.0
        for column in np.flatnonzero(np.any(self.weights != 0.0, axis=0)):
            weight = self.weights[of, column]
            held = np.flatnonzero(weight != 0.0)
            row = of[held]
            option = black_scholes.Contracts(
                is_call[held], self.means[row, column], strike[held], np.ones(1), self.deviations[row, column]
            )
            found[held] += weight[held] * black_scholes.price(option)
        return found

    def calls(self, k: Floats) -> Floats:
        """Calls [slice, strike]."""
        k = self._rows(k)
        return np.asarray(self.out_of_the_money(k) + np.where(k < 0.0, -np.expm1(k), 0.0))

    def puts(self, k: Floats) -> Floats:
        """Puts [slice, strike]."""
        k = self._rows(k)
        return np.asarray(self.out_of_the_money(k) + np.where(k < 0.0, 0.0, np.expm1(k)))

    def implied_deviations(self, k: Floats) -> Floats:
        """Black-76 deviations to expiry [slice, strike]: the square root of total variance.

        nan where the price is too small for a number, beyond about thirty-five deviations.
        """
        k = self._rows(k)
        return implied_deviations(k, self.out_of_the_money(k))

    def at_the_money(self) -> Floats:
        """The Black-76 deviation at the forward, which has a closed form."""
        price = self.out_of_the_money(np.zeros(1))[:, 0]
        return np.asarray(2.0 * special.ndtri(0.5 + 0.5 * price))

    def density(self, k: Floats) -> Floats:
        """Density [slice, strike] of the underlying over its forward, at exp(k)."""
        place = self._places(k)
        bells = np.exp(-0.5 * place * place) * (0.3989422804014327 / self.deviations[:, None, :])
        return np.asarray(np.sum(self.weights[:, None, :] * bells, axis=2) / np.exp(self._rows(k)))

    def below(self, k: Floats) -> Floats:
        """Probability [slice, strike] of an expiry below exp(k) forwards."""
        return np.asarray(np.sum(self.weights[:, None, :] * special.ndtr(self._places(k)), axis=2))

    def above(self, k: Floats) -> Floats:
        """Probability [slice, strike] of an expiry above exp(k) forwards, exact in the upper tail."""
        return np.asarray(np.sum(self.weights[:, None, :] * special.ndtr(-self._places(k)), axis=2))

    def quantiles(self, probability: Floats) -> Floats:
        """The `k` [slice, probability] below which the underlying expires with these probabilities."""
        probability = np.asarray(probability, dtype=np.float64)
        if not np.all((probability > 0.0) & (probability < 1.0)):
            raise ValueError(f"probability: was {probability}, must lie between 0 and 1")
        reach = 40.0 * self.deviations + np.abs(np.log(self.means))
        bound = np.max(np.where(self.weights > 0.0, reach, 0.0), axis=1, keepdims=True)
        low, high = -bound + np.zeros(probability.shape), bound + np.zeros(probability.shape)
        for _ in range(QUANTILE_HALVINGS):
            middle = 0.5 * (low + high)
            under = np.where(probability < 0.5, self.below(middle) < probability, self.above(middle) > 1 - probability)
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        return np.asarray(0.5 * (low + high))

    def _places(self, k: Floats) -> Floats:
        """In deviations of each component from its median, [slice, strike, component]."""
        middle = np.log(self.means) - 0.5 * self.deviations**2
        return np.asarray((self._rows(k)[:, :, None] - middle[:, None, :]) / self.deviations[:, None, :])

    def _rows(self, k: Floats) -> Floats:
        k = np.asarray(k, dtype=np.float64)
        return np.ascontiguousarray(np.broadcast_to(k, (len(self), k.shape[-1])))


def implied_deviations(k: Floats, price: Floats) -> Floats:
    """Black-76 deviations to expiry of prices on the side out of the money; nan where there is none."""
    contracts = black_scholes.Quotes(k >= 0.0, np.ones(1), np.exp(k), np.ones(1), price)
    return black_scholes.implied_volatility(contracts).iv


def composed(own: Slices, share_before: Floats, widening: Floats) -> Slices:
    """The slices of one surface, in order of time, from what `kernels.order` found: the same bits."""
    count, width = len(own), COMPONENTS * len(own)
    weights, means, deviations = np.zeros((count, width)), np.ones((count, width)), np.ones((count, width))
    for e in range(count):
        weights[e, :COMPONENTS] = (1.0 - share_before[e]) * own.weights[e]
        means[e, :COMPONENTS], deviations[e, :COMPONENTS] = own.means[e], own.deviations[e]
        if e > 0:
            weights[e, COMPONENTS:] = share_before[e] * weights[e - 1, :-COMPONENTS]
            means[e, COMPONENTS:] = means[e - 1, :-COMPONENTS]
            deviations[e, COMPONENTS:] = np.sqrt(deviations[e - 1, :-COMPONENTS] ** 2 + widening[e])
    return Slices(weights, means, deviations)
