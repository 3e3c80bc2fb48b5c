"""Features over splits, dividends and rolls: no trace of what only changed the units."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pytest

from assets_tests.features.feature_tables import SESSIONS, bars_of, walk
from assets_tests.market.actions.action_tables import action, actions
from assets_tests.shared_data import shared_data
from butter_pipeline.features.compute import compute
from butter_pipeline.features.registry import features_of, lookbacks
from butter_pipeline.market.actions.adjust import adjusted_bars
from butter_pipeline.market.frames import BARS
from butter_pipeline.market.instruments import Policy
from butter_pipeline.market.sessions import as_of, offset, sessions_between
from butter_pipeline.market.vendors.action_files import read_actions

FITTED = ("arima_", "garch_", "gjr_", "egarch_")
FITTED_ROUNDING = 1e-6
"""A likelihood is flat at its top: a search cannot tell parameters apart that differ by less than about the root of
the last bit (1e-8), and returns in other units differ in theirs. What is fitted step by step agrees no further."""
FAMILIES = ("technical", "volatility", "price", "cycles")
Row = dict[str, float | None]
SPLITS = {"AAPL": [date(2005, 2, 28), date(2014, 6, 9), date(2020, 8, 31)], "IBM": [date(1999, 5, 27)]}


@lru_cache
def real_bars(symbol: str) -> pa.Table:
    """Raw rows, as traded."""
    read = pacsv.read_csv(
        shared_data("bars", f"{symbol}.csv"), convert_options=pacsv.ConvertOptions(column_types={"date": pa.date32()})
    )
    known = pa.array([as_of(day) for day in read["date"].to_pylist()], BARS.schema.field("available_at").type)
    columns = {"session": read["date"], "symbol": pa.array([symbol] * read.num_rows), "available_at": known}
    columns |= {name: read[name].cast(pa.float64()) for name in ("open", "high", "low", "close", "volume")}
    return pa.table([columns[name] for name in BARS.schema.names], schema=BARS.schema)


def seen(bars: pa.Table, told: pa.Table, session: date, family: str) -> Row:
    """A family's features of a session, computed as they would be that evening."""
    back = max(lookbacks(family).values())
    first = pa.scalar(offset(session, 1 - back), pa.date32())
    inside = pc.and_(
        pc.greater_equal(bars["session"], first), pc.less_equal(bars["session"], pa.scalar(session, pa.date32()))
    )
    adjusted = adjusted_bars(bars.filter(inside), told, as_of(session), Policy())
    (row,) = compute(family, {"bars": adjusted}, [session]).to_pylist()
    return {each.name: row[each.name] for each in features_of(family)}


def assert_same(found: Row, expected: Row, rounding: float, session: date) -> None:
    """The same features are missing, and the others differ by rounding alone."""
    assert expected.keys() == found.keys()
    assert any(value is not None for value in expected.values())
    for name, value in expected.items():
        if value is None or found[name] is None:
            assert found[name] is value, (session, name, found[name], value)
        else:
            near = max(rounding, FITTED_ROUNDING) if name.startswith(FITTED) else rounding
            assert found[name] == pytest.approx(value, rel=near, abs=near), (session, name)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("symbol", "ex"), [(s, ex) for s, days in SPLITS.items() for ex in days])
def test_features_of_raw_rows_are_what_they_are_of_a_history_that_was_never_cut(
    family: str, symbol: str, ex: date
) -> None:
    told = read_actions([shared_data("bars", f"{symbol}_factors.csv")])
    (ratio,) = [row["ratio"] for row in told.to_pylist() if row["kind"] == "split" and row["session"] == ex]
    bars = real_bars(symbol)
    # The same rows, had the shares never been cut: what follows is worth as much more, in as many fewer shares.
    behind = pc.greater_equal(bars["session"], pa.scalar(ex, pa.date32())).to_numpy()
    uncut = bars
    for name in ("open", "high", "low", "close", "volume"):
        by = np.where(behind, 1.0 / ratio if name == "volume" else ratio, 1.0)
        place = uncut.schema.get_field_index(name)
        uncut = uncut.set_column(place, uncut.schema.field(place), pa.array(bars[name].to_numpy() * by))
    nothing = actions()
    for session in (offset(ex, -1), ex, offset(ex, 1), offset(ex, 10)):
        with_split, without = seen(bars, told, session, family), seen(uncut, nothing, session, family)
        assert_same(with_split, without, 1e-6, session)


def test_without_the_action_the_split_would_be_seen() -> None:
    ex = SPLITS["AAPL"][1]
    bars, told = real_bars("AAPL"), read_actions([shared_data("bars", "AAPL_factors.csv")])
    blind, seeing = seen(bars, actions(), ex, "volatility"), seen(bars, told, ex, "volatility")
    assert blind["hv_21_pct"] > 10.0 * seeing["hv_21_pct"]
    assert seeing["hv_21_pct"] == pytest.approx(seen(bars, told, offset(ex, -1), "volatility")["hv_21_pct"], rel=0.2)


def over(count: int, at: int, *, ratio: float) -> tuple[pa.Table, pa.Table, Sequence[date]]:
    """A made-up symbol with a split, the same one without, and the sessions around it."""
    days = SESSIONS[-count:]
    whole = bars_of("AAA", days, walk(count, 3))
    behind = np.arange(count) >= at
    cut = whole
    for name in ("open", "high", "low", "close", "volume"):
        by = np.where(behind, ratio if name == "volume" else 1.0 / ratio, 1.0)
        place = cut.schema.get_field_index(name)
        cut = cut.set_column(place, cut.schema.field(place), pa.array(whole[name].to_numpy() * by))
    return cut, whole, days[at - 1 : at + 3]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("ratio", "rounding"), [(2.0, 1e-10), (0.5, 1e-10), (0.1, 1e-7), (1.5, 1e-7), (7.0, 1e-7)])
def test_over_any_split_features_differ_by_rounding_alone(family: str, ratio: float, rounding: float) -> None:
    cut, whole, around = over(600, 590, ratio=ratio)
    told = actions(action(around[1], ratio=ratio))
    for session in around:
        expected = seen(whole, actions(), session, family)
        assert_same(seen(cut, told, session, family), expected, rounding, session)


def test_returns_hold_no_gap_of_a_roll() -> None:
    days = sessions_between(SESSIONS[-60], SESSIONS[-1])
    new = bars_of("CL", days, walk(60, 5))
    raw = new
    for name in ("open", "high", "low", "close"):
        values = new[name].to_numpy() - np.where(np.arange(60) < 50, 30.0, 0.0)  # the contract before stood 30 lower
        place = raw.schema.get_field_index(name)
        raw = raw.set_column(place, raw.schema.field(place), pa.array(values))
    told = actions(action(days[50], "roll", "CL", difference=30.0))
    expected = seen(new, actions(), days[-1], "technical")
    assert_same(seen(raw, told, days[-1], "technical"), expected, 1e-9, days[-1])
