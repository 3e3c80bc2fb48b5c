"""Numbers as people write them: one convention of points and commas for a whole file.

What belongs here: texts to float64. What does not: whether a number makes sense (`market.quality`).

Understood are 1234.5, $1234.5, 1,234.5, 1.234,5, 1 234,5, 1'234.5, 1.5e3, nan and inf; for volumes also 1.2K, 3.4M, 5B.
Empty, null, none, n/a, - and . stand for a missing value. Anything else is refused where it stands.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.market.vendors.tabular.form import Form

if TYPE_CHECKING:
    import pyarrow as pa

MISSING = r"(?i)^(|null|none|n/?a|#n/?a|-+|\.)$"
_STRANGE = r"(?i)^[+-]?(nan|inf|infinity)$"
_SPACED = r"^([+-]?\d{1,3})([\s\x{a0}\x{202f}\x{2019}']\d{3})+([.,]\d*)?$"
_TELLS_POINT = (r"^[+-]?\d{1,3}(,\d{3})+\.\d*$", r"^[+-]?\d{1,3}(,\d{3}){2,}$")
_TELLS_POINT_UNLESS_GROUPS = r"^[+-]?(\d*\.(\d{1,2}|\d{4,})|\d{4,}\.\d*|0*\.\d+)([eE][+-]?\d+)?$"
_TELLS_COMMA = (
    r"^[+-]?\d{1,3}(\.\d{3})+,\d*$",
    r"^[+-]?\d{1,3}(\.\d{3}){2,}$",
    r"^[+-]?(\d*,(\d{1,2}|\d{4,})|\d{4,},\d*|0*,\d+)([eE][+-]?\d+)?$",
)
_UNCLEAR = r"^[+-]?[1-9]\d{0,2},\d{3}$"
_VALID = {
    "point": r"^[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?([eE][+-]?\d+)?$",
    "comma": r"^[+-]?(\d+|\d{1,3}(\.\d{3})+)?(,\d*)?([eE][+-]?\d+)?$",
}
FEW = 10
"""A convention that one cell in so many contradicts is still the file's; the cell is refused."""
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)$"
_PLAIN_COMMA = r"^[+-]?\d+$"
_UNITS = {"k": 1e3, "m": 1e6, "b": 1e9}


def convention(columns: "Sequence[pa.ChunkedArray]", form: Form, path: Path) -> str:
    """Whether the file writes a decimal point or a decimal comma."""
    if form.decimal is not None:
        return form.decimal
    if not any(_first([column], ",") for column in columns):
        # Without a comma anywhere a point is a decimal one, unless it stands twice in a number.
        return "comma" if _first(columns, r"^[+-]?\d{1,3}(\.\d{3}){2,}$") is not None else "point"
    texts = [_tidy(column) for column in columns]
    commas, points = _count(texts, *_TELLS_COMMA), _count(texts, *_TELLS_POINT, _TELLS_POINT_UNLESS_GROUPS)
    if min(commas, points) * FEW > max(commas, points):
        comma, point = _first(texts, *_TELLS_COMMA), _first(texts, *_TELLS_POINT, _TELLS_POINT_UNLESS_GROUPS)
        raise VendorError(
            f"{path}: {point!r} has a decimal point and {comma!r} a decimal comma; write one of them, "
            "or set vendors.csv.decimal in market.yml"
        )
    unclear = _first(texts, _UNCLEAR)
    if unclear is not None and not commas and not points:
        raise VendorError(
            f"{path}: {unclear!r} may be a thousand or have a decimal comma and no other cell tells; "
            "set vendors.csv.decimal in market.yml to point or comma"
        )
    return "comma" if commas > points else "point"


def numbers(texts: "pa.ChunkedArray", decimal: str, *, units: bool) -> "tuple[pa.ChunkedArray, pa.ChunkedArray]":
    """The numbers (null for missing ones), and which texts are none; `units` allows 1.2M.

    What is plainly written is taken as it is; only the rest is looked at closely.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.chunked_array([texts.combine_chunks()], pa.string())
    plain = pc.fill_null(pc.match_substring_regex(texts, _PLAIN if decimal == "point" else _PLAIN_COMMA), False)
    values = pc.if_else(plain, texts, pa.scalar(None, pa.string())).cast(pa.float64())
    rest = pc.invert(plain)
    if not pc.any(rest).as_py():
        return values, rest
    found, wrong = _looked_at(texts.filter(rest), decimal, units=units)
    return (
        pc.replace_with_mask(values, rest.combine_chunks(), found.combine_chunks()),
        pc.replace_with_mask(rest, rest.combine_chunks(), wrong.combine_chunks()),
    )


def _looked_at(texts: "pa.ChunkedArray", decimal: str, *, units: bool) -> "tuple[pa.ChunkedArray, pa.ChunkedArray]":
    """As `numbers`, for texts in any of the forms."""
    import pyarrow as pa
    import pyarrow.compute as pc

    tidy = _tidy(texts)
    factor = pa.scalar(1.0)
    if units:
        unit = pc.utf8_lower(pc.utf8_slice_codeunits(tidy, -1))
        held = pc.is_in(unit, pa.array(list(_UNITS)))
        factor = pc.if_else(held, _factors(unit), 1.0)
        tidy = pc.if_else(held, pc.utf8_slice_codeunits(tidy, 0, -1), tidy)
    missing = pc.fill_null(pc.match_substring_regex(tidy, MISSING), True)
    strange = pc.fill_null(pc.match_substring_regex(tidy, _STRANGE), False)
    plain = pc.and_(
        pc.fill_null(pc.match_substring_regex(tidy, _VALID[decimal]), False),
        pc.fill_null(pc.match_substring_regex(tidy, r"^[^eE]*\d"), False),
    )
    group, mark = (",", ".") if decimal == "point" else (".", ",")
    bare = pc.replace_substring(pc.replace_substring(tidy, group, ""), mark, ".")
    readable = pc.and_not(pc.or_(plain, strange), missing)
    values = pc.if_else(readable, bare, pa.scalar(None, pa.string())).cast(pa.float64())
    return pc.multiply(values, factor), pc.invert(pc.or_(readable, missing))


def _factors(unit: "pa.ChunkedArray") -> "pa.ChunkedArray":
    import pyarrow.compute as pc

    found = pc.if_else(pc.equal(unit, "k"), _UNITS["k"], _UNITS["m"])
    return pc.if_else(pc.equal(unit, "b"), _UNITS["b"], found)


def _tidy(texts: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Without spaces around, nor between groups of three digits."""
    import pyarrow.compute as pc

    trimmed = pc.replace_substring_regex(pc.utf8_trim_whitespace(texts), r"^([+-]?)\$\s?", r"\1")
    spaced = pc.fill_null(pc.match_substring_regex(trimmed, _SPACED), False)
    if not pc.any(spaced).as_py():
        return trimmed
    return pc.if_else(spaced, pc.replace_substring_regex(trimmed, r"[\s\x{a0}\x{202f}\x{2019}']", ""), trimmed)


def _count(columns: "Sequence[pa.ChunkedArray]", *patterns: str) -> int:
    """How many texts match one of some patterns."""
    import pyarrow.compute as pc

    matches = (pc.match_substring_regex(column, pattern) for column in columns for pattern in patterns)
    return sum(pc.sum(each).as_py() or 0 for each in matches)


def _first(columns: "Sequence[pa.ChunkedArray]", *patterns: str) -> str | None:
    """The first text that matches one of some patterns."""
    import pyarrow.compute as pc

    for column in columns:
        for pattern in patterns:
            matches = pc.fill_null(pc.match_substring_regex(column, pattern), False)
            place = pc.index(matches, True).as_py()
            if place >= 0:
                return str(column[place].as_py())
    return None
