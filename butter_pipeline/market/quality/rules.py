"""Rules that look at one row alone, declared with pandera; the name of a check is the row's reason.

What belongs here: a condition within a row. What does not: conditions between rows (`bars`, `chains`,
`keys`), and types, which the frame's schema fixes.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.verdict import Expectation

if TYPE_CHECKING:
    import pandas as pd

    Holds = Callable[[pd.DataFrame], "pd.Series[bool]"]

_MARKS = ("PYARROW_IGNORE_TIMEZONE", "SPARK_LOCAL_IP")
PRICES = ["open", "high", "low", "close"]
FOUR = "open {open}, high {high}, low {low}, close {close}"


@dataclass(frozen=True)
class Rule:
    """A condition that every row must meet; comparisons with a missing value do not hold."""

    reason: str
    holds: "Holds"
    detail: str


def _finite(frame: "pd.DataFrame", *columns: str) -> "pd.Series[bool]":
    import numpy as np
    import pandas as pd

    held = np.logical_and.reduce([np.isfinite(frame[column].to_numpy()) for column in columns])
    return pd.Series(held, index=frame.index, dtype=bool)


def _inside(frame: "pd.DataFrame", column: str) -> "pd.Series[bool]":
    return (frame[column] >= frame["low"]) & (frame[column] <= frame["high"])


def _no_volume_among_prices(frame: "pd.DataFrame") -> "pd.Series[bool]":
    """Not so: one price lies far above the others, and the volume among them."""
    import numpy as np
    import pandas as pd

    prices = np.sort(frame[PRICES].to_numpy(), axis=1)
    volume = frame["volume"].to_numpy()
    stray = prices[:, 3] > 100 * prices[:, 2]
    swapped = stray & (volume > prices[:, 0] / 2) & (volume < 2 * prices[:, 2])
    return pd.Series(~swapped, index=frame.index, dtype=bool)


def _bars(expectation: Expectation) -> tuple[Rule, ...]:
    def positive_unless_declared(frame: "pd.DataFrame") -> "pd.Series[bool]":
        positive = (frame["open"] > 0) & (frame["high"] > 0) & (frame["low"] > 0) & (frame["close"] > 0)
        return positive | frame["symbol"].isin(list(expectation.may_be_negative))

    return (
        Rule("non-finite price", lambda f: _finite(f, *PRICES), FOUR),
        Rule("non-positive price", positive_unless_declared, FOUR),
        Rule("price and volume swapped", _no_volume_among_prices, FOUR + ", volume {volume}"),
        Rule("high below low", lambda f: f["high"] >= f["low"], "high {high} is below low {low}: swapped?"),
        Rule("open outside range", lambda f: _inside(f, "open"), "open {open} is outside low {low} to high {high}"),
        Rule("close outside range", lambda f: _inside(f, "close"), "close {close} is outside low {low} to high {high}"),
        Rule("non-finite volume", lambda f: _finite(f, "volume"), "volume {volume}"),
        Rule("negative volume", lambda f: f["volume"] >= 0, "volume {volume}"),
    )


def _chains(_: Expectation) -> tuple[Rule, ...]:
    return CHAINS


CHAINS = (
    Rule("bad right", lambda f: f["right"].isin(["C", "P"]), "right must be C or P, was {right!r}"),
    Rule("non-positive strike", lambda f: _finite(f, "strike") & (f["strike"] > 0), "strike {strike}"),
    Rule("expired contract", lambda f: f["expiry"] >= f["session"], "expiry {expiry} is before session {session}"),
    Rule("bid missing", lambda f: _finite(f, "bid"), "bid {bid}; nobody bidding is 0"),
    Rule("negative bid", lambda f: f["bid"] >= 0, "bid {bid}"),
    Rule("ask missing", lambda f: _finite(f, "ask") & (f["ask"] > 0), "ask {ask}"),
    Rule("crossed quote", lambda f: f["bid"] <= f["ask"], "bid {bid} is above ask {ask}: swapped?"),
    Rule(
        "bad underlying price",
        lambda f: _finite(f, "underlying_price") & (f["underlying_price"] > 0),
        "underlying price {underlying_price}",
    ),
    Rule("negative last price", lambda f: f["last"].isna() | (f["last"] >= 0), "last {last}"),
    Rule("volume missing", lambda f: _finite(f, "volume"), "volume {volume}; none traded is 0"),
    Rule("negative volume", lambda f: f["volume"] >= 0, "volume {volume}"),
    Rule("open interest missing", lambda f: _finite(f, "open_interest"), "open interest {open_interest}; none is 0"),
    Rule("negative open interest", lambda f: f["open_interest"] >= 0, "open interest {open_interest}"),
)


def _context(expectation: Expectation) -> tuple[Rule, ...]:
    low, high = expectation.thresholds.vol_index_range
    most = expectation.thresholds.rate_most_pct

    def named(frame: "pd.DataFrame", *parts: str) -> "pd.Series[bool]":
        return frame["series"].isin([n for n in frame["series"].cat.categories if any(part in n for part in parts)])

    # Not `in_range`: pandera takes a function of that name for its own check.
    def vol_index_plausible(frame: "pd.DataFrame") -> "pd.Series[bool]":
        return ~named(frame, "vol_index") | ((frame["value"] > low) & (frame["value"] < high))

    return (
        Rule("non-finite value", lambda f: _finite(f, "value"), "value {value}"),
        Rule(
            "vol index out of range",
            vol_index_plausible,
            f"{{series}} is {{value}}, must be between {low:g} and {high:g}",
        ),
        Rule(
            "rate out of range",
            lambda f: ~named(f, "rate_pct") | (f["value"].abs() <= most),
            f"{{series}} is {{value}} % a year, must be within {most:g} either way",
        ),
        Rule(
            "non-positive level",
            lambda f: ~named(f, "index_level", "sector_") | (f["value"] > 0),
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


def apply(rows: Rows, rules: Sequence[Rule]) -> None:
    """Reject the rows that break a rule."""
    pandera = _pandera()
    checks = [
        # The rows at fault are read from the check's output: listing every case would cost seconds.
        pandera.Check(rule.holds, name=rule.reason, ignore_na=False, n_failure_cases=1)
        for rule in rules
    ]
    try:
        pandera.DataFrameSchema(checks=checks, name=rows.frame.name).validate(_as_pandas(rows), lazy=True)
    except pandera.errors.SchemaErrors as errors:
        broken = {error.check.name: error for error in errors.schema_errors}
        for rule in rules:
            if rule.reason in broken:
                held = broken[rule.reason].check_output
                if held is None:  # a check that could not run must not pass for one that held
                    raise RuntimeError(f"{rows.frame.name}: rule {rule.reason!r} failed to run") from errors
                rows.reject(~held.to_numpy(dtype=bool), rule.reason, rule.detail)


def _pandera() -> ModuleType:
    """The library, without the mark that importing it leaves on the process.

    It sets PYARROW_IGNORE_TIMEZONE for pyspark's sake, present or not. From then on Arrow takes 16:30-05:00
    for 16:30 UTC, here and in every child process, and rows would be known hours before they were.
    """
    before = {name: os.environ.get(name) for name in _MARKS}
    import pandera.pandas

    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
    return pandera.pandas


def _as_pandas(rows: Rows) -> "pd.DataFrame":
    """Numbers as they are, dates as days, texts as categories; nothing is copied that need not be."""
    import pandas as pd

    columns: dict[str, Any] = {}
    for field in rows.frame.schema:
        columns[field.name] = rows.column(field.name)
        if str(field.type) == "string":
            categories = pd.Index(rows.names(field.name))
            columns[field.name] = pd.Categorical.from_codes(columns[field.name], categories=categories)
    return pd.DataFrame(columns, copy=False)
