"""Volatility: by hand, against simulation, and GARCH against arch."""

from pathlib import Path

import numpy as np
import pytest
from arch import arch_model

from assets_tests.features.feature_tables import LAST, SESSIONS, bars_of, replaced, value, walk
from butter_pipeline.features import garch
from butter_pipeline.features.compute import compute
from butter_pipeline.features.garch_likelihood import Law, Series, fit
from butter_pipeline.market.sessions import position

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


def shocks(count: int, seed: int, law: tuple[float, float, float] = (0.05, 0.09, 0.88)) -> np.ndarray:
    constant, shock, persistence = law
    drawn = np.random.default_rng(seed).standard_normal(count + 200)
    variance, made = constant / (1.0 - shock - persistence), []
    for each in drawn:
        made.append(each * np.sqrt(variance))
        variance = constant + shock * made[-1] ** 2 + persistence * variance
    return np.array(made[200:])


def by_arch(values: np.ndarray):
    return arch_model(values, mean="Zero", vol="GARCH", p=1, q=1, rescale=False)


@pytest.mark.parametrize("seed", range(12))
def test_no_law_that_arch_finds_is_likelier(seed: int) -> None:
    made = shocks(150 + 40 * seed, seed)
    series = Series.of(made)
    found, theirs = fit(series), by_arch(made).fit(disp="off", show_warning=False)
    assert found is not None
    assert series.log_likelihood(found) > series.log_likelihood(Law(*theirs.params)) - 0.01


def test_the_likelihood_is_archs() -> None:
    made = shocks(400, 3)
    law = (0.07, 0.1, 0.85)
    theirs = by_arch(made).fix(law)
    ours = Series.of(made)
    assert ours.variances(Law(*law)) == pytest.approx(theirs.conditional_volatility**2, rel=1e-12)
    constant = 0.5 * len(made) * np.log(2.0 * np.pi)
    assert ours.log_likelihood(Law(*law)) - constant == pytest.approx(theirs.loglikelihood, rel=1e-12)


def test_the_gradient_is_the_slope_of_the_likelihood() -> None:
    series, point, step = Series.of(shocks(300, 4)), np.array([0.3, 2.0, -1.5]), 1e-6
    gradient, curvature = series.direction(Law.at(point))
    for axis in range(3):
        aside = step * np.eye(3)[axis]
        rise = series.log_likelihood(Law.at(point + aside)) - series.log_likelihood(Law.at(point - aside))
        assert gradient[axis] == pytest.approx(rise / (2.0 * step), rel=1e-5)
    assert np.all(np.linalg.eigvalsh(curvature) > 0.0)


def test_a_long_series_gives_its_own_law_back() -> None:
    found = fit(Series.of(shocks(20000, 5)))
    assert (found.constant, found.shock, found.persistence) == pytest.approx((0.05, 0.09, 0.88), abs=0.015)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared reference data are not beside this project")
def test_the_published_estimates_of_the_mark_against_the_pound_are_met() -> None:
    returns = np.genfromtxt(SHARED / "reference/garch_dem_gbp.csv", delimiter=",", skip_header=1)[:, 0]
    squares = (returns + 0.00619041) ** 2  # the published mean, and their first variance
    found = fit(Series(squares, np.concatenate([[squares.mean()], squares[:-1]])))
    published = (0.0107613, 0.153134, 0.805974)
    assert (found.constant, found.shock, found.persistence) == pytest.approx(published, rel=1e-3)


def test_a_session_is_filtered_from_the_fit_of_the_month_before() -> None:
    close = 100.0 * np.exp(np.cumsum(shocks(len(SESSIONS), 6) / 100.0))
    table = compute("volatility", {"bars": bars_of("A", SESSIONS, close)}, [LAST])
    begin = next(n for n, session in enumerate(SESSIONS) if (session.year, session.month) == (LAST.year, LAST.month))
    returns = 100.0 * np.diff(np.log(close))[-(len(SESSIONS) - begin + 500) :]
    made = returns - returns[:500].mean()
    law = fit(Series.of(made[:500]))
    # What arch makes of the same law, fixed, when it runs through the month.
    forecast = by_arch(made).fix((law.constant, law.shock, law.persistence)).forecast(horizon=7, reindex=False)
    variances = forecast.variance.to_numpy()[0]
    assert value(table, "garch_1_pct", "A") == pytest.approx(np.sqrt(252.0 * variances[0]), rel=1e-9)
    assert value(table, "garch_7_pct", "A") == pytest.approx(np.sqrt(252.0 * variances.mean()), rel=1e-9)
    assert value(table, "garch_converged", "A") == 1.0


def test_a_fit_without_end_gives_way_to_an_exponential_average(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garch, "fit", lambda _: None)
    table = compute("volatility", {"bars": bars_of("A", SESSIONS, walk(len(SESSIONS), 7))}, [LAST])
    assert value(table, "garch_converged", "A") == 0.0
    returns = 100.0 * np.diff(np.log(walk(len(SESSIONS), 7)))
    begin = next(n for n, session in enumerate(SESSIONS) if (session.year, session.month) == (LAST.year, LAST.month))
    sample = returns[begin - 501 : begin - 1]
    variance = sample.var()
    for each in (returns - sample.mean())[begin - 501 :]:
        variance = 0.94 * variance + 0.06 * each**2
    assert value(table, "garch_1_pct", "A") == pytest.approx(np.sqrt(252.0 * variance))
    assert value(table, "garch_7_pct", "A") == pytest.approx(value(table, "garch_1_pct", "A"))


def test_too_few_returns_before_the_month_give_no_forecast() -> None:
    begin = position(LAST.replace(day=3)) - position(SESSIONS[0])
    for back, told in ((120, False), (121, True)):
        first = begin - back
        bars = bars_of("A", SESSIONS[first:], walk(len(SESSIONS) - first, 9))
        found = value(compute("volatility", {"bars": bars}, [LAST]), "garch_1_pct", "A")
        assert (found is not None) == told


def test_realised_volatility_is_the_deviation_of_log_returns() -> None:
    close = walk(len(SESSIONS), 10)
    table = compute("volatility", {"bars": bars_of("A", SESSIONS, close)}, [LAST])
    returns = np.diff(np.log(close))
    for rows in (10, 21, 63):
        expected = 100.0 * np.sqrt(252.0) * returns[-rows:].std(ddof=1)
        assert value(table, f"hv_{rows}_pct", "A") == pytest.approx(expected, rel=1e-9)
    ratio = returns[-10:].std(ddof=1) / returns[-63:].std(ddof=1)
    assert value(table, "hv_ratio_10_63", "A") == pytest.approx(ratio, rel=1e-9)


def test_ranges_estimate_the_volatility_that_made_them() -> None:
    """Four thousand small steps a session, none over night, at 32 per cent a year."""
    rng = np.random.default_rng(12)
    steps = np.cumsum(0.32 / np.sqrt(252.0 * 2000.0) * rng.standard_normal((400, 2000)), axis=1)
    begins = np.concatenate([[0.0], np.cumsum(steps[:-1, -1])])[:, None]
    path = 100.0 * np.exp(np.concatenate([begins, begins + steps], axis=1))
    sessions = SESSIONS[-400:]
    bars = bars_of("A", sessions, path[:, -1])
    for name, values in (("open", path[:, 0]), ("high", path.max(axis=1)), ("low", path.min(axis=1))):
        bars = replaced(bars, name, values)
    table = compute("volatility", {"bars": bars}, sessions[30:])
    for name in ("parkinson_21_pct", "yang_zhang_21_pct"):
        assert np.sqrt(np.mean(table[name].to_numpy() ** 2)) == pytest.approx(32.0, rel=0.05)


def test_yang_and_zhangs_estimate_is_its_formula() -> None:
    bars = bars_of("A", SESSIONS, walk(len(SESSIONS), 13), 13)
    o, h, l, c = (np.log(bars[name].to_numpy()[-22:]) for name in ("open", "high", "low", "close"))  # noqa: E741
    night, day = o[1:] - c[:-1], (c - o)[1:]
    ranges = ((h - c) * (h - o) + (l - c) * (l - o))[1:]
    k = 0.34 / (1.34 + 22.0 / 20.0)
    expected = night.var(ddof=1) + k * day.var(ddof=1) + (1.0 - k) * ranges.mean()
    found = value(compute("volatility", {"bars": bars}, [LAST]), "yang_zhang_21_pct", "A")
    assert found == pytest.approx(100.0 * np.sqrt(252.0 * expected), rel=1e-9)
