"""Positions of several contracts: worth and Greeks of the whole, one position per element.

What belongs here: sums over legs. What does not: any one kind of position (`butterfly`), and single contracts.

How a leg is valued is handed in: `black_scholes.price` or `american.price`, `black_scholes.greeks` and so on, so that
a position of options that can be exercised early is the same sum.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from butter_pipeline.options.black_scholes import Contracts, Floats

Derivatives = TypeVar("Derivatives")


@dataclass(frozen=True)
class Leg:
    """So many of a contract; less than nothing when sold."""

    quantity: Floats | float
    contracts: Contracts


def value(legs: Sequence[Leg], price: Callable[[Contracts], Floats]) -> Floats:
    """Worth of the whole."""
    return _total(legs, [price(leg.contracts) for leg in legs])


def greeks(legs: Sequence[Leg], of_leg: Callable[[Contracts], Derivatives]) -> Derivatives:
    """The Greeks of the whole, of whichever kind its legs' are."""
    each = [of_leg(leg.contracts) for leg in legs]
    kind = type(each[0])
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # Derivatives are dataclasses
    return kind(**{name: _total(legs, [getattr(one, name) for one in each]) for name in names})


def _total(legs: Sequence[Leg], worths: Sequence[Floats]) -> Floats:
    """In the order of the legs."""
    total = np.asarray(legs[0].quantity * worths[0])
    for leg, worth in zip(legs[1:], worths[1:], strict=True):
        total = total + leg.quantity * worth
    return total
