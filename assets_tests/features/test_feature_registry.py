import inspect

import pyarrow as pa
import pytest

from butter_pipeline.features.compute import compute
from butter_pipeline.features.registry import (
    SPARE_SESSIONS,
    families,
    family_frame,
    family_schema,
    features_of,
    lookback,
    lookbacks,
)

ALL = [feature for family in families() for feature in features_of(family)]


def test_there_are_eight_families() -> None:
    names = ("context", "cycles", "implied", "price", "surface", "technical", "volatility", "volatility_models")
    assert families() == names


def test_no_two_features_have_one_name() -> None:
    names = [feature.name for feature in ALL]
    assert len(names) == len(set(names)) and len(names) >= 40


@pytest.mark.parametrize("feature", ALL, ids=lambda feature: feature.name)
def test_every_feature_says_what_it_is(feature) -> None:
    assert feature.doc.endswith(".") and feature.unit
    assert feature.lookback_rows >= 1
    assert len(feature.version) == 16
    assert inspect.getmodule(feature.formula).__name__.endswith(f".{feature.family}")


def test_a_family_is_kept_by_session_and_symbol_with_a_meaning_for_every_column() -> None:
    frame = family_frame("technical")
    assert frame.asset == "features/technical" and frame.table == "features.technical"
    assert frame.key == ("session", "symbol")
    assert all(field.metadata[b"doc"] for field in frame.schema)
    rsi = frame.schema.field("rsi_14")
    assert rsi.nullable and rsi.type == pa.float64()


def test_a_lookback_counts_a_few_sessions_more_than_rows_and_one_session_as_one() -> None:
    assert lookbacks("implied") == {"surface": 252 + SPARE_SESSIONS, "volatility": 1, "volatility_models": 1}
    assert lookbacks("surface") == {"chains": 1}
    assert lookback("context") == 64 + SPARE_SESSIONS


def test_an_unknown_family_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no family of features is called 'astrology'; there are context"):
        family_schema("astrology")


def test_a_missing_table_is_named() -> None:
    with pytest.raises(ValueError, match="family implied needs volatility"):
        compute("implied", {"surface": family_schema("surface").empty_table()}, [])
