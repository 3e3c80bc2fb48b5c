import inspect
import pkgutil

import numpy as np
import pyarrow as pa
import pytest

from butter_pipeline.features import families as home
from butter_pipeline.features import registry
from butter_pipeline.features.compute import compute
from butter_pipeline.features.registry import (
    SPARE_SESSIONS,
    Feature,
    families,
    family_frame,
    family_schema,
    features,
    homes,
    lookback,
    lookbacks,
)

ALL = features()


def test_the_families_are_the_modules_that_there_are() -> None:
    built_in = {module.name for module in pkgutil.iter_modules(home.__path__)}
    assert built_in <= set(families()) and families() == tuple(sorted(families()))


def test_no_two_features_have_one_name() -> None:
    assert len({feature.name for feature in ALL}) == len(ALL)


@pytest.mark.parametrize(
    ("name", "formula"),
    [("hv_21_pct", "hv_pct"), ("rsi_14", "rsi"), ("atm_iv_30d_pct", "atm_iv_pct"), ("ibs", "ibs"), ("kd_14_3", "kd")],
)
def test_a_formulas_name_leaves_windows_lags_and_days_out(name: str, formula: str) -> None:
    def shown(_: object) -> np.ndarray:
        return np.ones(1)

    shown.__name__ = name
    assert Feature(shown, (), 1, "").formula_name == formula


@pytest.mark.parametrize("feature", ALL, ids=lambda feature: feature.name)
def test_every_feature_says_what_it_is(feature) -> None:
    assert feature.doc.endswith(".") and feature.unit
    assert feature.lookback_rows >= 1
    assert len(feature.version) == 16
    assert homes()[feature.family] in inspect.getmodule(feature.formula).__name__
    assert feature.mathematics and len(feature.source) > 10
    assert 1 <= feature.warmup_rows <= feature.lookback_rows


def test_a_version_changes_with_any_module_of_the_family(monkeypatch: pytest.MonkeyPatch) -> None:
    """The law of the regimes stands in another module than the features that tell them."""
    (state,) = [each for each in ALL if each.name == "regime_state"]
    seen: list[tuple[str, ...]] = []
    monkeypatch.setattr(registry, "code_version", lambda *modules: seen.append(modules) or "0" * 16)
    registry._version.cache_clear()
    assert state.version == "0" * 16
    registry._version.cache_clear()
    assert seen[0][0] == "butter_pipeline.features.families.regimes"
    assert "butter_pipeline.features.models" in seen[0]


def test_a_family_is_kept_by_session_and_symbol_with_a_meaning_for_every_column() -> None:
    frame = family_frame("technical")
    assert frame.asset == "features/technical" and frame.table == "features.technical"
    assert frame.key == ("session", "symbol")
    assert all(field.metadata[b"doc"] for field in frame.schema)
    rsi = frame.schema.field("rsi_14")
    assert rsi.nullable and rsi.type == pa.float64()


def test_a_lookback_counts_a_few_sessions_more_than_rows_and_one_session_as_one() -> None:
    assert lookbacks("implied") == {"surface": 252 + SPARE_SESSIONS, "volatility": 1}
    assert lookbacks("surface") == {"chains": 1}
    assert lookback("context") == 252 + SPARE_SESSIONS
    assert lookbacks("context")["bars"] == lookbacks("context")["context"]


def test_an_unknown_family_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no family of features is called 'astrology'; there are confirmations"):
        family_schema("astrology")


def test_a_missing_table_is_named() -> None:
    with pytest.raises(ValueError, match="family implied needs volatility"):
        compute("implied", {"surface": family_schema("surface").empty_table()}, [])
