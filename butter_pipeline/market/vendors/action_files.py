"""Splits, dividends, rolls and the dates of earnings in a folder of files.

Any of these may lie there, and what they say is put together:

- `actions.csv` (or `.csv.gz`): a row per action. Columns, in any order and letter case: `session` (or `ex_session`,
  `ex_date`, `date`), `symbol`, `kind`, and what the kind needs of `ratio` (`7`, `7:1` or `3/2`), `cash`, `difference`,
  `contracts`, `from_contract`, `to_contract`; `available_at` (or `announced_at`) is a moment with a zone, or a date,
  which is known from that session's close on. Without it an action is known from its ex-session's opening bell on.
- `<SYMBOL>_factors.csv` beside `actions.csv` or beside the bars: cumulative factors (`market.actions.factors`), with or
  without a header.
Rolls of continuous futures lie in their bars' own files (`tabular.futures`).

What belongs here: the form of these files. What does not: which rows make sense (`market.actions.judge`).
"""

import csv
import gzip
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from butter_pipeline.market.frames import ACTIONS
from butter_pipeline.market.sessions import calendar, close_at, open_at
from butter_pipeline.market.vendors.protocol import REFUSED, VendorError
from butter_pipeline.market.vendors.tabular.refused import Refusal, refused_table

if TYPE_CHECKING:
    import pyarrow as pa

_SPELLINGS = {
    **dict.fromkeys(("ex_session", "ex_date", "exdate", "date"), "session"),
    **dict.fromkeys(("ticker", "underlying"), "symbol"),
    **dict.fromkeys(("type", "action"), "kind"),
    **dict.fromkeys(("split_ratio", "split"), "ratio"),
    **dict.fromkeys(("amount", "dividend"), "cash"),
    **dict.fromkeys(("announced_at", "announced", "declared"), "available_at"),
}
_FACTORS = ("date", "price_factor", "split_factor", "reference_price")
SUFFIX = "_factors"


def action_paths(folder: Path) -> list[Path]:
    """The files that say something of actions, in order."""
    named = [folder / f"actions.csv{ending}" for ending in ("", ".gz")]
    found = [path for path in named if path.is_file()]
    if len(found) > 1:
        raise VendorError(f"{folder}: actions stand in more than one form; keep actions.csv or actions.csv.gz")
    for name in (".", "bars", "daily", "futures", "factors"):
        place = folder / name
        found += sorted(path for path in place.glob(f"*{SUFFIX}.csv*") if path.name.endswith((".csv", ".csv.gz")))
    return found


def read_actions(paths: list[Path]) -> "pa.Table":
    """What the files say, file by file, but for rows of actions.csv that cannot be read."""
    import pyarrow as pa

    rows: list[Mapping[str, Any]] = []
    for path in paths:
        rows += _of_factors(path) if _stem(path).endswith(SUFFIX) else _readable(path)
    if not rows:
        return ACTIONS.schema.empty_table()
    return pa.Table.from_pylist([{n: row.get(n) for n in ACTIONS.schema.names} for row in rows], ACTIONS.schema)


def refused_actions(paths: list[Path]) -> "pa.Table":
    """The rows of actions.csv that cannot be read."""
    import pyarrow as pa

    stated = [path for path in paths if not _stem(path).endswith(SUFFIX)]
    refusals = [(path, [each for each in _stated(path) if isinstance(each, Refusal)]) for path in stated]
    return pa.concat_tables([REFUSED.empty_table(), *(refused_table(path, some) for path, some in refusals)])


def stated_rows(folder: Path) -> list[dict[str, Any]]:
    """What actions.csv says, each action with its `file` and the `row` in which it stands."""
    return [row for path in action_paths(folder) if not _stem(path).endswith(SUFFIX) for row in _readable(path)]


def _readable(path: Path) -> list[dict[str, Any]]:
    return [each for each in _stated(path) if not isinstance(each, Refusal)]


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".csv")


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold something, with their numbers as an editor shows them."""
    opener: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, [cell.strip() for cell in cells]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise VendorError(f"{path}: cannot be read ({' '.join(str(error).split())}); restore the file") from None


class _Unreadable(ValueError):
    """What is wrong with one row: its column, if one is at fault, and why."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(f"column {column}: {why}" if column else why)
        self.column = column


def _cells(names: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(names):
        raise _Unreadable("", f"has {len(cells)} columns where there should be {len(names)}")
    return dict(zip(names, cells, strict=True))


def _parsed(name: str, parse: Callable[[str], Any], cell: str) -> Any:
    try:
        return parse(cell) if cell else None
    except (ValueError, ZeroDivisionError) as error:
        raise _Unreadable(name, str(error)) from None


def _stated(path: Path) -> Iterator[dict[str, Any] | Refusal]:
    """The rows of actions.csv, and those that cannot be read; a header that says too little is refused."""
    lines = _lines(path)
    _, header = next(lines, (1, []))
    names = [_SPELLINGS.get(cell.lower(), cell.lower()) for cell in header]
    for needed in ("session", "symbol", "kind"):
        if names.count(needed) != 1:
            said = f"no column {needed!r}" if needed not in names else f"column {needed!r} stands there twice"
            raise VendorError(f"{path}: row 1: {said} in {','.join(header)!r}; name it once")
    for number, cells in lines:
        try:
            yield _action(names, cells) | {"file": str(path), "row": number}
        except _Unreadable as fault:
            held = dict(zip(names, cells, strict=False))
            yield Refusal(number, fault.column, str(fault), held, _day_or_none(held), held.get("symbol"))


def _action(names: list[str], line: list[str]) -> dict[str, Any]:
    cells = _cells(names, line)
    row = {name: _parsed(name, parse, cells.get(name, "")) for name, parse in _PARSERS.items()}
    if row["session"] is None:
        raise _Unreadable("session", "is empty, must be the ex-session")
    row["symbol"], row["kind"] = row["symbol"] or "", (row["kind"] or "").lower()
    return row | {"available_at": row["available_at"] or _opening(row["session"])}


def _day_or_none(cells: Mapping[str, str]) -> date | None:
    try:
        return _day(cells["session"])
    except (KeyError, ValueError):
        return None


def _of_factors(path: Path) -> Iterator[dict[str, Any]]:
    """The actions that a file of factors tells."""
    from butter_pipeline.market.actions.factors import Line, actions_of

    lines = list(_lines(path))
    header = [cell.lower() for cell in lines[0][1]] if lines else []
    if "date" in header:
        names, lines = header, lines[1:]
        if missing := [name for name in _FACTORS[:3] if name not in names]:
            raise VendorError(f"{path}: row 1: no column {missing[0]!r} in {','.join(header)!r}; add it to the header")
    else:
        names = list(_FACTORS[: len(header)])
    told = []
    for number, line in lines:
        try:
            told.append(Line(*_factors(names, line)))
        except _Unreadable as fault:
            raise VendorError(f"{path}: row {number}: {fault}; correct the file") from None
    for action in actions_of(_stem(path).removesuffix(SUFFIX), told):
        yield action | {"available_at": _opening(action["session"])}


def _factors(names: list[str], line: list[str]) -> list[Any]:
    cells = _cells(names, line)
    values = [_parsed(name, _day if name == "date" else _number, cells.get(name, "")) for name in _FACTORS]
    for name, value in zip(_FACTORS[:3], values, strict=False):
        if value is None or (name != "date" and not value > 0.0):
            raise _Unreadable(name, f"was {cells.get(name, '')!r}, must be above 0")
    return values


def _opening(session: date) -> datetime:
    """The opening bell of a session, or of the one that follows a day without one."""
    return open_at(_session_from(session))


def _session_from(day: date) -> date:
    # Before the calendar nobody can ask for the row, so nobody sees this moment.
    return calendar()[min(bisect_left(calendar(), day), len(calendar()) - 1)]


def _day(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"must be a date YYYY-MM-DD or YYYYMMDD, was {cell!r}") from None


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"must be a number, was {cell!r}") from None


def _ratio(cell: str) -> float:
    """A ratio written as a number, or as new shares to old ones (`7:1`, `3/2`, `1-for-10`)."""
    for between in (":", "/", "-for-"):
        new, found, old = cell.partition(between)
        if found:
            try:
                return float(Fraction(new.strip()) / Fraction(old.strip()))
            except (ValueError, ZeroDivisionError):
                raise ValueError(f"must be new shares to old ones such as 7:1, was {cell!r}") from None
    return _number(cell)


def _known(cell: str) -> datetime:
    """A moment with a zone; a bare date is known from that day's close on, or from the next opening bell."""
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        pass
    else:
        session = _session_from(day)
        return close_at(session) if session == day else open_at(session)
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"must be a moment such as 2014-04-23T20:30:00Z, or a date, was {cell!r}") from None
    if moment.tzinfo is None:
        raise ValueError(f"must carry a time zone such as Z, was {cell!r}")
    return moment.astimezone(UTC)


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "session": _day,
    "symbol": str,
    "kind": str,
    "ratio": _ratio,
    "cash": _number,
    "difference": _number,
    "contracts": _number,
    "from_contract": str,
    "to_contract": str,
    "available_at": _known,
}
