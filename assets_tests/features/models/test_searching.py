"""Fits that are remembered: the same to the bit, by nothing but what they rest on, and not made a second time."""

from collections.abc import Callable

import numpy as np
import pytest

from assets_tests.features.feature_tables import LAST, SESSIONS, market
from assets_tests.features.models.returns import arma_values, garch_returns
from butter_pipeline.features.compute import compute
from butter_pipeline.features.models import arima, searching
from butter_pipeline.features.models.searching import Remembered
from butter_pipeline.features.models.volatility import Model, fit
from butter_pipeline.identity import content_hash
from butter_pipeline.market.sessions import offset

RETURNS = np.array([garch_returns(150, seed) for seed in range(4)])


def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many series every later search is given."""
    given: list[int] = []
    search = searching._searched

    def counted(what, series, *rest):
        given.append(len(series))
        return search(what, series, *rest)

    monkeypatch.setattr(searching, "_searched", counted)
    return given


def fitted(model: Model | arima.Order, values: np.ndarray, *counts: np.ndarray, remembered: Remembered) -> bytes:
    if isinstance(model, Model):
        found = fit(model, values, *counts, remembered=remembered)
        return found.parameters.tobytes() + found.covariance.tobytes() + found.reason.tobytes()
    told = arima.fit(model, values, *counts, remembered=remembered)
    return told.laws.tobytes() + told.variance.tobytes() + told.reason.tobytes()


@pytest.mark.parametrize("model", [*Model, arima.Order(1, 0, 1), arima.Order(2, 1, 1)], ids=str)
def test_a_remembered_fit_has_the_bits_of_a_new_one_and_is_not_searched(
    model: Model | arima.Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fitted(model, RETURNS, remembered=Remembered())
    known = Remembered()
    fitted(model, RETURNS[1:3], remembered=known)
    given = searches(monkeypatch)
    assert fitted(model, RETURNS, remembered=Remembered(known.asked)) == whole
    assert given == [2]


@pytest.mark.parametrize(
    "other",
    [
        lambda known: fit(Model.GJR, RETURNS, remembered=known),
        lambda known: fit(Model.GARCH, RETURNS, presample=np.full(4, 2.0), remembered=known),
        lambda known: fit(Model.GARCH, RETURNS, np.full(4, 149), remembered=known),
        lambda known: fit(Model.GARCH, np.nextafter(RETURNS, 9.0), remembered=known),
        lambda known: arima.fit(arima.Order(1, 0, 1), RETURNS, remembered=known),
    ],
    ids=["model", "setting", "count", "last bit", "likelihood"],
)
def test_what_is_fitted_otherwise_is_fitted_anew(
    other: Callable[[Remembered], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Remembered()
    fit(Model.GARCH, RETURNS, remembered=known)
    given = searches(monkeypatch)
    other(known)
    assert given == [4]


def test_orders_of_other_lags_are_not_taken_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    values, known = arma_values(200, 1, 0.4, 0.2)[None], Remembered()
    given = searches(monkeypatch)
    for order in (arima.Order(1, 0, 1), arima.Order(2, 0, 0), arima.Order(0, 0, 2), arima.Order(1, 0, 1)):
        arima.fit(order, values, remembered=known)
    assert given == [1, 1, 1]  # the last is remembered


def test_other_code_remembers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Remembered()
    fit(Model.GARCH, RETURNS, remembered=known)
    given = searches(monkeypatch)
    monkeypatch.setattr(searching, "_code", lambda: "another version")
    fit(Model.GARCH, RETURNS, remembered=known)
    assert given == [4]


def test_only_what_was_asked_for_is_kept() -> None:
    known = Remembered()
    fit(Model.GARCH, RETURNS, remembered=known)
    later = Remembered(known.asked)
    fit(Model.GARCH, RETURNS[:1], remembered=later)
    assert len(known.asked) == 4 and len(later.asked) == 1


@pytest.mark.parametrize("family", ["volatility", "price"])
def test_a_session_within_its_month_fits_nothing_and_has_the_same_bits(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Remembered()
    compute(family, market(), [offset(LAST, -1)], known)
    given = searches(monkeypatch)
    again = compute(family, market(), [LAST], Remembered(known.asked))
    assert given == []
    assert content_hash(again) == content_hash(compute(family, market(), [LAST]))


@pytest.mark.parametrize(("family", "models"), [("volatility", 3), ("price", 1)])
def test_a_range_fits_every_month_of_a_symbol_once(family: str, models: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given = searches(monkeypatch)
    rows = compute(family, market(), SESSIONS[-45:])
    months = {(each.year, each.month) for each in rows["session"].to_pylist()}
    symbols = rows["symbol"].unique().to_pylist()
    assert len(rows) > 5 * len(months) * len(symbols)
    assert sum(given) <= models * (len(months) * len(symbols) + 1)
