"""Bars on one basis: that of the moment as of which they are looked at.

What belongs here: which columns an action changes, and how. What does not: option contracts (`contracts`), and where
actions come from.

| action | open, high, low, close before it | volume before it |
|---|---|---|
| split, `ratio` new shares per old | / ratio | x ratio |
| spin_off, worth `cash` per share | x (1 - cash / close before) | as it is |
| dividend, special_dividend of `cash` | total_return only: x (1 - cash / close before) | as it is |
| roll by difference, ratio, unadjusted | + difference; x ratio; as they are | as it is |
| earnings | as they are | as it is |

`close before` is the raw close of the last session before the ex-session. Rows of the ex-session and later stay as they
are, to the bit, and so do all rows of a symbol without actions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from butter_pipeline.errors import ButterError
from butter_pipeline.market.instruments import Policy
from butter_pipeline.market.sessions import is_session, open_at

Floats = NDArray[np.float64]
PRICES = ("open", "high", "low", "close")
CASH = ("dividend", "special_dividend", "spin_off")
_BASIS = b"adjusted_as_of"


class CannotAdjust(ButterError):
    """An action cannot be taken out of the prices before it; one line: which, why, what to do."""


@dataclass(frozen=True)
class Action:
    """One action of one symbol."""

    session: date
    symbol: str
    kind: str
    ratio: float | None
    cash: float | None
    difference: float | None
    contracts: float | None


@dataclass(frozen=True)
class _Map:
    """What becomes of an earlier price: p / divisor x factor + shift."""

    divisor: float = 1.0
    factor: float = 1.0
    shift: float = 0.0


def in_effect(actions: pa.Table, as_of: datetime) -> Sequence[Action]:
    """The actions that count at a moment: known, and past their ex-session's opening bell; by session and symbol.

    Of several versions of one action the one that became known last counts.
    """
    if not actions.num_rows:
        return ()
    known = actions.filter(pc.less_equal(actions["available_at"], pa.scalar(as_of, actions["available_at"].type)))
    known = known.sort_by([(name, "ascending") for name in ("session", "symbol", "kind", "available_at")])
    latest: dict[tuple[date, str, str], Action] = {}
    for row in known.select([*Action.__dataclass_fields__]).to_pylist():
        if is_session(row["session"]) and open_at(row["session"]) <= as_of:
            latest[row["session"], row["symbol"], row["kind"]] = Action(**row)
    return tuple(latest.values())


def rebases(action: Action, policy: Policy) -> bool:
    """Whether an action moves earlier bars to another basis under the policy."""
    if action.kind == "split":
        return action.ratio != 1.0
    if action.kind == "roll":
        return policy.of(action.symbol).rolls != "unadjusted"
    pays = action.kind in CASH and bool(action.cash)
    return pays and (action.kind == "spin_off" or policy.adjustment == "total_return")


def adjusted_bars(bars: pa.Table, actions: pa.Table, as_of: datetime, policy: Policy) -> pa.Table:
    """The bars on the basis of `as_of`; raw bars go in, and what was adjusted as of that moment comes back as it is."""
    before = (bars.schema.metadata or {}).get(_BASIS)
    if before is not None:
        if before.decode() != as_of.isoformat():
            raise ValueError(f"the bars were adjusted as of {before.decode()}; hand in raw ones")
        return bars
    wanted: dict[str, list[Action]] = {}
    for action in in_effect(actions, as_of):
        if rebases(action, policy):
            wanted.setdefault(action.symbol, []).append(action)
    if not wanted or not bars.num_rows:
        return bars
    days = bars["session"].cast(pa.int32()).to_numpy()
    columns = {name: bars[name].to_numpy().copy() for name in (*PRICES, "volume")}
    coded = bars["symbol"].combine_chunks().dictionary_encode()
    code, names = coded.indices.to_numpy(), coded.dictionary.to_pylist()
    for symbol in sorted(set(names) & set(wanted)):
        rows = np.flatnonzero(code == names.index(symbol))
        _adjust(columns, days, rows[np.argsort(days[rows], kind="stable")], (wanted[symbol], policy))
    for name, values in columns.items():
        place = bars.schema.get_field_index(name)
        bars = bars.set_column(place, bars.schema.field(place), pa.array(values, pa.float64()))
    return bars.replace_schema_metadata({**(bars.schema.metadata or {}), _BASIS: as_of.isoformat()})


def _adjust(
    columns: dict[str, Floats], days: NDArray[np.int32], rows: NDArray[np.int64], by: tuple[list[Action], Policy]
) -> None:
    """Change one symbol's rows, which come in order, where an action lies behind them."""
    actions, policy = by
    ex = np.array([(action.session - date(1970, 1, 1)).days for action in actions])
    last_before = np.searchsorted(days[rows], ex) - 1
    maps = [_Map()]
    for action, place in zip(reversed(actions), reversed(last_before.tolist()), strict=True):
        # An action with nothing before it has nothing to change.
        maps.append(maps[-1] if place < 0 else _behind(action, columns["close"][rows[place]], maps[-1], policy))
    maps.reverse()
    behind = np.searchsorted(ex, days[rows], side="right")
    changed = behind < len(actions)
    rows, behind = rows[changed], behind[changed]
    divisor, factor, shift = (np.array([getattr(m, n) for m in maps])[behind] for n in ("divisor", "factor", "shift"))
    for name in PRICES:
        columns[name][rows] = columns[name][rows] / divisor * factor + shift
    columns["volume"][rows] *= divisor


def _behind(action: Action, close: float, later: _Map, policy: Policy) -> _Map:
    """The map of prices before an action, given that of the prices after it and the raw close just before it."""
    what = f"{action.symbol}: {action.kind} of {action.session}"
    if action.kind == "split":
        assert action.ratio is not None
        return _Map(later.divisor * action.ratio, later.factor, later.shift)
    if action.kind in CASH:
        assert action.cash is not None
        if not close > action.cash:
            raise CannotAdjust(f"{what}: {action.cash:g} was paid on a close of {close:g}; correct one of the two")
        return _Map(later.divisor, later.factor * (1.0 - action.cash / close), later.shift)
    if policy.of(action.symbol).rolls == "ratio":
        if action.ratio is None or not action.ratio > 0.0 or not close > 0.0:
            reason = f"a ratio needs prices above zero, the close before was {close:g}"
            raise CannotAdjust(f"{what}: {reason}; set instruments.{action.symbol}.rolls in market.yml to difference")
        return _Map(later.divisor, later.factor * action.ratio, later.shift)
    if action.difference is None:
        raise CannotAdjust(f"{what}: no difference is given; set instruments.{action.symbol}.rolls to ratio")
    return _Map(later.divisor, later.factor, later.shift + action.difference / later.divisor * later.factor)
