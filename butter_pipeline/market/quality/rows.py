"""A table under judgement: its rows in order, and what has been found of each.

What belongs here: order, null keys, columns as numpy arrays, and the book of findings. What does not:
any rule that decides whether a row is good.
"""

from functools import cached_property
from string import Formatter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from butter_pipeline.frame import Frame
from butter_pipeline.market.quality.verdict import judged

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Found = tuple[NDArray[Any], str, pa.Array]


class MalformedTableError(ValueError):
    """A table that does not have its frame's columns or types: the vendor's adaptor is at fault, not a row."""


class Rows:
    """The rows of one frame in the order of key and `available_at`; the first reason given to a row stands."""

    def __init__(self, frame: Frame, table: pa.Table) -> None:
        """Take over a table, setting rows without a key or a moment aside."""
        self.frame = frame
        self._order_by = (*frame.key, "available_at")
        table = _conformed(frame, table)
        whole, self._keyless = _apart(table, self._order_by)
        self._columns: dict[str, NDArray[Any]] = {}
        self.table = whole
        self.came_in_order = self._in_order()
        if not self.came_in_order:
            import numpy as np

            order = np.lexsort([self.column(name) for name in reversed(self._order_by)])
            self.table = whole.take(pa.array(order))
            self._columns = {}
        self._found: list[Found] = []
        self._flags: list[Found] = []

    def __len__(self) -> int:
        """How many rows have a key."""
        return int(self.table.num_rows)

    def column(self, name: str) -> "NDArray[Any]":
        """A column as numbers: dates as days, moments as microseconds, texts as codes in their order, nulls as NaN."""
        if name not in self._columns:
            self._columns[name] = self._numbers(name)
        return self._columns[name]

    def names(self, name: str) -> list[str]:
        """The texts that a column's codes stand for, sorted."""
        self.column(name)
        return self._names[name]

    @cached_property
    def free(self) -> "Mask":
        """Which rows have not been rejected."""
        import numpy as np

        return np.ones(len(self), dtype=bool)

    @cached_property
    def begins_name(self) -> "Mask":
        """Which rows are the first of their session and name."""
        return ~self._repeats(self.frame.key[:2])

    @cached_property
    def repeats_key(self) -> "Mask":
        """Which rows have the key of the row before."""
        return self._repeats(self.frame.key)

    @cached_property
    def repeats_stamp(self) -> "Mask":
        """Which rows have the key and `available_at` of the row before."""
        return self._repeats(self._order_by)

    def reject(self, where: "Mask", reason: str, detail: str | list[str]) -> None:
        """Reject the rows that nothing has rejected yet; `detail` may name columns in braces, or holds a text for each.

        A list goes with the rows of `where` in their order.
        """
        asked = where.nonzero()[0]
        free = self.free[asked]
        chosen = asked[free]
        if len(chosen):
            listed = None if isinstance(detail, str) else pa.array(detail, pa.string()).filter(pa.array(free))
            self._found.append((chosen, reason, self._texts(chosen, str(detail)) if listed is None else listed))
            self.free[chosen] = False

    def flag(self, where: "Mask", reason: str, detail: str | list[str]) -> None:
        """Point at rows that stay accepted unless something else rejects them."""
        chosen = where.nonzero()[0]
        if len(chosen):
            details = self._texts(chosen, detail) if isinstance(detail, str) else pa.array(detail, pa.string())
            self._flags.append((chosen, reason, details))

    def accepted(self) -> pa.Table:
        """The rows that nothing has rejected, in order."""
        return self.table if self.free.all() else self.table.filter(pa.array(self.free))

    def rejected(self) -> pa.Table:
        """The rejected rows with reason and detail."""
        parts = [self._with_reasons(self.table, self._found)]
        if self._keyless.num_rows:
            nulls = [", ".join(n for n in self._order_by if row[n] is None) for row in self._keyless.to_pylist()]
            every = pa.array(range(self._keyless.num_rows)).to_numpy()
            details = pa.array([f"no {n}" for n in nulls], pa.string())
            parts.append(self._with_reasons(self._keyless, [(every, "missing key", details)]))
        return pa.concat_tables(parts)

    def flagged(self) -> pa.Table:
        """The accepted rows that deserve a look, with reason and detail."""
        kept = []
        for chosen, reason, details in self._flags:
            stays = self.free[chosen]
            kept.append((chosen[stays], reason, details.filter(pa.array(stays))))
        return self._with_reasons(self.table, kept)

    def _with_reasons(self, table: pa.Table, found: "list[Found]") -> pa.Table:
        schema = judged(self.frame.schema)
        parts = [schema.empty_table()]
        for chosen, reason, details in found:
            columns = table.take(pa.array(chosen)).columns
            texts = [pa.repeat(reason, len(chosen)), details]
            parts.append(pa.table([*columns, *texts], schema=schema))
        return pa.concat_tables(parts).combine_chunks()

    def _texts(self, chosen: "NDArray[Any]", template: str) -> pa.Array:
        """The template's columns filled in, for all rows at once."""
        import pyarrow.compute as pc

        pieces = []
        for literal, name, _, quoted in Formatter().parse(template):
            pieces.append(pa.scalar(literal))
            if name is not None:
                values = self.table[name].combine_chunks().take(pa.array(chosen)).cast(pa.string())
                shown = pc.fill_null(values, "nothing")
                pieces += ["'", shown, "'"] if quoted == "r" else [shown]
        if not any(isinstance(piece, pa.Array) for piece in pieces):
            return pa.repeat(template, len(chosen))
        return pc.binary_join_element_wise(*pieces, "")

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        return {}

    def _numbers(self, name: str) -> "NDArray[Any]":
        import numpy as np

        column = self.table[name]
        if pa.types.is_date32(column.type):
            return np.asarray(column.cast(pa.int32()).to_numpy())
        if pa.types.is_timestamp(column.type):
            return np.asarray(column.cast(pa.int64()).to_numpy())
        if not pa.types.is_string(column.type):
            return np.asarray(column.to_numpy())
        encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
        texts = encoded.dictionary.to_pylist()
        order = sorted(range(len(texts)), key=lambda code: texts[code])
        ranks = np.empty(len(texts), np.int32)
        ranks[order] = np.arange(len(texts), dtype=np.int32)
        self._names[name] = [texts[code] for code in order]
        return np.asarray(ranks[encoded.indices.to_numpy()])

    def _in_order(self) -> bool:
        import numpy as np

        equal = np.ones(max(len(self) - 1, 0), dtype=bool)
        for name in self._order_by:
            steps = np.diff(self.column(name))
            if (equal & ~(steps >= 0)).any():  # a NaN in the key counts as disorder
                return False
            equal &= steps == 0
        return True

    def _repeats(self, names: tuple[str, ...]) -> "Mask":
        import numpy as np

        repeats = np.zeros(len(self), dtype=bool)
        if len(self):
            repeats[1:] = True
            for name in names:
                repeats[1:] &= np.diff(self.column(name)) == 0
        return repeats


def _conformed(frame: Frame, table: pa.Table) -> pa.Table:
    """The table with exactly the frame's columns and types; only encodings of text may differ."""
    absent = [name for name in frame.schema.names if name not in table.column_names]
    if absent or len(table.column_names) != len(frame.schema.names):
        raise MalformedTableError(f"{frame.name}: columns are {table.column_names}, must be {frame.schema.names}")
    for field in frame.schema:
        kind = table.schema.field(field.name).type
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        if plain != field.type and not (pa.types.is_string(field.type) and pa.types.is_large_string(plain)):
            raise MalformedTableError(f"{frame.name}.{field.name}: type is {kind}, must be {field.type}")
    columns = [table[field.name].cast(field.type) for field in frame.schema]
    return pa.table(columns, schema=frame.schema)


def _apart(table: pa.Table, names: tuple[str, ...]) -> tuple[pa.Table, pa.Table]:
    """The rows in which all of some columns are present, and the others."""
    if not any(table[name].null_count for name in names):
        return table, table.slice(0, 0)
    import numpy as np

    whole = np.ones(table.num_rows, dtype=bool)
    for name in names:
        whole &= table[name].is_valid().to_numpy()
    return table.filter(pa.array(whole)), table.filter(pa.array(~whole))
