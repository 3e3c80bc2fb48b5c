"""Corruptions of context series, and what is true though it looks like one.

What belongs here: single values, and whole markets that move. What does not: bars and quotes of one symbol.
"""

import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.market.quality.catalogue.corruption import Corruption, Plant, Spot, at, edited, named, scaled


def _series(name: str, **values: float) -> Plant:
    return lambda rows, spot: edited(rows, _of(rows, spot, name), **values)


def _of(rows: pa.Table, spot: Spot, name: str) -> pa.ChunkedArray:
    return pc.and_(at(rows, spot, whole=True), named(rows, name))


def _times(name: str, factor: float) -> Plant:
    return lambda rows, spot: scaled(rows, _of(rows, spot, name), factor, "value")


def _flat(rows: pa.Table, spot: Spot) -> pa.Table:
    indices = pc.and_(at(rows, spot, whole=True), pc.starts_with(rows["series"], "vol_index"))
    return edited(rows, indices, value=17.0)


CONTEXT = (
    Corruption(
        "series not a number", "context", "non-finite value", "quarantined", _series("index_level", value=float("nan"))
    ),
    Corruption(
        "volatility as a fraction", "context", "vol index out of range", "quarantined", _times("vol_index", 0.01)
    ),
    Corruption(
        "rate out of range", "context", "rate out of range", "quarantined", _series("short_rate_pct", value=400.0)
    ),
    Corruption("level below zero", "context", "non-positive level", "quarantined", _times("index_level", -1.0)),
    Corruption("level in another unit", "context", "unit change", "quarantined", _times("index_level", 100.0)),
    Corruption("level far off", "context", "violent move", "flagged", _times("index_level", 1.6)),
    Corruption("term structure repeats itself", "context", "flat term structure", "flagged", _flat),
)


def crash_of_bars(rows: pa.Table, spot: Spot) -> pa.Table:
    """A fifth off every close, from ordinary opens, on three times the volume: true, violent, and to be kept."""
    here = at(rows, spot, whole=True)
    fallen = scaled(scaled(rows, here, 0.8, "close"), here, 3.0, "volume")
    return edited(fallen, here, low=pc.min_element_wise(fallen["low"], fallen["close"]))


def crash_of_quotes(rows: pa.Table, spot: Spot) -> pa.Table:
    """Spreads ten times as wide around their middles."""
    here = at(rows, spot, whole=True)
    half = pc.multiply(pc.subtract(rows["ask"], rows["bid"]), 5.0)
    middle = pc.divide(pc.add(rows["ask"], rows["bid"]), 2.0)
    return edited(rows, here, ask=pc.add(middle, half), bid=pc.max_element_wise(pc.subtract(middle, half), 0.0))


TRUE_THOUGH_VIOLENT = (
    Corruption("a crash of every bar", "bars", "violent session", "remarked", crash_of_bars),
    Corruption("spreads ten times as wide", "chains", "", "remarked", crash_of_quotes),
)
"""Days that must go on: nothing rejected, nothing blocked, and the first of them named for what it is."""
