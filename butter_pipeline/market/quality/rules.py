"""Rules that look at one row alone, declared once; the name of a rule is the row's reason.

What belongs here: a condition within a row, over whole columns. What does not: conditions between rows (`bars`,
`chains`, `keys`), types, which the frame's schema fixes, and putting rules to work (`schemas`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from butter_pipeline.market.quality.verdict import Expectation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[Any]

PRICES = ["open", "high", "low", "close"]
FOUR = "open {open}, high {high}, low {low}, close {close}"


class Columns(Protocol):
    """Columns of numbers, and of texts as codes of the names that they hold."""

    def column(self, name: str) -> "NDArray[Any]":
        """A column as numbers; a missing one is NaN."""

    def names(self, name: str) -> list[str]:
        """The texts that a column's codes stand for."""


@dataclass(frozen=True)
class Rule:
    """A condition that every row must meet; comparisons with a missing value do not hold."""

    reason: str
    holds: "Callable[[Columns], Mask]"
    detail: str


def _finite(rows: Columns, *columns: str) -> "Mask":
    import numpy as np

    return np.asarray(np.logical_and.reduce([np.isfinite(rows.column(column)) for column in columns]))


def _inside(rows: Columns, column: str) -> "Mask":
    value = rows.column(column)
    return (value >= rows.column("low")) & (value <= rows.column("high"))


def _is_one_of(rows: Columns, column: str, wanted: "Callable[[str], bool]") -> "Mask":
    import numpy as np

    return np.asarray(np.array([wanted(name) for name in rows.names(column)], dtype=bool)[rows.column(column)])


def _no_volume_among_prices(rows: Columns) -> "Mask":
    """Not so: one price lies far above the others, and the volume among them."""
    import numpy as np

    a, b, c, d = (rows.column(name) for name in PRICES)
    upper, lower = (np.maximum(a, b), np.maximum(c, d)), (np.minimum(a, b), np.minimum(c, d))
    largest, least = np.maximum(*upper), np.minimum(*lower)
    second = np.maximum(np.minimum(*upper), np.maximum(*lower))
    volume = rows.column("volume")
    swapped = (largest > 100 * second) & (volume > least / 2) & (volume < 2 * second)
    return np.asarray(~swapped)


def _bars(expectation: Expectation) -> tuple[Rule, ...]:
    declared = expectation.may_be_negative

    def positive_unless_declared(rows: Columns) -> "Mask":
        import numpy as np

        positive = np.logical_and.reduce([rows.column(name) > 0 for name in PRICES])
        return np.asarray(positive | _is_one_of(rows, "symbol", declared.__contains__))

    return (
        Rule("non-finite price", lambda r: _finite(r, *PRICES), FOUR),
        Rule("non-positive price", positive_unless_declared, FOUR),
        Rule("price and volume swapped", _no_volume_among_prices, FOUR + ", volume {volume}"),
        Rule(
            "high below low",
            lambda r: r.column("high") >= r.column("low"),
            "high {high} is below low {low}: swapped?",
        ),
        Rule("open outside range", lambda r: _inside(r, "open"), "open {open} is outside low {low} to high {high}"),
        Rule("close outside range", lambda r: _inside(r, "close"), "close {close} is outside low {low} to high {high}"),
        Rule("non-finite volume", lambda r: _finite(r, "volume"), "volume {volume}"),
        Rule("negative volume", lambda r: r.column("volume") >= 0, "volume {volume}"),
    )


def _chains(_: Expectation) -> tuple[Rule, ...]:
    return CHAINS


def _positive(rows: Columns, column: str) -> "Mask":
    return _finite(rows, column) & (rows.column(column) > 0)


CHAINS = (
    Rule("bad right", lambda r: _is_one_of(r, "right", ("C", "P").__contains__), "right must be C or P, was {right!r}"),
    Rule("non-positive strike", lambda r: _positive(r, "strike"), "strike {strike}"),
    Rule(
        "expired contract",
        lambda r: r.column("expiry") >= r.column("session"),
        "expiry {expiry} is before session {session}",
    ),
    Rule("bid missing", lambda r: _finite(r, "bid"), "bid {bid}; nobody bidding is 0"),
    Rule("negative bid", lambda r: r.column("bid") >= 0, "bid {bid}"),
    Rule("ask missing", lambda r: _positive(r, "ask"), "ask {ask}"),
    Rule("crossed quote", lambda r: r.column("bid") <= r.column("ask"), "bid {bid} is above ask {ask}: swapped?"),
    Rule("bad underlying price", lambda r: _positive(r, "underlying_price"), "underlying price {underlying_price}"),
    Rule("negative last price", lambda r: ~(r.column("last") < 0), "last {last}"),
    Rule("volume missing", lambda r: _finite(r, "volume"), "volume {volume}; none traded is 0"),
    Rule("negative volume", lambda r: r.column("volume") >= 0, "volume {volume}"),
    Rule("open interest missing", lambda r: _finite(r, "open_interest"), "open interest {open_interest}; none is 0"),
    Rule("negative open interest", lambda r: r.column("open_interest") >= 0, "open interest {open_interest}"),
)


def _context(expectation: Expectation) -> tuple[Rule, ...]:
    low, high = expectation.thresholds.vol_index_range
    most = expectation.thresholds.rate_most_pct

    def named(rows: Columns, *parts: str) -> "Mask":
        return _is_one_of(rows, "series", lambda name: any(part in name for part in parts))

    # Not `in_range`: pandera takes a function of that name for its own check.
    def vol_index_plausible(rows: Columns) -> "Mask":
        value = rows.column("value")
        return ~named(rows, "vol_index") | ((value > low) & (value < high))

    return (
        Rule("non-finite value", lambda r: _finite(r, "value"), "value {value}"),
        Rule(
            "vol index out of range",
            vol_index_plausible,
            f"{{series}} is {{value}}, must be between {low:g} and {high:g}",
        ),
        Rule(
            "rate out of range",
            lambda r: ~named(r, "rate_pct") | (abs(r.column("value")) <= most),
            f"{{series}} is {{value}} % a year, must be within {most:g} either way",
        ),
        Rule(
            "non-positive level",
            lambda r: ~named(r, "index_level", "sector_") | (r.column("value") > 0),
            "{series} is {value}, a level must be positive",
        ),
    )


_OF_FRAME: "dict[str, Callable[[Expectation], tuple[Rule, ...]]]" = {
    "bars": _bars,
    "intraday": _bars,
    "chains": _chains,
    "context": _context,
}


def rules_of(frame_name: str, expectation: Expectation) -> tuple[Rule, ...]:
    """The rules that each row of a frame must meet, in the order in which they give reasons."""
    return _OF_FRAME[frame_name](expectation)
