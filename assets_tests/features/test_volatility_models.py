"""The features of fitted models: by arch on the same sample, what stands in, and how much history they need."""

from collections.abc import Callable

import numpy as np
import pytest

from assets_tests.features.feature_tables import LAST, SESSIONS, bars_of, value, walk
from assets_tests.features.models.returns import garch_returns
from butter_pipeline.features.compute import compute
from butter_pipeline.features.models import outlook
from butter_pipeline.features.models.volatility import Fits, Model, Reason, fit
from butter_pipeline.market.sessions import position


def month_begin() -> int:
    return next(n for n, session in enumerate(SESSIONS) if (session.year, session.month) == (LAST.year, LAST.month))


@pytest.mark.parametrize("model", [Model.GARCH, Model.GJR])
def test_a_session_is_filtered_from_the_fit_of_the_month_before(model: Model) -> None:
    close = 100.0 * np.exp(np.cumsum(garch_returns(len(SESSIONS), 6) / 100.0))
    table = compute("volatility", {"bars": bars_of("A", SESSIONS, close)}, [LAST])
    returns = 100.0 * np.diff(np.log(close))[-(len(SESSIONS) - month_begin() + 500) :]
    found = fit(model, returns[None, :500])
    mean, constant, shock, leverage, persistence = found.parameters[0]
    first = float(found.presample_variance[0])
    variance = constant + (shock + leverage / 2.0 + persistence) * first
    for each in returns - mean:
        variance = constant + (shock + leverage * (each < 0.0)) * each**2 + persistence * variance
    ahead = [variance]
    for _ in range(6):
        ahead.append(constant + (shock + leverage / 2.0 + persistence) * ahead[-1])
    assert value(table, f"{model}_1_pct", "A") == pytest.approx(np.sqrt(252.0 * ahead[0]), rel=1e-9)
    assert value(table, f"{model}_7_pct", "A") == pytest.approx(np.sqrt(252.0 * np.mean(ahead)), rel=1e-9)
    assert value(table, f"{model}_converged", "A") == 1.0
    assert 0.0 < value(table, f"{model}_width_7_pct", "A") < value(table, f"{model}_7_pct", "A")


def unproved(model: Model, *given: object, **named: object) -> Fits:
    found = fit(model, *given, **named)
    return Fits(
        model,
        found.parameters,
        found.covariance,
        found.log_likelihood,
        found.presample_variance,
        np.where(found.reason == Reason.FITTED, Reason.UNPROVED, found.reason),
    )


def test_a_fit_without_a_top_gives_way_to_an_exponential_average(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "fit", unproved)
    table = compute("volatility", {"bars": bars_of("A", SESSIONS, walk(len(SESSIONS), 7))}, [LAST])
    returns = 100.0 * np.diff(np.log(walk(len(SESSIONS), 7)))
    begin = month_begin()
    sample = returns[begin - 501 : begin - 1]
    variance = sample.var()
    for each in (returns - sample.mean())[begin - 501 :]:
        variance = 0.94 * variance + 0.06 * each**2
    for model in Model:
        assert value(table, f"{model}_converged", "A") == 0.0
        assert value(table, f"{model}_1_pct", "A") == pytest.approx(np.sqrt(252.0 * variance))
        assert value(table, f"{model}_7_pct", "A") == pytest.approx(value(table, f"{model}_1_pct", "A"))
        assert value(table, f"{model}_width_7_pct", "A") is None


def test_too_few_returns_before_the_month_give_no_forecast() -> None:
    begin = position(LAST.replace(day=3)) - position(SESSIONS[0])
    for back, told in ((120, False), (121, True)):
        first = begin - back
        table = compute("volatility", {"bars": bars_of("A", SESSIONS[first:], walk(len(SESSIONS) - first, 9))}, [LAST])
        for model in Model:
            assert (value(table, f"{model}_1_pct", "A") is not None) == told
            assert (value(table, f"{model}_converged", "A") is not None) == told


def falling(seed: int) -> np.ndarray:
    """Returns whose variance rises after falls alone."""
    variance, made = 1.0, []
    for each in np.random.default_rng(seed).standard_normal(len(SESSIONS)):
        made.append(each * np.sqrt(variance))
        variance = 0.1 + 0.3 * made[-1] ** 2 * (made[-1] < 0.0) + 0.75 * variance
    return np.array(made)


def test_leverage_is_seen_where_falls_disturb() -> None:
    close = 100.0 * np.exp(np.cumsum(falling(3) / 100.0))
    table = compute("volatility", {"bars": bars_of("A", SESSIONS, close)}, [LAST])
    assert value(table, "gjr_leverage", "A") > 0.1
    assert value(table, "egarch_leverage", "A") < -0.05


@pytest.mark.parametrize("step", [0.01, 0.1])
def test_a_price_that_only_swings_between_two_ticks_has_no_interval_that_means_nothing(step: float) -> None:
    close = np.where(np.arange(len(SESSIONS)) % 2 == 0, 50.0, 50.0 + step)
    table = compute("volatility", {"bars": bars_of("A", SESSIONS, close)}, [LAST])
    for name, of in (("garch_width_1_pct", "garch_1_pct"), ("gjr_width_7_pct", "gjr_7_pct")):
        width, told = value(table, name, "A"), value(table, of, "A")
        assert width is None or width < 2.0 * told
    assert value(table, "garch_width_1_pct", "A") is None and value(table, "garch_1_pct", "A") > 0.0
    assert "garch_width_1_pct=undefined" in table["nulls"][0].as_py()


def test_a_price_that_grows_by_one_share_has_no_volatility_to_forecast() -> None:
    table = compute("volatility", {"bars": bars_of("A", SESSIONS, 100.0 * 1.0005 ** np.arange(len(SESSIONS)))}, [LAST])
    for model in Model:
        assert value(table, f"{model}_converged", "A") == 0.0
        assert value(table, f"{model}_1_pct", "A") is None and value(table, f"{model}_width_7_pct", "A") is None


@pytest.mark.parametrize("change", [lambda c: np.where(np.arange(len(c)) == 300, 1e9, c), lambda c: np.round(c, 0)])
def test_a_wild_or_coarse_price_gives_numbers_or_nothing(change: Callable[[np.ndarray], np.ndarray]) -> None:
    bars = bars_of("A", SESSIONS, change(walk(len(SESSIONS), 1)))
    table = compute("volatility", {"bars": bars}, [LAST])
    for model in Model:
        found = value(table, f"{model}_1_pct", "A")
        assert found is None or np.isfinite(found)
