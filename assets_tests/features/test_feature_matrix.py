import pytest

from assets_tests.features.feature_tables import LAST, SESSIONS, all_made, chains, made
from butter_pipeline.features import pictures
from butter_pipeline.features.matrix import matrix, matrix_frame, matrix_schema
from butter_pipeline.features.registry import families, features_of
from butter_pipeline.market.sessions import as_of

PNG = b"\x89PNG"


def test_the_matrix_has_a_row_for_every_bar_and_every_feature_of_it() -> None:
    tables = all_made(6)
    found = matrix(tables, SESSIONS[-3:])
    technical = [row for row in made("technical", 6).to_pylist() if row["session"] in SESSIONS[-3:]]
    assert [(row["session"], row["symbol"]) for row in found.to_pylist()] == [
        (row["session"], row["symbol"]) for row in technical
    ]
    assert found.schema.equals(matrix_schema(), check_metadata=True)
    assert [row["rsi_14"] for row in found.to_pylist()] == [row["rsi_14"] for row in technical]
    assert {row["available_at"] for row in found.to_pylist()} == {as_of(session) for session in SESSIONS[-3:]}


def test_every_family_meets_its_own_rows() -> None:
    tables = all_made(6)
    rows = {(row["session"], row["symbol"]): row for row in matrix(tables, [LAST]).to_pylist()}
    for family in ("volatility", "price", "cycles", "context", "implied"):
        theirs = {(row["session"], row["symbol"]): row for row in tables[family].to_pylist()}
        for key, row in rows.items():
            for feature in features_of(family):
                assert row[feature.name] == theirs[key][feature.name]


def test_a_symbol_without_options_has_nulls_for_its_surface() -> None:
    assert matrix(all_made(6), [LAST])["atm_iv_30d_pct"].null_count == 5


def test_the_matrix_names_the_families_it_lacks() -> None:
    with pytest.raises(ValueError, match="hand in confirmations, cycles, implied"):
        matrix({"context": made("context", 6)}, [LAST])


def test_the_matrix_is_an_asset_of_its_stage() -> None:
    assert matrix_frame().asset == "features/matrix"
    assert len(matrix_schema()) == 3 + sum(len(features_of(family)) for family in families())


def test_pictures_are_drawn_the_same_twice() -> None:
    for drawn in (
        lambda: pictures.over_time(made("price", 6), "price", "STEADY"),
        lambda: pictures.surface(chains(), chains()["symbol"][0].as_py()),
        lambda: pictures.correlations(made("price", 6), [each.name for each in features_of("price")]),
        lambda: pictures.health(made("technical", 30), features_of("technical"), "technical"),
    ):
        once = drawn()
        assert once[:4] == PNG and once == drawn()


def test_a_symbol_that_is_not_there_gives_an_empty_picture() -> None:
    assert pictures.over_time(made("price", 6), "price", "NOBODY")[:4] == PNG
    assert pictures.surface(chains(), "NOBODY")[:4] == PNG
