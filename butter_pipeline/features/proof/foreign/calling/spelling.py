"""How a function spells what it reads: the columns, symbols and levels that its code names.

What belongs here: finding those names, and choosing columns by them. What does not: building frames (`frames`).

A user's frame may say `Close`, `close` or `adj_close`; the function is handed the spelling that its own code uses. The
numbers and symbols that the code names are tried as levels and names of the market, since a leak may hide behind them.
"""

import functools
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from butter_pipeline.features.proof.foreign.worlds.rows import FIELDS

ALIASES = {
    "open": ("open", "Open", "OPEN", "open_price", "px_open"),
    "high": ("high", "High", "HIGH", "high_price", "px_high"),
    "low": ("low", "Low", "LOW", "low_price", "px_low"),
    "close": (
        *("close", "Close", "CLOSE", "adj_close", "Adj Close", "adjclose", "adjusted_close", "close_price"),
        *("price", "Price", "px_last", "px", "last", "mid"),
    ),
    "volume": ("volume", "Volume", "VOLUME", "vol", "Vol", "qty", "shares"),
}
LETTERS = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}
CALLS = frozenset({"last", "price", "mid", "vol"})
"""Spellings that are also names of methods and variables: they count only as texts."""
TIMES = (
    *("session", "date", "Date", "DATE", "timestamp", "Timestamp", "datetime", "Datetime", "time", "ts", "day", "dt"),
    *("trade_date", "trading_day", "bar_end", "ends_at", "end", "asof_date"),
)
SYMBOLS = (
    *("symbol", "Symbol", "SYMBOL", "ticker", "Ticker", "asset", "instrument", "sym", "security", "secid", "permno"),
    *("underlying", "stock"),
)
KNOWN = ("available_at", "known_at", "knowledge_time", "published_at", "released_at", "received_at")


TICKER = re.compile(r"[A-Z]{2,5}")


@dataclass(frozen=True)
class Named:
    """What some code names: texts, attributes and globals, and numbers."""

    texts: frozenset[str]
    attributes: frozenset[str]
    numbers: tuple[float, ...]

    def columns(self) -> dict[str, tuple[str, ...]]:
        """The spellings of every field: those that the code uses, else one in the style of the others."""
        used = {field: self._used(field) for field in FIELDS}
        if sum(letter in self.texts for letter in LETTERS.values()) >= 3 and not any(used.values()):
            return {field: (letter,) for field, letter in LETTERS.items()}
        styles = {spelled for names in used.values() for spelled in names}
        title = any(each[:1].isupper() and not each.isupper() for each in styles) and not any(
            each in styles for each in FIELDS
        )
        return {field: names or ((field.title(),) if title else (field,)) for field, names in used.items()}

    def first(self, spellings: tuple[str, ...], default: str) -> str:
        """The first spelling that the code uses as a text, else as an attribute."""
        return next((each for each in spellings if each in self.texts), "") or next(
            (each for each in spellings if each in self.attributes and each not in ("time", "day", "end")), default
        )

    @property
    def tickers(self) -> tuple[str, ...]:
        """The texts that could be names of symbols."""
        return tuple(sorted(each for each in self.texts if TICKER.fullmatch(each)))

    def says(self, spellings: tuple[str, ...]) -> bool:
        """Whether the code names one of the spellings as a text."""
        return any(each in self.texts for each in spellings)

    def _used(self, field: str) -> tuple[str, ...]:
        attributes = self.attributes - CALLS
        return tuple(each for each in ALIASES[field] if each in self.texts or each in attributes)


def named(function: Any) -> Named:
    """What a function, and whatever of its own module it uses, names."""
    texts: set[str] = set()
    attributes: set[str] = set()
    numbers: set[float] = set()
    for constant in _constants(function, set()):
        if isinstance(constant, _Attribute):
            attributes.add(constant)
        elif isinstance(constant, str):
            texts.add(constant)
        elif isinstance(constant, int | float) and not isinstance(constant, bool):
            numbers.add(float(constant))
    return Named(frozenset(texts), frozenset(attributes), tuple(sorted(numbers)))


def plain_function(thing: Any) -> Any:
    """What stands behind decorators that keep it: caches, wrappers, compiled and partial functions."""
    for _ in range(8):
        if isinstance(thing, functools.partial):
            thing = thing.func
        elif hasattr(thing, "py_func"):
            thing = thing.py_func
        elif hasattr(thing, "__wrapped__"):
            thing = thing.__wrapped__
        elif isinstance(thing, types.MethodType):
            thing = thing.__func__
        else:
            break
    return thing


class _Attribute(str):
    """A name that the code reads rather than a text in it."""

    __slots__ = ()


def _constants(thing: Any, seen: set[int]) -> Iterator[Any]:
    thing = plain_function(thing)
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, type):
        for each in vars(thing).values():
            yield from _constants(each, seen)
    elif isinstance(thing, types.FunctionType):
        yield from _of_code(thing.__code__)
        yield from (default for default in thing.__defaults__ or ())
        module = thing.__module__
        for cell in thing.__closure__ or ():
            yield from _constants(cell.cell_contents, seen)
        for name in _names(thing.__code__):
            used = thing.__globals__.get(name)
            if getattr(used, "__module__", None) == module and callable(used):
                yield from _constants(used, seen)
            else:
                yield from _simple(used)
    elif not callable(thing):
        yield from _simple(thing)


def _simple(value: Any) -> Iterator[Any]:
    if isinstance(value, str | int | float):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _simple(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _simple(key)
            yield from _simple(each)


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _of_code(code: types.CodeType) -> Iterator[Any]:
    yield from (_Attribute(name) for name in code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _of_code(constant)
        else:
            yield from _simple(constant)
