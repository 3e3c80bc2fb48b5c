"""Corruptions of which rows there are: their session, name, moment and number, in any frame; here in bars.

What belongs here: what can go wrong with any row. What does not: what needs prices (`bars`) or quotes (`chains`).
"""

from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.market.quality.catalogue.corruption import (
    Corruption,
    Spot,
    at,
    edited,
    scaled,
    shifted,
    with_more,
    without,
)


def _moved_to_weekend(rows: pa.Table, spot: Spot) -> pa.Table:
    saturday = spot.session + timedelta(days=(5 - spot.session.weekday()) % 7)
    return with_more(rows, edited(rows, at(rows, spot), session=saturday).filter(at(rows, spot)))


def _a_day_late(rows: pa.Table, _: Spot) -> pa.Table:
    """Every date a day further: Fridays become Saturdays."""
    later = pc.add(rows["session"].cast(pa.int32()), pa.scalar(1, pa.int32())).cast(pa.date32())
    return rows.set_column(0, rows.schema.field(0), later)


def _backwards(rows: pa.Table, _: Spot) -> pa.Table:
    return rows.take(pa.array(range(rows.num_rows - 1, -1, -1)))


def _in_the_future(rows: pa.Table, spot: Spot) -> pa.Table:
    ahead = spot.session.replace(year=2038, month=3, day=1)
    return with_more(rows, edited(rows, at(rows, spot), session=ahead).filter(at(rows, spot)))


def _repeated(rows: pa.Table, spot: Spot) -> pa.Table:
    return with_more(rows, rows.filter(at(rows, spot)))


def _contradicted(rows: pa.Table, spot: Spot) -> pa.Table:
    return with_more(rows, scaled(rows, at(rows, spot), 1.01, "close").filter(at(rows, spot)))


def _half_missing(rows: pa.Table, spot: Spot) -> pa.Table:
    names = sorted(set(rows["symbol"].to_pylist()))
    gone = pc.is_in(rows["symbol"], pa.array(names[::2]))
    return without(rows, pc.and_(at(rows, spot, whole=True), gone))


KEYS = (
    Corruption("identical duplicate", "bars", "duplicate key", "quarantined", _repeated),
    Corruption("contradictory duplicate", "bars", "duplicate key", "quarantined", _contradicted),
    Corruption("missing rows", "bars", "missing", "blocked", _half_missing),
    Corruption(
        "missing session",
        "bars",
        "no rows from the vendor",
        "blocked",
        lambda rows, spot: without(rows, at(rows, spot, whole=True)),
    ),
    Corruption("rows out of order", "bars", "rows out of order", "remarked", _backwards),
    Corruption("weekend row", "bars", "not a session", "quarantined", _moved_to_weekend),
    Corruption("dates a day late", "bars", "not a session", "quarantined", _a_day_late),
    Corruption("session in the future", "bars", "session in the future", "quarantined", _in_the_future),
    Corruption(
        "row without a symbol",
        "bars",
        "missing key",
        "quarantined",
        lambda rows, spot: edited(rows.cast(_nullable(rows.schema)), at(rows, spot), symbol=None),
    ),
    Corruption(
        "unknown symbol",
        "bars",
        "unexpected symbol",
        "quarantined",
        lambda rows, spot: edited(rows, at(rows, spot), symbol="ZZZZ"),
    ),
    Corruption(
        "symbol with a space",
        "bars",
        "bad symbol",
        "quarantined",
        lambda rows, spot: edited(rows, at(rows, spot), symbol=f"{spot.name} "),
    ),
    Corruption(
        "symbol with a foreign letter",
        "bars",
        "bad symbol",
        "quarantined",
        lambda rows, spot: edited(rows, at(rows, spot), symbol=f"{spot.name[:-1]}\u0410"),
    ),
    Corruption(
        "symbol in small letters",
        "bars",
        "unexpected symbol",
        "quarantined",
        lambda rows, spot: edited(rows, at(rows, spot), symbol=spot.name.lower()),
    ),
    Corruption(
        "wrong time zone, early",
        "bars",
        "wrong time zone",
        "quarantined",
        lambda rows, spot: shifted(rows, at(rows, spot, whole=True), -5 * 60),
    ),
    Corruption(
        "wrong time zone, late",
        "bars",
        "wrong time zone",
        "flagged",
        lambda rows, spot: shifted(rows, at(rows, spot, whole=True), 5 * 60),
    ),
    Corruption(
        "summer time, an hour early",
        "bars",
        "clock an hour off",
        "quarantined",
        lambda rows, spot: shifted(rows, at(rows, spot, whole=True), -60),
    ),
    Corruption(
        "summer time, an hour late",
        "bars",
        "clock an hour off",
        "flagged",
        lambda rows, spot: shifted(rows, at(rows, spot, whole=True), 60),
    ),
    Corruption(
        "stale stamp",
        "bars",
        "known before the close",
        "quarantined",
        lambda rows, spot: shifted(rows, at(rows, spot), -3 * 24 * 60 - 17),
    ),
    Corruption(
        "late stamp",
        "bars",
        "future stamp",
        "flagged",
        lambda rows, spot: shifted(rows, at(rows, spot), 2 * 24 * 60 + 7),
    ),
    Corruption(
        "stamp in the future",
        "bars",
        "stamp in the future",
        "quarantined",
        lambda rows, spot: shifted(rows, at(rows, spot), 20 * 365 * 24 * 60),
    ),
)


def _nullable(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema])
