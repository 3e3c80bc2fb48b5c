"""What every kernel of European options is fed: rows of a block, and what must hold of them.

What belongs here: the order of the columns, the bounds of what can be computed, and what follows from a contract
alone. What does not: prices and volatilities.
"""

from butter_pipeline.options.kernels.compiled import WIDTH, inlined
from butter_pipeline.options.kernels.elementary import exp, log_ratio
from butter_pipeline.options.status import Status

OK, BAD_SPOT, BAD_STRIKE = float(Status.OK), float(Status.BAD_SPOT), float(Status.BAD_STRIKE)
BAD_YEARS, BAD_RATE, BAD_VOLATILITY = float(Status.BAD_YEARS), float(Status.BAD_RATE), float(Status.BAD_VOLATILITY)

SIGN, SPOT, STRIKE, YEARS, RATE, DIVIDEND_YIELD, GIVEN = (WIDTH * row for row in range(7))
"""Where the rows begin: 1 for calls and -1 for puts, and at last the volatility or the price."""
COLUMNS = 7
LEAST, MOST = 1e-150, 1e150
"""Of spot, strike and price."""
GROWTH_MOST = 700.0
"""Of rate or yield times years, either way: the exponential must be a number."""


@inlined
def contract_fault(spot: float, strike: float, years: float, rate: float, dividend_yield: float) -> float:
    """The status of a contract without its volatility or price; whatever is not a number is a fault."""
    growth = (abs(rate * years) <= GROWTH_MOST) & (abs(dividend_yield * years) <= GROWTH_MOST)
    found = OK if growth & (abs(rate) <= MOST) & (abs(dividend_yield) <= MOST) else BAD_RATE
    found = found if (years >= 0.0) & (years <= MOST) else BAD_YEARS
    found = found if (strike >= LEAST) & (strike <= MOST) else BAD_STRIKE
    return found if (spot >= LEAST) & (spot <= MOST) else BAD_SPOT


@inlined
def valuation_fault(spot: float, strike: float, years: float, rate: float, dividend_yield: float, iv: float) -> float:
    """The status of a contract that is to be valued."""
    found = contract_fault(spot, strike, years, rate, dividend_yield)
    return BAD_VOLATILITY if (found == OK) & (not ((iv >= 0.0) & (iv <= MOST))) else found


@inlined
def discounted(
    spot: float, strike: float, years: float, rate: float, dividend_yield: float
) -> tuple[float, float, float]:
    """Today's worth of what a call receives and of what it pays, and the logarithm of their quotient."""
    received, paid = spot * exp(-dividend_yield * years), strike * exp(-rate * years)
    return received, paid, log_ratio(spot, strike) + (rate - dividend_yield) * years
