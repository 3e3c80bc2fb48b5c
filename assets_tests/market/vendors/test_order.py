"""Rows are handed over in the order of their key, whichever way it is found."""

from datetime import date, timedelta

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from butter_pipeline.market.vendors.order import in_order

DAY = date(2024, 3, 4)
SCHEMA = pa.schema([("session", pa.date32()), ("symbol", pa.string()), ("stamp", pa.int64()), ("close", pa.float64())])
KEY = ["session", "symbol", "stamp"]
Row = tuple[int, str, int, float | None]

rows = st.lists(
    st.tuples(st.integers(-3, 3) | st.just(40_000), st.sampled_from("ABÄ"), st.integers(0, 2), st.none() | st.floats()),
    max_size=12,
)


def table(rows: list[Row], cut: int) -> pa.Table:
    values = [(DAY + timedelta(days=row[0]), *row[1:]) for row in rows]
    whole = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in values], SCHEMA)
    return pa.concat_tables([whole.slice(0, cut), whole.slice(cut)])


@given(rows, st.integers(0, 12))
@example([(1, "A", 0, 1.0), (2, "A", 1, None), (1, "B", 0, 2.0), (2, "B", 1, 3.0)], 2)  # a file of each instrument
def test_rows_come_in_the_order_of_their_key_and_equal_ones_as_they_stood(rows: list[Row], cut: int) -> None:
    given_rows = table(rows, cut)
    expected = [repr(row) for row in sorted(given_rows.to_pylist(), key=lambda row: [row[name] for name in KEY])]
    found = in_order(given_rows, KEY)
    assert [repr(row) for row in found.to_pylist()] == expected
    assert found.schema == SCHEMA
