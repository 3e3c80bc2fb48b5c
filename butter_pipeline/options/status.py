"""Why a number is there or not.

What belongs here: the reasons. What does not: who finds them.
"""

from enum import IntEnum


class Status(IntEnum):
    """What came of one contract; everything but OK goes with not a number."""

    OK = 0
    BAD_SPOT = 1
    BAD_STRIKE = 2
    BAD_YEARS = 3
    BAD_RATE = 4
    BAD_VOLATILITY = 5
    BAD_PRICE = 6
    NO_TIME = 7
    BELOW_INTRINSIC = 8
    ABOVE_MAXIMUM = 9
    UNRESOLVED = 10
    EXERCISED = 11
    TWO_BOUNDARIES = 12
    NOT_CONVERGED = 13

    @property
    def reason(self) -> str:
        """In words."""
        return _REASONS[self]


_REASONS = {
    Status.OK: "a number",
    Status.BAD_SPOT: "the spot is missing, infinite or not positive",
    Status.BAD_STRIKE: "the strike is missing, infinite or not positive",
    Status.BAD_YEARS: "the time to expiry is missing, infinite or negative",
    Status.BAD_RATE: "the rate or the dividend yield is missing, or too large for this time to expiry",
    Status.BAD_VOLATILITY: "the volatility is missing, infinite or negative",
    Status.BAD_PRICE: "the price is missing or infinite",
    Status.NO_TIME: "the option has expired: its price says nothing of volatility",
    Status.BELOW_INTRINSIC: "the price is below what the option is worth without volatility",
    Status.ABOVE_MAXIMUM: "the price is above what the option is worth at any volatility",
    Status.UNRESOLVED: "the price is so near a bound that its last digits do not tell volatilities apart",
    Status.EXERCISED: "the option is worth what exercising it pays, as at every lower volatility",
    Status.TWO_BOUNDARIES: "with such negative rates exercise pays between two boundaries, which is not computed",
    Status.NOT_CONVERGED: "the boundary of early exercise did not settle",
}
