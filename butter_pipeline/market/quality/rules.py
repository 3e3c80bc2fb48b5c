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
from butter_pipeline.market.quality.verdict import Thresholds

if TYPE_CHECKING:
    import pandas as pd

    Holds = Callable[[pd.DataFrame], "pd.Series[bool]"]

_MARKS = ("PYARROW_IGNORE_TIMEZONE", "SPARK_LOCAL_IP")
PRICES = ["open", "high", "low", "close"]


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


BARS = (
    Rule("non-finite price", lambda f: _finite(f, *PRICES), "open {open}, high {high}, low {low}, close {close}"),
    Rule(
        "non-positive price",
        lambda f: (f["open"] > 0) & (f["high"] > 0) & (f["low"] > 0) & (f["close"] > 0),
        "open {open}, high {high}, low {low}, close {close}",
    ),
    Rule("high below low", lambda f: f["high"] >= f["low"], "high {high} is below low {low}"),
    Rule("open outside range", lambda f: _inside(f, "open"), "open {open} is outside low {low} to high {high}"),
    Rule("close outside range", lambda f: _inside(f, "close"), "close {close} is outside low {low} to high {high}"),
    Rule("non-finite volume", lambda f: _finite(f, "volume"), "volume {volume}"),
    Rule("negative volume", lambda f: f["volume"] >= 0, "volume {volume}"),
)

CHAINS = (
    Rule("bad right", lambda f: f["right"].isin(["C", "P"]), "right must be C or P, was {right!r}"),
    Rule("non-positive strike", lambda f: _finite(f, "strike") & (f["strike"] > 0), "strike {strike}"),
    Rule("expired contract", lambda f: f["expiry"] >= f["session"], "expiry {expiry} is before session {session}"),
    Rule("bid missing", lambda f: _finite(f, "bid"), "bid {bid}; nobody bidding is 0"),
    Rule("negative bid", lambda f: f["bid"] >= 0, "bid {bid}"),
    Rule("ask missing", lambda f: _finite(f, "ask") & (f["ask"] > 0), "ask {ask}"),
    Rule("crossed quote", lambda f: f["bid"] <= f["ask"], "bid {bid} is above ask {ask}"),
    Rule(
        "bad underlying price",
        lambda f: _finite(f, "underlying_price") & (f["underlying_price"] > 0),
        "underlying price {underlying_price}",
    ),
    Rule("negative last price", lambda f: f["last"].isna() | (f["last"] >= 0), "last {last}"),
    Rule("negative volume", lambda f: _finite(f, "volume") & (f["volume"] >= 0), "volume {volume}"),
    Rule(
        "negative open interest",
        lambda f: _finite(f, "open_interest") & (f["open_interest"] >= 0),
        "open interest {open_interest}",
    ),
)


def _context(thresholds: Thresholds) -> tuple[Rule, ...]:
    low, high = thresholds.vol_index_range

    # Not `in_range`: pandera takes a function of that name for its own check.
    def vol_index_plausible(frame: "pd.DataFrame") -> "pd.Series[bool]":
        is_index = frame["series"].isin([n for n in frame["series"].cat.categories if n.startswith("vol_index")])
        return ~is_index | ((frame["value"] > low) & (frame["value"] < high))

    return (
        Rule("non-finite value", lambda f: _finite(f, "value"), "value {value}"),
        Rule(
            "vol index out of range",
            vol_index_plausible,
            f"{{series}} is {{value}}, must be between {low:g} and {high:g}",
        ),
    )


def rules_of(frame_name: str, thresholds: Thresholds) -> tuple[Rule, ...]:
    """The rules that each row of a frame must meet, in the order in which they give reasons."""
    return {"bars": BARS, "intraday": BARS, "chains": CHAINS, "context": _context(thresholds)}[frame_name]


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
