"""Splits of the embedded market: the same paths, quoted on another basis from a session on.

What belongs here: what a split makes of simulated bars and chains, and the actions that announce it. What does not: the
market itself. It knows of no split, so a market with splits and one without are the same but for their units, which is
what makes them an oracle for everything that is derived from prices.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from butter_pipeline.market.frames import ACTIONS
from butter_pipeline.market.sessions import is_session, open_at
from butter_pipeline.market.vendors.protocol import VendorError

if TYPE_CHECKING:
    import pyarrow as pa

_PRICES = ("open", "high", "low", "close", "bid", "ask", "last", "underlying_price")
_COUNTS = ("volume", "open_interest")


@dataclass(frozen=True)
class Split:
    """New shares per old one of a symbol, from a session on."""

    symbol: str
    session: date
    ratio: float


def splits_from_config(told: Any) -> tuple[Split, ...]:
    """The splits that configs/simulator.yml states under `splits`, if any."""
    if not isinstance(told or [], list):
        raise VendorError(f"simulator.yml: splits must be a list, was {told!r}; set it right")
    found = sorted((_split(each) for each in told or []), key=lambda split: (split.session, split.symbol))
    for before, after in pairwise(found):
        if (before.session, before.symbol) == (after.session, after.symbol):
            raise VendorError(f"simulator.yml: splits: {after.symbol} splits twice in {after.session}; keep one")
    return tuple(found)


def _split(told: Any) -> Split:
    if not isinstance(told, Mapping) or set(told) != {"symbol", "session", "ratio"}:
        raise VendorError(f"simulator.yml: splits: each must be symbol, session and ratio, was {told!r}; set it right")
    ratio = told["ratio"]
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not ratio > 0:
        raise VendorError(f"simulator.yml: splits: ratio must be above 0, was {ratio!r}; set it right")
    if not isinstance(told["session"], date) or not is_session(told["session"]):
        raise VendorError(f"simulator.yml: splits: {told['session']!r} is no exchange session; name one")
    return Split(str(told["symbol"]), told["session"], float(ratio))


def world_suffix(splits: Sequence[Split]) -> str:
    """What a vendor's name says of its splits: markets on other bases must never mix."""
    told = json.dumps([[s.symbol, s.session.isoformat(), s.ratio] for s in splits])
    return f"-splits-{hashlib.sha256(told.encode()).hexdigest()[:8]}" if splits else ""


def announced(splits: Sequence[Split], sessions: Sequence[date]) -> "pa.Table":
    """The splits of these sessions as rows of ACTIONS."""
    import pyarrow as pa

    rows = [
        dict.fromkeys(ACTIONS.schema.names) | vars(split) | {"kind": "split", "available_at": open_at(split.session)}
        for split in splits
        if split.session in set(sessions)
    ]
    return pa.Table.from_pylist(rows, ACTIONS.schema)


def quoted(rows: "pa.Table", splits: Sequence[Split]) -> "pa.Table":
    """Bars or chains as they are quoted from each split's session on."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for split in splits:
        day = pa.scalar(split.session, pa.date32())
        where = pc.and_(pc.equal(rows["symbol"], split.symbol), pc.greater_equal(rows["session"], day)).to_numpy()
        for name in rows.column_names if where.any() else ():
            values = _changed(name, rows, where, split)
            if values is not None:
                place, field = rows.schema.get_field_index(name), rows.schema.field(name)
                rows = rows.set_column(place, field, pa.array(values, field.type, from_pandas=field.nullable))
    return rows


def _changed(name: str, rows: "pa.Table", where: Any, split: Split) -> Any:
    """A column on the new basis; none when it stays as it is."""
    from butter_pipeline.market.actions.adjust import Action
    from butter_pipeline.market.actions.contracts import carried_strikes, terms

    action = Action(split.session, split.symbol, "split", split.ratio, None, None, None)
    if name not in (*_PRICES, *_COUNTS, "strike"):
        return None
    values = rows[name].to_numpy().copy()
    if name == "strike":
        values[where] = carried_strikes(values[where], action)
    elif name in _PRICES:
        values[where] /= split.ratio
    else:
        # Bars count shares, chains count contracts.
        values[where] *= terms(action)[0] if "strike" in rows.column_names else split.ratio
    return values
