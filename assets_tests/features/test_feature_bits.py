"""Every family: the same bits alone, in a range, shuffled, without the others; and nothing of the future."""

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_tests.features.feature_tables import LAST, SESSIONS, made, market, value
from butter_pipeline.features import windows
from butter_pipeline.features.compute import compute
from butter_pipeline.features.registry import families, features_of, inputs_of, lookbacks
from butter_pipeline.identity import content_hash
from butter_pipeline.market.sessions import as_of

FEW = settings(max_examples=6, deadline=None)
FAMILY = pytest.mark.parametrize("family", families())
COUNT = {"surface": 6}
RANGE = 30


def count(family: str) -> int:
    return COUNT.get(family, RANGE)


def needed(family: str, sessions, symbols=None, seed: int | None = None) -> dict[str, pa.Table]:
    """Exactly the history that the family asks for, of some symbols, in some order of rows."""
    tables = {}
    for name, back in lookbacks(family).items():
        table = market()[name]
        first = SESSIONS[SESSIONS.index(sessions[0]) - back + 1]
        table = table.filter(pc.and_(pc.greater_equal(table["session"], first), pc.less_equal(table["session"], LAST)))
        if symbols is not None and "symbol" in table.column_names:
            table = table.filter(pc.is_in(table["symbol"], pa.array(symbols)))
        if seed is not None:
            table = table.take(np.random.default_rng(seed).permutation(table.num_rows))
        tables[name] = table
    return tables


def part(table: pa.Table, sessions, symbols=None) -> str:
    """The hash of some rows."""
    table = table.filter(pc.is_in(table["session"], pa.array(sessions, pa.date32())))
    if symbols is not None:
        table = table.filter(pc.is_in(table["symbol"], pa.array(symbols)))
    return content_hash(table)


@lru_cache
def symbols_of(family: str) -> tuple[str, ...]:
    return tuple(sorted(made(family, count(family))["symbol"].unique().to_pylist()))


@FAMILY
@FEW
@given(data=st.data())
def test_a_range_gives_what_any_part_of_it_gives(family: str, data: st.DataObject) -> None:
    whole = made(family, count(family))
    first = data.draw(st.integers(0, count(family) - 1))
    last = data.draw(st.integers(first, count(family) - 1))
    symbols = data.draw(st.lists(st.sampled_from(symbols_of(family)), min_size=1, unique=True))
    sessions = SESSIONS[-count(family) :][first : last + 1]
    seed = data.draw(st.integers(0, 99))
    alone = compute(family, needed(family, sessions, symbols, seed), sessions)
    assert alone.num_rows > 0 or symbols == ["GAPS"]
    assert part(alone, sessions) == part(whole, sessions, symbols)


@FAMILY
@FEW
@given(data=st.data())
def test_what_comes_later_changes_nothing(family: str, data: st.DataObject) -> None:
    whole = made(family, count(family))
    cut = SESSIONS[-count(family) :][data.draw(st.integers(0, count(family) - 2))]
    spoilt = data.draw(st.sampled_from([np.nan, 0.0, 1e9]))
    tables = {name: spoil(market()[name], cut, spoilt) for name in inputs_of(family)}
    assert part(compute(family, tables, [cut]), [cut]) == part(whole, [cut])
    gone = {name: table.filter(pc.less_equal(table["session"], cut)) for name, table in tables.items()}
    assert part(compute(family, gone, [cut]), [cut]) == part(whole, [cut])


def spoil(table: pa.Table, cut, value: float) -> pa.Table:
    later = pc.greater(table["session"], cut)
    for place, field in enumerate(table.schema):
        if field.type == pa.float64():
            table = table.set_column(place, field, pc.if_else(later, pa.scalar(value), table[field.name]))
    return table


@pytest.mark.parametrize("family", [family for family in families() if family != "surface"])
def test_a_feature_looks_no_further_back_than_it_says(family: str) -> None:
    whole = made(family, count(family))
    for name, back in lookbacks(family).items():
        first = SESSIONS[-back]
        early = market()[name].filter(pc.less(market()[name]["session"], first))
        kept = market()[name].filter(pc.greater_equal(market()[name]["session"], first))
        other = spoil(early, SESSIONS[0].replace(year=2000), 7.0)
        tables = dict(market()) | {name: pa.concat_tables([other, kept])}
        assert part(compute(family, tables, [LAST]), [LAST]) == part(whole, [LAST])


@pytest.mark.parametrize("family", ["technical", "volatility", "price", "cycles", "context", "implied"])
def test_batches_do_not_show(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "ROWS_AT_ONCE", 7)
    again = compute(family, market(), SESSIONS[-RANGE:])
    assert content_hash(again) == content_hash(made(family, RANGE))


@FAMILY
def test_rows_are_ordered_dated_and_within_bounds(family: str) -> None:
    table = made(family, count(family))
    keys = list(zip(table["session"].to_pylist(), table["symbol"].to_pylist(), strict=True))
    assert keys == sorted(set(keys))
    assert set(zip(table["session"].to_pylist(), table["available_at"].to_pylist(), strict=True)) == {
        (session, as_of(session)) for session in SESSIONS[-count(family) :]
    }
    for feature in features_of(family):
        values = table[feature.name].drop_null().to_numpy()
        assert (len(values) > 0 or family == "patterns") and np.isfinite(values).all()
        low, high = feature.bounds or (-np.inf, np.inf)
        assert np.all((low <= values) & (values <= high)), feature.name


def test_a_bar_without_prices_has_a_row_of_nulls_and_harms_nobody() -> None:
    session = SESSIONS[-4]
    for family in ("technical", "volatility", "price", "cycles"):
        table = made(family, RANGE)
        for feature in features_of(family):
            if feature.name != "volume_ratio_20":
                assert value(table, feature.name, "BROKEN", session) is None
            assert value(table, feature.name, "STEADY", session) is not None


def test_a_symbol_that_stands_still_has_no_ratios() -> None:
    for name in ("rsi_14", "bollinger_position_20", "stochastic_k_14", "ibs", "volume_ratio_20", "adx_14"):
        assert value(made("technical"), name, "STILL") is None
    assert value(made("technical"), "atr_14_pct", "STILL") == 0.0
    assert value(made("volatility"), "hv_21_pct", "STILL") == 0.0
    for name in ("garch_1_pct", "gjr_7_pct", "egarch_1_pct", "garch_width_7_pct", "gjr_leverage", "hv_ratio_10_63"):
        assert value(made("volatility"), name, "STILL") is None
    for name in ("garch_converged", "gjr_converged", "egarch_converged"):
        assert value(made("volatility"), name, "STILL") == 0.0
    for name in ("arima_7_pct", "arima_band_7_pct"):
        assert value(made("price"), name, "STILL") is None
    for name in ("fourier_period_sessions", "fourier_phase", "fourier_power_share", "fourier_7_pct"):
        assert value(made("cycles"), name, "STILL") is None


@FAMILY
def test_no_session_gives_no_rows(family: str) -> None:
    assert compute(family, market(), []).num_rows == 0


@FAMILY
def test_empty_tables_give_no_rows(family: str) -> None:
    tables = {name: market()[name].slice(0, 0) for name in inputs_of(family)}
    assert compute(family, tables, [LAST]).num_rows == 0
