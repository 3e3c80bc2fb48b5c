"""Tables as arrays: columns, places in the calendar, and finding rows by the values of several columns.

What belongs here: what finding, marking and signals share of that. What does not: anything that knows what a
column means.
"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from butter_pipeline.frame import INSTANT
from butter_pipeline.market.sessions import as_of, calendar

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOWHERE = -1


def numbers(table: pa.Table, name: str) -> Floats:
    """A column of numbers; null is nan."""
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


def days(table: pa.Table, name: str) -> Ints:
    """A column of dates, in days since 1970."""
    return np.asarray(table[name].cast(pa.int32()).to_numpy(), dtype=np.int64)


def dates(days_since_1970: Ints) -> pa.Array:
    """The column of dates that these days are."""
    return pa.array(days_since_1970.astype(np.int32)).cast(pa.date32())


def symbols_of(table: pa.Table) -> tuple[Sequence[str], Ints]:
    """A table's symbols in order, and which of them every row is of."""
    names = sorted(table["symbol"].unique().to_pylist())
    places = pc.index_in(table["symbol"], value_set=pa.array(names, pa.string()))
    return names, np.asarray(places.to_numpy(), dtype=np.int64)


def places(days_since_1970: Ints) -> Ints:
    """The place in the exchange calendar of the last session on or before each day."""
    return np.asarray(np.searchsorted(_calendar(), days_since_1970, side="right") - 1, dtype=np.int64)


def session_days(sessions: Sequence[date]) -> Ints:
    """Sessions in days since 1970."""
    return np.array(sessions, dtype="datetime64[D]").astype(np.int64)


def of_sessions(table: pa.Table, sessions: Sequence[date]) -> pa.Table:
    """The rows of these sessions."""
    return table.filter(pc.is_in(table["session"], value_set=pa.array(sessions, pa.date32())))


def settled_at(sessions: Ints) -> pa.Array:
    """When each row's session, in days since 1970, is settled."""
    distinct, place = np.unique(sessions, return_inverse=True)
    moments = [as_of(day) for day in distinct.astype("datetime64[D]").tolist()]
    return pa.array(moments, INSTANT).take(pa.array(place))


@lru_cache
def _calendar() -> Ints:
    return session_days(calendar())


class Index:
    """Finds the row of a table that holds given values in some columns."""

    def __init__(self, table: pa.Table, names: Sequence[str]) -> None:
        """An index of `table` by the columns `names`, which name one row at most."""
        self._known = {name: table[name].unique() for name in names}
        codes = self._codes(table)
        self._order = np.argsort(codes, kind="stable")
        self._sorted = codes[self._order]
        if np.any(self._sorted[1:] == self._sorted[:-1]):
            raise ValueError(f"two rows share {', '.join(names)}; hand in the rows as of one moment")

    def rows(self, wanted: pa.Table) -> Ints:
        """The row that holds what each row of `wanted` holds in those columns, -1 where there is none."""
        codes = self._codes(wanted)
        if not self._order.size:
            return np.full(codes.size, NOWHERE)
        found = np.minimum(np.searchsorted(self._sorted, codes), self._order.size - 1)
        return np.where(self._sorted[found] == codes, self._order[found], NOWHERE)

    def _codes(self, table: pa.Table) -> Ints:
        """One number per combination of values, -1 where one of them is unknown."""
        code = np.zeros(table.num_rows, dtype=np.int64)
        unknown = np.zeros(table.num_rows, dtype=np.bool_)
        for name, known in self._known.items():
            place = pc.fill_null(pc.index_in(table[name], value_set=known), NOWHERE)
            column = np.asarray(place.to_numpy(), dtype=np.int64)
            unknown |= column < 0
            code = code * len(known) + column
        return np.where(unknown, NOWHERE, code)


def taken(values: Floats, rows: Ints) -> Floats:
    """The values at these rows, nan where there is none."""
    if not values.size:
        return np.full(rows.shape, np.nan)
    return np.where(rows == NOWHERE, np.nan, values[rows])


def table_of(schema: pa.Schema, columns: dict[str, Any]) -> pa.Table:
    """The table of a schema; nan in a column that may be null is null."""
    arrays = []
    for field in schema:
        values = columns[field.name]
        if isinstance(values, np.ndarray):
            values = pa.array(values, field.type, from_pandas=field.nullable)
        arrays.append(values)
    return pa.Table.from_arrays(arrays, schema=schema)
