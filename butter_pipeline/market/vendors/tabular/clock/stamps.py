"""Dates and times of rows, from their texts to numbers; each distinct text is understood once.

What belongs here: the forms in which a moment is written. What does not: which session it belongs to (`rows`).

A moment has a day, perhaps a time, perhaps an offset from UTC: ISO (2024-03-04T09:30:00-05:00), compact
(20240304 093000), with the year last (03/04/2024 9:30 AM), with a month's name (4-Mar-2024), or as seconds, milli-,
micro- or nanoseconds since 1970, which are UTC.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butter_pipeline.market.vendors.tabular.clock.dates import FORMS, days
from butter_pipeline.market.vendors.tabular.clock.zones import DAY_US
from butter_pipeline.market.vendors.tabular.form import Form

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

NEVER = -(2**62)
"""Stands where a stamp has no day, no time or no offset."""

_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?|\d{4}|\d{6}"
_ZONE = r"Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?"
_CLOCK = rf"(?P<time>{_TIME})(?P<half>\s?[AaPp]\.?[Mm]\.?)?"
PATTERN = rf"^\s*(?P<date>{'|'.join(FORMS)})(?:[T ]+{_CLOCK})?\s*(?P<zone>{_ZONE})?\s*$"
EPOCH_PATTERN = r"^\s*(?P<whole>\d{9,10}|\d{12,13}|\d{15,16}|\d{18,19})(?:\.(?P<part>\d{1,6})\d*)?\s*$"


@dataclass(frozen=True)
class Stamps:
    """Distinct stamps: the day since 1970, microseconds into it, and microseconds ahead of UTC; each may be NEVER."""

    day: "Numbers"
    time: "Numbers"
    offset: "Numbers"

    def take(self, places: "Numbers") -> "Stamps":
        """The stamps at some places."""
        return Stamps(*(_taken(values, places) for values in (self.day, self.time, self.offset)))


def _taken(values: "Numbers", places: "Numbers") -> "Numbers":
    """The values at some places; where all are one, such as NEVER, it is held once and cannot be written to."""
    import numpy as np

    if len(values) and (values == values[0]).all():
        return np.broadcast_to(values[0], places.shape)
    return np.asarray(values[places])


def understood(texts: "pa.Array", form: Form, path: Path) -> Stamps:
    """The stamps that distinct texts write; a text that is none has no day."""
    import numpy as np
    import pyarrow.compute as pc

    parts = pc.extract_regex(texts, PATTERN)
    day = _mapped(pc.struct_field(parts, "date"), lambda found: _days(found, form, path))
    clock = pc.binary_join_element_wise(pc.struct_field(parts, "time"), pc.struct_field(parts, "half"), "")
    time = _mapped(clock, lambda found: [_time(each) for each in found])
    offset = _mapped(pc.struct_field(parts, "zone"), lambda found: [_offset(each) for each in found])
    wrong = (np.asarray(pc.fill_null(pc.not_equal(clock, ""), False)) & (time == NEVER)) | (time >= DAY_US)
    stamps = Stamps(np.where(wrong, NEVER, day), time, offset)
    rest = np.flatnonzero(np.asarray(pc.is_null(parts)))
    return _with_epochs(stamps, texts, rest) if len(rest) else stamps


def _days(texts: list[str], form: Form, path: Path) -> list[int]:
    from datetime import date

    found = days(texts, form, path)
    return [(day - date(1970, 1, 1)).days if day is not None else NEVER for day in found]


def _mapped(texts: "pa.Array", meaning: Any) -> "Numbers":
    """What each text means, every distinct one asked once."""
    import numpy as np

    encoded = texts.dictionary_encode()
    values = np.array([*meaning(encoded.dictionary.to_pylist()), NEVER], dtype=np.int64)
    return np.asarray(values[np.asarray(encoded.indices.fill_null(len(values) - 1))])


def _time(text: str) -> int:
    """Microseconds into the day of 9:30, 09:30:00.5, 0930, 093000 or 9:30 PM."""
    digits = text.strip().lower().replace(",", ".").replace(".m", "m").rstrip(".")
    half = digits[-2:] if digits[-2:] in ("am", "pm") else ""
    digits = digits.removesuffix(half).strip().rstrip(".")
    if not digits:
        return NEVER
    whole, _, part = digits.partition(".")
    hour, minute, second = whole.split(":") + ["0"] * (3 - len(whole.split(":"))) if ":" in whole else _cut(whole)
    h, m, s = int(hour), int(minute), int(second)
    if half:
        if not 1 <= h <= 12:
            return NEVER
        h = h % 12 + (12 if half == "pm" else 0)
    if h > 23 or m > 59 or s > 59:
        return NEVER
    return ((h * 60 + m) * 60 + s) * 1_000_000 + int(f"{part:0<6.6}" if part else 0)


def _cut(digits: str) -> tuple[str, str, str]:
    return digits[:2], digits[2:4], digits[4:] or "0"


def _offset(text: str) -> int:
    if not text:
        return NEVER
    if text.upper() in ("Z", "UTC", "GMT"):
        return 0
    digits = text[1:].replace(":", "")
    size = (int(digits[:2]) * 60 + int(digits[2:] or 0)) * 60_000_000
    return -size if text[0] == "-" else size


def _with_epochs(stamps: Stamps, texts: "pa.Array", rest: "Numbers") -> Stamps:
    """The stamps, with those at some places read as a time since 1970, in the unit that their length tells."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.extract_regex(texts.take(pa.array(rest)), EPOCH_PATTERN)
    fits = np.asarray(pc.is_valid(parts))
    whole = pc.struct_field(parts, "whole").filter(pa.array(fits))
    length = np.asarray(pc.utf8_length(whole)) if fits.any() else np.zeros(0, np.int64)
    number = np.asarray(whole.cast(pa.int64()))
    us = np.select(
        [length <= 10, length <= 13, length <= 16], [number * 1_000_000, number * 1000, number], number // 1000
    )
    part = pc.struct_field(parts, "part").filter(pa.array(fits)).to_pylist()
    us = us + np.where(length <= 10, np.array([int(f"{each or '0':0<6}") for each in part], np.int64), 0)
    day, time, offset = stamps.day.copy(), stamps.time.copy(), stamps.offset.copy()
    places = rest[fits]
    day[places], time[places], offset[places] = us // DAY_US, us % DAY_US, 0
    return Stamps(day, time, offset)
