"""How many formulas there are: nothing counts twice, and what differs counts by itself."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from butter_pipeline.features.formulas import formulas
from butter_pipeline.features.registry import Feature, feature, features

CALLED = formulas(features())
AT_LEAST = 90


def made(name: str, said: str, formula: str | None = None) -> Feature:
    """A feature of that name whose docstring says that."""

    def shown(_: object) -> np.ndarray:
        return np.ones(1)

    shown.__name__, shown.__doc__ = name, f"Meaning.\n\n{said} Source: somebody (2024)."
    declared: Callable[..., Feature] = feature((), 1, "ratio", formula=formula)
    return declared(shown)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("100 ln(C / C[5]).", "100 ln(C / C[20])."),
        ("100 ln(C / C[5]).", "100 ln(I / I[5])."),
        ("100 (C / max252(C) - 1).", "100 (C / min63(C) - 1)."),
        ("(C - S) / mean60(H - L).", "(V - X) / mean20(A - B)."),
        ("How far the close is above the last turn's high.", "How far the close is below the last turn's low."),
    ],
)
def test_other_numbers_lags_series_and_directions_are_one_formula(one: str, other: str) -> None:
    assert len(set(formulas([made("one", one), made("other", other)]).values())) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ln(C / O).", "C / O."),
        ("(C - L) / (H - L).", "(C - O) / (H - L)."),
        ("mean(r).", "sd(r)."),
        ("SMA20(C).", "EMA20(C)."),
        ("C - O.", "O - O."),
    ],
)
def test_what_is_done_otherwise_is_another_formula(one: str, other: str) -> None:
    assert len(set(formulas([made("one", one), made("other", other)]).values())) == 2


def test_what_a_declaration_names_counts_once_and_ties_together_what_reads_alike() -> None:
    told = [made("a", "C.", "same"), made("b", "ln C."), made("c", "sd(C).", "same"), made("d", "ln V.", "same")]
    assert len(set(formulas(told).values())) == 1
    assert len(set(formulas(told[:3]).values())) == 2


def test_features_that_say_nothing_are_told_apart_by_their_names() -> None:
    assert len(set(formulas([made("one", ""), made("other", ""), made("one_20", "")]).values())) == 2


@given(st.randoms())
def test_the_order_of_features_changes_no_group(random) -> None:
    shuffled = list(features())
    random.shuffle(shuffled)
    groups: dict[str, set[str]] = {}
    for name, formula in formulas(shuffled).items():
        groups.setdefault(formula, set()).add(name)
    assert all(len({CALLED[name] for name in group}) == 1 for group in groups.values())
    assert len(groups) == len(set(CALLED.values()))


@pytest.mark.parametrize(
    "alike",
    [
        ("ibs", "ibs_reversal", "stochastic_k_14", "donchian_position_20", "breakout", "williams_r_14"),
        ("hv_21_pct", "hv_252_pct", "index_volatility_21_pct", "iv_volatility_21_pct"),
        ("iv_percentile_252", "volume_percentile_252", "hv_percentile_252", "skew_percentile_252"),
        ("rsi_14", "rsi_2"),
        ("momentum_5_pct", "momentum_252_skip_21_pct", "index_trend_20_pct", "sector_trend_20_pct", "roc_10_pct"),
        ("regime_bullish", "regime_bearish", "regime_ranging", "regime_high_volatility"),
        ("garch_1_pct", "garch_7_pct"),
        ("garch_converged", "egarch_converged", "regime_converged"),
        ("double_top", "double_bottom"),
        ("double_top_target_pct", "ascending_triangle_target_pct", "support_break_target_pct"),
        ("lower_wing_delta_30d", "upper_wing_delta_30d", "atm_delta_30d"),
        ("trend_t_60", "sharpe_63", "momentum_following"),
    ],
)
def test_settings_of_one_formula_count_once(alike: tuple[str, ...]) -> None:
    assert len({CALLED[name] for name in alike}) == 1


@pytest.mark.parametrize(
    "apart",
    [
        ("rsi_14", "chande_momentum_14", "stochastic_k_14", "cci_20", "money_flow_14"),
        ("parkinson_21_pct", "garman_klass_21_pct", "rogers_satchell_21_pct", "yang_zhang_21_pct", "hv_21_pct"),
        ("garch_1_pct", "gjr_1_pct", "egarch_1_pct", "har_1_pct", "ewma_94_pct"),
        ("candle_doji", "candle_hammer", "candle_engulfing", "candle_harami", "candle_marubozu"),
        ("double_top", "head_and_shoulders", "ascending_triangle", "symmetric_triangle", "resistance_break"),
        ("beta_63", "downside_beta_126", "correlation_63", "cointegration_t_126"),
    ],
)
def test_formulas_that_differ_are_not_taken_for_one(apart: tuple[str, ...]) -> None:
    assert len({CALLED[name] for name in apart}) == len(apart)


def test_there_are_at_least_ninety() -> None:
    assert len(set(CALLED.values())) >= AT_LEAST
