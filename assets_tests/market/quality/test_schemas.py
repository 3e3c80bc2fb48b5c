"""Rows are refused for what the pandera schema says of the whole table, though only suspects come before it."""

import math
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets_tests.market.quality_tables import bar, bars
from butter_pipeline.configs import value
from butter_pipeline.frame import Frame
from butter_pipeline.market.frames import BARS, CHAINS, CONTEXT, INTRADAY
from butter_pipeline.market.quality import Expectation, Thresholds
from butter_pipeline.market.quality.rows import Rows
from butter_pipeline.market.quality.rules import Rule, rules_of
from butter_pipeline.market.quality.schemas import apply, broken_by
from butter_pipeline.market.sessions import close_at

MON = date(2024, 3, 4)
EXPECTATION = Expectation(
    (MON,), {}, Thresholds.from_config(value("market", "quality", dict)), may_be_negative=frozenset("N")
)
NUMBERS = st.sampled_from((1.0, 1.0, 1.0, 2.0, 250.0, 0.0, -1.0, -0.0, 1e6, math.nan, math.inf, -math.inf))
TEXTS = {"symbol": "AN", "right": "CPX", "series": ("vol_index_30", "rate_pct_3m", "sector_energy", "other")}


def cells(field: pa.Field) -> st.SearchStrategy[object]:
    if pa.types.is_string(field.type):
        return st.sampled_from(TEXTS[field.name])
    if field.name == "strike":
        return st.sampled_from((100.0, 100.0, 0.0, -1.0, math.nan))
    if field.name == "session":
        return st.just(MON)
    if pa.types.is_date32(field.type):
        return st.sampled_from((MON, MON - timedelta(days=1), MON + timedelta(days=30)))
    if pa.types.is_timestamp(field.type):
        return st.just(close_at(MON))
    return st.just(5) if pa.types.is_integer(field.type) else NUMBERS


def tables(frame: Frame) -> st.SearchStrategy[pa.Table]:
    row = st.fixed_dictionaries({field.name: cells(field) for field in frame.schema})
    return st.lists(row, max_size=8).map(lambda rows: pa.Table.from_pylist(rows, frame.schema))


@pytest.mark.parametrize("frame", [BARS, INTRADAY, CHAINS, CONTEXT], ids=lambda frame: frame.name)
@given(data=st.data())
def test_a_row_is_refused_for_the_first_rule_that_the_schema_says_it_breaks(frame: Frame, data: st.DataObject) -> None:
    table, rules = data.draw(tables(frame)), rules_of(frame.name, EXPECTATION)
    rows = Rows(frame, table)
    broken = broken_by(rows, np.arange(len(rows)), rules)
    first = [
        next((r.reason for r in rules if r.reason in broken and broken[r.reason][n]), None) for n in range(len(rows))
    ]
    apply(rows, rules)
    assert sorted(rows.rejected()["reason"].to_pylist()) == sorted(reason for reason in first if reason)
    assert rows.free.tolist() == [reason is None for reason in first]


def test_a_rule_that_cannot_run_is_an_error_and_no_rule_that_holds() -> None:
    table = bars([bar(MON)])
    calls: list[int] = []

    def fails_the_second_time(rows: object) -> np.ndarray:
        calls.append(1)
        if len(calls) > 1:
            raise ValueError("broken")
        return np.array([False])

    with pytest.raises(RuntimeError, match="bars: rule 'odd' failed to run"):
        apply(Rows(BARS, table), [Rule("odd", fails_the_second_time, "")])
