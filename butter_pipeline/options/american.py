"""American options: prices, Greeks, the boundary of exercise and implied volatility.

What belongs here: single contracts that can be exercised at any time, one array element each, with the same inputs
and the same answers as `black_scholes`. What does not: the method (`kernels.american`).

Delta and gamma come with the price, theta from the equation of Black, Scholes and Merton, the others from
differences of prices. Cash dividends are not known here: a yield stands for them.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from butter_pipeline.options import black_scholes
from butter_pipeline.options.black_scholes import Codes, Contracts, Floats, Greeks, ImpliedVolatility, Quotes
from butter_pipeline.options.status import Status

BUMP = 1e-3
"""Of a difference: relative to the volatility, absolute for rate and yield."""
VOLATILITY_MOST, FIRST_TRIED = 16.0, 0.3
STEPS_MOST = 80
SETTLED = 1e-12
ERROR = 1e-7
"""Of a price, relative to the strike: less than that over what is certain tells nothing of volatility."""
CONTRACT_FAULTS = (
    Status.BAD_SPOT,
    Status.BAD_STRIKE,
    Status.BAD_YEARS,
    Status.BAD_RATE,
    Status.BAD_PRICE,
    Status.NO_TIME,
)


def price(contracts: Contracts) -> Floats:
    """Value of one share's worth of option."""
    return np.asarray(_values(contracts)[0])


def boundary(contracts: Contracts) -> Floats:
    """The spot from which on exercise is best: below it for puts, above it for calls; 0 or infinity if never."""
    return np.asarray(_values(contracts)[3])


def status(contracts: Contracts) -> Codes:
    """Codes of `Status`: why a contract has no price and no Greeks."""
    return np.asarray(_values(contracts)[4], dtype=np.int8)


def greeks(contracts: Contracts) -> Greeks:
    """How the price changes."""
    worth, delta, gamma, critical, _ = _values(contracts)
    spot, rate, dividend_yield = contracts.spot, contracts.rate, contracts.dividend_yield
    carry = (rate - np.asarray(dividend_yield)) * spot * delta
    decay = rate * worth - carry - 0.5 * contracts.iv**2 * spot**2 * gamma
    exercised = np.where(contracts.is_call, spot >= critical, spot <= critical)
    vega = _difference(contracts, "iv", np.asarray(BUMP * contracts.iv))
    theta = np.where(exercised | (contracts.years == 0.0), 0.0 * worth, decay)
    rho, epsilon = (_difference(contracts, name, np.asarray(BUMP)) for name in ("rate", "dividend_yield"))
    return Greeks(delta, gamma, vega, theta, rho, epsilon)


def implied_volatility(quotes: Quotes) -> ImpliedVolatility:
    """The volatility at which `price` gives the price, where there is one, and more than the method's own error."""
    shape = np.broadcast_shapes(*(np.shape(values) for values in vars(quotes).values()))
    flat = Quotes(**{name: np.broadcast_to(values, shape).ravel() for name, values in vars(quotes).items()})
    european = black_scholes.implied_volatility(flat)
    exercise = np.where(flat.is_call, flat.spot - flat.strike, flat.strike - flat.spot)
    certain, _, _, _, fault = _values(_at(flat, np.zeros(flat.price.size)))
    received, paid = (
        np.where(flat.is_call, flat.dividend_yield, flat.rate),
        np.where(flat.is_call, flat.rate, flat.dividend_yield),
    )
    never = ~((received > 0.0) | ((received == 0.0) & (paid < 0.0))) & (fault == Status.OK)
    least, most = np.maximum(exercise, certain), _values(_at(flat, np.full(flat.price.size, VOLATILITY_MOST)))[0]
    error = ERROR * flat.strike
    status = np.select(
        [
            np.isin(european.status, CONTRACT_FAULTS),
            fault == Status.TWO_BOUNDARIES,
            flat.price < least - error,
            flat.price > np.where(flat.is_call, flat.spot, flat.strike) + error,
            (flat.price <= exercise + error) & (exercise > 0.0),
            (flat.price <= least + error) | (flat.price >= most - error),
        ],
        [european.status, fault, Status.BELOW_INTRINSIC, Status.ABOVE_MAXIMUM, Status.EXERCISED, Status.UNRESOLVED],
        default=Status.OK,
    ).astype(np.int8)
    status, iv = np.where(never, european.status, status), np.where(never, european.iv, np.nan)
    sought = np.flatnonzero(~never & (status == Status.OK))
    iv[sought] = _bracketed(_part(flat, sought), least[sought])
    status[sought[np.isnan(iv[sought])]] = Status.NOT_CONVERGED
    return ImpliedVolatility(iv.reshape(shape), status.reshape(shape))


def _bracketed(quotes: Quotes, least: Floats) -> Floats:
    """Between no volatility and the largest, by secants that are halved where one end would stay (Illinois)."""
    low, high = np.zeros(least.size), np.full(least.size, VOLATILITY_MOST)
    under, over = least - quotes.price, _values(_at(quotes, high))[0] - quotes.price
    iv, off = np.full(least.size, FIRST_TRIED), np.full(least.size, np.inf)
    side, sought = np.zeros(least.size), np.arange(least.size)
    for step in range(STEPS_MOST):
        found = _values(_at(_part(quotes, sought), iv[sought]))[0] - quotes.price[sought]
        off[sought] = np.where(np.isnan(found), np.inf, np.abs(found))
        # a boundary that does not settle is that of next to no volatility
        below, at = np.isnan(found) | (found < 0.0), iv[sought]
        less, more = sought[below], sought[~below]
        low[less], under[less] = at[below], np.fmin(found[below], 0.0)
        high[more], over[more] = at[~below], found[~below]
        over[less] *= np.where(side[less] < 0.0, 0.5, 1.0)
        under[more] *= np.where(side[more] > 0.0, 0.5, 1.0)
        side[less], side[more] = -1.0, 1.0
        sought = sought[(off[sought] > SETTLED * quotes.strike[sought]) & (high - low > SETTLED * high)[sought]]
        if sought.size == 0:
            break
        secant = (high - over * (high - low) / (over - under))[sought]
        halved = (step % 8 == 7) | ~((secant > low[sought]) & (secant < high[sought]))
        iv[sought] = np.where(halved, 0.5 * (low + high)[sought], secant)
    return np.where(off <= ERROR * quotes.strike, iv, np.nan)


def _part(quotes: Quotes, positions: NDArray[np.intp]) -> Quotes:
    return Quotes(**{name: values[positions] for name, values in vars(quotes).items()})


def _difference(contracts: Contracts, name: str, by: Floats) -> Floats:
    """The derivative of the price by an input; central, so that its error is of the second order."""
    at = np.asarray(getattr(contracts, name))
    moved: list[Any] = [{name: at + by}, {name: at - by}]
    higher, lower = (price(replace(contracts, **change)) for change in moved)
    width = np.where(by > 0.0, 2.0 * by, 1.0)
    return np.asarray((higher - lower) / width)


def _at(quotes: Quotes, iv: Floats) -> Contracts:
    return Contracts(quotes.is_call, quotes.spot, quotes.strike, quotes.years, iv, quotes.rate, quotes.dividend_yield)


def _values(contracts: Contracts) -> Floats:
    from butter_pipeline.options.kernels import american as kernels

    columns = black_scholes.columns_of(contracts, contracts.iv)
    return black_scholes.computed(kernels.values, columns, len(kernels.RESULTS), kernels.CARRIED)
