import pytest

from assets_tests.features.feature_tables import LAST, SESSIONS, all_made, chains, made
from butter_pipeline.features import pictures
from butter_pipeline.features.matrix import columns_by_family, matrix, matrix_frame, matrix_schema
from butter_pipeline.features.registry import features_of
from butter_pipeline.market.sessions import as_of

PNG = b"\x89PNG"
CHOSEN = ["hv_21_pct", "rsi_14", "atm_iv_30d_pct", "vol_index", "arima_7_pct", "fourier_phase", "iv_rank_252", "rsi_2"]


def test_the_matrix_has_a_row_for_every_bar_and_the_chosen_features_in_their_order() -> None:
    tables = all_made(6)
    found = matrix(tables, CHOSEN, SESSIONS[-3:])
    technical = [row for row in made("technical", 6).to_pylist() if row["session"] in SESSIONS[-3:]]
    assert [(row["session"], row["symbol"]) for row in found.to_pylist()] == [
        (row["session"], row["symbol"]) for row in technical
    ]
    assert found.schema.equals(matrix_schema(CHOSEN), check_metadata=True)
    assert [row["rsi_14"] for row in found.to_pylist()] == [row["rsi_14"] for row in technical]
    assert {row["available_at"] for row in found.to_pylist()} == {as_of(session) for session in SESSIONS[-3:]}


def test_every_family_meets_its_own_rows() -> None:
    tables = all_made(6)
    rows = {(row["session"], row["symbol"]): row for row in matrix(tables, CHOSEN, [LAST]).to_pylist()}
    for family in ("volatility", "price", "cycles", "context", "implied"):
        theirs = {(row["session"], row["symbol"]): row for row in tables[family].to_pylist()}
        for key, row in rows.items():
            for name in columns_by_family(CHOSEN)[family]:
                assert row[name] == theirs[key][name]


def test_a_symbol_without_options_has_nulls_for_its_surface() -> None:
    assert matrix(all_made(6), CHOSEN, [LAST])["atm_iv_30d_pct"].null_count == 5


def test_the_matrix_names_the_families_it_lacks() -> None:
    with pytest.raises(ValueError, match="needs technical, cycles, implied, price, surface, volatility too"):
        matrix({"context": made("context", 6)}, CHOSEN, [LAST])


def test_a_column_that_no_family_has_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no feature is called 'rsi_41'; `butter features` lists"):
        matrix_schema(["rsi_14", "rsi_41"])


def test_the_matrix_is_an_asset_of_its_stage() -> None:
    assert matrix_frame(CHOSEN).asset == "features/matrix"
    assert matrix_schema(CHOSEN).names == ["session", "symbol", *CHOSEN, "available_at"]


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
