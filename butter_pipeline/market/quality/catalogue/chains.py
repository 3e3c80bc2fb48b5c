"""Corruptions of option chains: quotes, contracts, and the underlying they come with.

What belongs here: what can go wrong with a session's quotes. What does not: which rows there are (`keys`).
"""

from datetime import date, timedelta
from math import nan

import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.market.quality.catalogue.corruption import (
    Corruption,
    Plant,
    Spot,
    at,
    edited,
    every,
    named,
    scaled,
    shifted,
    with_more,
    without,
)

QUOTES = ("bid", "ask")


def _some(**values: object) -> Plant:
    """Every tenth quote of the symbol."""
    return lambda rows, spot: edited(rows, every(rows, at(rows, spot), 10), **values)


def _all_times(factor: float, *columns: str) -> Plant:
    return lambda rows, spot: scaled(rows, at(rows, spot), factor, *columns)


def _dear(rows: pa.Table, spot: Spot, step: int, right: str = "") -> pa.Array:
    """Each so-manyth of the symbol's quotes that are worth 2 % of spot or more."""
    dear = pc.and_(at(rows, spot), pc.greater(rows["bid"], pc.multiply(rows["underlying_price"], 0.02)))
    return every(rows, pc.and_(dear, pc.equal(rows["right"], right)) if right else dear, step, start=step // 2)


def _dear_times(factor: float, *columns: str, step: int = 12, right: str = "") -> Plant:
    return lambda rows, spot: scaled(rows, _dear(rows, spot, step, right), factor, *columns)


def _crossed(rows: pa.Table, spot: Spot) -> pa.Table:
    return edited(rows, _dear(rows, spot, 5), bid=rows["ask"], ask=rows["bid"])


def _locked(rows: pa.Table, spot: Spot) -> pa.Table:
    return edited(rows, _dear(rows, spot, 5), bid=rows["ask"])


def _wide(rows: pa.Table, spot: Spot) -> pa.Table:
    return edited(rows, _dear(rows, spot, 20), bid=0.01, ask=pc.multiply(rows["ask"], 3.0))


def _parity(rows: pa.Table, spot: Spot) -> pa.Table:
    """Every call dearer by a twentieth of spot: no other rule holds calls against puts."""
    calls = pc.and_(at(rows, spot, whole=True), pc.equal(rows["right"], "C"))
    more = pc.multiply(rows["underlying_price"], 0.05)
    return edited(rows, calls, **{column: pc.add(rows[column], more) for column in QUOTES})


def _bent(rows: pa.Table, spot: Spot) -> pa.Table:
    """Bodies dearer by a little more than convexity bears, and by less than the next strike costs less."""
    some = pc.and_(_dear(rows, spot, 4), _deep(rows))
    return edited(rows, some, **{c: pc.add(rows[c], pc.multiply(rows["underlying_price"], 0.009)) for c in QUOTES})


def _deep(rows: pa.Table) -> pa.ChunkedArray:
    """In the money by 3 % or more."""
    ratio = pc.divide(rows["strike"], rows["underlying_price"])
    deep_call = pc.and_(pc.equal(rows["right"], "C"), pc.less(ratio, 0.97))
    return pc.or_(deep_call, pc.and_(pc.equal(rows["right"], "P"), pc.greater(ratio, 1.03)))


def _early_dear(rows: pa.Table, spot: Spot) -> pa.Table:
    """All quotes of the first expiry dearer, calls and puts alike, so that strikes and parity stay in order."""
    first = pc.min(rows.filter(at(rows, spot))["expiry"])
    here = pc.and_(at(rows, spot), pc.equal(rows["expiry"], first))
    more = pc.multiply(rows["underlying_price"], 0.08)
    return edited(rows, here, **{column: pc.add(rows[column], more) for column in QUOTES})


def _rights_swapped(rows: pa.Table, spot: Spot) -> pa.Table:
    other = pc.if_else(pc.equal(rows["right"], "C"), "P", "C")
    return edited(rows, at(rows, spot), right=other)


def _yesterdays(rows: pa.Table, spot: Spot) -> pa.Table:
    before = pc.equal(rows["session"], pa.scalar(spot.before, pa.date32()))
    alive = pc.greater_equal(rows["expiry"], pa.scalar(spot.session, pa.date32()))
    stale = rows.filter(pc.and_(pc.and_(before, named(rows, spot.name)), alive))
    days = (spot.session - spot.before).days
    stale = shifted(
        edited(stale, pa.array([True] * stale.num_rows), session=spot.session),
        pa.array([True] * stale.num_rows),
        days * 1440,
    )
    return with_more(without(rows, at(rows, spot)), stale)


def _expiry_moved(rows: pa.Table, spot: Spot) -> pa.Table:
    """Fridays written as the Sundays after them."""
    last = pc.max(rows.filter(at(rows, spot))["expiry"]).as_py()
    sunday: date = last + timedelta(days=6 - last.weekday())
    return edited(rows, pc.and_(at(rows, spot), pc.equal(rows["expiry"], pa.scalar(last))), expiry=sunday)


def _one_side_only(rows: pa.Table, spot: Spot) -> pa.Table:
    return without(rows, pc.and_(at(rows, spot), pc.equal(rows["right"], "P")))


CHAINS = (
    Corruption("right of another name", "chains", "bad right", "quarantined", _some(right="CALL")),
    Corruption(
        "negative strike",
        "chains",
        "non-positive strike",
        "quarantined",
        lambda rows, spot: scaled(rows, every(rows, at(rows, spot), 10), -1.0, "strike"),
    ),
    Corruption("expired contracts", "chains", "expired contract", "quarantined", _some(expiry=date(2020, 1, 17))),
    Corruption("bid not a number", "chains", "bid missing", "quarantined", _some(bid=nan)),
    Corruption("negative bid", "chains", "negative bid", "quarantined", _some(bid=-0.5)),
    Corruption("ask of zero", "chains", "ask missing", "quarantined", _some(ask=0.0, bid=0.0)),
    Corruption("crossed quotes", "chains", "crossed quote", "quarantined", _crossed),
    Corruption(
        "bid and ask swapped",
        "chains",
        "crossed quote",
        "blocked",
        lambda rows, spot: edited(rows, at(rows, spot, whole=True), bid=rows["ask"], ask=rows["bid"]),
    ),
    Corruption("locked quotes", "chains", "locked quote", "flagged", _locked),
    Corruption("wide quotes", "chains", "wide quote", "flagged", _wide),
    Corruption("underlying of zero", "chains", "bad underlying price", "quarantined", _some(underlying_price=0.0)),
    Corruption(
        "underlying mismatched", "chains", "underlying price off", "quarantined", _all_times(1.09, "underlying_price")
    ),
    Corruption("yesterday's chain", "chains", "stale chain", "quarantined", _yesterdays),
    Corruption("strikes in thousandths", "chains", "strike unit", "quarantined", _all_times(1000.0, "strike")),
    Corruption("quotes in cents", "chains", "price above bound", "quarantined", _all_times(100.0, *QUOTES)),
    Corruption("quotes in hundreds", "chains", "price below intrinsic", "quarantined", _all_times(0.01, *QUOTES)),
    Corruption("call above the underlying", "chains", "price above bound", "quarantined", _dear_times(60.0, *QUOTES)),
    Corruption(
        "deep quotes cheap", "chains", "price below intrinsic", "quarantined", _dear_times(0.3, *QUOTES, step=3)
    ),
    Corruption("calls labelled puts", "chains", "rights swapped", "quarantined", _rights_swapped),
    Corruption("put-call parity violated", "chains", "put-call parity", "blocked", _parity),
    Corruption("vertical arbitrage", "chains", "vertical arbitrage", "flagged", _dear_times(1.6, *QUOTES, right="C")),
    Corruption("butterfly arbitrage", "chains", "butterfly arbitrage", "flagged", _bent),
    Corruption("calendar arbitrage", "chains", "calendar arbitrage", "flagged", _early_dear),
    Corruption(
        "strikes off grid",
        "chains",
        "strike off grid",
        "flagged",
        lambda rows, spot: edited(rows, every(rows, at(rows, spot), 50), strike=pc.add(rows["strike"], 0.13)),
    ),
    Corruption("expiry on a weekend", "chains", "expiry on no session", "flagged", _expiry_moved),
    Corruption("negative volume of quotes", "chains", "negative volume", "quarantined", _some(volume=-3.0)),
    Corruption("negative open interest", "chains", "negative open interest", "quarantined", _some(open_interest=-1.0)),
    Corruption("fractional contracts", "chains", "fractional contracts", "flagged", _some(open_interest=12.5)),
    Corruption("negative last price", "chains", "negative last price", "quarantined", _some(last=-1.0)),
    Corruption("volatility in per cent", "chains", "vendor iv out of range", "flagged", _all_times(100.0, "vendor_iv")),
    Corruption("volatility off", "chains", "vendor iv off", "flagged", _all_times(2.5, "vendor_iv")),
    Corruption("puts missing", "chains", "one-sided chain", "flagged", _one_side_only),
)
