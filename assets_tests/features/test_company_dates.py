"""Dates of the company: counted from those that have come, and expected at their own rhythm."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from assets_tests.features.feature_tables import LAST, SESSIONS, bars_of, context, value, walk
from butter_pipeline.features.compute import compute
from butter_pipeline.market.frames import ACTIONS
from butter_pipeline.market.sessions import open_at


def told(kind: str, days: Sequence[date], symbol: str = "A") -> pa.Table:
    rows = [
        dict.fromkeys(ACTIONS.schema.names)
        | {"session": day, "symbol": symbol, "kind": kind, "cash": 0.5, "available_at": open_at(day)}
        for day in days
    ]
    return pa.Table.from_pylist(rows, schema=ACTIONS.schema)


def dates_of(actions: pa.Table, sessions: Sequence[date] = (LAST,)) -> pa.Table:
    bars = bars_of("A", SESSIONS, walk(len(SESSIONS), 1))
    return compute("context", {"bars": bars, "context": context(), "actions": actions}, sessions)


@pytest.mark.parametrize(
    ("ages", "since", "until"),
    [
        ([5], 5.0, None),  # one date has no rhythm
        ([131, 68, 5], 5.0, 58.0),
        ([130, 70, 0], 0.0, 65.0),  # on the day itself the next one is meant
        ([160, 100], 100.0, 0.0),  # overdue
        ([260, 250, 200], 200.0, 0.0),  # 260 sessions ago is beyond the look-back
        ([260], None, None),
        ([], None, None),
    ],
)
@pytest.mark.parametrize("kind", ["dividend", "earnings"])
def test_the_next_date_is_due_as_long_after_the_last_as_they_were_apart(kind, ages, since, until) -> None:
    found = dates_of(told(kind, [SESSIONS[-1 - age] for age in ages]))
    name = "ex_dividend" if kind == "dividend" else "earnings"
    assert value(found, f"sessions_since_{name}", "A") == since
    assert value(found, f"sessions_to_{name}", "A") == until


def test_dates_to_come_those_of_others_and_other_actions_are_not_told() -> None:
    later, other = told("dividend", [SESSIONS[-1]]), told("dividend", [SESSIONS[-30]], symbol="B")
    split = told("special_dividend", [SESSIONS[-4]])
    found = dates_of(pa.concat_tables([later, other, split]), [SESSIONS[-2]])
    (row,) = found.to_pylist()
    assert row["sessions_since_ex_dividend"] is None
    assert "sessions_since_ex_dividend=undefined" in row["nulls"] and "sessions_to_earnings=undefined" in row["nulls"]


def test_a_session_that_the_symbol_missed_still_counts_as_one() -> None:
    bars = bars_of("A", SESSIONS, walk(len(SESSIONS), 1))
    bars = bars.take(pa.array(np.delete(np.arange(len(SESSIONS)), [-3, -8])))
    actions = told("dividend", [SESSIONS[-1 - age] for age in (70, 10)])
    found = compute("context", {"bars": bars, "context": context(), "actions": actions}, [LAST])
    assert value(found, "sessions_since_ex_dividend", "A") == 10.0
    assert value(found, "sessions_to_ex_dividend", "A") == 50.0


@pytest.mark.parametrize("lacking", [[-6], [-6, -5], [-7, -6, -5]])
@pytest.mark.parametrize("broken", [False, True])
def test_a_date_on_which_the_symbol_had_no_usable_bar_is_counted_from_where_it_was(lacking, broken) -> None:
    bars = bars_of("A", SESSIONS, walk(len(SESSIONS), 1))
    if broken:
        close = bars["close"].to_numpy().copy()
        close[lacking] = np.nan
        bars = bars.set_column(bars.schema.get_field_index("close"), "close", pa.array(close))
    else:
        bars = bars.take(pa.array(np.delete(np.arange(len(SESSIONS)), lacking)))
    actions = told("earnings", [SESSIONS[-1 - age] for age in (131, 68, 5)])
    found = compute("context", {"bars": bars, "context": context(), "actions": actions}, [LAST])
    assert value(found, "sessions_since_earnings", "A") == 5.0
    assert value(found, "sessions_to_earnings", "A") == 58.0
