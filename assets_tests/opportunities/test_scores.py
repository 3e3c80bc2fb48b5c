"""The four scores, by their formulas."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline.opportunities import scores
from butter_pipeline.opportunities.scores import Outlook

UNKNOWN = Outlook(**{each.name: np.array([np.nan]) for each in fields(Outlook)})


def outlook(**known: float) -> Outlook:
    return replace(UNKNOWN, **{name: np.array([value]) for name, value in known.items()})


def one(value: float) -> np.ndarray:
    return np.array([value])


@pytest.mark.parametrize(
    ("body_pct", "score"), [(1.0, 100.0), (4.0, 100.0 * np.exp(-0.5)), (-5.0, 100.0 * np.exp(-2.0))]
)
def test_price_match_falls_with_the_distance_from_the_forecast_in_bands(body_pct: float, score: float) -> None:
    told = outlook(arima_7_pct=1.0, arima_band_7_pct=3.0)
    assert scores.price_match(one(body_pct), told).item() == pytest.approx(score)


@pytest.mark.parametrize(
    ("garch_7_pct", "score"),
    [(30.0, 50.0), (30.0 * np.exp(-0.2), 70.0), (30.0 * np.exp(0.2), 30.0), (5.0, 100.0), (90.0, 0.0)],
)
def test_mispricing_rises_with_implied_over_forecast_volatility(garch_7_pct: float, score: float) -> None:
    assert scores.vol_mispricing(one(0.3), outlook(garch_7_pct=garch_7_pct)).item() == pytest.approx(score)


def test_stability_is_the_mean_of_calming_stillness_and_lack_of_direction() -> None:
    deviation = 20.0 * np.sqrt(20 / 252)
    told = outlook(hv_ratio_10_63=0.8, momentum_20_pct=deviation, hv_21_pct=20.0, adx_14=30.0)
    assert scores.stability(told).item() == pytest.approx((70.0 + 100.0 * np.exp(-0.5) + 50.0) / 3.0)
    wild = outlook(hv_ratio_10_63=2.0, momentum_20_pct=9 * deviation, hv_21_pct=20.0, adx_14=70.0)
    assert scores.stability(wild).item() == pytest.approx(0.0, abs=1e-9)


def test_what_is_unknown_of_stability_counts_for_neither_side() -> None:
    assert scores.stability(outlook(hv_ratio_10_63=0.8)).item() == pytest.approx((70.0 + 50.0 + 50.0) / 3.0)


def test_a_strong_cycle_that_points_at_the_body_scores_and_a_weak_one_says_little() -> None:
    told = outlook(fourier_7_pct=2.0, hv_21_pct=30.0, fourier_power_share=1.0)
    assert scores.fourier(one(2.0), told).item() == 100.0
    assert scores.fourier(one(40.0), told).item() == pytest.approx(0.0, abs=1e-6)
    weak = replace(told, fourier_power_share=one(0.1))
    assert scores.fourier(one(2.0), weak).item() == pytest.approx(55.0)


@pytest.mark.parametrize("nothing", [0.0, -1.0, np.nan])
def test_a_spread_that_is_no_spread_makes_a_score_neutral(nothing: float) -> None:
    told = outlook(arima_7_pct=1.0, arima_band_7_pct=nothing, garch_7_pct=nothing, fourier_7_pct=1.0, hv_21_pct=nothing)
    told = replace(told, fourier_power_share=one(0.5))
    found = (scores.price_match(one(1.0), told), scores.vol_mispricing(one(0.3), told), scores.fourier(one(1.0), told))
    assert [each.item() for each in found] == [50.0] * 3


anything = st.floats(-1e3, 1e3) | st.just(float("nan"))


@given(st.lists(anything, min_size=9, max_size=9), st.floats(-50, 50), st.floats(0.01, 5.0))
def test_every_score_is_between_0_and_100_whatever_the_features(
    values: list[float], body_pct: float, iv: float
) -> None:
    told = Outlook(**{each.name: one(value) for each, value in zip(fields(Outlook), values, strict=True)})
    found = [
        scores.price_match(one(body_pct), told).item(),
        scores.vol_mispricing(one(iv), told).item(),
        scores.stability(told).item(),
    ]
    assert all(0.0 <= score <= 100.0 for score in found)
    assert 0.0 <= scores.fourier(one(body_pct), told).item() <= 100.0
