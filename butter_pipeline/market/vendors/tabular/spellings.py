"""What columns are called: the usual spellings of every column that a frame has.

What belongs here: headers to columns, and the fault of a header that does not say enough or says it twice. What does
not: cells.

Case, spaces, underscores and brackets do not count: `Open Int`, `<OPEN>` and `open_interest` are understood. An
adjusted close is never taken for the close. A spliced one undoes the back-adjustment of the others (`futures`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from butter_pipeline.frame import Frame
from butter_pipeline.market.vendors.protocol import VendorError
from butter_pipeline.market.vendors.tabular.form import Form

DATES = frozenset(
    {
        "session",
        "date",
        "day",
        "tradedate",
        "tradingday",
        "tradingdate",
        "sessiondate",
        "quotedate",
        "datadate",
        "asofdate",
        "pricedate",
    }
)
MOMENTS = frozenset(
    {
        "datetime",
        "timestamp",
        "ts",
        "windowstart",
        "tsevent",
        "dateandtime",
        "moment",
        "barstart",
        "bartime",
        "startsat",
        "starttime",
        "start",
        "opentime",
        "endsat",
        "endtime",
        "gmttime",
        "localtime",
        "utctime",
        "t",
    }
)
TIMES = frozenset({"time"})

_SPELLINGS = {
    "symbol": "symbol ticker sym instrument underlying underlyingsymbol underlier root code secid actsymbol name",
    "open": "open o openprice openingprice pxopen first",
    "high": "high h highprice pxhigh hi max",
    "low": "low l lowprice pxlow lo min",
    "close": "close c closeprice closingprice closelast last lastprice settle settlement settlementprice settleprice "
    "pxlast price",
    "volume": "volume vol v totalvolume tradevolume pxvolume sharevolume",
    "minutes": "minutes barminutes intervalminutes",
    "expiry": "expiry expiration expirationdate expirydate expdate exdate expire expiredate maturity maturitydate",
    "strike": "strike strikeprice strikepx k",
    "right": "right optiontype type callput putcall cpflag cp optionright callorput kind",
    "bid": "bid bidprice bestbid bidpx closebid bidclose",
    "ask": "ask askprice offer bestoffer bestask askpx offerprice closeask askclose",
    "last": "last lastprice lasttrade lasttradeprice lastpx close",
    "open_interest": "openinterest openint oi openinterests",
    "vendor_iv": "vendoriv iv impliedvolatility impliedvol implvol impvol impliedvola sigma",
    "underlying_price": "underlyingprice underlyingclose underlyinglast underlyingpx spot spotprice stockprice "
    "underlyingvalue undlprice",
    "series": "series seriesid indicator name",
    "value": "value close level last price",
    "available_at": "availableat knownat",
    "source": "source provider",
    "list": "list side direction action",
    "confidence": "confidence score probability conviction",
    "reasoning": "reasoning reason rationale why thesis",
    "answer_hash": "answerhash",
}
MIDS = ("mid", "mark", "midprice", "markprice", "close", "last")


@dataclass(frozen=True)
class Columns:
    """Where a file keeps what a frame wants: places in the header by column, and those of the stamp."""

    header: tuple[str, ...]
    places: Mapping[str, int]
    stamp: tuple[int, ...]
    """One place, or two: a date and a time of day."""
    zone_hint: str | None = None
    """The zone that the stamp's header names in brackets, such as UTC."""


def plain(header: str) -> str:
    """A header without what does not count.

    >>> plain("Time (EST)"), plain("<OPEN_INT>"), plain("Close/Last")
    ('time', 'openint', 'closelast')
    """
    return re.sub(r"[^a-z0-9]+", "", re.sub(r"\([^)]*\)", "", header.lower()))


def columns_of(header: Sequence[str], frame: Frame, form: Form, path: Path) -> Columns:
    """The columns of a frame in a header."""
    names = [plain(cell) for cell in header]
    places = {}
    for column in frame.schema.names:
        if column in ("session", "starts_at"):
            continue
        place = _place(column, names, form, (header, path))
        if place is not None:
            places[column] = place
    if frame.name == "chains" and "bid" not in places and "ask" not in places:
        places |= _mid(names, header, form, path)
        if places.get("last") == places.get("bid"):
            places.pop("last", None)  # a middle price is no trade
    stamp = _stamp(names, header, path)
    if frame.name == "context" and "value" not in places:
        places |= _only_other(names, {*stamp, *places.values()})
    return Columns(tuple(header), places, stamp, _zone_hint(header, stamp))


def frame_kind(header: Sequence[str]) -> str | None:
    """The dataset that a header is of, if it is one: chains, context or bars (daily or intraday)."""
    names = {plain(cell) for cell in header}

    def has(*columns: str) -> bool:
        return all(names & set(_SPELLINGS[column].split()) for column in columns)

    if has("expiry", "strike", "right"):
        return "chains"
    if has("open", "high", "low", "close"):
        return "bars"
    return "context" if {"series", "value"} <= names else None


def is_header(cells: Sequence[str]) -> bool:
    """Whether cells name columns rather than hold values."""
    return any(re.search("[A-Za-z]", cell) for cell in cells) and not any(
        re.fullmatch(r"\s*[+-]?\d+([.,]\d+)?\s*", cell) for cell in cells
    )


def _place(column: str, names: list[str], form: Form, of: tuple[Sequence[str], Path]) -> int | None:
    """The place of a column; its own name goes before other spellings of it, of which there may be one only."""
    header, path = of
    if column == "close" and form.close is not None:
        wanted = plain(form.close)
        if wanted not in names:
            raise VendorError(f"{path}: row 1: no column {form.close!r}, which vendors.csv.close names; set it right")
        return names.index(wanted)
    spelled = _SPELLINGS[column].split()
    found = [place for place, name in enumerate(names) if name == spelled[0]]
    if not found:
        found = [place for place, name in enumerate(names) if name in spelled[1:]]
        if column == "symbol" and len(found) > 1:
            found = [min(found, key=lambda place: spelled.index(names[place]))]
    if len(found) > 1:
        twice = ", ".join(repr(header[place]) for place in found)
        remedy = "keep one" if column != "close" else "set vendors.csv.close in market.yml to the one that is meant"
        raise VendorError(f"{path}: row 1: column {column!r} stands there twice ({twice}); {remedy}")
    return found[0] if found else None


def _mid(names: list[str], header: Sequence[str], form: Form, path: Path) -> dict[str, int]:
    """Bid and ask at the place of a middle price, where a person allows that."""
    found = next((names.index(name) for name in MIDS if name in names), None)
    if found is None:
        return {}
    if not form.mid_as_quote:
        raise VendorError(
            f"{path}: row 1: no bid and ask, only {header[found]!r}; "
            "set vendors.csv.mid_as_quote: true in market.yml to take it for both"
        )
    return {"bid": found, "ask": found}


def _stamp(names: list[str], header: Sequence[str], path: Path) -> tuple[int, ...]:
    dates = [place for place, name in enumerate(names) if name in DATES]
    moments = [place for place, name in enumerate(names) if name in MOMENTS]
    times = [place for place, name in enumerate(names) if name in TIMES]
    days = dates or moments
    if not days and not times:  # perhaps the index that pandas writes
        return next(
            ((place,) for place, name in enumerate(names) if name == "indexlevel0" or (name, place) == ("", 0)), ()
        )
    if len(days) > 1 or len(times) > 1 or (dates and moments):
        twice = ", ".join(repr(header[place]) for place in sorted({*dates, *moments, *times}))
        raise VendorError(f"{path}: row 1: column 'session' stands there twice ({twice}); keep one")
    if dates and times:
        return (dates[0], times[0])
    return tuple(days or times)


def _only_other(names: list[str], taken: set[int]) -> dict[str, int]:
    """The value of a file that has one column besides the date, as FRED writes them."""
    rest = [place for place in range(len(names)) if place not in taken]
    return {"value": rest[0]} if len(rest) == 1 else {}


def _zone_hint(header: Sequence[str], stamp: tuple[int, ...]) -> str | None:
    hints = [found[1].strip() for place in stamp if (found := re.search(r"\(([^)]*)\)", header[place]))]
    named = [header[place] for place in stamp if plain(header[place]) in ("gmttime", "utctime")]
    return hints[-1] if hints else ("UTC" if named else None)
