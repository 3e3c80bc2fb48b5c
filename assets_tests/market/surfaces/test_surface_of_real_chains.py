"""Surfaces of whole AAPL chains of June 2014: last prices without spreads, American exercise, a split of 7 to 1."""

import gzip
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest
from scipy import optimize

from assets_tests.options.surface.markets import black_call
from assets_tests.shared_data import shared_data
from butter_pipeline.market.surfaces.chains import layout
from butter_pipeline.market.surfaces.rows import surface, surfaces
from butter_pipeline.options.surface.fitting import HALF_LEAST, errors, fit
from butter_pipeline.options.surface.parity import forwards

BEFORE_SPLIT, AFTER_SPLIT = date(2014, 6, 5), date(2014, 6, 9)


@pytest.fixture(scope="module")
def chains():
    """Contracts that traded, at their last price; 6 June holds no prices of the old strikes and is empty."""
    with gzip.open(shared_data("options", "AAPL_2014-06.csv.gz")) as file:
        table = pyarrow.csv.read_csv(file)
    table = table.filter(pc.and_(pc.greater(table["close"], 0.0), pc.greater(table["volume"], 0)))
    days = {
        name: pc.strptime(table[name].cast(pa.string()), "%Y%m%d", "s").cast(pa.date32())
        for name in ("session", "expiry")
    }
    names = pa.array(["AAPL"] * table.num_rows)
    plain = {"symbol": names, "strike": table["strike"], "right": table["right"]}
    return pa.table({**days, **plain, "bid": table["close"], "ask": table["close"]})


@pytest.fixture(scope="module")
def rows(chains):
    return surfaces(chains, sorted(chains["session"].unique().to_pylist()))


def test_nearly_every_expiry_has_a_surface_free_of_arbitrage_close_to_its_prices(rows):
    good = rows.filter(pc.is_null(rows["reason"]))
    assert good.num_rows >= 0.97 * rows.num_rows and len(good["session"].unique()) == 10
    assert good["arbitrage"].unique().to_pylist() == ["none"]
    assert np.median(good["rmse_points"].to_numpy()) < 0.4
    assert np.max(good["rmse_points"].to_numpy()) < 1.5


@pytest.mark.slow
def test_ssvi_fitted_to_the_same_quotes_leaves_a_larger_error(chains):
    """Why slices are mixtures: three parameters do not bend enough. Both as fitted, before any order in time."""
    laid = layout(chains, sorted(chains["session"].unique().to_pylist()))
    found = fit(laid.quotes, laid.expiries, forwards(laid.quotes, laid.expiries))
    ours = errors(replace(found, slices=found.own)).rmse_points
    good = np.flatnonzero(np.isfinite(ours))
    theirs = np.array([ssvi_error(found, expiry) for expiry in good])
    assert (ours[good] < theirs).mean() > 0.9
    near = found.expiries.years[good] < 15 / 252
    assert np.median(ours[good][near]) < 0.6 * np.median(theirs[near])


def ssvi_error(found, expiry):
    """Root mean square within two deviations, in volatility points, of the best SSVI slice without butterflies."""
    used, mine = found.used, np.flatnonzero(found.used.expiry == expiry)
    k, mid = used.k[mine], used.mid[mine]
    half, money = np.maximum(0.5 * (used.ask - used.bid)[mine], 1e-12), found.slices.at_the_money()[expiry]
    half = np.maximum(half, HALF_LEAST * money)

    def variance(x):
        theta, rho = np.exp(x[0]), np.tanh(x[1])
        most = min(4.0 / (1.0 + abs(rho)), 2.0 * np.sqrt(theta / (1.0 + abs(rho))))
        slope = most / (1.0 + np.exp(-x[2])) / theta
        return 0.5 * theta * (1.0 + rho * slope * k + np.sqrt((slope * k + rho) ** 2 + 1.0 - rho**2))

    def residuals(x):
        price = black_call(k, np.sqrt(variance(x))) + np.where(k < 0.0, np.expm1(k), 0.0)
        return (price - mid) / half

    best = optimize.least_squares(residuals, [2.0 * np.log(money), -0.2, -1.0], loss="soft_l1")
    near = np.abs(k) <= 2.0 * money
    points = 100.0 * (np.sqrt(variance(best.x)) - used.deviation[mine])[near] / np.sqrt(found.expiries.years[expiry])
    return np.sqrt(np.mean(points**2))


def test_forwards_agree_among_the_near_expiries_of_a_session(rows):
    for session in rows["session"].unique().to_pylist():
        near = rows.filter(pc.and_(pc.equal(rows["session"], session), pc.less(rows["years"], 0.14)))
        forward = near["forward"].to_numpy()
        forward = forward[np.isfinite(forward)]
        assert np.ptp(forward) < 0.005 * forward[0], session


def test_at_equal_moneyness_the_surface_goes_on_through_the_split(rows):
    before, after = (surface(rows, session, "AAPL") for session in (BEFORE_SPLIT, AFTER_SPLIT))
    assert before.forward[0] / after.forward[0] == pytest.approx(7.0, rel=0.02)
    for years in (0.2, 0.5, 0.8, 1.4):
        k = np.array([-0.2, -0.1, 0.0, 0.1])
        was, became = (100.0 * np.sqrt(each.total_variance(k, years) / years) for each in (before, after))
        assert np.abs(became - was).max() < 1.2, years
