"""The dates of a file: one order of day and month for all of them.

What belongs here: distinct texts to days. What does not: times and zones (`stamps`).
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.market.vendors.tabular.form import Form

FORMS = (
    r"\d{4}-\d{1,2}-\d{1,2}",
    r"\d{8}",
    r"\d{4}[/.]\d{1,2}[/.]\d{1,2}",
    r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}",
    r"\d{1,2}[- ][A-Za-z]{3,9}[- ,]+\d{4}",
    r"[A-Za-z]{3,9} \d{1,2},? \d{4}",
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_NAMED = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3,9})[- ,]+(\d{4})|([A-Za-z]{3,9}) (\d{1,2}),? (\d{4})")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def days(texts: Sequence[str], form: Form, path: Path) -> list[date | None]:
    """Each text's day; none where it is not a date of the calendar."""
    order = _order(texts, form, path)
    return [_day(text, order) for text in texts]


def _order(texts: Iterable[str], form: Form, path: Path) -> str:
    """Whether 03/04/2024 is in April or in March: the file must say so somewhere, or a person."""
    pairs = [(text, int(m[1]), int(m[3])) for text in texts if (m := _YEAR_LAST.fullmatch(text))]
    day_first = next((text for text, first, second in pairs if first > 12 >= second), None)
    month_first = next((text for text, first, second in pairs if second > 12 >= first), None)
    if day_first and month_first:
        raise VendorError(
            f"{path}: dates in two orders: {day_first!r} has the day first, {month_first!r} the month; write one order"
        )
    if day_first or month_first:
        return "day_first" if day_first else "month_first"
    unclear = next((text for text, first, second in pairs if first != second), None)
    if unclear and form.date_order is None:
        raise VendorError(
            f"{path}: {unclear!r} may have the day or the month first and no other row tells; "
            "set vendors.csv.date_order in market.yml to day_first or month_first"
        )
    return form.date_order or "month_first"


@lru_cache(maxsize=100_000)
def _day(text: str, order: str) -> date | None:
    parts = _parts(text, order)
    try:
        return date(*parts) if parts else None
    except ValueError:
        return None


def _parts(text: str, order: str) -> tuple[int, int, int] | None:
    if found := _YEAR_FIRST.fullmatch(text):
        return (int(found[1]), int(found[3]), int(found[4]))
    if found := _YEAR_LAST.fullmatch(text):
        day, month = (found[1], found[3]) if order == "day_first" else (found[3], found[1])
        return (int(found[4]), int(month), int(day))
    if found := _NAMED.fullmatch(text):
        day, name, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
        month = [n for n, full in enumerate(_MONTHS, 1) if full == name.lower() or full[:3] == name.lower()]
        return (int(year), month[0], int(day)) if month else None
    return None
