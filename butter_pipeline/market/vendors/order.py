"""The order in which rows are handed over, found by array operations.

What belongs here: sorting. What does not: which columns to sort by.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers = NDArray[Any]


def in_order(table: "pa.Table", names: Sequence[str]) -> "pa.Table":
    """The rows sorted by some columns; texts are compared by their rank among the distinct ones."""
    import numpy as np
    import pyarrow as pa

    columns = [_rank(table[name]) for name in names]
    equal, sorted_already = np.ones(max(table.num_rows - 1, 0), dtype=bool), True
    for column in columns:
        steps = np.diff(column)
        sorted_already = sorted_already and not (equal & (steps < 0)).any()
        equal &= steps == 0
    return table if sorted_already else table.take(pa.array(np.lexsort(columns[::-1])))


def _rank(column: "pa.ChunkedArray") -> "Numbers":
    """Numbers in the order of the column's values."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(column.type):
        encoded = column.combine_chunks().dictionary_encode()
        ranks = np.asarray(pc.rank(encoded.dictionary, tiebreaker="dense"), dtype=np.int32)
        return np.asarray(ranks[np.asarray(encoded.indices)])
    if pa.types.is_floating(column.type):
        return np.asarray(column.to_numpy())
    kind = pa.int32() if pa.types.is_date32(column.type) else pa.int64()
    return np.asarray(column.cast(kind).to_numpy())
