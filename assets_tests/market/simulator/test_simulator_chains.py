"""Vendor frames of the embedded market: the same bits in any slice, and quotes without arbitrage."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_tests.market.simulator.worlds import CONFIG, WORLD
from butter_pipeline.market.frames import BARS, CHAINS, CONTEXT
from butter_pipeline.market.simulator.chains import chain, strip
from butter_pipeline.market.simulator.contracts import expiries, listed_groups
from butter_pipeline.market.simulator.parameters import DT
from butter_pipeline.market.simulator.path import simulate
from butter_pipeline.market.simulator.tables import bar_rows, chain_rows, context_rows, vol_index
from butter_pipeline.market.simulator.world import world_from_config

HOLIDAYS = {date(2023, 4, 7), date(2023, 7, 4), date(2023, 5, 29)}  # the first is a Friday


def calendar(count: int) -> list[date]:
    days = (WORLD.first_session + timedelta(days=k) for k in range(2 * count + 10))
    return [day for day in days if day.weekday() < 5 and day not in HOLIDAYS][:count]


def instants(path, indices):
    return [datetime.combine(path.sessions[t], datetime.min.time(), UTC) + timedelta(hours=22) for t in indices]


def build(rows, path, indices):
    return rows(path, indices, instants(path, indices))


@pytest.fixture(scope="module")
def path():
    sessions = calendar(240)
    return simulate(WORLD.with_(break_session=sessions[104]), sessions)


@pytest.fixture(scope="module")
def mids(path):
    return strip(path, range(90, 120))


@pytest.mark.parametrize("rows", [bar_rows, context_rows, chain_rows])
def test_a_session_has_the_same_bits_alone_as_within_any_slice(rows, path):
    whole = build(rows, path, range(92, 109))
    assert whole.equals(pa.concat_tables([build(rows, path, [t]) for t in range(92, 109)]))
    assert whole.filter(pc.is_in(whole["session"], pa.array([path.sessions[95], path.sessions[103]]))).equals(
        build(rows, path, [95, 103])
    )


@pytest.mark.parametrize("rows", [bar_rows, context_rows, chain_rows])
def test_a_longer_calendar_changes_no_row(rows, path):
    longer = simulate(path.world, calendar(331))
    assert build(rows, path, range(100, 112)).equals(build(rows, longer, range(100, 112)))


def test_adding_a_symbol_changes_no_row_of_another(path):
    extra = {"symbol": "BRIX", "sector": "energy", "beta": 0.77, "own_vol_pct": 25.0, "start_price": 44.0}
    extra |= {"average_volume": 2e6, "cycle_amplitude_bps": 9.0, "cycle_period_sessions": 19.0, "cycle_phase": 0.4}
    more = world_from_config(CONFIG | {"listings": [*CONFIG["listings"], extra]})
    large = simulate(more.with_(break_session=path.world.break_session), path.sessions)
    for rows in (bar_rows, chain_rows):
        found = build(rows, large, range(100, 107))
        assert found.filter(pc.not_equal(found["symbol"], "BRIX")).equals(build(rows, path, range(100, 107)))
        assert pc.any(pc.equal(found["symbol"], "BRIX")).as_py()


def test_no_row_before_the_break_knows_of_it(path):
    whole = simulate(path.world.with_(break_session=None), path.sessions)
    for rows in (bar_rows, context_rows, chain_rows):
        assert build(rows, path, range(98, 104)).equals(build(rows, whole, range(98, 104)))
    assert not build(chain_rows, path, [104]).equals(build(chain_rows, whole, [104]))


@pytest.mark.parametrize(("rows", "frame"), [(bar_rows, BARS), (context_rows, CONTEXT), (chain_rows, CHAINS)])
def test_rows_have_the_vendor_schema_sorted_by_a_key_that_names_each_once(rows, frame, path):
    table = build(rows, path, range(99, 106))
    assert table.schema.equals(frame.schema, check_metadata=True)
    table.validate(full=True)
    assert table.equals(table.sort_by([(name, "ascending") for name in frame.key]))
    assert table.group_by(list(frame.key)).aggregate([]).num_rows == table.num_rows
    for field in frame.schema:
        assert field.nullable or table[field.name].null_count == 0
        if pa.types.is_floating(field.type):
            assert pc.all(pc.is_finite(table[field.name])).as_py()
    opened = dict(zip(table["session"].to_pylist(), table["available_at"].to_pylist(), strict=True))
    assert opened == dict(zip(path.sessions[99:106], instants(path, range(99, 106)), strict=True))


def test_a_session_has_a_few_thousand_contracts(path):
    counts = build(chain_rows, path, range(80, 140)).group_by("session").aggregate([([], "count_all")])["count_all"]
    assert pc.min(counts).as_py() >= 2500 and pc.max(counts).as_py() <= 4500


def test_expiries_are_the_next_four_fridays_and_two_third_fridays_beyond(path):
    sessions, groups = path.sessions, listed_groups(path, range(40, 140))
    for t in range(40, 140):
        found = sorted({sessions[e] for e in groups.expiry[groups.session == t]})
        fridays = [sessions[t] + timedelta(days=k) for k in range(1, 99)]
        fridays = [day for day in fridays if day.weekday() == 4]
        # a Friday without a session moves to the day before, which may be over already
        moved = [day - timedelta(days=1) if day in HOLIDAYS else day for day in fridays]
        ahead = [(day, friday) for day, friday in zip(moved, fridays, strict=True) if day > sessions[t]]
        weeklies = [day for day, _ in ahead[:4]]
        monthlies = [day for day, friday in ahead[4:] if 15 <= friday.day <= 21][:2]
        expiring = [sessions[t]] if t in expiries(sessions).close else []
        assert found == expiring + weeklies + monthlies


def test_contracts_once_listed_stay_listed_to_their_expiry(path):
    listed: dict[tuple, set[float]] = {}
    for t in range(60, 130):
        rows = strip(path, [t]) if t % 7 == 0 else None
        if rows is None:
            continue
        now: dict[tuple, set[float]] = {}
        for symbol, expiry, strike in zip(
            rows.groups.symbol[rows.group], rows.groups.expiry[rows.group], rows.strike, strict=True
        ):
            now.setdefault((symbol, expiry), set()).add(strike)
        for name, strikes in listed.items():
            if name[1] >= t:
                assert strikes <= now[name]
        listed = now
    groups = listed_groups(path, range(60, 130))
    assert np.any(groups.high > groups.high_before) and np.any(groups.low < groups.low_before)


def test_at_least_six_strikes_stand_on_each_side_of_the_spot(mids):
    groups = mids.groups
    spot = np.full(groups.low.size, np.nan)
    spot[mids.group] = mids.spot
    assert np.all(np.ceil(spot / groups.step) - groups.low >= 6)
    assert np.all(groups.high - np.floor(spot / groups.step) >= 6)
    assert np.all(groups.low > 0)
    fresh = mids.groups.session == mids.groups.listed
    assert np.all((mids.groups.high - mids.groups.low + 1)[fresh] <= 31)


def test_puts_and_calls_agree_on_the_forward(mids):
    discount = np.exp(-WORLD.rate * DT * mids.groups.ahead[mids.group])
    assert np.max(np.abs(mids.call - mids.put - mids.spot + mids.strike * discount) / mids.spot) < 1e-12


def test_no_vertical_and_no_butterfly_has_a_negative_price(mids):
    inside = mids.group[2:] == mids.group[:-2]
    for price, sign in ((mids.put, 1.0), (mids.call, -1.0)):
        unit = price / mids.spot
        assert np.all(sign * (unit[1:] - unit[:-1])[mids.group[1:] == mids.group[:-1]] > -1e-9)
        assert np.all((unit[2:] - 2.0 * unit[1:-1] + unit[:-2])[inside] > -1e-8)


def test_mids_lie_between_intrinsic_value_and_certain_exercise(mids):
    discount = np.exp(-WORLD.rate * DT * mids.groups.ahead[mids.group])
    assert np.all(mids.put >= np.maximum(mids.strike * discount - mids.spot, 0.0) - 1e-12 * mids.spot)
    assert np.all(mids.put <= mids.strike * discount)
    expired = mids.groups.ahead[mids.group] == 0
    assert expired.any()
    assert np.allclose(mids.put[expired], np.maximum(mids.strike - mids.spot, 0.0)[expired], atol=1e-12)


def test_vendor_volatilities_give_back_the_mids(mids, path):
    from scipy.special import ndtr

    implied = chain(path, range(90, 120)).implied_vol
    assert np.array_equal(implied[:, 0], implied[:, 1], equal_nan=True)
    ahead = mids.groups.ahead[mids.group]
    forward, sigma = mids.spot * np.exp(WORLD.rate * DT * ahead), implied[:, 0] * np.sqrt(ahead * DT)
    given = np.isfinite(sigma)
    place = np.log(forward[given] / mids.strike[given]) / sigma[given]
    upper, lower = place + 0.5 * sigma[given], place - 0.5 * sigma[given]
    call = np.exp(-WORLD.rate * DT * ahead[given]) * (forward[given] * ndtr(upper) - mids.strike[given] * ndtr(lower))
    assert np.max(np.abs(call - mids.call[given]) / mids.spot[given]) < 1e-10
    value = np.minimum(mids.put, mids.call) / mids.spot
    assert np.all(given[(value > 2e-6) & (ahead > 0)]) and not np.any(given[ahead == 0])


def test_the_index_has_skew_and_stocks_cost_more_volatility(path):
    rows = chain(path, range(20, 100, 4))
    groups, group = rows.strip.groups, rows.strip.group
    eight = (groups.ahead[group] >= 8) & (groups.ahead[group] <= 25)
    place = np.log(rows.strip.strike / rows.strip.spot) / rows.strip.distance.clip(0.05)
    index = eight & (groups.symbol[group] == path.column("INDX"))
    low = np.nanmean(rows.implied_vol[index & (rows.strip.distance > 1) & (place < 0), 1])
    high = np.nanmean(rows.implied_vol[index & (rows.strip.distance > 1) & (rows.strip.distance < 2) & (place > 0), 0])
    middle = np.nanmean(rows.implied_vol[index & (rows.strip.distance < 0.5), 0])
    assert low > middle + 0.01 and low > high + 0.02
    assert 0.09 < middle < 0.25
    stocks = eight & (groups.symbol[group] != path.column("INDX")) & (rows.strip.distance < 0.5)
    assert np.nanmean(rows.implied_vol[stocks, 0]) > middle + 0.05


@pytest.mark.parametrize("days", [23, 37, 58])
def test_the_volatility_index_agrees_with_the_index_option_strip(days, path):
    # a Monday-to-Friday horizon that ends on a listed expiry, so that both cover the same sessions
    for t in range(30, 130):
        expiry = path.sessions[t] + timedelta(days=days)
        rows = strip(path, [t])
        mine = (rows.groups.symbol == path.column("INDX")) & (rows.groups.expiry == _index_of(path, expiry))
        if mine.any():
            break
    here = np.isin(rows.group, np.flatnonzero(mine))
    strikes, spot = rows.strike[here], rows.spot[here][0]
    years = rows.groups.ahead[mine][0] * DT
    forward = spot * np.exp(WORLD.rate * years)
    value = np.where(strikes < forward, rows.put[here], rows.call[here]) * np.exp(WORLD.rate * years) / strikes**2
    # between strikes the out-of-the-money price is nearly exponential, so its logarithm is what is interpolated
    fine = np.linspace(strikes[0], strikes[-1], 20001)
    under = fine < forward
    put = np.exp(np.interp(fine, strikes, np.log(rows.put[here] / strikes**2)))
    call = np.exp(np.interp(fine, strikes, np.log(np.maximum(rows.call[here], 1e-12) / strikes**2)))
    curve = np.where(under, put, call) * np.exp(WORLD.rate * years)
    variance = 2.0 / years * np.sum(0.5 * (curve[1:] + curve[:-1])) * (fine[1] - fine[0])
    assert value.size > 10
    assert 100.0 * np.sqrt(variance) == pytest.approx(vol_index(path, np.array([t]), days)[0], rel=0.02)


def _index_of(path, day):
    return path.sessions.index(day) if day in path.sessions else -1


def test_the_context_has_its_series_in_their_units(path):
    table = build(context_rows, path, range(60))
    first = dict(zip(table["series"].to_pylist()[:9], table["value"].to_pylist()[:9], strict=True))
    assert list(first) == sorted(
        ["index_level", "short_rate_pct", "vol_index", "vol_index_9d", "vol_index_3m"]
        + [f"sector_{name}" for name in ("energy", "finance", "health", "technology")]
    )
    assert first["sector_energy"] == 100.0 and first["short_rate_pct"] == pytest.approx(4.0)
    assert first["index_level"] == path.bars.close[0, path.column("INDX")]
    close = path.bars.close[:60, [path.column(name) for name in ("ARVO", "DUNE", "PELK")]]
    expected = 100.0 * np.cumprod(1.0 + np.mean(close[1:] / close[:-1] - 1.0, axis=1))
    found = table.filter(pc.equal(table["series"], "sector_energy"))["value"].to_numpy()
    assert np.allclose(found[1:], expected, rtol=1e-12)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), mode=st.sampled_from(["edge", "placebo"]), start=st.integers(0, 20))
def test_quotes_hold_together_for_any_seed(seed, mode, start):
    small = tuple(each for each in WORLD.listings if each.symbol in ("INDX", "NUMA", "VYTA"))
    sessions = calendar(start + 80)
    path = simulate(WORLD.with_(seed=seed, mode=mode, listings=small, break_session=sessions[start + 1]), sessions)
    found = chain(path, range(start, start + 3))
    mid = np.stack([found.strip.call, found.strip.put], axis=1)
    assert np.all(found.bid >= 0.0) and np.all(found.ask > found.bid)
    assert np.all(found.bid <= mid + 1e-6) and np.all(found.ask >= mid - 1e-6)
    for price in (found.bid, found.ask):
        assert np.array_equal(np.round(price, 2), price)
    for count in (found.volume, found.open_interest):
        assert np.all(count >= 0.0) and np.array_equal(np.rint(count), count)
    idle = (found.volume == 0.0) & (found.open_interest == 0.0)
    assert np.array_equal(np.isnan(found.last), idle)
    assert np.nanmax(np.abs(found.last - mid)) <= 0.005 + 1e-9
    assert np.all(np.isfinite(mid))


def test_spreads_widen_away_from_the_money_and_interest_gathers_near_it(path):
    found = chain(path, range(90, 110))
    rows = found.strip
    young = rows.groups.session[rows.group] == rows.groups.listed[rows.group]
    assert young.any() and np.all(found.open_interest[young] == 0.0)
    numa = (rows.groups.symbol[rows.group] == path.column("NUMA")) & (rows.groups.ahead[rows.group] > 3) & ~young
    cheap = (found.ask - found.bid) / np.maximum(np.stack([rows.call, rows.put], axis=1), 0.01)
    outside = rows.strike > rows.spot
    near, far = rows.distance < 0.5, (rows.distance > 1.5) & (rows.distance < 3.0)
    assert cheap[numa & outside & far, 0].mean() > 2.0 * cheap[numa & outside & near, 0].mean()
    # interest remembers where the spot was when the contract was listed, so that it gathers less tightly
    for count, times in ((found.volume, 3.0), (found.open_interest, 1.5)):
        assert count[numa & near].mean() > times * count[numa & far].mean()


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([170], "session 170 of 240, must leave 70 further sessions"),
        ([5, 4], r"indices: was \[5, 4\], must be increasing"),
        ([], "must be increasing session indices"),
        ([-1], "must be increasing session indices"),
    ],
)
def test_sessions_that_cannot_be_quoted_are_refused(indices, message, path):
    with pytest.raises(ValueError, match=message):
        chain_rows(path, indices, [datetime.now(UTC)] * len(indices))


def test_the_last_session_with_room_for_its_expiries_is_quoted(path):
    assert build(chain_rows, path, [169]).num_rows > 2500


def test_every_session_needs_its_instant(path):
    with pytest.raises(ValueError, match=r"available_at: was 1 instants, must be one per session \(2\)"):
        bar_rows(path, [3, 4], [datetime.now(UTC)])
