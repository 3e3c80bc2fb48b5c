"""Surfaces of chains as rows: what is kept, what is refused, and the surface that comes back."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assets_tests.market.surfaces.chains import EXPIRIES, MONDAY, TUESDAY, chain
from butter_pipeline.errors import ButterError
from butter_pipeline.market.sessions import as_of
from butter_pipeline.market.surfaces import pictures
from butter_pipeline.market.surfaces.frames import SURFACES
from butter_pipeline.market.surfaces.rows import surface, surfaces

TWO = pa.concat_tables([chain(), chain(symbol="DUNE", vol=0.5, forward=34.0, half=0.01), chain(TUESDAY, vol=0.32)])


def test_every_listed_expiry_has_its_row_in_the_order_of_the_key():
    rows = surfaces(TWO, [MONDAY, TUESDAY])
    assert rows.schema == SURFACES.schema
    keys = [(row["session"], row["symbol"], row["expiry"]) for row in rows.to_pylist()]
    assert keys == sorted(keys) and len(set(keys)) == 9
    assert rows["reason"].null_count == 9
    assert rows["arbitrage"].unique().to_pylist() == ["none"]
    assert rows["available_at"].to_pylist() == [as_of(key[0]) for key in keys]


def test_a_literal_surface():
    rows = surfaces(chain(), [MONDAY]).to_pylist()
    assert [round(row["years"] * 252) for row in rows] == [4, 9, 33]
    for row in rows:
        assert row["forward"] == pytest.approx(100.0, abs=0.01)
        assert row["atm_iv_pct"] == pytest.approx(30.0, abs=0.1)
        assert row["skew_pct"] == pytest.approx(0.0, abs=0.3)
        assert row["inside_spread_pct"] == 100.0
        assert row["rmse_points"] < 0.3


def test_a_session_has_the_same_rows_alone_and_in_a_range_however_the_chain_is_sorted():
    rows = surfaces(TWO, [MONDAY, TUESDAY])
    alone = surfaces(TWO, [TUESDAY])
    assert alone.equals(rows.filter(pc.equal(rows["session"], pa.scalar(TUESDAY))))
    shuffled = TWO.take(pa.array(np.random.default_rng(1).permutation(TWO.num_rows)))
    assert surfaces(shuffled, [MONDAY, TUESDAY]).equals(rows)


def test_the_surface_comes_back_from_its_rows():
    rows = surfaces(TWO, [MONDAY, TUESDAY])
    found = surface(rows, MONDAY, "DUNE")
    assert found.years * 252 == pytest.approx([4.0, 9.0, 33.0])
    strikes = np.array([31.0, 34.0, 37.0])
    assert found.iv(strikes, found.years[2]) == pytest.approx([0.5] * 3, abs=0.003)
    between = 0.5 * (found.years[0] + found.years[1])
    assert found.iv(np.array([34.0]), between) == pytest.approx([0.5], abs=0.003)
    call, put = (found.price(strikes, between, is_call=side) for side in (True, False))
    assert call - put == pytest.approx(34.0 - strikes, abs=0.01)
    assert found.density(between).mean == pytest.approx(34.0, abs=0.005)


def test_between_expiries_there_is_no_arbitrage_either():
    rows = surfaces(
        pa.concat_tables([chain(expiries=EXPIRIES[:1], vol=0.6), chain(expiries=EXPIRIES[1:], vol=0.2)]), [MONDAY]
    )
    found = surface(rows, MONDAY, "ARVO")
    k = np.linspace(-0.4, 0.4, 201)
    times = np.linspace(found.years[0], found.years[-1], 23)
    variance = np.array([found.total_variance(k, time) for time in times])
    assert np.all(np.diff(variance, axis=0) > -1e-12)
    listed = np.array([found.total_variance(np.zeros(1), time)[0] for time in found.years])
    assert variance[:, 100] == pytest.approx(np.interp(times, found.years, listed), rel=1e-9)


@pytest.mark.parametrize("years", [0.0, 5.0, float("nan")])
def test_times_beyond_the_expiries_are_refused(years):
    with pytest.raises(ValueError, match="must lie between the first and the last expiry"):
        surface(surfaces(chain(), [MONDAY]), MONDAY, "ARVO").iv(np.array([100.0]), years)


def test_expiries_without_a_surface_keep_their_row_and_say_why():
    expiring = chain(expiries=(MONDAY,))
    one_sided = chain(expiries=EXPIRIES[:1])
    one_sided = one_sided.filter(pc.equal(one_sided["right"], "C"))
    rows = surfaces(pa.concat_tables([expiring, one_sided, chain(expiries=EXPIRIES[1:])]), [MONDAY])
    assert rows["reason"].to_pylist() == [
        "it expires with the session",
        "fewer than 3 strikes are quoted on both sides near the money",
        None,
        None,
    ]
    empty = rows.filter(pc.is_valid(rows["reason"]))
    for name in ("forward", "atm_iv_pct", "rmse_points", "weight_1", "share_before", "arbitrage"):
        assert empty[name].null_count == 2, name
    assert surface(rows, MONDAY, "ARVO").years * 252 == pytest.approx([9.0, 33.0])


def test_a_session_without_quotes_has_no_rows_and_a_symbol_without_a_surface_says_so():
    rows = surfaces(chain(), [TUESDAY])
    assert rows.num_rows == 0 and rows.schema == SURFACES.schema
    with pytest.raises(ButterError, match="DUNE has no surface in 2024-03-04: it has no row"):
        surface(surfaces(chain(), [MONDAY]), MONDAY, "DUNE")


def test_quotes_that_are_null_are_no_quotes():
    rows = chain()
    mask = pa.array([n % 7 == 3 for n in range(rows.num_rows)])
    place = rows.schema.get_field_index("bid")
    rows = rows.set_column(place, "bid", pc.if_else(mask, pa.scalar(None, pa.float64()), rows["bid"]))
    found = surfaces(rows, [MONDAY]).to_pylist()
    assert [row["reason"] for row in found] == [None] * 3
    assert all(row["atm_iv_pct"] == pytest.approx(30.0, abs=0.2) for row in found)


def test_an_expiry_on_a_day_without_a_session_counts_until_the_session_before():
    [row] = surfaces(chain(expiries=(date(2024, 3, 16),)), [MONDAY]).to_pylist()
    assert round(row["years"] * 252) == 9


def test_the_pictures_are_png_and_the_same_bytes_each_time():
    rows = surfaces(TWO, [MONDAY, TUESDAY])
    first, again = (pictures.of_most_quoted(rows, TWO, MONDAY) for _ in range(2))
    assert sorted(first) == ["density", "surface"] and first == again
    assert all(png.startswith(b"\x89PNG") for png in first.values())
    assert pictures.of_most_quoted(surfaces(chain(expiries=(MONDAY,)), [MONDAY]), TWO, MONDAY) == {}
    alone = chain(expiries=EXPIRIES[:1])
    assert pictures.of_most_quoted(surfaces(alone, [MONDAY]), alone, MONDAY)["surface"].startswith(b"\x89PNG")
