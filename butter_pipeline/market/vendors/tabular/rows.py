"""One file's rows in the schema of a frame, and those that could not be read.

What belongs here: the way from columns to rows. What does not: the forms of files, numbers and stamps, which have a
module each.

In a file of one instrument there need be no symbol, and an index may do without volume, which is then 0. Columns that
may be null may be left out; columns that no frame has are ignored. An empty cell is a missing value, except in the
row's key, where the row cannot be read.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butter_pipeline.frame import INSTANT, Frame
from butter_pipeline.market.vendors.protocol import REFUSED, VendorError
from butter_pipeline.market.vendors.tabular import source
from butter_pipeline.market.vendors.tabular.clock.moments import (
    MINUTE_US,
    bar_minutes,
    daily,
    instants,
    known_after_close,
    last_day,
    session_of_end,
)
from butter_pipeline.market.vendors.tabular.clock.stamps import NEVER, understood
from butter_pipeline.market.vendors.tabular.form import Form
from butter_pipeline.market.vendors.tabular.source import Found

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

_WORDS = {
    "right": {"call": "C", "put": "P", "c": "C", "p": "P", "calls": "C", "puts": "P"},
    "list": {"long": "long", "short": "short", "buy": "long", "sell": "short"},
}
"""Other spellings of what a column may hold, in lower case."""
_DATE = "must be a date such as 2024-03-05"


@dataclass(frozen=True)
class Sheet:
    """What a file holds: rows in the frame's schema and in the file's order, and unreadable ones."""

    rows: "pa.Table"
    refused: "pa.Table"
    fault: VendorError | None = None
    """Why none of its rows could be read."""


@dataclass(frozen=True)
class Task:
    """How a file is to be read: its form, its vendor's lag, the name that its own name tells, its bars' length."""

    form: Form
    lag: timedelta
    name: str | None = None
    minutes: int | None = None
    given: tuple[str, ...] = ()
    """Columns that the caller fills in."""


def read(path: Path, frame: Frame, task: Task) -> Sheet:
    """The rows of a file."""
    import pyarrow as pa

    found = source.found(path, frame, task.form, needed(frame, task))
    table, days = table_of(found, frame, task)
    good = found.faults.good
    refused = source.refused(path, found, days) if not good.all() or found.misfits else REFUSED.empty_table()
    if not good.any() and refused.num_rows:
        raise VendorError(f"{refused['detail'][0].as_py()}; no row of the file can be read: correct it")
    return Sheet(in_schema(table if good.all() else table.filter(pa.array(good)), frame), refused)


def table_of(found: Found, frame: Frame, task: Task) -> "tuple[pa.Table, Numbers]":
    """All rows, those at fault among them, and the day of each; faults are written down in `found`."""
    import pyarrow as pa

    moments = _intraday(found, task) if frame.name == "intraday" else _daily(found, task)
    columns = {name: _moment(values, name) for name, values in moments.items()}
    columns |= _texts(found, frame, task)
    if "expiry" in frame.schema.names:
        columns["expiry"] = _expiry(found, task)
    for field in frame.schema:
        if field.name not in columns:
            columns[field.name] = _values(found, field, task)
    for name in frame.key:
        if name not in task.given and columns[name].null_count and name != "session":
            found.faults.mark(~_valid(columns[name]), name, "must name the row")
    return pa.table({name: columns[name] for name in frame.schema.names}), moments["session"]


def in_schema(table: "pa.Table", frame: Frame) -> "pa.Table":
    """The table in the frame's schema, though it may hold nulls where that has none: they are for quality to judge."""
    import pyarrow as pa

    open_ = pa.schema([field.with_nullable(True) for field in frame.schema])
    return pa.table(table.cast(open_).columns, schema=frame.schema)


def needed(frame: Frame, task: Task) -> list[str]:
    """The columns that a file must have."""
    given = {"available_at", "session", "starts_at", "minutes", *task.given}
    if task.name is not None:
        given |= {frame.key[1], "volume"} if frame.name in ("bars", "intraday") else {frame.key[1]}
    return [field.name for field in frame.schema if not field.nullable and field.name not in given]


def _moment(values: "Numbers", name: str) -> "pa.Array":
    import numpy as np
    import pyarrow as pa

    if name == "minutes":
        return pa.array(values, pa.int64())
    if name == "session":
        return pa.array(np.where(values == NEVER, 0, values).astype("datetime64[D]"))
    return pa.array(values, pa.int64()).cast(INSTANT)


def _daily(found: Found, task: Task) -> "dict[str, Numbers]":
    """Session and `available_at` of daily rows."""
    import numpy as np

    days = daily(found.stamps)
    found.faults.mark(days == NEVER, "session", _DATE)
    _refuse_other_centuries(found, days)
    known = known_after_close(np.clip(days, 0, last_day()), task.lag)
    return {"session": days, "available_at": _stated(found, known, task)}


def _refuse_other_centuries(found: Found, days: "Numbers") -> None:
    from butter_pipeline.market.sessions import calendar

    limit = f"must not lie past the exchange calendar's end on {calendar()[-1]}"
    found.faults.mark(days > last_day(), "session", limit)
    found.faults.mark(days < source.FIRST_READABLE, "session", "must not lie before 1900")


def _stated(found: Found, otherwise: "Numbers", task: Task) -> "Numbers":
    """`available_at` where the file states it, with a zone; the usual moment elsewhere."""
    import numpy as np

    texts = found.columns.get("available_at")
    if texts is None:
        return otherwise
    if not source.is_text(texts.type):
        stamps = source.stamps_of(texts, task.form, found.path)
    else:
        encoded = texts.combine_chunks().dictionary_encode()
        places = np.asarray(encoded.indices.fill_null(0))
        if not len(encoded.dictionary):
            return otherwise
        stamps = understood(encoded.dictionary, task.form, found.path).take(places)
    given = _valid(texts)
    found.faults.mark(given & (stamps.day == NEVER), "available_at", "must be a moment such as 2024-03-05T21:30:00Z")
    found.faults.mark(given & (stamps.offset == NEVER), "available_at", "must carry a time zone such as Z")
    utc, _, _ = instants(stamps, "UTC")
    return np.where(given & (stamps.day != NEVER), utc, otherwise)


def _intraday(found: Found, task: Task) -> "dict[str, Numbers]":
    """Session, length, beginning and `available_at` of bars within a day."""
    import numpy as np

    stamps = found.stamps
    zone = found.zone_hint or task.form.zone
    utc, homeless, unclear = instants(stamps, zone)
    if homeless.any():
        raise VendorError(
            f"{found.path}: stamps of bars within a day carry no time zone; "
            "set vendors.csv.zone in market.yml, such as America/New_York"
        )
    found.faults.mark((stamps.day == NEVER) | (stamps.time == NEVER), "starts_at", "must be a date with a time")
    found.faults.mark(unclear, "starts_at", f"must be a moment that {zone} has once: clocks change then")
    minutes = _minutes(found, utc, task)
    lengths = minutes * MINUTE_US
    starts = utc - lengths if task.form.stamps == "end" else utc
    sessions = session_of_end(starts + lengths)
    _refuse_other_centuries(found, np.where(sessions == NEVER, last_day() + 1, sessions))
    known = starts + lengths + task.lag // timedelta(microseconds=1)
    return {
        "session": sessions,
        "minutes": minutes,
        "starts_at": starts,
        "available_at": _stated(found, known, task),
    }


def _minutes(found: Found, utc: "Numbers", task: Task) -> "Numbers":
    """The length of each bar: from its column, the file's name, or the step between neighbours."""
    import numpy as np

    stated = found.columns.get("minutes")
    if stated is not None:
        lengths = np.nan_to_num(np.asarray(stated.to_numpy(), dtype=float), nan=0.0)
        wrong = (lengths < 1) | (lengths > 60) | (lengths % 1 != 0)
        found.faults.mark(wrong, "minutes", "must be a whole number of minutes, 1 to 60")
        return np.where(wrong, 1, lengths).astype(np.int64)
    names = found.columns.get("symbol")
    codes = np.zeros(len(utc), np.int64)
    if names is not None:
        codes = np.asarray(names.combine_chunks().dictionary_encode().indices.fill_null(-1))
    good = found.faults.good
    length = task.minutes or bar_minutes(codes[good], utc[good])
    if not good.any():
        length = length or 1
    if length is None or not 1 <= length <= 60:
        told = "cannot be told from the file" if not length else f"is {length} minutes"
        raise VendorError(f"{found.path}: the length of the bars {told}, must be 1 to 60 minutes; add a column minutes")
    return np.full(len(utc), length, dtype=np.int64)


def _texts(found: Found, frame: Frame, task: Task) -> "dict[str, pa.Array]":
    """The columns of text, trimmed; the name comes from the file's own where no column holds it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {}
    for field in frame.schema:
        if not pa.types.is_string(field.type):
            continue
        texts = found.columns.get(field.name)
        if texts is None:
            columns[field.name] = _absent_text(field, frame, found, task)
            continue
        trimmed = _trimmed(source.as_text(texts), _WORDS.get(field.name, {}))
        broken = pc.fill_null(pc.match_substring(trimmed, "\ufffd"), False)
        found.faults.mark(_mask(broken), field.name, "must be text in UTF-8")
        columns[field.name] = trimmed
    return columns


def _absent_text(field: "pa.Field", frame: Frame, found: Found, task: Task) -> "pa.Array":
    import pyarrow as pa

    if field.name == frame.key[1] and task.name is not None:
        name = task.name.lower() if field.name == "series" else task.name
        return pa.repeat(name, found.count)
    return pa.nulls(found.count, pa.string())


def _trimmed(texts: "pa.ChunkedArray", other_words: dict[str, str]) -> "pa.Array":
    """Texts without spaces around, each distinct one looked at once; an empty one is missing."""
    import pyarrow as pa

    encoded = texts.combine_chunks().dictionary_encode()
    words = [word.strip() or None for word in encoded.dictionary.to_pylist()]
    words = [None if word is None else other_words.get(word.lower(), word) for word in words]
    return pa.array(words, pa.string()).take(encoded.indices)


def _expiry(found: Found, task: Task) -> "pa.Array":
    import numpy as np
    import pyarrow as pa

    stamps = source.stamps_of(found.columns["expiry"], task.form, found.path)
    found.faults.mark(stamps.day == NEVER, "expiry", _DATE)
    return pa.array(np.where(stamps.day == NEVER, 0, stamps.day).astype("datetime64[D]"))


def _values(found: Found, field: "pa.Field", task: Task) -> "pa.Array":
    """A column of numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = found.columns.get(field.name)
    if values is None:
        absent = 0.0 if field.name == "volume" and not field.nullable else None
        return pa.repeat(pa.scalar(absent, pa.float64()), found.count)
    return pc.fill_null(values, 0.0) if field.name in task.form.empty_is_zero else values


def _valid(column: Any) -> "Numbers":
    return _mask(column.is_valid())


def _mask(flags: Any) -> "Numbers":
    import numpy as np

    return np.asarray(flags.to_numpy(zero_copy_only=False) if hasattr(flags, "type") else flags, dtype=bool)
