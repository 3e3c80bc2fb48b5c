"""The first sessions of the calendar: nothing lies before them, so histories are short, and nothing is raised."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pytest

from assets_tests.features.feature_tables import bars_of, walk
from butter_pipeline.features.compute import compute
from butter_pipeline.features.reasons import REASONS
from butter_pipeline.features.registry import families, family_schema, features_of, inputs_of
from butter_pipeline.market.frames import ACTIONS, CANDIDATES, CHAINS, CONTEXT, INTRADAY
from butter_pipeline.market.sessions import as_of, calendar

FIRST = calendar()[:40]
EMPTY = {frame.name: frame.schema.empty_table() for frame in (ACTIONS, CANDIDATES, CHAINS, INTRADAY)}
PER_BAR = [family for family in families() if family not in ("surface", "intraday")]


def tables() -> Mapping[str, pa.Table]:
    bars = bars_of("A", FIRST, walk(len(FIRST), 1))
    series = [("index_level", walk(len(FIRST), 2)), ("vol_index", 15.0 + walk(len(FIRST), 3) / 50.0)]
    known = pa.array([as_of(day) for day in FIRST], CONTEXT.schema.field("available_at").type)
    days = pa.array(FIRST, pa.date32())
    context = [pa.table([days, [name] * len(FIRST), values, known], schema=CONTEXT.schema) for name, values in series]
    other = {name: family_schema(name).empty_table() for name in ("surface", "volatility", "patterns")}
    return {**EMPTY, **other, "bars": bars, "context": pa.concat_tables(context)}


@pytest.mark.parametrize("family", PER_BAR)
def test_every_family_answers_for_the_first_sessions_that_there_are(family: str) -> None:
    given = {name: tables()[name] for name in inputs_of(family)}
    if inputs_of(family)[0] != "bars":
        given[inputs_of(family)[0]] = pa.table(
            {
                each.name: tables()["bars"][each.name]
                if each.name in ("session", "symbol", "available_at")
                else pa.nulls(len(FIRST), each.type)
                for each in family_schema(inputs_of(family)[0])
            }
        )
    found = compute(family, given, FIRST[:3])
    assert found.num_rows == 3
    for row in found.to_pylist():
        told = dict(each.split("=") for each in (row["nulls"] or "").split())
        assert set(told.values()) <= set(REASONS)
        for feature in features_of(family):
            assert (row[feature.name] is None) == (feature.name in told)


def test_a_short_history_is_told_as_one_and_rows_before_the_calendar_are_none() -> None:
    table = compute("technical", {"bars": tables()["bars"]}, FIRST)
    rows = table.to_pylist()
    assert [row["momentum_5_pct"] is None for row in rows] == [True] * 5 + [False] * (len(FIRST) - 5)
    assert all("momentum_5_pct=short_history" in row["nulls"] for row in rows[:5])
    close = tables()["bars"]["close"].to_numpy()
    told = table["momentum_5_pct"].to_numpy()[5:]
    assert np.allclose(told, 100.0 * np.log(close[5:] / close[:-5]), rtol=1e-12)
    assert rows[39]["sma_distance_50_pct"] is None and "sma_distance_50_pct=short_history" in rows[39]["nulls"]
