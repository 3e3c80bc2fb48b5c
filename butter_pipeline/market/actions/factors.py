"""Splits and dividends out of cumulative factors, as QuantConnect's Lean keeps them (`AAPL_factors.csv`).

A line `date, price_factor, split_factor, reference_price` holds up to and including its date: raw prices times both
factors are adjusted for all that came later. Between two consecutive lines, in the session after the earlier one's:

    ratio = later split_factor / earlier split_factor                 (0.25 / 0.0357143 = 7: seven for one)
    cash  = reference_price (1 - earlier price_factor / later price_factor)

`reference_price` is the raw close of the earlier line's date. The file rounds its factors: a ratio becomes the simplest
fraction that those digits allow, cash is given to the digits that they carry. A ratio that no share can be cut by
(above 100 on both sides of its simplest fraction) is a spin-off written as a split: its worth is
`reference_price (1 - 1 / ratio)`. The first line of a file begins it and the last (2050-12-31) ends it: neither is an
action by itself.

What belongs here: that arithmetic. What does not: reading the file (`market.vendors.action_files`).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from butter_pipeline.market.sessions import NoSuchSession, calendar, next_session

ROUNDING = 1e-5
"""Relative: split factors are written to six digits."""
PRICE_ROUNDING = 1e-7
"""Absolute: price factors are written to seven decimals."""
CUT_MAX = 100
SENTINEL = date(2050, 12, 31)


@dataclass(frozen=True)
class Line:
    """A line of a file of factors; the reference price is none where the file gives none."""

    day: date
    price_factor: float
    split_factor: float
    reference_price: float | None


def actions_of(symbol: str, lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    """The actions between consecutive lines, each as values by column, without `available_at`."""
    ordered = sorted(lines, key=lambda line: line.day)
    for before, after in pairwise(ordered):
        session = _after(before.day)
        if session is None:
            continue
        stated = {"session": session, "symbol": symbol}
        ratio = simplest(after.split_factor / before.split_factor)
        if ratio is not None and ratio != 1:
            yield stated | {"kind": "split", "ratio": float(ratio)}
        elif ratio is None:
            worth = 1.0 - before.split_factor / after.split_factor
            yield stated | {"kind": "spin_off", "cash": _cash(before, worth, ROUNDING)}
        share = 1.0 - before.price_factor / after.price_factor
        if abs(share) > 2.0 * PRICE_ROUNDING:
            yield stated | {"kind": "dividend", "cash": _cash(before, share, PRICE_ROUNDING)}


def simplest(ratio: float) -> Fraction | None:
    """The simplest fraction that a ratio of rounded factors can be; none when no share is cut that way.

    >>> simplest(0.25 / 0.0357143), simplest(1.4999996), simplest(0.1), simplest(1.04573)
    (Fraction(7, 1), Fraction(3, 2), Fraction(1, 10), None)
    """
    low, high = ratio * (1.0 - ROUNDING), ratio * (1.0 + ROUNDING)
    for denominator in range(1, CUT_MAX + 1):
        numerator = round(ratio * denominator)
        if numerator and low <= numerator / denominator <= high:
            return Fraction(numerator, denominator)
    numerator = round(1.0 / ratio)
    return Fraction(1, numerator) if low <= 1.0 / numerator <= high else None


def _after(day: date) -> date | None:
    """The session that follows a date; none beyond the calendar."""
    if not calendar()[0] <= day < min(calendar()[-1], SENTINEL):
        return None
    try:
        return next_session(day)
    except NoSuchSession:
        return next(session for session in calendar() if session > day)


def _cash(line: Line, share: float, rounding: float) -> float | None:
    """A share of the reference price, to the digits that the factors carry; none without a reference price."""
    if line.reference_price is None or not line.reference_price > 0.0:
        return None
    digits = math.floor(-math.log10(line.reference_price * rounding))
    return round(line.reference_price * share, digits)
