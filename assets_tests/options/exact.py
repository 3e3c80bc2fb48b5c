"""Black, Scholes and Merton in a hundred decimal digits: the oracle of every other digit.

Finite differences in so many digits are derivatives to more digits than float64 has.
"""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from functools import lru_cache

DIGITS = 110
STEP = Decimal("1e-12")
"""Relative, of finite differences: their error is near its square, 1e-24."""


@lru_cache
def pi() -> Decimal:
    """Machin's formula."""

    def arctangent_of_inverse(n: int) -> Decimal:
        power, total, k = Decimal(1) / n, Decimal(0), 0
        while abs(power) > Decimal(10) ** -(DIGITS + 5):
            total += power / (2 * k + 1) * (-1) ** k
            power /= n * n
            k += 1
        return total

    return 4 * (4 * arctangent_of_inverse(5) - arctangent_of_inverse(239))


def density(z: Decimal) -> Decimal:
    return (-z * z / 2).exp() / (2 * pi()).sqrt()


def below(z: Decimal) -> Decimal:
    """The normal distribution: its series near the middle, its continued fraction in the tails."""
    if abs(z) > 9:
        tail = density(z) * _mills(abs(z))
        return tail if z < 0 else 1 - tail
    term = total = z
    k = 1
    while abs(term) > Decimal(10) ** -DIGITS:
        term = term * z * z / (2 * k + 1)
        total += term
        k += 1
    return Decimal("0.5") + density(z) * total


def _mills(z: Decimal) -> Decimal:
    rest = z
    for n in range(1200, 0, -1):
        rest = z + n / rest
    return 1 / rest


def mills(z: float) -> Decimal:
    with localcontext(prec=DIGITS):
        return below(-Decimal(z)) / density(Decimal(z))


def price(of: Mapping[str, Decimal]) -> Decimal:
    """From `sign` (1 or -1), `spot`, `strike`, `years`, `iv`, `rate` and `dividend_yield`."""
    with localcontext(prec=DIGITS):
        received = of["spot"] * (-of["dividend_yield"] * of["years"]).exp()
        paid = of["strike"] * (-of["rate"] * of["years"]).exp()
        deviation = of["iv"] * of["years"].sqrt()
        upper = (received / paid).ln() / deviation + deviation / 2
        sign = of["sign"]
        return sign * (received * below(sign * upper) - paid * below(sign * (upper - deviation)))


def derivative(of: Mapping[str, Decimal], *names: str) -> Decimal:
    """The derivative by these inputs, one after the other, by central differences."""
    if not names:
        return price(of)
    with localcontext(prec=DIGITS):
        name, rest = names[0], names[1:]
        step = STEP * max(abs(of[name]), Decimal("0.01"))
        higher = derivative({**of, name: of[name] + step}, *rest)
        lower = derivative({**of, name: of[name] - step}, *rest)
        return (higher - lower) / (2 * step)
