"""What must not show in a feature: other futures, other pasts, other rows beside, another order.

What belongs here: altering a family's tables at a cut. What does not: comparing what comes of them (`family`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from butter_pipeline.features.registry import Feature, features_of, lookbacks
from butter_pipeline.market.frames import ACTIONS, FRAMES
from butter_pipeline.market.sessions import as_of, offset

Tables = Mapping[str, pa.Table]
Alter = Callable[[str, Tables, date], Tables | None]
SEED = 3
PRICES = ("open", "high", "low", "close")


def _cut_off(_: str, tables: Tables, cut: date) -> Tables:
    return {name: table.filter(pc.invert(_later(table, cut))) for name, table in tables.items()}


def _later_numbers(work: Callable[[Any, Any], Any]) -> Alter:
    """Every number after the cut becomes another."""

    def altered(_: str, tables: Tables, cut: date) -> Tables:
        return {name: _changed(table, _later(table, cut), work) for name, table in tables.items()}

    return altered


def _gone_symbols(_: str, tables: Tables, cut: date) -> Tables | None:
    """After the cut every other symbol is gone."""
    return {
        name: table.filter(pc.invert(pc.and_(_later(table, cut), _every_other(table))))
        for name, table in tables.items()
    }


def _short_past(family: str, tables: Tables, cut: date) -> Tables:
    """What lies before the declared look-back of the session before the cut is gone."""
    backs = lookbacks(family)
    return {name: table.filter(pc.invert(_earlier(table, offset(cut, -backs[name])))) for name, table in tables.items()}


def _other_past(family: str, tables: Tables, cut: date) -> Tables:
    """What lies before the declared look-back of the session before the cut is something else."""
    backs = lookbacks(family)

    def noise(values: Any, rng: Any) -> Any:
        return values * np.exp(rng.standard_normal(len(values)))

    return {name: _changed(table, _earlier(table, offset(cut, -backs[name])), noise) for name, table in tables.items()}


def _shuffled(_: str, tables: Tables, __: date) -> Tables:
    rng = np.random.default_rng(SEED)
    return {name: table.take(pa.array(rng.permutation(table.num_rows))) for name, table in tables.items()}


def _fewer_symbols(_: str, tables: Tables, __: date) -> Tables | None:
    if not any("symbol" in table.column_names for table in tables.values()):
        return None
    return {name: table.filter(pc.invert(_every_other(table))) for name, table in tables.items()}


def _more_symbols(_: str, tables: Tables, __: date) -> Tables | None:
    """Every other symbol a second time under another name, with other numbers."""
    if not any("symbol" in table.column_names for table in tables.values()):
        return None
    return {name: _with_others(table) for name, table in tables.items()}


def _late_rows(_: str, tables: Tables, cut: date) -> Tables:
    """Corrections of all rows that came after the cut's moment, as a reading of that moment gives them: not at all."""
    return {
        name: known(pa.concat_tables([table, _corrected(name, table, cut)]), as_of(cut), key_of(name, table))
        for name, table in tables.items()
    }


def _other_zone(_: str, tables: Tables, __: date) -> Tables:
    """The same instants, written in another zone."""
    return {name: _zoned(table, "Asia/Tokyo") for name, table in tables.items()}


ALTERATIONS: Mapping[str, Alter] = {
    "future cut off": _cut_off,
    "missing future": _later_numbers(lambda values, _: np.full_like(values, np.nan)),
    "noise": _later_numbers(lambda values, rng: values * np.exp(rng.standard_normal(len(values)))),
    "permuted future": _later_numbers(lambda values, rng: values[rng.permutation(len(values))]),
    "flipped signs": _later_numbers(lambda values, _: -values),
    "enormous values": _later_numbers(lambda values, _: values * 1e9),
    "infinite values": _later_numbers(lambda values, _: np.full_like(values, np.inf)),
    "symbols gone": _gone_symbols,
    "past beyond the look-back cut off": _short_past,
    "another past beyond the look-back": _other_past,
    "shuffled rows": _shuffled,
    "fewer symbols": _fewer_symbols,
    "more symbols": _more_symbols,
    "late rows": _late_rows,
    "another zone": _other_zone,
}
"""Every alteration, by the name of the test that makes it."""


def key_of(name: str, table: pa.Table) -> Sequence[str]:
    """What names a row of a table: its frame's key, else everything but numbers and when it was known."""
    frames = {**FRAMES, ACTIONS.name: ACTIONS}
    if name in frames:
        return frames[name].key
    return [each for each in table.column_names if each not in _numbers(table) and each != "available_at"]


def known(table: pa.Table, moment: Any, key: Sequence[str]) -> pa.Table:
    """A table as of a moment: of every row the latest version that could be known by then."""
    if "available_at" not in table.column_names:
        return table
    there = table.filter(pc.less_equal(table["available_at"], pa.scalar(moment, table["available_at"].type)))
    ordered = there.sort_by([*((name, "ascending") for name in key), ("available_at", "descending")])
    if ordered.num_rows < 2:
        return ordered
    columns = [ordered[name].combine_chunks() for name in key]
    same = [pc.equal(each.slice(1), each.slice(0, len(each) - 1)).to_numpy(zero_copy_only=False) for each in columns]
    return ordered.filter(pa.array(~np.append(False, np.logical_and.reduce(same))))


def undeclared(family: str, tables: Tables) -> Iterator[tuple[Sequence[Feature], Tables]]:
    """For features of the same inputs, the tables in which every number that they do not declare is another."""
    by_inputs: dict[frozenset[str], list[Feature]] = {}
    for each in features_of(family):
        by_inputs.setdefault(frozenset(each.inputs), []).append(each)
    for inputs, features in by_inputs.items():
        yield features, {name: _otherwise(name, table, inputs) for name, table in tables.items()}


def _otherwise(name: str, table: pa.Table, declared: frozenset[str]) -> pa.Table:
    """Positive noise on what is not declared; whether a bar counts at all rests on all its prices, so signs stay."""
    rng = np.random.default_rng(SEED)
    if "series" in table.column_names:
        theirs = [each.partition(".")[2] for each in declared if each.startswith(f"{name}.")]
        if any(each in ("series", "*") or each.endswith(("_", "*")) for each in theirs):
            return table
        which = pc.invert(pc.is_in(table["series"], pa.array(theirs, pa.string())))
        return _changed(table, which, lambda values, rng: values * np.exp(0.1 * rng.standard_normal(len(values))))
    for column in _numbers(table):
        if f"{name}.{column}" not in declared:
            values = table[column].to_numpy()
            table = replaced_numbers(table, column, values * np.exp(0.1 * rng.standard_normal(len(values))))
    return table


def _later(table: pa.Table, cut: date) -> Any:
    return pc.greater(table["session"], pa.scalar(cut, pa.date32()))


def _earlier(table: pa.Table, first: date) -> Any:
    return pc.less(table["session"], pa.scalar(first, pa.date32()))


def _every_other(table: pa.Table) -> Any:
    if "symbol" not in table.column_names:
        return pa.array(np.zeros(table.num_rows, dtype=np.bool_))
    names = sorted(table["symbol"].unique().to_pylist())
    return pc.is_in(table["symbol"], pa.array(names[::2], pa.string()))


def _changed(table: pa.Table, which: Any, work: Callable[[Any, Any], Any]) -> pa.Table:
    chosen = np.flatnonzero(which.to_numpy(zero_copy_only=False) if isinstance(which, pa.Array) else which.to_numpy())
    rng = np.random.default_rng(SEED)
    for column in _numbers(table):
        values = table[column].to_numpy().copy()
        values[chosen] = work(values[chosen], rng)
        table = replaced_numbers(table, column, values)
    return table


def _with_others(table: pa.Table) -> pa.Table:
    if "symbol" not in table.column_names:
        return table
    more = table.filter(_every_other(table))
    place = more.column_names.index("symbol")
    more = more.set_column(place, table.schema.field("symbol"), pc.binary_join_element_wise("Z", more["symbol"], ""))
    every = pa.array(np.ones(more.num_rows, dtype=np.bool_))
    return pa.concat_tables([table, _changed(more, every, lambda values, _: 1.5 * values)]).combine_chunks()


def _corrected(name: str, table: pa.Table, cut: date) -> pa.Table:
    """Every row again with other numbers, known a second after the cut's moment."""
    if "available_at" not in table.column_names:
        return table.slice(0, 0)
    key = key_of(name, table)
    late = pa.array([as_of(cut) + timedelta(seconds=1)] * table.num_rows, table["available_at"].type)
    every = pa.array(np.ones(table.num_rows, dtype=np.bool_))
    other = _changed(table, every, lambda values, _: 2.0 * values)
    for each in key:
        other = other.set_column(other.column_names.index(each), table.schema.field(each), table[each])
    return other.set_column(other.column_names.index("available_at"), table.schema.field("available_at"), late)


def _zoned(table: pa.Table, zone: str) -> pa.Table:
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.tz is not None:
            table = table.set_column(place, field.name, table[field.name].cast(pa.timestamp("us", zone)))
    return table


def _numbers(table: pa.Table) -> Sequence[str]:
    return [field.name for field in table.schema if pa.types.is_float64(field.type)]


def replaced_numbers(table: pa.Table, column: str, values: Any) -> pa.Table:
    """The table with other numbers in one column."""
    place = table.column_names.index(column)
    return table.set_column(place, table.schema.field(column), pa.array(values, pa.float64()))
