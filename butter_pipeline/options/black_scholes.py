"""European options under Black, Scholes and Merton: prices, Greeks to third order, implied volatility.

What belongs here: single contracts, one array element each. What does not: exercise before expiry (`american`),
positions of several contracts (`positions`), quotes (`backtest.fills`), and where a volatility comes from.

Everything is elementwise and broadcasts, so one contract has the same bits alone or among a million, in one thread or
several. Volatilities are fractions a year (0.2 is 20 %); rates and dividend yields are continuously compounded a year.
What cannot be computed is not a number, and `status` says why. Black's 1976 formula is the same with the rate as the
yield: `Contracts.on_forward`. Cash dividends come off the spot first: `dividends.escrowed_spot`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]

SESSIONS_PER_YEAR = 252


@dataclass(frozen=True)
class Contracts:
    """What is to be valued; the arrays broadcast against each other. Without time or volatility: intrinsic."""

    is_call: Flags
    spot: Floats
    strike: Floats
    years: Floats
    iv: Floats
    rate: Floats | float = 0.0
    dividend_yield: Floats | float = 0.0

    @classmethod
    def on_forward(
        cls, is_call: Flags, forward: Floats, strike: Floats, years: Floats, iv: Floats, rate: Floats | float = 0.0
    ) -> "Contracts":
        """Black's 1976 options on a forward; the derivative by the rate is then `rho` and `epsilon` together."""
        return cls(is_call, forward, strike, years, iv, rate, rate)


@dataclass(frozen=True)
class Quotes:
    """What is to be inverted: contracts with a price, per share, in place of a volatility."""

    is_call: Flags
    spot: Floats
    strike: Floats
    years: Floats
    price: Floats
    rate: Floats | float = 0.0
    dividend_yield: Floats | float = 0.0


@dataclass(frozen=True)
class ImpliedVolatility:
    """Volatilities, and codes of `Status` that say why one is not a number."""

    iv: Floats
    status: Codes


@dataclass(frozen=True)
class Greeks:
    """First derivatives and gamma, per share: by spot, by 1.00 of volatility, rate or yield, per year that passes."""

    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats
    epsilon: Floats  # by the dividend yield


@dataclass(frozen=True)
class HigherGreeks:
    """Second and third derivatives in the same units; the dual ones are by strike."""

    vanna: Floats  # delta by volatility
    volga: Floats  # vega by volatility
    charm: Floats  # delta by time that passes
    veta: Floats  # vega by time that passes
    vera: Floats  # rho by volatility
    dual_delta: Floats
    dual_gamma: Floats
    speed: Floats  # gamma by spot
    zomma: Floats  # gamma by volatility
    color: Floats  # gamma by time that passes
    ultima: Floats  # volga by volatility


def price(contracts: Contracts) -> Floats:
    """Value of one share's worth of option."""
    return np.asarray(_priced(contracts)[0])


def status(contracts: Contracts) -> Codes:
    """Codes of `Status`: why a contract has no price and no Greeks."""
    return np.asarray(_priced(contracts)[1], dtype=np.int8)


def greeks(contracts: Contracts) -> Greeks:
    """How the price changes."""
    from butter_pipeline.options.kernels import greeks as kernels

    return Greeks(*computed(kernels.first, columns_of(contracts, contracts.iv), len(kernels.FIRST)))


def higher_greeks(contracts: Contracts) -> HigherGreeks:
    """How the Greeks change."""
    from butter_pipeline.options.kernels import greeks as kernels

    return HigherGreeks(*computed(kernels.higher, columns_of(contracts, contracts.iv), len(kernels.HIGHER)))


def implied_volatility(quotes: Quotes) -> ImpliedVolatility:
    """The volatility at which `price` gives the price, wherever its digits tell one."""
    from butter_pipeline.options.kernels import implied as kernels

    iv, status = computed(kernels.volatilities, columns_of(quotes, quotes.price), kernels.RESULTS)
    return ImpliedVolatility(iv, status.astype(np.int8))


def _priced(contracts: Contracts) -> Floats:
    from butter_pipeline.options.kernels import black as kernels

    return computed(kernels.prices, columns_of(contracts, contracts.iv), kernels.RESULTS)


def columns_of(of: Contracts | Quotes, given: Floats) -> tuple[Any, ...]:
    """What kernels are fed, in their order; `given` is the volatility or the price."""
    flags = np.asarray(of.is_call)
    if flags.dtype != np.bool_ and flags.size:
        raise ValueError(
            f"is_call must be true or false, was {flags.flat[0]!r}: of 'C' and 'P', or 1 and -1, say which"
        )
    sign = np.where(flags, 1.0, -1.0)
    return sign, of.spot, of.strike, of.years, of.rate, of.dividend_yield, given


def computed(entry: Callable[..., None], columns: tuple[Any, ...], results: int, *tables: Floats) -> Floats:
    """A kernel's rows of results, [row, *shape of the columns]."""
    from butter_pipeline.options.kernels.compiled import run

    return run(entry, columns, results, *tables)
