"""Reading what functions answer: every value under the key of its row.

What belongs here: series, frames, arrays, mappings and single values, brought to columns of keys and numbers. What does
not: calling functions (`calls`), and comparing answers (`answers`).

An answer's rows are found by its index; what has none is aligned with the last rows that were given. Texts count as
numbers that differ where they do.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from butter_pipeline.features.proof.foreign.answers import Answer, Column, known_of
from butter_pipeline.features.proof.foreign.calling.frames import Given
from butter_pipeline.features.proof.foreign.worlds.rows import NO_SYMBOL, World, key_of, stamp_of, symbol_of
from butter_pipeline.features.registry import Floats, Integers

MOST_COLUMNS = 60


class Unreadable(ValueError):
    """An answer of which nobody can tell to which rows it belongs."""


def answer(value: Any, given: Sequence[Given], world: World) -> Answer:
    """What a function answered, by column."""
    found: dict[str, Column] = {}
    for name, keys, values in _columns(value, given, world):
        if len(found) == MOST_COLUMNS:
            break
        order = np.argsort(keys, kind="stable") if np.any(np.diff(keys) <= 0) else slice(None)
        keys, values = keys[order], values[order]
        last = np.append(np.diff(keys) > 0, True)
        found[name] = Column(keys[last], known_of(keys[last], world), values[last])
    if not found:
        raise Unreadable("it answered with nothing that belongs to the rows; return a value for every row")
    return found


def _columns(value: Any, given: Sequence[Given], world: World) -> Iterator[tuple[str, Integers, Floats]]:
    import pandas as pd
    import pyarrow as pa

    if isinstance(value, pa.Table):
        value = value.to_pandas()
    if isinstance(value, pa.Array | pa.ChunkedArray):
        value = value.to_numpy(zero_copy_only=False)
    if isinstance(value, pd.DataFrame):
        yield from _of_frame(value, given, world)
    elif isinstance(value, pd.Series):
        keys = _keys(value.index, len(value), given, world)
        yield str(value.name or "value"), keys, numbers(value.to_numpy()[-len(keys) :] if len(keys) else value[:0])
    elif isinstance(value, Mapping):
        yield from _of_mapping(value, given, world)
    elif isinstance(value, tuple) and any(np.ndim(each) for each in value):
        for place, each in enumerate(value):
            for name, keys, values in _columns(each, given, world):
                yield f"{place}.{name}", keys, values
    elif value is None:
        raise Unreadable("it returned nothing; return a value for every row")
    else:
        yield from _of_array(np.asarray(value), given, world)


def _of_mapping(
    value: Mapping[Any, Any], given: Sequence[Given], world: World
) -> Iterator[tuple[str, Integers, Floats]]:
    """A mapping from symbols to one symbol's answer, or from names to columns."""
    parts: dict[str, list[tuple[Integers, Floats]]] = {}
    for name, each in value.items():
        symbol = world.symbols.index(name) if name in world.symbols else None
        for column, keys, values in _columns(each, given, world):
            if symbol is None:
                yield f"{name}.{column}", keys, values
            else:
                theirs = key_of(np.full(len(keys), symbol, dtype=np.int64), stamp_of(keys), keys & 15)
                parts.setdefault(column, []).append((theirs, values))
    for column, found in parts.items():
        yield column, np.concatenate([keys for keys, _ in found]), np.concatenate([values for _, values in found])


def _of_array(value: Any, given: Sequence[Given], world: World) -> Iterator[tuple[str, Integers, Floats]]:
    if value.ndim == 0:
        value = value.reshape(1)
    if value.ndim > 2:
        raise Unreadable(f"it returned an array of {value.ndim} dimensions; return a value for every row")
    keys = _last(len(value), given)
    if value.ndim == 1:
        yield "value", keys, numbers(value)
        return
    wide = next((each for each in given if each.wide), None)
    for place in range(value.shape[1]):
        if wide is not None and value.shape[1] == wide.value.shape[1]:
            symbol = world.symbols.index(wide.value.columns[place])
            yield f"value {world.symbols[symbol]}", _owned(keys, symbol), numbers(value[:, place])
        else:
            yield f"value {place}", keys, numbers(value[:, place])


def _of_frame(frame: Any, given: Sequence[Given], world: World) -> Iterator[tuple[str, Integers, Floats]]:
    import pandas as pd

    shown = next((each.value for each in given if isinstance(each.value, pd.DataFrame)), None)
    if len(frame.columns) and all(str(name) in world.symbols for name in frame.columns):
        keys = _keys(frame.index, len(frame), given, world)
        for name in frame.columns:
            yield f"value {name}", _owned(keys, world.symbols.index(str(name))), numbers(frame[name].to_numpy())
        return
    keys = _frame_keys(frame, given, world)
    old = [] if shown is None else [name for name in shown.columns if name in frame.columns]
    if len(old) == len(frame.columns):
        old = [name for name in old if not pd.api.types.is_numeric_dtype(frame[name])]
    for name in frame.columns:
        if name not in old and not isinstance(frame[name], pd.DataFrame):
            yield str(name), keys, numbers(frame[name].to_numpy())


def _frame_keys(frame: Any, given: Sequence[Given], world: World) -> Integers:
    """A frame's rows by its index, or by the columns that name symbol and time where it has rows of its own."""
    import pandas as pd

    same = any(each.index is not None and frame.index.equals(each.index) for each in given)
    times = [name for name in frame.columns if pd.api.types.is_datetime64_any_dtype(frame[name])]
    symbols = [name for name in frame.columns if set(frame[name].dropna().astype(str)) <= set(world.symbols)]
    if same or not times or isinstance(frame.index, pd.DatetimeIndex | pd.MultiIndex):
        return _keys(frame.index, len(frame), given, world)
    code = _codes(frame[symbols[0]], world) if symbols and len(frame) else np.full(len(frame), _only(given))
    return key_of(code, _stamps(frame[times[0]]), np.zeros(len(frame), dtype=np.int64))


def _keys(index: Any, count: int, given: Sequence[Given], world: World) -> Integers:
    import pandas as pd

    for each in given:
        if each.index is not None and len(each.index) == count and index.equals(each.index):
            return each.keys
    if isinstance(index, pd.MultiIndex):
        return _of_levels(index, world, given)
    if isinstance(index, pd.DatetimeIndex):
        return key_of(np.full(count, _only(given)), _stamps(index), np.zeros(count, dtype=np.int64))
    if isinstance(index, pd.PeriodIndex):
        return _keys(index.to_timestamp(how="end").normalize(), count, given, world)
    if count and all(str(each) in world.symbols for each in index):
        stamp = max(int(stamp_of(each.keys).max()) for each in given if len(each.keys))
        return key_of(_codes(index, world), np.full(count, stamp), np.zeros(count, dtype=np.int64))
    for each in given:
        if each.index is not None and each.index.is_unique and not isinstance(each.index, pd.DatetimeIndex):
            places = each.index.get_indexer(index)
            if (places >= 0).all():
                found: Integers = each.keys[places]
                return found
    return _last(count, given)


def _of_levels(index: Any, world: World, given: Sequence[Given]) -> Integers:
    import pandas as pd

    code: Any = np.full(len(index), _only(given))
    stamp: Any = None
    for level in range(index.nlevels):
        values = index.get_level_values(level)
        if isinstance(values, pd.DatetimeIndex):
            stamp = _stamps(values)
        elif len(values) and all(str(each) in world.symbols for each in values.unique()):
            code = _codes(values, world)
        elif stamp is None:
            matched = [g for g in given if g.index is not None and not isinstance(g.index, pd.DatetimeIndex)]
            places = matched[0].index.get_indexer(values) if matched and matched[0].index.is_unique else np.array([-1])
            if len(places) == len(index) and (places >= 0).all():
                found: Integers = matched[0].keys[places]
                return found
    if stamp is None:
        raise Unreadable("its answer's index names no time; index it as the rows that were given")
    return key_of(code, stamp, np.zeros(len(index), dtype=np.int64))


def _last(count: int, given: Sequence[Given]) -> Integers:
    fits = [each.keys for each in given if len(each.keys) >= count]
    if not fits:
        raise Unreadable(f"it answered with {count} values, more than the rows given; return one for every row")
    exact = [keys for keys in fits if len(keys) == count]
    keys = exact[0] if exact else fits[0]
    return keys[len(keys) - count :]


def _only(given: Sequence[Given]) -> np.int64:
    """The one symbol that was given; none where there were several."""
    symbols = np.unique(np.concatenate([symbol_of(each.keys) for each in given]))
    return np.int64(symbols[0]) if len(symbols) == 1 else np.int64(NO_SYMBOL)


def _owned(keys: Integers, symbol: int) -> Integers:
    return key_of(np.full(len(keys), symbol, dtype=np.int64), stamp_of(keys), keys & 15)


def _codes(values: Any, world: World) -> Integers:
    place = {name: code for code, name in enumerate(world.symbols)}
    return np.array([place.get(str(each), NO_SYMBOL) for each in values], dtype=np.int64)


def _stamps(times: Any) -> Integers:
    import pandas as pd

    index = pd.DatetimeIndex(times)
    if index.tz is not None:
        index = index.tz_convert("America/New_York").tz_localize(None)
    found: Integers = np.maximum(index.to_numpy().astype("datetime64[s]").astype(np.int64), 0)
    return found


def numbers(values: Any) -> Floats:
    """Values as floats; texts as numbers that differ where they do."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        if np.iscomplexobj(values):
            values = np.abs(values) + np.angle(values)
        return np.asarray(pd.Series(values).to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    if pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_timedelta64_dtype(values):
        told = pd.Series(values)
        return np.where(told.isna(), np.nan, told.astype("int64").to_numpy().astype(np.float64))
    return np.array([_number(each) for each in values], dtype=np.float64)


def _number(value: Any) -> float:
    import pandas as pd

    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return float("nan")
    if isinstance(value, int | float | np.number):
        return float(value)
    return float(zlib.crc32(str(value).encode()))
