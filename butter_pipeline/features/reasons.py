"""Why a feature has no value: one word for every null.

What belongs here: the reasons and how they are found. What does not: nulls themselves (formulas give NaN).

A reason is told from what the formula was shown, in the order of `REASONS`: the first that holds. A symbol that was
halted has either no bar, and then no row, or one that did not move or trade.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from butter_pipeline.features.chain import Smiles
from butter_pipeline.features.registry import SPARE_SESSIONS, Booleans, Feature, Floats, Integers
from butter_pipeline.features.sittings import Sittings
from butter_pipeline.features.windows import View

REASONS: Mapping[str, str] = {
    "unusable_bar": "the session's own bar lacks a price that is a number above zero",
    "not_given": "an input has no value in the session: no such series, row or quote",
    "infinite": "an input is infinite",
    "gaps": "the symbol has rows, but too many sessions between them are missing",
    "short_history": "the symbol has fewer rows than the formula needs",
    "incomplete": "an input lacks a value within the rows that the formula looks back on",
    "no_volume": "nothing was traded in the rows that the formula looks back on",
    "constant": "prices did not move in the rows that the formula looks back on",
    "not_quoted": "the chain quotes no such point of the surface",
    "undefined": "the formula has no answer for these rows",
}
NONE = -1
CODE = {name: code for code, name in enumerate(REASONS)}
VOLUME = "volume"


@dataclass(frozen=True)
class State:
    """By row, what one input is like over the rows that a formula looks back on."""

    given: Booleans
    infinite: Booleans
    whole: Booleans
    still: Booleans
    zero: Booleans


Seen = Smiles | Sittings
"""What a formula is shown that looks at one session alone."""


def reasons(shown: Seen | View, feature: Feature, values: Floats) -> Integers:
    """The code of every row's reason; -1 where the feature has a value."""
    found = np.full(len(values), NONE, dtype=np.int64)
    null = ~np.isfinite(values)
    if not null.any():
        return found
    if isinstance(shown, Smiles | Sittings):
        return np.where(null, CODE["not_quoted" if isinstance(shown, Smiles) else "undefined"], NONE)
    for name, holds in reversed(list(_told(shown, feature).items())):
        found = np.where(null & holds, CODE[name], found)
    return np.where(null & (found == NONE), CODE["undefined"], found)


def told(features: Sequence[Feature], codes: Sequence[Integers]) -> pa.Array:
    """By row, every feature without a value and why, such as `adx_14=short_history rsi_14=constant`; null if none."""
    table = np.stack(codes, axis=1) if codes else np.empty((0, 0), dtype=np.int64)
    alike, which = np.unique(table, axis=0, return_inverse=True)
    names = list(REASONS)
    texts = [
        " ".join(f"{feature.name}={names[code]}" for feature, code in zip(features, row, strict=True) if code != NONE)
        for row in alike.tolist()
    ]
    return pa.array([text or None for text in texts], pa.string()).take(pa.array(which.reshape(-1)))


def _told(view: View, feature: Feature) -> Mapping[str, Booleans]:
    """By reason, in order, the rows for which it holds."""
    steady = [name for name in feature.inputs if "*" not in name and name.partition(".")[0] not in feature.events]
    states = {column: _state(view, column) for column in steady}
    rows = view.there.sum(axis=0)
    oldest = np.where(view.there, view.places, np.iinfo(np.int64).max).min(axis=0)
    short = rows < feature.warmup_rows
    missed = view.place - oldest + 1 - rows
    prices = [state for column, state in states.items() if not column.endswith(VOLUME)]
    volumes = [state for column, state in states.items() if column.endswith(VOLUME)]
    none = np.zeros(len(rows), dtype=np.bool_)
    return {
        "unusable_bar": ~view.there[-1],
        "not_given": np.logical_or.reduce([none, *(~state.given for state in states.values())]),
        "infinite": np.logical_or.reduce([none, *(state.infinite for state in states.values())]),
        "gaps": short & (missed >= SPARE_SESSIONS),
        "short_history": short,
        "incomplete": np.logical_or.reduce([none, *(~state.whole for state in states.values())]),
        "no_volume": np.logical_or.reduce([none, *(state.zero for state in volumes)]),
        "constant": np.logical_or.reduce([none, *(state.still for state in prices)]) | _flat(view, feature),
    }


def _state(view: View, column: str) -> State:
    """What an input is like, worked out once for all that look back on it as far."""
    return view.window.shared(("state", column, view.feature.lookback_rows), lambda: _state_of(view, column))


def _state_of(view: View, column: str) -> State:
    values, there = view[column], view.there
    known = np.isfinite(values)
    low, high = np.where(known, values, np.inf).min(axis=0), np.where(known, values, -np.inf).max(axis=0)
    return State(
        given=~np.isnan(values[-1]),
        infinite=np.asarray(np.isinf(values).any(axis=0)),
        whole=np.asarray(~(np.isnan(values) & there).any(axis=0)),
        still=(low == high) & (known.sum(axis=0) > 1),
        zero=np.asarray(((values == 0.0) & there).any(axis=0)),
    )


def _flat(view: View, feature: Feature) -> Booleans:
    """Whether the session's own high and low are one price, for what looks at both."""
    if not {"bars.high", "bars.low"} <= set(feature.inputs):
        return np.zeros(len(view.place), dtype=np.bool_)
    found: Booleans = view["bars.high"][-1] == view["bars.low"][-1]
    return found
