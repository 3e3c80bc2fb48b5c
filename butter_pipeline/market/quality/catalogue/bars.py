"""Corruptions of bars: prices, volumes, and whose they are.

What belongs here: what can go wrong with a session's bars. What does not: which rows there are (`keys`).
"""

from math import inf, nan

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
    with_more,
    without,
)

PRICES = ("open", "high", "low", "close")


def _times(factor: float, *columns: str, whole: bool = False) -> Plant:
    return lambda rows, spot: scaled(rows, at(rows, spot, whole=whole), factor, *columns)


def _set(**values: float) -> Plant:
    return lambda rows, spot: edited(rows, at(rows, spot), **values)


def _swapped(one: str, other: str) -> Plant:
    return lambda rows, spot: edited(rows, at(rows, spot), **{one: rows[other], other: rows[one]})


def _close_spike(factor: float) -> Plant:
    """A close gone wrong, with the range stretched to it."""

    def plant(rows: pa.Table, spot: Spot) -> pa.Table:
        there = scaled(rows, at(rows, spot), factor, "close")
        high = pc.max_element_wise(there["high"], there["close"])
        return edited(there, at(rows, spot), high=high, low=pc.min_element_wise(there["low"], there["close"]))

    return plant


def _burst(rows: pa.Table, spot: Spot) -> pa.Table:
    return edited(rows, every(rows, at(rows, spot, whole=True), 2), close=nan, open=nan)


def _frozen(whole: bool) -> Plant:
    """The values of the session before, under the session's own date and stamp."""

    def plant(rows: pa.Table, spot: Spot) -> pa.Table:
        before = pc.equal(rows["session"], pa.scalar(spot.before, pa.date32()))
        here = at(rows, spot, whole=whole)
        stale = rows.filter(before if whole else pc.and_(before, named(rows, spot.name)))
        for column in ("session", "available_at"):
            place = rows.schema.get_field_index(column)
            stale = stale.set_column(place, rows.schema.field(place), rows.filter(here)[column])
        return with_more(without(rows, here), stale)

    return plant


def _still(rows: pa.Table, spot: Spot) -> pa.Table:
    """One price for the last twenty sessions, while volume goes on."""
    since = pc.greater(rows["session"], pa.scalar(spot.session.replace(day=1), pa.date32()))
    stuck = pc.and_(since, named(rows, spot.name))
    price = rows.filter(stuck)["close"][0].as_py()
    return edited(rows, stuck, open=price, high=price, low=price, close=price)


def _exchanged(rows: pa.Table, spot: Spot) -> pa.Table:
    here, there = at(rows, spot), pc.and_(at(rows, spot, whole=True), named(rows, spot.other))
    swapped = edited(rows, here, symbol=spot.other)
    return edited(swapped, there, symbol=spot.name)


def _after_halt(rows: pa.Table, spot: Spot) -> pa.Table:
    """No bars for a while, and then a price far away."""
    lately = pc.and_(
        pc.greater(rows["session"], pa.scalar(spot.session.replace(day=2), pa.date32())),
        pc.less(rows["session"], pa.scalar(spot.session, pa.date32())),
    )
    return without(_times(0.3, *PRICES)(rows, spot), pc.and_(lately, named(rows, spot.name)))


BARS = (
    Corruption("burst of NaN", "bars", "non-finite price", "quarantined", _burst),
    Corruption("infinite price", "bars", "non-finite price", "quarantined", _set(high=inf)),
    Corruption("zero price", "bars", "non-positive price", "quarantined", _set(low=0.0)),
    Corruption("negative price", "bars", "non-positive price", "quarantined", _times(-1.0, "low", "close")),
    Corruption("sign flip of the bar", "bars", "non-positive price", "quarantined", _times(-1.0, *PRICES)),
    Corruption("high and low swapped", "bars", "high below low", "quarantined", _swapped("high", "low")),
    Corruption("open outside the range", "bars", "open outside range", "quarantined", _times(1.2, "open")),
    Corruption("close outside the range", "bars", "close outside range", "quarantined", _times(0.8, "close")),
    Corruption(
        "open and volume swapped", "bars", "price and volume swapped", "quarantined", _swapped("open", "volume")
    ),
    Corruption(
        "close and volume swapped", "bars", "price and volume swapped", "quarantined", _swapped("close", "volume")
    ),
    Corruption("negative volume", "bars", "negative volume", "quarantined", _times(-1.0, "volume")),
    Corruption("volume not a number", "bars", "non-finite volume", "quarantined", _set(volume=nan)),
    Corruption("shares sent as lots", "bars", "volume unit", "quarantined", _times(0.01, "volume")),
    Corruption("lots sent as shares", "bars", "volume unit", "quarantined", _times(100.0, "volume", whole=True)),
    Corruption("price without volume", "bars", "moved without volume", "flagged", _set(volume=0.0)),
    Corruption("unit times 100", "bars", "unit change", "quarantined", _times(100.0, *PRICES)),
    Corruption("unit divided by 100", "bars", "unit change", "quarantined", _times(0.01, *PRICES)),
    Corruption("decimal comma lost", "bars", "unit change", "quarantined", _times(1000.0, *PRICES)),
    Corruption("all in another unit", "bars", "unit change", "quarantined", _times(100.0, *PRICES, whole=True)),
    Corruption("another currency", "bars", "unit change", "quarantined", _times(110.0, *PRICES)),
    Corruption("spike up", "bars", "spike", "quarantined", _close_spike(1.7)),
    Corruption("spike down", "bars", "spike", "quarantined", _close_spike(0.6)),
    Corruption("round trip of a day", "bars", "spike", "quarantined", _times(1.4, *PRICES)),
    Corruption("stray high", "bars", "stray high or low", "flagged", _times(1.9, "high")),
    Corruption("stray low", "bars", "stray high or low", "flagged", _times(0.2, "low")),
    Corruption("gap after a halt", "bars", "gap after halt", "quarantined", _after_halt),
    Corruption("split unannounced", "bars", "possible split", "flagged", _times(0.5, *PRICES)),
    Corruption("reverse split unannounced", "bars", "possible split", "flagged", _times(10.0, *PRICES)),
    Corruption("special dividend", "bars", "unusual move", "flagged", _times(0.83, *PRICES)),
    Corruption("frozen feed", "bars", "frozen feed", "blocked", _frozen(whole=True)),
    Corruption("one symbol frozen", "bars", "frozen bar", "quarantined", _frozen(whole=False)),
    Corruption("price stands still", "bars", "stale price", "flagged", _still),
    Corruption("rows of two symbols exchanged", "bars", "rows exchanged", "quarantined", _exchanged),
)
